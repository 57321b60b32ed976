//! What the services of AWS do in a simulated cloud, and what they keep.

pub(super) mod context;
pub(super) mod ec2;
pub(super) mod iam;
pub(super) mod logs;
pub(super) mod organizations;
pub(super) mod page;
