//! Why a rehearsal says nothing about how long a plan takes.

use crate::model::{Address, Problem, Problems};
use crate::time::Interrupted;

/// How many of the failed steps a message names.
const NAMED_MAX: usize = 3;

/// Why a plan has no timeline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// Steps fail under these circumstances: what the others take is not how long the plan takes.
    #[error("{0}")]
    Failed(FailedRehearsal),
    /// The caller asked the rehearsal to end before it was done.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// The steps that a rehearsal does not carry out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FailedRehearsal {
    /// Under which of several circumstances, where there are several.
    pub case: Option<String>,
    /// The steps that fail for good, and why, in the order in which they do.
    pub failed: Vec<(Address, String)>,
    /// How many more steps are not carried out: they wait for these.
    pub waiting: usize,
}

impl std::fmt::Display for FailedRehearsal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { case, failed, waiting } = self;
        f.write_str("the rehearsal")?;
        if let Some(case) = case {
            write!(f, " of `{}`", crate::model::Quoted(case))?;
        }
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        write!(f, " fails at {} step{}", failed.len(), plural(failed.len()))?;
        for (index, (address, reason)) in failed.iter().take(NAMED_MAX).enumerate() {
            write!(f, "{} `{address}` ({reason})", if index == 0 { ":" } else { "," })?;
        }
        if failed.len() > NAMED_MAX {
            write!(f, " and {} more", failed.len() - NAMED_MAX)?;
        }
        if *waiting > 0 {
            let wait = if *waiting == 1 { "waits" } else { "wait" };
            write!(f, "; {waiting} step{} {wait} for what does not come", plural(*waiting))?;
        }
        Ok(())
    }
}

impl RehearsalError {
    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Failed(_) => "rehearsal-failed",
            Self::Interrupted(interrupted) => interrupted.code(),
        }
    }

    /// The findings behind it, at least one: each step that fails, and why.
    pub fn problems(&self) -> Problems {
        let hint = match self {
            Self::Failed(_) => "raise the quota in `limits`, or ask AWS for it before the plan is applied",
            Self::Interrupted(_) => "call again and let it end",
        };
        let steps = match self {
            Self::Failed(FailedRehearsal { failed, .. }) => failed.as_slice(),
            Self::Interrupted(_) => &[],
        };
        let step = |(address, reason): &(Address, String)| {
            Problem::error(self.code(), address.as_str(), format!("`{address}` fails: {reason}"), hint)
        };
        if steps.is_empty() {
            return Problem::error(self.code(), "", self.to_string(), hint).into();
        }
        Problems(steps.iter().map(step).collect())
    }

    /// The same, of one of several circumstances.
    pub(super) fn of(self, name: &str) -> Self {
        match self {
            Self::Failed(failed) => Self::Failed(FailedRehearsal { case: Some(name.to_owned()), ..failed }),
            Self::Interrupted(_) => self,
        }
    }
}
