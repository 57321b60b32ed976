//! What is going to happen by itself, in order of time.

use std::collections::BTreeMap;

use crate::sim::holdings::Site;
use crate::sim::services::{ec2, organizations};
use crate::time::Time;

/// Something that happens without being asked for again.
#[derive(Debug, Clone)]
pub(in crate::sim) enum Event {
    /// In the organization.
    Organizations(organizations::Event),
    /// In the network of an account's region.
    Ec2 { site: Site, event: ec2::Event },
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
