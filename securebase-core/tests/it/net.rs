//! Pools against a model that holds one bit for every smallest block.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use securebase_core::model::{Cidr, PoolStrategy};
use securebase_core::net::{AddressPool, AllocationKind, BlockRequest, Error, FreeSet, Ledger, PoolSettings};

/// The pool is 10.0.0.0/24; the smallest block, a /28, is a cell, so there are 16, and 16 more to grow into.
const CELLS: usize = 32;

#[derive(Debug, Clone)]
enum Op {
    Allocate { len: u8, owner: u8, tier: u8, another: bool },
    Reserve { cell: u8, len: u8, owner: u8 },
    Pin { cell: u8, len: u8, owner: u8 },
    Release { owner: u8, rest: u8 },
    Advance { by: u8 },
    Exclude { cell: u8, len: u8 },
    Include { cell: u8, len: u8 },
    Grow,
}

fn op() -> impl Strategy<Value = Op> {
    let (len, cell, owner) = (25_u8..=28, 0_u8..32, 0_u8..6);
    prop_oneof![
        6 => (len.clone(), owner.clone(), 0_u8..3, any::<bool>())
            .prop_map(|(len, owner, tier, another)| Op::Allocate { len, owner, tier, another }),
        2 => (cell.clone(), len.clone(), owner.clone()).prop_map(|(cell, len, owner)| Op::Reserve { cell, len, owner }),
        1 => (cell.clone(), len.clone(), owner.clone()).prop_map(|(cell, len, owner)| Op::Pin { cell, len, owner }),
        4 => (owner, prop_oneof![2 => Just(0), 1 => 1_u8..4]).prop_map(|(owner, rest)| Op::Release { owner, rest }),
        1 => (0_u8..3).prop_map(|by| Op::Advance { by }),
        1 => (cell.clone(), len.clone()).prop_map(|(cell, len)| Op::Exclude { cell, len }),
        1 => (cell, len).prop_map(|(cell, len)| Op::Include { cell, len }),
        1 => Just(Op::Grow),
    ]
}

const BASE: u32 = 10 << 24;

fn block(cell: u8, len: u8) -> Cidr {
    Cidr::containing((BASE + u32::from(cell) * 16).into(), len)
}

fn cells(block: Cidr) -> std::ops::Range<usize> {
    let first = (u32::from(block.first()) - BASE) as usize / 16;
    first..first + block.address_count() as usize / 16
}

/// Who may not be disturbed where, cell by cell: written without a thought for speed or structure.
#[derive(Default)]
struct Model {
    ranges: Vec<Cidr>,
    excluded: Vec<Cidr>,
    held: Vec<(Cidr, String)>,
    pinned: Vec<(Cidr, String)>,
    resting: Vec<(Cidr, u64)>,
    serial: u64,
}

impl Model {
    fn free(&self) -> [bool; CELLS] {
        let mut free = [false; CELLS];
        let mut paint = |block: &Cidr, with: bool| free[cells(*block)].fill(with);
        self.ranges.iter().for_each(|range| paint(range, true));
        self.excluded.iter().for_each(|range| paint(range, false));
        self.held.iter().chain(&self.pinned).for_each(|(block, _)| paint(block, false));
        self.resting.iter().for_each(|(block, _)| paint(block, false));
        free
    }
}

fn painted(blocks: &[Cidr]) -> [bool; CELLS] {
    let mut cells_free = [false; CELLS];
    for block in blocks {
        assert!(cells_free[cells(*block)].iter().all(|free| !free), "free blocks overlap");
        cells_free[cells(*block)].fill(true);
    }
    cells_free
}

fn name(owner: u8) -> String {
    format!("tenant-{owner}")
}

