//! Flow logs, and what they need in an account.

mod flow_log;
mod flow_log_role;
mod log_group;

pub use flow_log::FlowLogSpec;
pub use flow_log_role::FlowLogRoleSpec;
pub(crate) use log_group::LONGEST_RETENTION_DAYS;
pub use log_group::LogGroupSpec;
