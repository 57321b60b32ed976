//! From a journal to where every step stands: one transition table, for live runs and for replay.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::entry::{CallOutcome, Entry, Fact, Home, RunStatus};
use crate::cloud::Delivery;
use crate::kinds::step::Deferral;
use crate::model::{AccountId, Address, Region, ResourceId, UsableZones};
use crate::state::Error;
use crate::time::Time;

/// Where a step stands, as its journal tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum StepStatus {
    /// Nothing was called for it yet.
    #[default]
    Untouched,
    /// A call is under way.
    Calling,
    /// Its last call ended, and how is known.
    Between,
    /// Its last call may or may not have had an effect.
    Unsure,
    /// It is done.
    Done,
    /// It has failed for good.
    Failed,
    /// It waits for time or for a person.
    Deferred,
}

impl StepStatus {
    fn name(self) -> &'static str {
        match self {
            Self::Untouched => "untouched",
            Self::Calling => "in a call",
            Self::Between => "between calls",
            Self::Unsure => "unsure",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Deferred => "deferred",
        }
    }

    /// The status after a fact about the step, `None` where that cannot happen: the whole transition table.
    #[must_use]
    pub fn next(self, fact: &Fact) -> Option<Self> {
        match (self, fact) {
            (Self::Untouched | Self::Between | Self::Unsure, Fact::Intent { .. }) => Some(Self::Calling),
            (Self::Calling, Fact::Outcome { outcome, .. }) => Some(match outcome {
                CallOutcome::Failed { delivery: Delivery::Unknown, .. } => Self::Unsure,
                _ => Self::Between,
            }),
            (Self::Untouched | Self::Between | Self::Unsure, Fact::Done { .. }) => Some(Self::Done),
            (Self::Untouched | Self::Between | Self::Unsure, Fact::Failed { .. }) => Some(Self::Failed),
            (Self::Untouched | Self::Between | Self::Unsure, Fact::Deferred { .. }) => Some(Self::Deferred),
            // A resumed run does not know how a call ended that was under way, and tries again what had failed or was put
            // off: time has passed, and a person may have acted.
            (Self::Calling | Self::Failed | Self::Deferred, Fact::Resumed { .. }) => Some(Self::Unsure),
            (status, Fact::Resumed { .. }) => Some(status),
            _ => None,
        }
    }
}

/// What is known of one step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepRecord {
    /// Where it stands.
    pub status: StepStatus,
    /// The id of its resource, once done.
    pub id: Option<ResourceId>,
    /// A request that AWS answers later, if one was made.
    pub request: Option<ResourceId>,
    /// What the step waits for, where it is deferred.
    pub deferral: Option<Deferral>,
}

/// How a run began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunRecord {
    /// When.
    pub at: Time,
    /// Who began it.
    pub who: String,
    /// The fingerprint of its plan.
    pub plan: String,
    /// The organization it works in, where that existed and the journal says so.
    pub organization: Option<Home>,
}

/// Who went on with a run that was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// When.
    pub at: Time,
    /// Who.
    pub who: String,
}

/// A journal, folded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replay {
    /// Every step the journal speaks of, in the order in which it first does.
    pub steps: IndexMap<Address, StepRecord>,
    /// The zones that each account can use in each region it was asked about.
    pub zones: BTreeMap<(AccountId, Region), UsableZones>,
    /// The number of the last entry.
    pub last_seq: u64,
    /// When the last entry was written.
    pub last_at: Time,
    /// How the run began, `None` where it has not.
    pub begun: Option<BegunRecord>,
    /// Who went on with the run, and when, in order.
    pub resumed: Vec<Resumption>,
    /// How the run ended, `None` where it was cut off.
    pub ended: Option<RunStatus>,
}

