//! What a journal is made of.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cloud::Delivery;
use crate::kinds::step::Deferral;
use crate::model::{AccountId, Address, Region, ResourceId, UsableZones};
use crate::time::Time;

/// The version of every format of the state that this library writes. `docs/state.md` lists them all.
pub const FORMAT_VERSION: u32 = 2;

/// The number of a run, from 1, in the order of one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// The organization that a run works in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// Its id.
    pub id: ResourceId,
    /// The id of its root.
    pub root: ResourceId,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Every step is done.
    Succeeded,
    /// Some step failed for good; everything that did not need it is done, or pending.
    Failed,
    /// Everything is done that can be done now: some steps wait for time or for a person.
    Pending,
}

impl RunStatus {
    /// The name: `succeeded`, `failed` or `pending`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Pending => "pending",
        }
    }
}

/// How a call ended, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// It succeeded.
    Ok,
    /// It failed.
    Failed {
        /// AWS's code.
        code: String,
        /// Whether it may have had an effect.
        delivery: Delivery,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A run began.
    Begun {
        /// The format of this journal.
        format_version: u32,
        /// Who began it.
        who: String,
        /// The fingerprint of its plan.
        plan: String,
        /// The organization it works in and that organization's root, where they existed. Earlier releases did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organization: Option<Home>,
    },
    /// A run that was cut off goes on. Steps that were in the middle of a call are now unsure of its effect.
    Resumed {
        /// Who resumed it.
        who: String,
    },
    /// A call that changes something is about to leave.
    Intent {
        /// The resource.
        address: Address,
        /// `service:Operation`.
        call: String,
    },
    /// That call has ended.
    Outcome {
        /// The resource.
        address: Address,
        /// How.
        outcome: CallOutcome,
        /// The request that AWS will answer later, for calls that are asynchronous.
        request: Option<ResourceId>,
    },
    /// An account was asked which zones of a region it can use. A run that goes on uses the same.
    Zones {
        /// The account.
        account: AccountId,
        /// The region.
        region: Region,
        /// The zones.
        zones: UsableZones,
    },
    /// The step is done.
    Done {
        /// The resource.
        address: Address,
        /// Its id.
        id: ResourceId,
    },
    /// The step has failed for good.
    Failed {
        /// The resource.
        address: Address,
        /// Why.
        error: String,
    },
    /// The step can go no further before time has passed or a person has acted.
    Deferred {
        /// The resource.
        address: Address,
        /// What the step waits for.
        deferral: Deferral,
    },
    /// The run ended.
    Ended {
        /// How.
        status: RunStatus,
    },
    /// What is known to exist was written anew: found in the cloud, not made by a run.
    Rebuilt {
        /// Who did it.
        who: String,
        /// How many resources were found.
        resource_count: usize,
    },
}

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number in the run, from 1, without gaps.
    pub seq: u64,
    /// When it was written, by the clock of the run.
    pub at: Time,
    /// What happened.
    pub fact: Fact,
}
