//! What the machine does about zones: each account is asked once for each region, and all its subnets wait for that answer.

use std::collections::BTreeMap;

use super::Machine;
use crate::cloud::Reply;
use crate::cloud::ec2::{self, AvailabilityZone};
use crate::exec::engine::lane::StepIndex;
use crate::model::{AccountId, Region};
use crate::state::Fact;
use crate::time::Time;

/// The questions that are under way.
#[derive(Default)]
pub(super) struct Asking(BTreeMap<(AccountId, Region), Asked>);

struct Asked {
    /// The step whose call it is.
    by: StepIndex,
    /// The others that wait for the answer.
    waiting: Vec<StepIndex>,
}

impl Machine<'_> {
    /// A step wants to know the zones of its account and region: it asks, or waits for the answer to another step.
    pub(super) fn want_zones(&mut self, now: Time, step: StepIndex) {
        let place = match self.known.place(step) {
            Ok(place) => place,
            Err(error) => return self.give_up(now, step, &error),
        };
        let asked = self.asking.0.entry(place).or_insert_with(|| Asked { by: step, waiting: Vec::new() });
        if asked.by == step {
            self.queue(now, step, ec2::Operation::DescribeAvailabilityZones.into());
        } else {
            asked.waiting.push(step);
        }
    }

    /// An account has said which zones it has. Answers the steps that have waited for it.
    ///
    /// The answer is written down before any subnet is made by it, so that a run which goes on after a crash puts the rest
    /// of a network into the same zones, whatever AWS answers then.
    pub(super) fn zones_answered(&mut self, now: Time, step: StepIndex, reply: &Reply) -> Vec<StepIndex> {
        let (Reply::Ec2(ec2::Reply::AvailabilityZones(zones)), Ok(place)) = (reply, self.known.place(step))
        else {
            return Vec::new();
        };
        let zones = AvailabilityZone::usable(zones);
        let (account, region) = place.clone();
        self.record(now, Fact::Zones { account, region, zones: zones.clone() });
        let waiting = self.asking.0.remove(&place).map(|asked| asked.waiting);
        self.known.zones.insert(place, zones);
        waiting.unwrap_or_default()
    }

    /// A step has failed for good. Answers the steps that wait for an answer to it.
    pub(super) fn zones_never_answered(&mut self, step: StepIndex) -> Vec<StepIndex> {
        let place = self.asking.0.iter().find(|(_, asked)| asked.by == step).map(|(place, _)| place.clone());
        place.and_then(|place| self.asking.0.remove(&place)).map(|asked| asked.waiting).unwrap_or_default()
    }
}