impl Replay {
    /// Folds one more entry.
    ///
    /// # Errors
    /// [`Error::Illegal`] where the entry cannot follow.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Error> {
        self.last_seq = entry.seq;
        self.last_at = entry.at;
        let (address, event) = match &entry.fact {
            Fact::Begun { format_version: _, who, plan, organization } => {
                self.begun = Some(BegunRecord {
                    at: entry.at,
                    who: who.clone(),
                    plan: plan.clone(),
                    organization: organization.clone(),
                });
                return Ok(());
            }
            Fact::Rebuilt { .. } => return Ok(()),
            Fact::Zones { account, region, zones } => {
                self.zones.insert((*account, region.clone()), zones.clone());
                return Ok(());
            }
            Fact::Ended { status } => {
                self.ended = Some(*status);
                return Ok(());
            }
            Fact::Resumed { who } => {
                self.resumed.push(Resumption { at: entry.at, who: who.clone() });
                for record in self.steps.values_mut() {
                    record.status = record.status.next(&entry.fact).unwrap_or(record.status);
                }
                return Ok(());
            }
            Fact::Intent { address, .. } => (address, "called for"),
            Fact::Outcome { address, .. } => (address, "answered"),
            Fact::Done { address, .. } => (address, "done"),
            Fact::Failed { address, .. } => (address, "given up"),
            Fact::Deferred { address, .. } => (address, "deferred"),
        };
        let record = self.steps.entry(address.clone()).or_default();
        record.status = record.status.next(&entry.fact).ok_or_else(|| Error::Illegal {
            at: entry.at,
            address: address.to_string(),
            event,
            status: record.status.name(),
        })?;
        match &entry.fact {
            // A new call was not made without reason: what became of an older request is known, and no longer what counts.
            Fact::Intent { .. } => {
                record.request = None;
                record.deferral = None;
            }
            Fact::Outcome { request: Some(request), .. } => record.request = Some(request.clone()),
            Fact::Done { id, .. } => record.id = Some(id.clone()),
            Fact::Deferred { deferral, .. } => record.deferral = Some(deferral.clone()),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn entry(seq: u64, fact: Fact) -> Entry {
        Entry { seq, at: Time::ZERO, fact }
    }

    fn intent() -> Fact {
        Fact::Intent { address: Address::new("a"), call: "ec2:CreateVpc".to_owned() }
    }

    fn outcome(outcome: CallOutcome) -> Fact {
        Fact::Outcome { address: Address::new("a"), outcome, request: None }
    }

    #[test]
    fn an_unanswered_call_is_unsure_after_a_resume() {
        let mut replay = Replay::default();
        replay.apply(&entry(1, intent())).unwrap();
        replay.apply(&entry(2, Fact::Resumed { who: "me".into() })).unwrap();
        assert_eq!(replay.steps[&Address::new("a")].status, StepStatus::Unsure);
        replay.apply(&entry(3, intent())).unwrap();
        replay.apply(&entry(4, outcome(CallOutcome::Ok))).unwrap();
        let id = "vpc-1".parse().unwrap();
        replay.apply(&entry(5, Fact::Done { address: Address::new("a"), id })).unwrap();
        assert_eq!(replay.steps[&Address::new("a")].status, StepStatus::Done);
    }

    #[test]
    fn a_new_call_makes_an_older_request_forgotten() {
        let mut replay = Replay::default();
        let request = |replay: &Replay| replay.steps[&Address::new("a")].request.clone();
        replay.apply(&entry(1, intent())).unwrap();
        let asked: ResourceId = "car-1".parse().unwrap();
        let fact = Fact::Outcome {
            address: Address::new("a"),
            outcome: CallOutcome::Ok,
            request: Some(asked.clone()),
        };
        replay.apply(&entry(2, fact)).unwrap();
        assert_eq!(request(&replay), Some(asked));
        // The request has failed, and the account was asked for again. Whoever resumes must not wait for the first one.
        replay.apply(&entry(3, intent())).unwrap();
        assert_eq!(request(&replay), None);
        replay.apply(&entry(4, Fact::Resumed { who: "me".into() })).unwrap();
        assert_eq!(request(&replay), None);
    }

    #[test]
    fn a_story_that_cannot_have_happened_is_refused() {
        let mut replay = Replay::default();
        assert!(matches!(replay.apply(&entry(1, outcome(CallOutcome::Ok))), Err(Error::Illegal { .. })));
        let mut replay = Replay::default();
        replay.apply(&entry(1, intent())).unwrap();
        assert!(matches!(replay.apply(&entry(2, intent())), Err(Error::Illegal { .. })));
    }
}
