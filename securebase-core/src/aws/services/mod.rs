//! The services of AWS, each through its SDK: `send` turns an operation into one request. `client` calls them.

pub(super) mod account;
pub(super) mod ec2;
pub(super) mod iam;
pub(super) mod kms;
pub(super) mod logs;
pub(super) mod organizations;
pub(super) mod sts;
