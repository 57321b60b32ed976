//! The words of evaluation: policies at levels, decisions, and what made them.
//!
//! Purpose: plain types that evaluation, self-check and reports share. Invariants: a cause names its statement so that a
//! person finds it: level, policy, `Sid` or position, conditions.

use serde::{Deserialize, Serialize};

use super::request::Exemption;
use crate::policy::catalog::{Catalogue, Guardrail};
use crate::policy::syntax::actions::ServiceReference;
use crate::policy::syntax::document::PolicyDocument;

/// Which kind of control policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum PolicyKind {
    /// Service control policy: binds the principals of accounts.
    #[default]
    ServiceControl,
    /// Resource control policy: binds the use of resources of accounts.
    ResourceControl,
}

/// A document under the name by which verdicts refer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The name.
    pub name: String,
    /// The document.
    pub document: PolicyDocument,
}

impl Policy {
    /// A policy.
    pub fn new(name: impl Into<String>, document: PolicyDocument) -> Self {
        Self { name: name.into(), document }
    }

    /// AWS's `FullAWSAccess`.
    #[must_use]
    pub fn full_access() -> Self {
        Self::new("FullAWSAccess", PolicyDocument::full_access())
    }
}

/// One level of the path with what is attached there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Level {
    /// Its name: the root, a unit, the account.
    pub name: String,
    /// The policies attached to it.
    pub policies: Vec<Policy>,
}

impl Level {
    /// A level.
    pub fn new(name: impl Into<String>, policies: Vec<Policy>) -> Self {
        Self { name: name.into(), policies }
    }
}

/// What a path says about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// Every level allows it and nothing denies it.
    Allowed,
    /// Control policies do not bind this principal.
    Exempt(Exemption),
    /// A Deny matches.
    ExplicitDeny,
    /// Some level has no Allow for it.
    ImplicitDeny,
    /// It depends on context keys that the request says nothing of.
    Undecided,
}

impl Decision {
    /// Whether the request certainly passes.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed | Self::Exempt(_))
    }
}

/// The statement (or the level without one) that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Position of the level, root first.
    pub level: usize,
    /// Its name.
    pub level_name: String,
    /// Name of the policy; `None` where the level has no Allow.
    pub policy: Option<String>,
    /// Position of the policy at its level.
    pub policy_index: Option<usize>,
    /// Position of the statement in its document as read.
    pub statement_index: Option<usize>,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// Its conditions as text, each of which held (or, where undecided, may hold).
    pub conditions: Vec<String>,
    /// Context keys that would have to be known.
    pub unknown_keys: Vec<String>,
    /// The id of the catalogue's guardrail that the statement comes from, where it comes from one.
    #[serde(default)]
    pub guardrail: Option<String>,
}

impl Cause {
    /// The statement's `Sid`, or its position.
    #[must_use]
    pub fn statement(&self) -> Option<String> {
        self.sid.clone().or_else(|| self.statement_index.map(|index| format!("Statement[{index}]")))
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Some(policy), Some(statement)) = (&self.policy, self.statement()) else {
            return write!(formatter, "`{}` has no Allow for it", self.level_name);
        };
        let guardrail =
            self.guardrail.as_deref().and_then(|id| Catalogue::shipped().ok()?.guardrail(id).ok());
        match guardrail {
            Some(Guardrail { id, intent, .. }) => {
                write!(formatter, "guardrail `{id}` ({})", intent.trim_end_matches('.'))?;
                write!(formatter, " in policy `{policy}` at `{}`", self.level_name)?;
            }
            None => {
                write!(formatter, "statement `{statement}` of policy `{policy}` at `{}`", self.level_name)?;
            }
        }
        if self.conditions.is_empty() {
            Ok(())
        } else {
            write!(formatter, " because {}", self.conditions.join(" and "))
        }
    }
}

/// A decision and what made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was decided.
    pub decision: Decision,
    /// By what. `None` for exempt principals and where there is no organization.
    pub decided_by: Option<Cause>,
    /// Every reason for a denial, [`Verdict::decided_by`] the first of them: each deny that matches, then each level without
    /// an Allow. Where undecided, everything that may deny. Empty where the request passes.
    #[serde(default)]
    pub causes: Vec<Cause>,
    /// The action and the context keys of the request that the shipped reference does not know: perhaps misspelled, perhaps
    /// newer than it.
    #[serde(default)]
    pub unknown: Vec<String>,
}

impl Verdict {
    /// Whether the request certainly passes.
    #[must_use]
    pub const fn allowed(&self) -> bool {
        self.decision.is_allowed()
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.decision.as_str())?;
        match (self.causes.as_slice(), &self.decided_by) {
            ([], None) => {}
            ([], Some(cause)) => write!(formatter, ": {cause}")?,
            (causes, _) => write!(formatter, ": {}", Causes(causes))?,
        }
        match self.unknown.as_slice() {
            [] => Ok(()),
            names => {
                let date = ServiceReference::shipped().date();
                write!(formatter, " (no service has `{}` as of {date})", names.join("`, `"))
            }
        }
    }
}

/// How many reasons a line states.
const STATED_MAX: usize = 5;

/// Reasons in one line.
pub(in crate::policy) struct Causes<'a>(pub(in crate::policy) &'a [Cause]);

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stated: Vec<String> = self.0.iter().take(STATED_MAX).map(ToString::to_string).collect();
        formatter.write_str(&stated.join("; and "))?;
        match self.0.len().saturating_sub(STATED_MAX) {
            0 => Ok(()),
            more => write!(formatter, "; and {more} more"),
        }
    }
}
