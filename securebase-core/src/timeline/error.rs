//! Why a rehearsal says nothing about how long a plan takes.

use crate::model::{Address, Diagnosis, Problem, diagnostic};
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
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Failed(FailedRehearsal { failed, .. }) => {
                let help = "raise the quota in `limits`, or ask AWS for it before the plan is applied";
                let step = |(address, reason): &(Address, String)| {
                    let message = format!("`{address}` fails: {reason}");
                    Problem::error("rehearsal-failed", address.as_str(), message, help)
                };
                let found: Vec<Problem> = failed.iter().map(step).collect();
                Diagnosis::new("rehearsal-failed").help(help).found(found)
            }
            Self::Interrupted(interrupted) => interrupted.diagnosis(),
        }
    }

    /// The same, of one of several circumstances.
    pub(super) fn of(self, name: &str) -> Self {
        match self {
            Self::Failed(failed) => Self::Failed(FailedRehearsal { case: Some(name.to_owned()), ..failed }),
            Self::Interrupted(_) => self,
        }
    }
}

diagnostic!(RehearsalError);
