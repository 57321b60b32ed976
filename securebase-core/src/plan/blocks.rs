//! Which block each tenant's VPC has: as written, as it already is, or newly allocated.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use crate::model::{LandingZone, Problem, Problems, TenantKey};
use crate::net;

/// The block of every tenant, by key: [`net::assign::zone`] without a ledger, as the VPCs that exist are one.
///
/// # Errors
/// One problem for every tenant for whom the pool has no room.
pub(super) fn assign(
    zone: &LandingZone,
    existing: &BTreeMap<TenantKey, Ipv4Net>,
    foreign: &[(Ipv4Net, String)],
) -> Result<BTreeMap<TenantKey, Ipv4Net>, Vec<Problem>> {
    net::assign::zone_beside(zone, existing, foreign, None)
        .map(|done| done.blocks)
        .map_err(|Problems(problems)| problems)
}