/// Runs a history against pool and model at once. Only for strategies in which all owners share one space.
fn run(strategy: PoolStrategy, ops: &[Op]) -> Result<AddressPool, TestCaseError> {
    let mut pool = AddressPool::new(
        &[block(0, 24)],
        PoolSettings { tier_prefix_len: Some(26), ..PoolSettings::new(strategy) },
    )
    .unwrap();
    let mut model = Model { ranges: vec![block(0, 24)], ..Model::default() };
    for op in ops {
        let before = model.free();
        match *op {
            Op::Allocate { len, owner, tier, another } => {
                let (owner, tier) = (name(owner), format!("tier-{tier}"));
                let had = pool.blocks_of(&owner);
                let free = pool.free();
                match pool.allocate(&BlockRequest::new(len, &owner).tier(Some(&tier)).another(another)) {
                    Ok(block) if had.contains(&block) => prop_assert!(!another),
                    Ok(block) => {
                        prop_assert_eq!(block.prefix_len(), len);
                        prop_assert!(before[cells(block)].iter().all(|free| *free), "{} was not free", block);
                        prop_assert!(model.ranges.iter().any(|range| range.contains(&block)));
                        if strategy == PoolStrategy::Unique {
                            // Best fit: from the smallest free block that holds it, the lowest of those.
                            let best = free
                                .iter()
                                .filter(|f| f.prefix_len() <= len)
                                .max_by_key(|f| (f.prefix_len(), std::cmp::Reverse(**f)));
                            prop_assert_eq!(best.map(Cidr::first), Some(block.first()));
                        }
                        model.held.push((block, owner));
                    }
                    Err(Error::Exhausted(shortage)) => {
                        let fits = |cells: &[bool]| cells.iter().all(|free| *free);
                        let size = 1 << (28 - len);
                        if strategy == PoolStrategy::Unique {
                            prop_assert!(
                                !before.chunks(size).any(fits),
                                "{:?} although a place is free",
                                shortage
                            );
                        }
                    }
                    Err(error) => prop_assert!(false, "{}", error),
                }
            }
            Op::Reserve { cell, len, owner } => {
                let (block, owner) = (block(cell, len), name(owner));
                let (given, pinned) = (
                    model.held.contains(&(block, owner.clone())),
                    model.pinned.contains(&(block, owner.clone())),
                );
                let had = given || pinned;
                let within = model.ranges.iter().any(|range| range.contains(&block));
                let apart = |others: &[(Cidr, String)]| {
                    others.iter().all(|(b, by)| !b.overlaps(&block) || *by == owner)
                };
                let awake = model.resting.iter().all(|(b, _)| !b.overlaps(&block));
                let no_other = awake && apart(&model.held) && apart(&model.pinned);
                let clear = within && no_other && model.held.iter().all(|(b, _)| !b.overlaps(&block));
                let done = pool.reserve(block, &owner);
                if strategy == PoolStrategy::Unique {
                    let expected = given || if pinned { !within || no_other } else { clear };
                    prop_assert_eq!(done.is_ok(), expected, "{:?}", done);
                }
                if done.is_ok() && !had {
                    prop_assert!(clear);
                    model.held.push((block, owner));
                }
            }
            Op::Pin { cell, len, owner } => {
                let (block, owner) = (block(cell, len), name(owner));
                let had = pool.blocks_of(&owner).contains(&block);
                pool.pin(block, &owner).unwrap();
                if !had {
                    model.pinned.push((block, owner));
                }
            }
            Op::Release { owner, rest } => {
                let owner = name(owner);
                let until = model.serial + u64::from(rest);
                let mut had: Vec<Cidr> = model
                    .held
                    .iter()
                    .chain(&model.pinned)
                    .filter(|(_, by)| *by == owner)
                    .map(|(b, _)| *b)
                    .collect();
                had.sort_unstable();
                match pool.release_until(&owner, until) {
                    Ok(blocks) => prop_assert_eq!(&blocks, &had),
                    Err(error) => {
                        let unknown = matches!(error, Error::UnknownOwner { .. });
                        prop_assert!(unknown && had.is_empty());
                    }
                }
                model.held.retain(|(_, by)| *by != owner);
                model.pinned.retain(|(_, by)| *by != owner);
                if until > model.serial {
                    // All of it rests, excluded and pinned or not, but for what another owner was given.
                    let cell = |cell: usize| block(u8::try_from(cell).unwrap(), 28);
                    let released = had.iter().flat_map(|block| cells(*block)).map(cell);
                    let rests = released.filter(|cell| {
                        model.ranges.iter().any(|range| range.contains(cell))
                            && model.held.iter().all(|(held, _)| !held.overlaps(cell))
                    });
                    model.resting.extend(rests.map(|cell| (cell, until)).collect::<Vec<_>>());
                }
            }
            Op::Advance { by } => {
                model.serial += u64::from(by);
                model.resting.retain(|(_, until)| *until > model.serial);
                pool.advance(model.serial).unwrap();
            }
            Op::Exclude { cell, len } => {
                pool.exclude(block(cell, len), "test").unwrap();
                if !model.excluded.contains(&block(cell, len)) {
                    model.excluded.push(block(cell, len));
                }
            }
            Op::Include { cell, len } => {
                let known = model.excluded.contains(&block(cell, len));
                prop_assert_eq!(pool.include(block(cell, len)).is_ok(), known);
                model.excluded.retain(|other| *other != block(cell, len));
            }
            Op::Grow => {
                let range = block(16, 24);
                let fresh = !model.ranges.contains(&range);
                prop_assert_eq!(pool.grow("", range).is_ok(), fresh);
                if fresh {
                    model.ranges.push(range);
                }
            }
        }
        prop_assert_eq!(painted(&pool.free()), model.free(), "after {:?}", op);
        let set: FreeSet = pool.free().into_iter().collect();
        prop_assert_eq!(set.blocks(), pool.free(), "not the fewest blocks");
    }
    Ok(pool)
}

