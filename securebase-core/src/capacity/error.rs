//! Why there is no path.

use crate::model::{Problem, Problems};
use crate::time::Interrupted;
use crate::{finance, plan, table, timeline};

/// Why a number of tenants cannot be worked out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Targets and options that are out of range; all of them.
    #[error("{0}")]
    Options(Problems),
    /// The business model has no answer.
    #[error(transparent)]
    Finance(#[from] finance::Error),
    /// No zone of so many tenants can be made of the model's settings; every problem at once.
    #[error("the zone cannot be scaled:\n{0}")]
    Zone(Problems),
    /// The zone of so many tenants cannot be planned.
    #[error(transparent)]
    Plan(#[from] plan::Error),
    /// Rehearsals say nothing about a deployment time.
    #[error(transparent)]
    Rehearsals(#[from] timeline::SpreadError),
    /// A rehearsal fails, so that it says nothing about a deployment time.
    #[error(transparent)]
    Rehearsal(timeline::RehearsalError),
    /// The caller asked the computation to end before it was done.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// A table could not be made of the result.
    #[error(transparent)]
    Table(#[from] table::Error),
}

impl From<timeline::RehearsalError> for Error {
    fn from(error: timeline::RehearsalError) -> Self {
        match error {
            timeline::RehearsalError::Interrupted(interrupted) => Self::Interrupted(interrupted),
            _ => Self::Rehearsal(error),
        }
    }
}

impl Error {
    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Options(_) => "capacity-options",
            Self::Finance(error) => error.code(),
            Self::Zone(_) => "capacity-zone",
            Self::Plan(error) => error.code(),
            Self::Rehearsals(error) => error.code(),
            Self::Rehearsal(error) => error.code(),
            Self::Interrupted(interrupted) => interrupted.code(),
            Self::Table(_) => "table",
        }
    }

    /// The findings behind it, at least one.
    pub fn problems(&self) -> Problems {
        let one = |hint: &str| Problem::error(self.code(), "", self.to_string(), hint).into();
        match self {
            Self::Finance(error) | Self::Plan(plan::Error::Cost(error)) => error.problems(),
            Self::Options(problems) | Self::Zone(problems) | Self::Plan(plan::Error::Problems(problems)) => {
                problems.clone()
            }
            Self::Plan(_) => one("see docs/errors.md"),
            Self::Rehearsals(error) => one(error.hint()),
            Self::Rehearsal(error) => error.problems(),
            Self::Interrupted(_) => one("call again and let it end"),
            Self::Table(_) => one("ask for fewer targets"),
        }
    }
}
