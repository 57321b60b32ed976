//! Flow logs, and what they need in an account.

mod flow_log;
mod flow_log_role;
mod kms_key;
mod log_group;

pub use flow_log::FlowLogSpec;
pub use flow_log_role::FlowLogRoleSpec;
pub use kms_key::KmsKeySpec;
pub(crate) use log_group::LONGEST_RETENTION_DAYS;
pub use log_group::LogGroupSpec;
