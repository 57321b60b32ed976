//! What exists: the organization and its accounts as a survey found them.
//!
//! Purpose: a plain, ordered picture of the cloud that the planner compares with the desired graph, and from which a
//! simulated cloud can be made. Invariants: complete for the accounts and regions that were read, and says of those that were
//! not why not; in the cloud's own words (ids, names, tags), addresses are found later. [`survey`] asks the cloud; it changes nothing.

mod accounts;
mod error;
mod names;
mod reading;
mod scope;
mod snapshot;
mod stored;
mod survey;

pub(crate) use accounts::Accounts;
pub use error::Error;
pub(crate) use names::{Names, tenant_of};
pub use reading::{Reading, Unread};
pub(crate) use scope::{FLOW_LOG_POLICY_NAME, flow_log_group_prefix, unit_paths};
pub use scope::{Scope, ScopedTenant, flow_log_group_name};
pub use snapshot::{
    Observed, ObservedAccount, ObservedKey, ObservedLogGroup, ObservedMember, ObservedOrganization,
    ObservedPolicy, ObservedRolePolicy, ObservedUnit, ObservedVpc,
};
pub use survey::survey;
pub(crate) use survey::{organization_ids, survey_once};
