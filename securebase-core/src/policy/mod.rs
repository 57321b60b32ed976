//! Guardrails: policies that are proven, not hoped for.
//!
//! Purpose: a typed model of service control policies (and resource control policies), and what can be done with it.
//! Invariants: no I/O, clock or randomness; every output is a pure function of its input and of the shipped data.
//! Non-goals: granting access. A control policy only ever takes away.

pub mod actions;
mod arn;
mod batch;
mod behind;
pub mod catalogue;
pub mod certificate;
mod condition;
pub mod coverage;
pub mod difference;
pub mod document;
mod error;
mod evaluate;
pub mod example;
pub mod guardrails;
mod index;
mod intake;
pub mod lint;
mod nearest;
mod operator;
pub mod pack;
mod parameters;
mod parse;
mod partition;
mod pattern;
mod privilege;
mod request;
mod selfcheck;
mod simplify;
mod source;
mod summary;
mod variable;
mod verdict;
pub mod verify;

pub use batch::decide_all;
pub use catalogue::{BASELINE, Catalogue, Controls, Guardrail, GuardrailSet};
pub use certificate::{Certificate, certify};
pub use condition::Truth;
pub use coverage::{ControlCoverage, Coverage, CoverageReport, coverage};
pub use difference::{Change, Difference, EffectivePolicy, Outcome, difference, effective};
pub use document::{Condition, Effect, PolicyDocument, Principal, Selection, Statement, Version};
pub use error::Error;
pub use evaluate::{PolicyPath, evaluate};
pub use example::{FailedExample, GuardrailView};
pub use guardrails::{
    NamedDocument, guardrails, set_of, tier_documents, tier_documents_with, tier_documents_within,
};
pub use lint::{LintOptions, lint_target, unmet_needs};
pub use operator::{Comparison, Operator, Quantifier};
pub use pack::{Fit, Hoisted, Shortfall, hoist, pack};
pub use parameters::{Parameters, SETTABLE};
pub use pattern::{glob, glob_folded};
pub use privilege::{ExecutorIdentity, Side, executor_calls, known_calls, least_privilege};
pub use request::{Exemption, Knowledge, Request};
pub use selfcheck::{PlannedCall, check_calls};
pub use source::Location;
pub use summary::{ChangeSummary, Tendency};
pub use verdict::{Cause, Decision, Level, Policy, PolicyKind, Verdict};
pub use verify::verify;
