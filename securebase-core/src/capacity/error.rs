//! Why there is no path.

use crate::model::{Diagnosis, Problems, diagnostic};
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
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Options(problems) => Diagnosis::new("capacity-options").found(problems.0.as_slice()),
            Self::Finance(error) => error.diagnosis(),
            Self::Zone(problems) => Diagnosis::new("capacity-zone").found(problems.0.as_slice()),
            Self::Plan(error) => error.diagnosis(),
            Self::Rehearsals(error) => error.diagnosis(),
            Self::Rehearsal(error) => error.diagnosis(),
            Self::Interrupted(interrupted) => interrupted.diagnosis(),
            Self::Table(_) => Diagnosis::new("table").help("ask for fewer targets"),
        }
    }
}

diagnostic!(Error);
