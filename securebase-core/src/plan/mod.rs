//! What to do: the desired graph, compared with what was observed, becomes a plan.
//!
//! Purpose: decide everything before anything is touched, so that execution has no choices left.
//! Invariants: synchronous and free of I/O; the same input gives the same bytes, in whatever order the tenants were
//! written; a value known in a plan never changes when it is carried out.
//! Not here: asking the cloud (`exec::survey`), carrying a plan out (`exec`).

mod account_quotas;
mod adopt;
mod applied;
mod attached;
mod blocks;
mod calls;
mod claim;
mod compare;
mod cost;
mod departure;
mod desired;
mod display;
mod draw;
mod drift;
mod duration;
mod effect;
mod effective;
mod error;
mod existing;
mod flow_log_role;
mod graph;
mod guardrails;
mod home;
mod lockout;
mod other_zone;
mod owner;
mod planner;
mod record;
mod regions;
mod saved;
mod scope;
mod sequence;
mod since;
mod step;
mod subset;
mod surplus;
mod table;
mod terms;
mod unread;
mod warnings;
mod zones;

pub use applied::Applied;
pub use blocks::PlannedBlock;
pub use calls::member_operations;
pub(crate) use claim::{Accounts, is_closed};
pub(crate) use compare::{attachment_id, id_from};
pub use cost::{MarginFloor, PlanCost, PromisedChange, StepCost};
pub use desired::{ADDRESS_TAG, TENANT_TAG, ZONE_TAG};
pub use drift::Drifted;
pub use effect::GuardrailEffect;
pub use effective::TenantPolicy;
pub use error::Error;
pub(crate) use flow_log_role::{FLOW_LOG_POLICY, FLOW_LOG_POLICY_NAME, FLOW_LOG_TRUST};
pub use graph::{Dependency, Resource, ResourceGraph, Why};
pub(crate) use home::is_placeholder;
pub(crate) use owner::Names;
pub use planner::Planner;
pub use record::{DepartureRecord, Fate, RecordedResource};
pub use saved::FORMAT_VERSION;
pub(crate) use saved::{Written, fingerprint};
pub use scope::{Scope, ScopedTenant, flow_log_group_name};
pub(crate) use scope::{flow_log_group_prefix, unit_paths};
pub use step::{Action, Change, Plan, PlannedTenant, Site, Step};
pub use terms::{AccountTerms, Terms};
