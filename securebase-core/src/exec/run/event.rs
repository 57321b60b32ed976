//! What a run tells while it goes on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Address, ResourceId, ResourceKind};
use crate::plan::{Action, Pending};
use crate::state::RunStatus;
use crate::time::Time;

/// What takes longer than ten seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "waits_for", rename_all = "snake_case")]
#[non_exhaustive]
pub enum WaitReason {
    /// A call fails in a way that passes, and is repeated until it succeeds or it is time to give up.
    Failing {
        /// `service:Operation`.
        call: String,
        /// AWS's code and message.
        error: String,
    },
    /// The account is too young to be worked in.
    Readiness,
    /// AWS decides on the request for the account.
    Decision,
    /// The change that was made takes its time to settle.
    Settling,
    /// Steps stand in line for a call, because AWS takes only a few of them a second.
    Rate {
        /// `service:Operation`.
        call: String,
    },
    /// Accounts stand in line, because AWS decides on only a few requests at a time.
    Room,
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failing { call, error } => write!(f, "{call} answered {error}, and is called again"),
            Self::Readiness => write!(f, "the account is too young to be worked in"),
            Self::Decision => write!(f, "AWS decides on the request for the account"),
            Self::Settling => write!(f, "the change takes its time to settle"),
            Self::Rate { call } => {
                write!(f, "steps stand in line for {call}, of which AWS takes only a few a second")
            }
            Self::Room => write!(f, "accounts stand in line, of which AWS makes only a few at a time"),
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// The run began, or goes on.
    Begun {
        /// How many steps there are.
        step_count: usize,
        /// How many of them an earlier part of the run has done.
        done_count: usize,
    },
    /// The first call of a step is about to leave.
    Started {
        /// The resource.
        address: Address,
        /// Its kind.
        kind: ResourceKind,
        /// What is done to it.
        action: Action,
    },
    /// A call failed in a way that passes.
    Retrying {
        /// The resource.
        address: Address,
        /// `service:Operation`.
        call: String,
        /// AWS's code.
        code: String,
        /// How long until the next attempt, in milliseconds.
        wait_ms: u64,
    },
    /// Nobody knows whether a call had its effect: it is looked up.
    ReadingBack {
        /// The resource.
        address: Address,
        /// `service:Operation`, the call in doubt.
        call: String,
    },
    /// A wait takes longer than ten seconds, or is known to. Each wait is reported once.
    Waiting {
        /// The resource; none where it is not about one.
        address: Option<Address>,
        /// What for.
        reason: WaitReason,
    },
    /// A step is done.
    Finished {
        /// The resource.
        address: Address,
        /// Its kind.
        kind: ResourceKind,
        /// What was done to it.
        action: Action,
        /// Its id.
        id: ResourceId,
    },
    /// A step has failed for good.
    Failed {
        /// The resource.
        address: Address,
        /// Why.
        error: String,
    },
    /// A step can go no further before time has passed or a person has acted.
    Deferred(Pending),
    /// A step will not be carried out in this run, because one that it waits for failed or is put off.
    Blocked {
        /// The resource.
        address: Address,
        /// The step that failed or is put off.
        by: Address,
    },
    /// The run ended.
    Ended {
        /// How.
        status: RunStatus,
    },
}

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, by the clock of the run: virtual in a simulated cloud.
    pub at: Time,
    /// What happened.
    pub kind: EventKind,
}

impl Event {
    /// The name of the event, in snake_case.
    pub fn name(&self) -> &'static str {
        match self.kind {
            EventKind::Begun { .. } => "begun",
            EventKind::Started { .. } => "started",
            EventKind::Retrying { .. } => "retrying",
            EventKind::ReadingBack { .. } => "reading_back",
            EventKind::Waiting { .. } => "waiting",
            EventKind::Finished { .. } => "finished",
            EventKind::Failed { .. } => "failed",
            EventKind::Deferred(_) => "deferred",
            EventKind::Blocked { .. } => "blocked",
            EventKind::Ended { .. } => "ended",
        }
    }

    /// The resource it is about, if it is about one.
    pub fn address(&self) -> Option<&Address> {
        match &self.kind {
            EventKind::Begun { .. } | EventKind::Ended { .. } => None,
            EventKind::Waiting { address, .. } => address.as_ref(),
            EventKind::Deferred(pending) => Some(&pending.address),
            EventKind::Started { address, .. }
            | EventKind::Retrying { address, .. }
            | EventKind::ReadingBack { address, .. }
            | EventKind::Finished { address, .. }
            | EventKind::Failed { address, .. }
            | EventKind::Blocked { address, .. } => Some(address),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            EventKind::Begun { step_count, done_count: 0 } => write!(f, "{step_count} steps to carry out"),
            EventKind::Begun { step_count, done_count } => {
                write!(f, "going on: {done_count} of {step_count} steps were done already")
            }
            EventKind::Started { address, action, .. } => write!(f, "{address}: {action} begins"),
            EventKind::Retrying { address, call, code, wait_ms } => {
                let seconds = std::time::Duration::from_millis(*wait_ms).as_secs_f64();
                write!(f, "{address}: {call} answered {code}, again in {seconds:.1} s")
            }
            EventKind::ReadingBack { address, call } => {
                write!(f, "{address}: it is unknown whether {call} had its effect, looking it up")
            }
            EventKind::Waiting { address: Some(address), reason } => {
                write!(f, "{address}: waiting: {reason}")
            }
            EventKind::Waiting { address: None, reason } => write!(f, "waiting: {reason}"),
            EventKind::Finished { address, action, id, .. } => write!(f, "{address}: {action} done, {id}"),
            EventKind::Failed { address, error } => write!(f, "{address}: failed: {error}"),
            EventKind::Deferred(pending) => write!(f, "{pending}"),
            EventKind::Blocked { address, by } => write!(f, "{address}: not begun, {by} failed"),
            EventKind::Ended { status } => write!(f, "the run {}", status.name()),
        }
    }
}