fn reloads(pool: &AddressPool) -> Result<(), TestCaseError> {
    let replayed = Ledger::from_json(&pool.ledger().to_json().unwrap()).unwrap().replay();
    prop_assert_eq!(replayed.as_ref(), Ok(pool), "replay");
    let loaded = AddressPool::from_json(&pool.to_json().unwrap());
    prop_assert_eq!(loaded.as_ref(), Ok(pool), "snapshot");
    prop_assert_eq!(loaded.unwrap().to_json(), pool.to_json());
    Ok(())
}

proptest! {
    #![proptest_config(crate::cases::cases(4_000))]

    #[test]
    fn a_unique_pool_behaves_like_the_model(ops in prop::collection::vec(op(), 1..24)) {
        reloads(&run(PoolStrategy::Unique, &ops)?)?;
    }

    #[test]
    fn a_tiered_pool_behaves_like_the_model(ops in prop::collection::vec(op(), 1..24)) {
        let pool = run(PoolStrategy::PerTier, &ops)?;
        reloads(&pool)?;
        let tiers = pool.snapshot().pools;
        let ranges: Vec<Cidr> = tiers.iter().flat_map(|tier| tier.ranges.clone()).collect();
        let all: FreeSet = ranges.iter().copied().collect();
        prop_assert_eq!(all.address_count(), ranges.iter().map(Cidr::address_count).sum::<u64>(), "tiers overlap");
        for allocation in pool.allocations().iter().filter(|allocation| allocation.tier.is_some()) {
            prop_assert_eq!(allocation.tier.as_ref(), Some(&allocation.pool));
            let tier = tiers.iter().find(|tier| tier.path == allocation.pool).unwrap();
            let of_tier: FreeSet = tier.ranges.iter().copied().collect();
            prop_assert!(of_tier.contains(allocation.cidr));
        }
    }
}

proptest! {
    #![proptest_config(crate::cases::cases(2_000))]

    /// Under `per-account` every owner sees the pool a lone owner of a unique pool would see.
    #[test]
    fn an_island_is_a_pool_of_its_own(ops in prop::collection::vec(op(), 1..40)) {
        let settings = |strategy| PoolSettings::new(strategy);
        let mut islands = AddressPool::new(&[block(0, 24)], settings(PoolStrategy::PerAccount)).unwrap();
        let alone = AddressPool::new(&[block(0, 24)], settings(PoolStrategy::Unique)).unwrap();
        let mut lone = vec![alone; 6];
        for op in &ops {
            match *op {
                Op::Allocate { len, owner, another, .. } => {
                    let who = name(owner);
                    let request = BlockRequest::new(len, &who).another(another);
                    prop_assert_eq!(islands.allocate(&request).ok(), lone[usize::from(owner)].allocate(&request).ok());
                }
                Op::Reserve { cell, len, owner } => {
                    let done = islands.reserve(block(cell, len), &name(owner));
                    prop_assert_eq!(done, lone[usize::from(owner)].reserve(block(cell, len), &name(owner)));
                }
                Op::Pin { cell, len, owner } => {
                    islands.pin(block(cell, len), &name(owner)).unwrap();
                    lone[usize::from(owner)].pin(block(cell, len), &name(owner)).unwrap();
                }
                Op::Release { owner, rest } => {
                    let until = islands.serial() + u64::from(rest);
                    let released = islands.release_until(&name(owner), until);
                    prop_assert_eq!(released.ok(), lone[usize::from(owner)].release_until(&name(owner), until).ok());
                }
                Op::Advance { by } => {
                    let serial = islands.serial() + u64::from(by);
                    islands.advance(serial).unwrap();
                    lone.iter_mut().for_each(|pool| pool.advance(serial).unwrap());
                }
                Op::Exclude { cell, len } => {
                    islands.exclude(block(cell, len), "test").unwrap();
                    lone.iter_mut().for_each(|pool| pool.exclude(block(cell, len), "test").unwrap());
                }
                Op::Include { cell, len } => {
                    let known = islands.include(block(cell, len)).is_ok();
                    for pool in &mut lone {
                        prop_assert_eq!(pool.include(block(cell, len)).is_ok(), known);
                    }
                }
                Op::Grow => {
                    let fresh = islands.grow("", block(16, 24)).is_ok();
                    for pool in &mut lone {
                        prop_assert_eq!(pool.grow("", block(16, 24)).is_ok(), fresh);
                    }
                }
            }
            for (owner, pool) in (0_u8..).zip(&lone) {
                prop_assert_eq!(islands.blocks_of(&name(owner)), pool.blocks_of(&name(owner)));
                prop_assert_eq!(islands.free_in("", &name(owner)), pool.free_in("", &name(owner)));
            }
        }
        reloads(&islands)?;
    }

    /// Releasing what was just allocated leaves the free set as it was.
    #[test]
    fn release_undoes_allocate(ops in prop::collection::vec(op(), 0..20), len in 25_u8..=28) {
        let mut pool = run(PoolStrategy::Unique, &ops)?;
        let before = pool.free();
        if let Ok(block) = pool.allocate(&BlockRequest::new(len, "newcomer")) {
            prop_assert_ne!(&pool.free(), &before);
            prop_assert_eq!(pool.release("newcomer").unwrap(), vec![block]);
        }
        prop_assert_eq!(pool.free(), before);
    }
}

