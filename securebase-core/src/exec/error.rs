//! Why a run could not go on, or not begin.

use crate::cloud::CloudError;
use crate::model::{Address, Diagnosis, Problem, diagnostic};
use crate::{observe, plan, state};

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
    #[error("the run was interrupted, resume it to go on")]
    CutOff(#[source] state::Error),
    /// The cloud could not be surveyed.
    #[error(transparent)]
    Survey(#[from] observe::Error),
    /// The zone and what exists do not go together.
    #[error(transparent)]
    Plan(#[from] plan::Error),
    /// AWS refused a change that is no step of a plan.
    #[error("{what} was refused")]
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
            Self::Survey(error) => error.is_crash(),
            Self::Interrupted { reason } => *reason == Interruption::Crashed,
            _ => false,
        }
    }

    /// What a run ends with whose simulated process is dead.
    pub(super) fn crashed() -> Self {
        Self::Interrupted { reason: Interruption::Crashed }
    }

    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Interrupted { .. } => {
                Diagnosis::new("run-interrupted").help("call `exec::resume` with the same state")
            }
            Self::State(error) | Self::CutOff(error) => error.diagnosis(),
            Self::Survey(error) => error.diagnosis(),
            Self::Plan(error) => error.diagnosis(),
            Self::Refused { .. } => Diagnosis::new("change-refused")
                .help("do what AWS's reason says; for a wrong code, call `start_root_email_change` again"),
            Self::Stale => {
                Diagnosis::new("plan-stale").help("plan again against the cloud, and apply the new plan")
            }
            Self::Unfinished { .. } => {
                Diagnosis::new("run-unfinished").help("call `exec::resume` with the same state")
            }
            Self::Destructive { addresses } => {
                let help = "name each address in `ApplyOptions::destroy` to let it happen";
                let each = |address: &Address| {
                    let message = format!("`{address}` would be destroyed");
                    Problem::error("plan-destructive", address.as_str(), message, help)
                };
                let found: Vec<Problem> = addresses.iter().map(each).collect();
                Diagnosis::new("plan-destructive").help(help).found(found)
            }
            Self::Cost(error) => error.diagnosis(),
        }
    }
}

diagnostic!(Error);
