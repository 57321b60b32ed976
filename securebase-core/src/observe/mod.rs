//! What exists: the organization and its accounts as a survey found them.
//!
//! Purpose: a plain, ordered picture of the cloud that the planner compares with the desired graph, and from which a
//! simulated cloud can be made. Invariants: complete for the accounts and regions that were read, and says of those that were
//! not why not; in the cloud's own words (ids, names, tags), addresses are found later. Not here: how to ask the cloud (`exec::survey`).

mod accounts;
mod names;
mod reading;
mod scope;
mod snapshot;
mod stored;

pub(crate) use accounts::Accounts;
pub(crate) use names::{Names, tenant_of};
pub use reading::{Reading, Unread};
pub use scope::{Scope, ScopedTenant, flow_log_group_name};
pub(crate) use scope::{flow_log_group_prefix, unit_paths};
pub use snapshot::{
    Observed, ObservedAccount, ObservedLogGroup, ObservedMember, ObservedOrganization, ObservedPolicy,
    ObservedRolePolicy, ObservedUnit, ObservedVpc,
};
