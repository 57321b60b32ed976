//! Which block each tenant's VPC has: as written, as it already is, or newly allocated.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use crate::model::PoolStrategy;
use crate::model::{LandingZone, Problem, TenantKey};
use crate::net::{Block4, FreeSet};

/// The block of every tenant, by key.
///
/// A block in the file wins; without one, the block of the VPC that exists stays; only then is one allocated, best fit, in
/// the order of the tenants' keys. So no tenant's block moves when others are added, removed or reordered once it exists.
///
/// # Errors
/// One problem for every tenant for whom the pool has no room.
pub(super) fn assign(
    zone: &LandingZone,
    existing: &BTreeMap<TenantKey, Ipv4Net>,
) -> Result<BTreeMap<TenantKey, Ipv4Net>, Vec<Problem>> {
    let mut blocks: BTreeMap<TenantKey, Ipv4Net> = BTreeMap::new();
    for tenant in &zone.tenants {
        if let Some(block) = tenant.vpc_cidr.or_else(|| existing.get(&tenant.key).copied()) {
            blocks.insert(tenant.key.clone(), block);
        }
    }
    let mut rest: Vec<_> = zone.tenants.iter().filter(|tenant| !blocks.contains_key(&tenant.key)).collect();
    if rest.is_empty() {
        return Ok(blocks);
    }
    rest.sort_by(|a, b| a.key.cmp(&b.key));
    let fixed = blocks.clone();
    let mut pools: BTreeMap<Option<&str>, FreeSet> = BTreeMap::new();
    let mut problems = Vec::new();
    for tenant in rest {
        let own = match zone.pool.strategy {
            PoolStrategy::PerTier => Some(tenant.tier.as_str()),
            PoolStrategy::Unique | PoolStrategy::PerAccount => None,
        };
        let ranges = match zone.pool.per_tier.get(&tenant.tier) {
            Some(ranges) if own.is_some() => ranges,
            _ => &zone.pool.cidrs,
        };
        let free = || {
            let mut free = FreeSet::new();
            for range in ranges {
                free.insert(Block4::from(*range));
            }
            for range in zone.links.iter().flat_map(|link| &link.cidrs) {
                free.take_within(Block4::from(*range));
            }
            free
        };
        let found = if zone.pool.strategy == PoolStrategy::PerAccount {
            free().take(zone.pool.prefix_len)
        } else {
            pools
                .entry(own)
                .or_insert_with(|| {
                    let mut free = free();
                    for block in fixed.values() {
                        free.take_within(Block4::from(*block));
                    }
                    free
                })
                .take(zone.pool.prefix_len)
        };
        match found {
            Some(block) => {
                blocks.insert(tenant.key.clone(), block.net());
            }
            None => problems.push(Problem::error(
                "pool-exhausted",
                format!("clients.\"{}\".vpc_cidr", tenant.key),
                format!("the pool has no free /{} left", zone.pool.prefix_len),
                "add a range to `pool.cidrs`, use a longer `pool.prefix_len`, or write `vpc_cidr`",
            )),
        }
    }
    if problems.is_empty() { Ok(blocks) } else { Err(problems) }
}