proptest! {
    #![proptest_config(crate::cases::cases(2_000))]

    /// Sub-pools, at any time and under every strategy: nothing overlaps within its scope, all lies in its pool, and what
    /// was done can be replayed and reloaded.
    #[test]
    fn sub_pools_keep_apart(
        strategy in prop_oneof![Just(PoolStrategy::Unique), Just(PoolStrategy::PerTier), Just(PoolStrategy::PerAccount)],
        ops in prop::collection::vec((op(), prop::option::weighted(0.2, (0_u8..4, 0_u8..32, 25_u8..=28))), 1..30),
    ) {
        const PATHS: [&str; 4] = ["p", "p/q", "tier-0", "p/q/r"];
        let mut pool = AddressPool::new(&[block(0, 24)], PoolSettings::new(strategy)).unwrap();
        for (op, carve) in &ops {
            // Refusals are as good as successes: what counts is the state after them.
            if let Some((path, cell, len)) = *carve {
                let path = PATHS[usize::from(path)];
                let _refused = pool.carve(path, block(cell, len)).or_else(|_| pool.grow(path, block(cell, len)));
            }
            let _refused = match *op {
                Op::Allocate { len, owner, tier, another } => {
                    let (owner, tier) = (name(owner), format!("tier-{tier}"));
                    let path = another.then(|| PATHS[usize::from(len) % 4]);
                    pool.allocate(&BlockRequest::new(len, &owner).tier(Some(&tier)).pool(path)).map(drop)
                }
                Op::Reserve { cell, len, owner } => pool.reserve(block(cell, len), &name(owner)),
                Op::Pin { cell, len, owner } => pool.pin(block(cell, len), &name(owner)),
                Op::Release { owner, rest } => {
                    pool.release_until(&name(owner), pool.serial() + u64::from(rest)).map(drop)
                }
                Op::Advance { by } => pool.advance(pool.serial() + u64::from(by)),
                Op::Exclude { cell, len } => pool.exclude(block(cell, len), "test"),
                Op::Include { cell, len } => pool.include(block(cell, len)),
                Op::Grow => pool.grow("", block(16, 24)),
            };
            let allocations: Vec<_> =
                pool.allocations().into_iter().filter(|allocation| allocation.kind != AllocationKind::Pinned).collect();
            let pools = pool.snapshot().pools;
            for (n, a) in allocations.iter().enumerate() {
                let of_pool = pools.iter().find(|other| other.path == a.pool);
                let ranges: FreeSet = of_pool.map_or(pool.ranges(), |other| &other.ranges).iter().copied().collect();
                prop_assert!(ranges.contains(a.cidr));
                for b in &allocations[n + 1..] {
                    let one_scope = strategy != PoolStrategy::PerAccount || a.owner == b.owner;
                    prop_assert!(!one_scope || !a.cidr.overlaps(&b.cidr), "{:?} and {:?}", a, b);
                }
            }
        }
        reloads(&pool)?;
    }
}
