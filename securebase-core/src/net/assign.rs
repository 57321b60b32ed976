//! Which block each tenant of a landing zone has.
//!
//! *Purpose.* Brings together what the file says, what the ledger remembers and what exists, and lets the pool choose for
//! the rest.
//!
//! *Invariants.* What the file says wins and is recorded; else what an owner has it keeps; only then does the pool choose,
//! in an order that depends on the owners' names and sizes, not on the order of the file. So no tenant's block moves when
//! others are added, removed or reordered.
//!
//! *Non-goals.* Judging overlaps: [`super::connectivity`].

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use super::pool::AddressPool;
use super::pool::request::{BlockRequest, PoolSettings};
use crate::model::{Cidr, LandingZone, PoolStrategy, Problem, Problems, TenantKey};

/// What one owner needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Want<'a> {
    /// Who.
    pub owner: &'a str,
    /// The tier it belongs to.
    pub tier: Option<&'a str>,
    /// The size, where the pool chooses.
    pub prefix_len: u8,
    /// The block written for it.
    pub written: Option<Cidr>,
}

/// Who has which block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// By owner.
    pub blocks: BTreeMap<String, Cidr>,
    /// Owners the pool knows and nobody asked for: gone from the file, their blocks still held.
    pub left_over: Vec<String>,
    /// Warnings: a written block that differs from the one remembered (`cidr-moved`). And errors: no room
    /// (`pool-exhausted`) and what else the pool refuses.
    pub problems: Vec<Problem>,
}

/// The addresses of a landing zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneBlocks {
    /// Every tenant's block.
    pub blocks: BTreeMap<TenantKey, Cidr>,
    /// The pool in which they are recorded.
    pub pool: AddressPool,
    /// What somebody should know.
    pub warnings: Vec<Problem>,
}

