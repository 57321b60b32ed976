//! What AWS has: accounts, regions, zones, quotas, latencies.

pub(super) mod account;
pub(super) mod availability;
pub(super) mod latency;
pub(super) mod limits;
pub(super) mod quota;
pub(super) mod region;
pub(super) mod regions;
