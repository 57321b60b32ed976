//! What is going to happen by itself, in order of time.

use std::collections::BTreeMap;

use crate::model::{AccountId, Region, ResourceId};
use crate::time::Time;

/// Something that happens without being asked for again.
#[derive(Debug, Clone)]
pub(in crate::sim) enum Event {
    /// A request for an account is decided.
    AccountDecided { request: ResourceId },
    /// An account that was being closed is suspended.
    AccountClosed { account: AccountId },
    /// Service control policies are enabled in the root.
    PoliciesEnabled,
    /// A NAT gateway that was pending is available or failed.
    NatDecided { account: AccountId, region: Region, gateway: ResourceId },
    /// A NAT gateway that was being deleted is gone.
    NatGone { account: AccountId, region: Region, gateway: ResourceId },
    /// A virtual private gateway is detached.
    VpnDetached { account: AccountId, region: Region, gateway: ResourceId },
    /// A gateway that is gone no longer lists.
    Forgotten { account: AccountId, region: Region, gateway: ResourceId },
}

/// The events to come. Those of the same moment happen in the order in which they were put down.
#[derive(Debug, Clone, Default)]
pub(in crate::sim) struct Agenda {
    events: BTreeMap<(Time, u64), Event>,
    count: u64,
}

impl Agenda {
    pub(in crate::sim) fn put(&mut self, at: Time, event: Event) {
        self.events.insert((at, self.count), event);
        self.count += 1;
    }

    /// The next event that is due by `now`.
    pub(in crate::sim) fn due(&mut self, now: Time) -> Option<(Time, Event)> {
        let first = self.events.first_entry()?;
        if first.key().0 > now {
            return None;
        }
        let ((at, _), event) = first.remove_entry();
        Some((at, event))
    }
}
