//! Fitting policies into AWS's limits without changing a verdict.

use super::document::{Effect, PolicyDocument, Selection, Statement, Version};
use super::error::Error;
use super::pattern::glob_folded;
use crate::model::Limits;

/// How much a target holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// Characters of one document.
    pub max_size: usize,
    /// Documents that may be used.
    pub max_documents: usize,
}

impl Fit {
    /// What AWS grants for service control policies.
    #[must_use]
    pub fn from_limits(limits: &Limits) -> Self {
        let whole = |name: &str| usize::try_from(limits.quota(name)).unwrap_or(usize::MAX);
        Self { max_size: whole("policy_size"), max_documents: whole("policies_per_target") }
    }
}

/// Packs documents of one target into as few as possible.
///
/// # Errors
/// [`Error::DoesNotFit`] says by how much.
pub fn pack(documents: &[PolicyDocument], fit: Fit) -> Result<Vec<PolicyDocument>, Error> {
    let statements =
        merge(documents.iter().flat_map(|document| document.statements.iter().cloned()).collect());
    let whole = PolicyDocument { version: Version::Current, id: None, statements };
    if whole.size() <= fit.max_size {
        return Ok(vec![whole]);
    }
    Err(Error::DoesNotFit(format!("{} characters, {} allowed", whole.size(), fit.max_size)))
}

fn merge(statements: Vec<Statement>) -> Vec<Statement> {
    let mut merged: Vec<Statement> = Vec::new();
    for mut statement in statements {
        statement.sid = None;
        let place = merged.iter_mut().find(|other| {
            !other.actions.negated
                && !statement.actions.negated
                && other.effect == statement.effect
                && other.principal == statement.principal
                && Statement { actions: Selection::everything(), ..(*other).clone() }
                    == Statement { actions: Selection::everything(), ..statement.clone() }
        });
        match place {
            Some(other) => other.actions.patterns.append(&mut statement.actions.patterns),
            None => merged.push(statement),
        }
    }
    for statement in &mut merged {
        if statement.effect == Effect::Deny && !statement.actions.negated {
            let patterns = std::mem::take(&mut statement.actions.patterns);
            let covered = |pattern: &String| {
                patterns
                    .iter()
                    .any(|other| !other.eq_ignore_ascii_case(pattern) && glob_folded(other, pattern))
            };
            statement.actions.patterns =
                patterns.iter().filter(|pattern| !covered(pattern)).cloned().collect();
        }
    }
    merged
}
