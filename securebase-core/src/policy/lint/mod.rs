//! What is wrong with a policy although AWS takes it.
//!
//! Purpose: one finding for each defect, with its place and its correction. An error says that the policy is refused or does
//! not do what it says; a warning asks for a decision. Names are checked against the shipped service
//! reference, whose date bounds what «unknown» means.
//! Non-goals: what parsing already refuses, and judging whether a policy is strict enough.

mod actions;
mod conditions;
mod pitfalls;
mod regions;
mod resources;
mod statements;
mod target;

pub use target::{lint_target, unmet_needs};

use super::catalog::parameters::Parameters;
use super::eval::verdict::PolicyKind;
use super::pack::PolicyLimits;
use super::syntax::actions::ServiceReference;
use super::syntax::document::{PolicyDocument, Statement};
use crate::model::{Limits, Problem, Severity};

/// What the linter knows of the policy's surroundings.
#[derive(Debug, Clone)]
pub struct LintOptions {
    /// Which kind of policy it is meant as.
    pub kind: PolicyKind,
    /// What the target holds.
    pub limits: PolicyLimits,
    /// Who works in the accounts and must not be locked out.
    pub parameters: Parameters,
}

impl Default for LintOptions {
    /// A service control policy under AWS's limits, with the default executor.
    fn default() -> Self {
        Self {
            kind: PolicyKind::ServiceControl,
            limits: PolicyLimits::from_limits(&Limits::default()),
            parameters: Parameters::default(),
        }
    }
}

impl PolicyDocument {
    /// Every defect of the document as a service control policy, in the order of its statements.
    #[must_use]
    pub fn lint(&self) -> Vec<Problem> {
        self.lint_with(&LintOptions::default())
    }

    /// Every defect of the document in given surroundings.
    #[must_use]
    pub fn lint_with(&self, options: &LintOptions) -> Vec<Problem> {
        let mut notes = Notes { found: Vec::new(), path: String::new(), place: None };
        statements::document(self, options, &mut notes);
        for (index, statement) in self.statements.iter().enumerate() {
            notes.enter(index, statement);
            let subject =
                Subject { document: self, index, statement, reference: ServiceReference::shipped() };
            statements::statement(&subject, options, &mut notes);
            actions::statement(&subject, &mut notes);
            resources::statement(&subject, &mut notes);
            conditions::statement(&subject, &mut notes);
            pitfalls::statement(&subject, &mut notes);
        }
        notes.path = String::new();
        notes.place = None;
        pitfalls::executor(self, options, &mut notes);
        folded(notes.found)
    }
}

/// Codes of which a document has either none or many: one finding says it for all.
const ONCE: [&str; 4] = [
    "policy.if-exists-without-effect",
    "policy.exempts-by-tag",
    "policy.denies-without-key",
    "policy.management-account-only",
];

/// How many places a folded finding names.
const PLACES_MAX: usize = 5;

/// Findings with those that say the same, or are of a kind that is said once, folded into the first of them.
fn folded(found: Vec<Problem>) -> Vec<Problem> {
    let mut kept: Vec<(Problem, Vec<String>)> = Vec::new();
    for problem in found {
        let same = |other: &Problem| {
            other.code == problem.code
                && other.severity == problem.severity
                && (other.message == problem.message || ONCE.contains(&other.code.as_str()))
        };
        match kept.iter_mut().find(|(first, _)| same(first)) {
            Some((_, places)) => places.push(problem.path),
            None => kept.push((problem, Vec::new())),
        }
    }
    let said = |(mut problem, mut places): (Problem, Vec<String>)| {
        let more = places.len().saturating_sub(PLACES_MAX);
        places.truncate(PLACES_MAX);
        if !places.is_empty() {
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            problem.message = format!("{}; likewise {}{rest}", problem.message, places.join(", "));
        }
        problem
    };
    kept.into_iter().map(said).collect()
}

/// One statement under examination.
struct Subject<'a> {
    document: &'a PolicyDocument,
    index: usize,
    statement: &'a Statement,
    reference: &'static ServiceReference,
}

/// Collects findings, each at the statement under examination.
struct Notes {
    found: Vec<Problem>,
    path: String,
    place: Option<crate::model::Place>,
}

impl Notes {
    fn enter(&mut self, index: usize, statement: &Statement) {
        self.path = format!("Statement[{index}]");
        self.place = statement.location.map(Into::into);
    }

    fn note(&mut self, severity: Severity, code: &str, part: &str, message: String, hint: &str) {
        let path = match (self.path.as_str(), part) {
            ("", part) => part.to_owned(),
            (path, "") => path.to_owned(),
            (path, part) => format!("{path}.{part}"),
        };
        let mut problem = Problem::error(code, path, message, hint).at(self.place.clone());
        problem.severity = severity;
        self.found.push(problem);
    }

    fn error(&mut self, code: &str, part: &str, message: String, hint: &str) {
        self.note(Severity::Error, code, part, message, hint);
    }

    fn warning(&mut self, code: &str, part: &str, message: String, hint: &str) {
        self.note(Severity::Warning, code, part, message, hint);
    }
}

#[cfg(test)]
mod tests;
