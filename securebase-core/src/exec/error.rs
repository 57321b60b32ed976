//! Why a run could not go on, or not begin.

use crate::cloud::{CloudError, ErrorKind};
use crate::model::{AccountId, Address};
use crate::{plan, state};

/// What cut a run off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Interruption {
    /// The caller stopped it.
    #[error("it was asked to stop")]
    Stopped,
    /// No step can go on, and nothing under way will change that.
    #[error("nothing was left to wait for")]
    Stuck,
    /// The process died, in a simulated cloud.
    #[error("the process crashed")]
    Crashed,
}

/// Why a run could not go on, or not begin. A run in which steps failed is not an error: see [`Run`](super::Run).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The run was cut off; what it did is written down, and it can be resumed.
    #[error("the run was interrupted: {reason}; resume it to go on")]
    Interrupted {
        /// What cut it off.
        reason: Interruption,
    },
    /// The state could not be read or written, so the run did not begin.
    #[error(transparent)]
    State(#[from] state::Error),
    /// The state failed while the run was under way, or its lease was lost: the run could not remember what it does.
    #[error("the run was interrupted: {0}; resume it to go on")]
    CutOff(#[source] state::Error),
    /// The cloud could not be surveyed.
    #[error("{what} could not be surveyed: {source}")]
    Survey {
        /// What was asked for.
        what: String,
        /// Why it failed.
        source: Box<CloudError>,
    },
    /// The credentials are those of another account of the organization.
    #[error(
        "invalid credentials of account `{caller}`: expected those of the organization's management account, `{management}`"
    )]
    NotManagement {
        /// The account of the credentials.
        caller: AccountId,
        /// The management account.
        management: AccountId,
    },
    /// The zone and what exists do not go together.
    #[error(transparent)]
    Plan(#[from] plan::Error),
    /// AWS refused a change that is no step of a plan.
    #[error("{what} was refused: {source}")]
    Refused {
        /// What was asked for.
        what: String,
        /// Why it was refused.
        source: Box<CloudError>,
    },
    /// The plan was made from something else.
    #[error("the plan was made from something else than what exists now; plan again")]
    Stale,
    /// The state holds a run that was cut off, of another plan.
    #[error("run `{run}` of another plan was cut off; resume it before applying this plan")]
    Unfinished {
        /// The run.
        run: state::RunId,
    },
    /// The plan would destroy something that the caller has not named.
    #[error(
        "the plan destroys {}; name each in `destroy` to let it happen",
        addresses.iter().map(|address| format!("`{address}`")).collect::<Vec<_>>().join(", ")
    )]
    Destructive {
        /// What is not named.
        addresses: Vec<Address>,
    },
    /// What the plan costs leaves less than the margin that was asked for, or cannot be worked out.
    #[error(transparent)]
    Cost(Box<plan::Error>),
}

impl Error {
    /// Whether the simulated process is dead.
    pub(super) fn is_crash(&self) -> bool {
        match self {
            Self::Survey { source, .. } => source.kind == ErrorKind::CallerGone,
            Self::Interrupted { reason } => *reason == Interruption::Crashed,
            _ => false,
        }
    }

    /// What a run ends with whose simulated process is dead.
    pub(super) fn crashed() -> Self {
        Self::Interrupted { reason: Interruption::Crashed }
    }

    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Interrupted { .. } => "run-interrupted",
            Self::State(error) | Self::CutOff(error) => error.code(),
            Self::Survey { .. } => "survey-failed",
            Self::NotManagement { .. } => "credentials-not-management",
            Self::Plan(error) => error.code(),
            Self::Refused { .. } => "change-refused",
            Self::Stale => "plan-stale",
            Self::Unfinished { .. } => "run-unfinished",
            Self::Destructive { .. } => "plan-destructive",
            Self::Cost(error) => error.code(),
        }
    }
}
