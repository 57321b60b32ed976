//! Steps that no call can bring further for now.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Action;
use crate::model::{Address, ResourceKind};
use crate::time::Time;

/// What a step waits for that no call can bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "waits_for", rename_all = "snake_case")]
pub enum WaitsFor {
    /// A moment, by the clock of the cloud. Before it no call can succeed.
    Time {
        /// The earliest moment at which a call may succeed.
        not_before: Time,
    },
    /// An act of a person outside of AWS's API. When it happens is unknown.
    Person,
}

impl WaitsFor {
    /// The name: `time` or `person`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time { .. } => "time",
            Self::Person => "person",
        }
    }

    /// The earliest moment at which a call may succeed, where that is known.
    pub fn not_before(self) -> Option<Time> {
        match self {
            Self::Time { not_before } => Some(not_before),
            Self::Person => None,
        }
    }

    /// Whether no call can succeed at that moment.
    pub(crate) fn rules_out(self, now: Time) -> bool {
        self.not_before().is_some_and(|not_before| now < not_before)
    }
}

/// Why a step was put off: what it waits for, and which call shows whether it can go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deferral {
    /// What the step waits for.
    #[serde(flatten)]
    pub waits_for: WaitsFor,
    /// The reason, for a person.
    pub reason: String,
    /// The call (`service:Operation`) whose reply shows whether the step can go on.
    pub probe: String,
}

/// A step that waits for time or for a person: neither done nor failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: ResourceKind,
    /// What the step does to the resource.
    pub action: Action,
    /// Why the step waits, and for what.
    #[serde(flatten)]
    pub deferral: Deferral,
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, kind: _, action, deferral: Deferral { waits_for, reason, probe } } = self;
        write!(f, "{address}: {action} waits ")?;
        match waits_for {
            WaitsFor::Time { not_before } => write!(f, "until {}", not_before.to_text())?,
            WaitsFor::Person => write!(f, "for a person")?,
        }
        write!(f, ": {reason}; {probe} shows whether it can go on")
    }
}

/// A deferral as a procedure returns it: a procedure does not know the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PutOff {
    pub(crate) until: Until,
    pub(crate) reason: String,
    pub(crate) probe: &'static str,
}

/// Until when a step is put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Until so long from now.
    After(Duration),
    /// Until a person has acted.
    Person,
}

impl PutOff {
    /// The deferral that begins now.
    pub(crate) fn at(self, now: Time) -> Deferral {
        let waits_for = match self.until {
            Until::After(wait) => WaitsFor::Time { not_before: now + wait },
            Until::Person => WaitsFor::Person,
        };
        Deferral { waits_for, reason: self.reason, probe: self.probe.to_owned() }
    }
}
