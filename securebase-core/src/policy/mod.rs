//! Guardrails: policies that are proven, not hoped for.
//!
//! Purpose: a typed model of service control policies (and resource control policies), and what can be done with it.
//! Invariants: no I/O, clock or randomness; every output is a pure function of its input and of the shipped data.
//! Non-goals: granting access. A control policy only ever takes away.

mod analysis;
mod catalog;
mod error;
mod eval;
mod lint;
mod nearest;
mod pack;
mod syntax;

pub use analysis::difference::{
    Difference, EffectivePolicy, Outcome, PermissionChange, difference, difference_until, effective,
};
pub use analysis::lockout::{PlannedCall, check_calls};
pub use analysis::privilege::{ExecutorIdentity, Side, executor_calls, known_calls, least_privilege};
pub use analysis::summary::{ChangeSummary, Direction};
pub use catalog::coverage::{ControlCoverage, Coverage, CoverageReport, coverage};
pub use catalog::example::{FailedExample, GuardrailView};
pub use catalog::parameters::{Parameters, SETTABLE};
pub use catalog::set::SetName;
pub use catalog::tier_documents::{
    NamedDocument, guardrails, tier_documents, tier_documents_with, tier_documents_within,
};
pub use catalog::{Catalogue, Controls, Guardrail, GuardrailSet};
pub use error::Error;
pub use eval::batch::decide_all;
pub use eval::evaluate::{PolicyPath, evaluate};
pub use eval::request::{Exemption, Knowledge, Request};
pub use eval::verdict::{Cause, Decision, Level, Policy, PolicyKind, Verdict};
pub use lint::{LintOptions, lint_target, unmet_needs};
pub use pack::certificate::{Certificate, Counterexample, StatementPlace, certify, certify_until};
pub use pack::verify::{verify, verify_until};
pub use pack::{Hoisted, Overflow, PolicyLimits, hoist, pack, pack_until, total_size};
pub use syntax::actions::{ActionInfo, KeyInfo, KeyType, ResourceSupport, ServiceInfo, ServiceReference};
pub use syntax::condition::Truth;
pub use syntax::document::{Condition, Effect, PolicyDocument, Principal, Selection, Statement, Version};
pub use syntax::operator::{Comparison, Operator, Quantifier};
pub use syntax::pattern::{glob, glob_folded};
pub use syntax::source::Location;
pub use syntax::text::{PolicyText, Unreadable};