/// Gives every owner its block and records it in the pool. Doing it again changes nothing.
pub(crate) fn assign(pool: &mut AddressPool, wants: &[Want<'_>]) -> Assignment {
    let mut blocks = BTreeMap::new();
    let mut problems = Vec::new();
    let path = |owner: &str| format!("clients.\"{owner}\".vpc_cidr");
    // First all that is certain, so that nothing is chosen where a later owner already is.
    for want in wants {
        let kept = primary(pool, want);
        let done = match (want.written, kept) {
            (Some(written), Some(kept)) if written != kept => {
                problems.push(moved(want.owner, written, kept, path(want.owner)));
                let until = pool.serial() + pool.settings().quarantine;
                pool.release_block(want.owner, kept, until)
                    .and_then(|()| pool.pin(written, want.owner))
                    .map(|()| Some(written))
            }
            (Some(written), _) => pool.pin(written, want.owner).map(|()| Some(written)),
            (None, kept) => Ok(kept),
        };
        match done {
            Ok(block) => blocks.extend(block.map(|block| (want.owner.to_owned(), block))),
            Err(error) => problems.push(error.problem(path(want.owner))),
        }
    }
    let mut open: Vec<&Want<'_>> =
        wants.iter().filter(|want| want.written.is_none() && !blocks.contains_key(want.owner)).collect();
    open.sort_by_key(|want| (want.prefix_len, want.owner));
    for want in open {
        match pool.allocate(&BlockRequest::new(want.prefix_len, want.owner).tier(want.tier)) {
            Ok(block) => drop(blocks.insert(want.owner.to_owned(), block)),
            Err(error) => problems.push(error.problem(path(want.owner))),
        }
    }
    let wanted: BTreeSet<&str> = wants.iter().map(|want| want.owner).collect();
    let mut left_over: Vec<String> =
        pool.allocations().iter().map(|allocation| allocation.owner.to_string()).collect();
    left_over.dedup();
    left_over.retain(|owner| !wanted.contains(owner.as_str()));
    Assignment { blocks, left_over, problems }
}

/// The block of an owner's VPC: the one written if it has it, else its largest, the lowest of those.
fn primary(pool: &AddressPool, want: &Want<'_>) -> Option<Cidr> {
    let held = pool.blocks_of(want.owner);
    want.written
        .filter(|written| held.contains(written))
        .or_else(|| held.iter().copied().min_by_key(|block| (block.prefix_len(), *block)))
}

fn moved(owner: &str, written: Cidr, kept: Cidr, path: String) -> Problem {
    Problem::warning(
        "cidr-moved",
        path,
        format!("the file gives `{owner}` `{written}`, but it has `{kept}`"),
        format!(
            "a VPC's primary block never changes: it would have to be replaced. To keep it, write `{kept}` or leave the \
             line out"
        ),
    )
}

/// The pool of a landing zone, before anybody has anything: its ranges, its tiers' ranges under `per-tier`, and the far
/// sides of its links left out.
///
/// # Errors
/// Every range that cannot be.
pub(crate) fn pool_of(zone: &LandingZone) -> Result<AddressPool, Problems> {
    let ranges = &zone.pool.cidrs;
    let mut tiers = Vec::new();
    if zone.pool.strategy == PoolStrategy::PerTier {
        for (tier, ranges) in &zone.pool.per_tier {
            tiers.extend(ranges.iter().map(|range| (tier.as_str(), *range)));
        }
    }
    let one = |error: Error| Problems::from(error.problem("pool"));
    let mut pool =
        AddressPool::with_tiers(ranges, PoolSettings::new(zone.pool.strategy), &tiers).map_err(one)?;
    for link in &zone.links {
        for cidr in &link.cidrs {
            pool.exclude(*cidr, &format!("the far side of {}", link.name)).map_err(one)?;
        }
    }
    pool.rebase();
    Ok(pool)
}

/// The block of every tenant of a zone: as written, as its VPC has it (`existing`), as `ledger` remembers it, or chosen.
///
/// # Errors
/// Every tenant for whom there is no room, with what is free; a pool that cannot be.
pub(crate) fn zone(
    zone: &LandingZone,
    existing: &BTreeMap<TenantKey, Cidr>,
    ledger: Option<&AddressPool>,
) -> Result<ZoneBlocks, Problems> {
    zone_beside(zone, existing, &[], ledger)
}

/// As [`zone`], beside blocks that are somebody else's, each with whose: nobody is given what overlaps one. Where tenants
/// may overlap (`per-account`), others' blocks are nobody's concern.
///
/// # Errors
/// As [`zone`].
pub(crate) fn zone_beside(
    zone: &LandingZone,
    existing: &BTreeMap<TenantKey, Cidr>,
    foreign: &[(Cidr, String)],
    ledger: Option<&AddressPool>,
) -> Result<ZoneBlocks, Problems> {
    let mut pool = pool_of(zone)?;
    if let Some(ledger) = ledger {
        for allocation in ledger.allocations() {
            // Remembered blocks hold even where the file's pool has changed around them.
            let pinned = pool.pin(allocation.cidr, &allocation.owner);
            pinned.map_err(|error| Problems::from(error.problem("pool")))?;
        }
    }
    for (tenant, cidr) in existing {
        let (owner, cidr) = (tenant.as_str(), *cidr);
        let pinned = pool.pin(cidr, owner);
        pinned.map_err(|error| Problems::from(error.problem("pool")))?;
    }
    if zone.pool.strategy != PoolStrategy::PerAccount {
        for (cidr, whose) in foreign {
            let excluded = pool.exclude(*cidr, whose);
            excluded.map_err(|error| Problems::from(error.problem("pool")))?;
        }
    }
    let wants: Vec<Want<'_>> = zone
        .tenants
        .iter()
        // Whoever leaves holds what it has until that is gone, and gets nothing new.
        .filter(|tenant| tenant.offboard.is_none())
        .map(|tenant| Want {
            owner: tenant.key.as_str(),
            tier: Some(tenant.tier.as_str()),
            prefix_len: zone.pool.prefix_len,
            written: tenant.vpc_cidr,
        })
        .collect();
    let Assignment { blocks, left_over: _, problems } = assign(&mut pool, &wants);
    if problems.iter().any(Problem::is_error) {
        return Err(Problems(problems).errors_first());
    }
    let of = |key: &TenantKey| Some((key.clone(), *blocks.get(key.as_str())?));
    let blocks = zone.tenants.iter().filter_map(|tenant| of(&tenant.key)).collect();
    Ok(ZoneBlocks { blocks, pool, warnings: problems })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn b(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    fn want(owner: &str, prefix_len: u8) -> Want<'_> {
        Want { owner, tier: Some("standard"), prefix_len, written: None }
    }

    fn pool(strategy: PoolStrategy) -> AddressPool {
        AddressPool::new(&[b("10.0.0.0/8")], PoolSettings::new(strategy)).unwrap()
    }

    #[test]
    fn the_file_wins_and_a_difference_is_explained() {
        let mut pool = pool(PoolStrategy::Unique);
        assign(&mut pool, &[want("acme", 16), want("beta", 16)]);
        let written = Want { written: Some(b("10.9.0.0/16")), ..want("acme", 16) };
        let done = assign(&mut pool, &[want("beta", 16), written.clone(), want("gamma", 16)]);
        assert_eq!(done.blocks["acme"], b("10.9.0.0/16"));
        assert_eq!(done.blocks["beta"], b("10.1.0.0/16"));
        assert_eq!(done.problems.len(), 1);
        assert_eq!(done.problems[0].message, "the file gives `acme` `10.9.0.0/16`, but it has `10.0.0.0/16`");
        let again = assign(&mut pool, &[written, want("beta", 16)]);
        assert!(again.problems.is_empty());
        assert_eq!(again.left_over, ["gamma"]);
    }

    #[test]
    fn written_blocks_are_known_before_any_is_chosen() {
        let written = Want { written: Some(b("10.0.0.0/16")), ..want("zeta", 16) };
        let done = assign(&mut pool(PoolStrategy::Unique), &[want("acme", 16), written]);
        assert_eq!(done.blocks["acme"], b("10.1.0.0/16"));
    }

    #[test]
    fn everyone_without_room_is_reported() {
        let mut pool =
            AddressPool::new(&[b("10.0.0.0/16")], PoolSettings::new(PoolStrategy::Unique)).unwrap();
        let done = assign(&mut pool, &[want("c", 16), want("a", 16), want("b", 16)]);
        let paths: Vec<&str> = done.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["clients.\"b\".vpc_cidr", "clients.\"c\".vpc_cidr"]);
    }

    fn strategy() -> impl Strategy<Value = PoolStrategy> {
        prop_oneof![Just(PoolStrategy::Unique), Just(PoolStrategy::PerTier), Just(PoolStrategy::PerAccount)]
    }

    proptest! {
        #![proptest_config(crate::cases::cases(1_000))]

        #[test]
        fn neither_order_nor_company_moves_a_tenant(
            strategy in strategy(),
            tenants in prop::collection::btree_map("[a-z]{1,3}", (16_u8..=28, "[xyz]", prop::option::weighted(0.2, 0_u32..8)), 1..12),
            shuffled in any::<prop::sample::Index>(),
            leaving in any::<prop::sample::Index>(),
            newcomers in prop::collection::btree_set("[A-Z]{1,3}", 0..6),
        ) {
            let wants: Vec<Want<'_>> = tenants
                .iter()
                .map(|(owner, (prefix_len, tier, written))| Want {
                    owner,
                    tier: Some(tier),
                    prefix_len: *prefix_len,
                    written: written.map(|n| Cidr::containing((0x0a00_0000 + (n << 16)).into(), 16)),
                })
                .collect();
            let mut first = pool(strategy);
            let blocks = assign(&mut first, &wants).blocks;
            // The same tenants in another order, on a fresh pool.
            let mut turned = wants.clone();
            turned.rotate_left(shuffled.index(wants.len()));
            turned.reverse();
            let mut other = pool(strategy);
            prop_assert_eq!(&assign(&mut other, &turned).blocks, &blocks);
            prop_assert_eq!(&other.snapshot(), &first.snapshot());
            // One leaves, others come: whoever stays has what it had.
            let gone = turned.remove(leaving.index(turned.len()));
            first.release(gone.owner).unwrap();
            turned.extend(newcomers.iter().map(|owner| Want { owner, tier: Some("x"), prefix_len: 20, written: None }));
            let after = assign(&mut first, &turned);
            for (owner, block) in blocks.iter().filter(|(owner, _)| *owner != gone.owner) {
                prop_assert_eq!(&after.blocks[owner], block);
            }
            prop_assert!(after.problems.is_empty() && after.left_over.is_empty());
        }
    }
}
