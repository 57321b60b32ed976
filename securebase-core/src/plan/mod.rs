//! What to do: the desired graph, compared with what was observed, becomes a plan.
//!
//! Purpose: decide everything before anything is touched, so that execution has no choices left.
//! Invariants: synchronous and free of I/O; the same input gives the same bytes, in whatever order the tenants were
//! written; a value known in a plan never changes when it is carried out.
//! Not here: asking the cloud (`observe::survey`), carrying a plan out (`exec`).

mod check;
mod cost;
mod desired;
mod diff;
mod error;
mod order;
mod planner;
mod prune;
mod saved;
mod step;
mod terms;
mod view;

pub use crate::kinds::step::{Action, Change, Deferral, Pending, WaitsFor};
pub use check::calls::member_operations;
pub(crate) use check::home::is_placeholder;
pub use cost::{MarginFloor, PlanCost, PromisedChange, StepCost};
pub use desired::blocks::PlannedBlock;
pub use desired::graph::{Dependency, DependencyReason, Resource, ResourceGraph};
pub use diff::applied::Applied;
pub use diff::drift::Drifted;
pub use error::Error;
pub use planner::Planner;
pub use prune::record::{Disposition, OffboardingRecord, RecordedResource};
pub use saved::FORMAT_VERSION;
pub(crate) use saved::{Written, fingerprint};
pub use step::{Plan, PlannedTenant, Site, Step};
pub use terms::{AccountTerms, Terms};
pub use view::effect::GuardrailEffect;
pub use view::effective::TenantPolicy;
