//! What a journal is made of.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cloud::Delivery;
use crate::model::{Address, ResourceId};
use crate::time::Time;

/// The version of every format of the state that this library writes.
pub const FORMAT_VERSION: u32 = 1;

/// The number of a run, from 1, in the order of one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Every step is done.
    Succeeded,
    /// Some step failed for good; everything that did not need it is done.
    Failed,
}

impl RunStatus {
    /// `succeeded` or `failed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
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
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A run began.
    Begun {
        /// The format of this journal.
        format_version: u32,
        /// Who began it.
        who: String,
        /// The fingerprint of its plan.
        plan: String,
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
    /// The run ended.
    Ended {
        /// How.
        status: RunStatus,
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
    #[serde(flatten)]
    pub fact: Fact,
}

fn checksum(text: &[u8]) -> String {
    hex::encode(&Sha256::digest(text)[..4])
}

impl Entry {
    /// The line: a checksum, a space, JSON, a line break.
    pub(super) fn to_line(&self) -> Result<String, serde_json::Error> {
        let json = serde_json::to_string(self)?;
        Ok(format!("{} {json}\n", checksum(json.as_bytes())))
    }

    /// An entry from its line without the line break, or what is wrong with it.
    pub(super) fn from_line(line: &str) -> Result<Self, String> {
        let (stated, json) = line.split_once(' ').ok_or("it has no checksum")?;
        if stated != checksum(json.as_bytes()) {
            return Err("its checksum does not match".to_owned());
        }
        serde_json::from_str(json).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_survives_the_round_trip_and_no_change() {
        let fact = Fact::Intent { address: Address::new("tenant/a/vpc"), call: "ec2:CreateVpc".to_owned() };
        let entry = Entry { seq: 3, at: Time::from_micros(17), fact };
        let line = entry.to_line().unwrap();
        assert_eq!(Entry::from_line(line.trim_end()).unwrap(), entry);
        assert!(Entry::from_line(line.trim_end().strip_suffix('}').unwrap()).is_err());
        assert!(Entry::from_line(&line.replace("tenant/a", "tenant/b")).is_err());
    }
}
