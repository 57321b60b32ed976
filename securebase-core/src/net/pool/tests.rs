use super::*;

fn b(text: &str) -> Cidr {
    Cidr::parse(text).unwrap()
}

fn pool(range: &str, strategy: PoolStrategy) -> AddressPool {
    AddressPool::new(&[b(range)], PoolSettings::new(strategy)).unwrap()
}

fn get(pool: &mut AddressPool, prefix_len: u8, owner: &str) -> String {
    pool.allocate(&BlockRequest::new(prefix_len, owner)).unwrap().to_string()
}

fn tier(pool: &mut AddressPool, prefix_len: u8, owner: &str, tier: &str) -> String {
    pool.allocate(&BlockRequest::new(prefix_len, owner).tier(Some(tier))).unwrap().to_string()
}

fn text(blocks: &[Cidr]) -> String {
    blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn unique_blocks_are_packed_and_kept() {
    let mut pool = pool("10.0.0.0/8", PoolStrategy::Unique);
    assert_eq!(get(&mut pool, 16, "a"), "10.0.0.0/16");
    assert_eq!(get(&mut pool, 20, "b"), "10.1.0.0/20");
    assert_eq!(get(&mut pool, 16, "c"), "10.2.0.0/16");
    assert_eq!(get(&mut pool, 24, "d"), "10.1.16.0/24");
    assert_eq!(get(&mut pool, 16, "a"), "10.0.0.0/16", "asking again changes nothing");
    assert_eq!(pool.allocate(&BlockRequest::new(16, "a").another(true)).unwrap(), b("10.3.0.0/16"));
    assert_eq!(text(&pool.release("a").unwrap()), "10.0.0.0/16 10.3.0.0/16");
    assert_eq!(get(&mut pool, 16, "e"), "10.0.0.0/16");
}

#[test]
fn a_full_pool_says_what_is_free_and_what_would_fit() {
    let mut pool = pool("10.0.0.0/15", PoolStrategy::Unique);
    get(&mut pool, 16, "a");
    get(&mut pool, 18, "b");
    let error = pool.allocate(&BlockRequest::new(16, "c")).unwrap_err();
    assert_eq!(error.to_string(), "no `/16` is free in pool `10.0.0.0/15`");
    assert_eq!(
        error.help().unwrap(),
        "free: 10.1.128.0/17, 10.1.64.0/18; would fit: 1 × /17, 1 × /18; or grow the pool by another range"
    );
    pool.grow("", b("10.2.0.0/16")).unwrap();
    assert_eq!(get(&mut pool, 16, "c"), "10.2.0.0/16");
    assert!(matches!(pool.grow("", b("10.2.0.0/20")), Err(Error::RangeOverlap { .. })));
}

#[test]
fn ranges_nobody_should_use_are_left_out() {
    let pool = pool("172.16.0.0/12", PoolStrategy::Unique);
    assert_eq!(
        text(&pool.free()),
        "172.16.0.0/16 172.18.0.0/15 172.20.0.0/14 172.24.0.0/14 172.28.0.0/15 172.30.0.0/16"
    );
    let mut pool = pool;
    pool.reserve(b("172.31.0.0/16"), "default VPCs").unwrap();
    pool.include(b("172.17.0.0/16")).unwrap();
    assert!(text(&pool.free()).starts_with("172.16.0.0/13 "));
    assert!(matches!(pool.include(b("172.17.0.0/16")), Err(Error::NotExcluded { .. })));
    assert!(matches!(pool.reserve(b("172.31.4.0/24"), "x"), Err(Error::Taken { .. })));
}

#[test]
fn released_blocks_rest_before_they_are_given_again() {
    let settings = PoolSettings { quarantine: 3, ..PoolSettings::new(PoolStrategy::Unique) };
    let mut pool = AddressPool::new(&[b("10.0.0.0/16")], settings).unwrap();
    get(&mut pool, 16, "a");
    pool.advance(7).unwrap();
    pool.release("a").unwrap();
    assert!(pool.free().is_empty());
    let error = pool.allocate(&BlockRequest::new(20, "b")).unwrap_err();
    let help = error.help().unwrap();
    assert!(help.contains("`10.0.0.0/16` comes out of quarantine at serial 10"), "{help}");
    pool.advance(9).unwrap();
    assert!(pool.allocate(&BlockRequest::new(20, "b")).is_err());
    pool.advance(10).unwrap();
    assert_eq!(get(&mut pool, 20, "b"), "10.0.0.0/20");
    assert!(matches!(pool.advance(9), Err(Error::SerialBackwards { .. })));
}

#[test]
fn tiers_have_addresses_of_their_own_and_grow() {
    let mut pool = pool("10.0.0.0/8", PoolStrategy::PerTier);
    assert_eq!(tier(&mut pool, 16, "a", "fintech"), "10.0.0.0/16");
    assert_eq!(tier(&mut pool, 16, "m", "healthcare"), "10.16.0.0/16");
    for n in 1..17 {
        tier(&mut pool, 16, &format!("f{n}"), "fintech");
    }
    assert_eq!(pool.blocks_of("f15"), [b("10.15.0.0/16")]);
    assert_eq!(pool.blocks_of("f16"), [b("10.32.0.0/16")]);
    assert_eq!(tier(&mut pool, 16, "h", "healthcare"), "10.17.0.0/16");
    assert!(matches!(pool.allocate(&BlockRequest::new(16, "x")), Err(Error::TierMissing { .. })));
}

#[test]
fn a_tier_may_bring_ranges_of_its_own() {
    let settings = PoolSettings::new(PoolStrategy::PerTier);
    let tiers = [("fintech", b("10.0.0.0/15")), ("standard", b("192.168.0.0/16"))];
    let mut pool = AddressPool::with_tiers(&[b("10.0.0.0/8")], settings, &tiers).unwrap();
    assert_eq!(tier(&mut pool, 16, "s", "standard"), "192.168.0.0/16");
    let full = pool.allocate(&BlockRequest::new(16, "t").tier(Some("standard"))).unwrap_err();
    assert_eq!(full.to_string(), "no `/16` is free in pool `standard`");
    assert_eq!(tier(&mut pool, 16, "f", "fintech"), "10.0.0.0/16");
    assert_eq!(tier(&mut pool, 16, "h", "healthcare"), "10.16.0.0/16");
}

#[test]
fn accounts_are_islands() {
    let mut pool = pool("10.0.0.0/8", PoolStrategy::PerAccount);
    assert_eq!(get(&mut pool, 16, "a"), "10.0.0.0/16");
    assert_eq!(get(&mut pool, 16, "b"), "10.0.0.0/16");
    assert_eq!(get(&mut pool, 20, "a"), "10.1.0.0/20");
    pool.reserve(b("10.1.0.0/16"), "b").unwrap();
    assert!(pool.reserve(b("10.1.0.0/16"), "a").is_err());
    assert_eq!(text(&pool.free()), "10.0.0.0/8");
    pool.release("a").unwrap();
    assert_eq!(get(&mut pool, 16, "a"), "10.0.0.0/16");
}

#[test]
fn a_sub_pool_takes_nothing_from_islands() {
    let mut pool = pool("10.0.0.0/8", PoolStrategy::PerAccount);
    get(&mut pool, 16, "a");
    assert!(matches!(pool.carve("prod", b("10.0.0.0/12")), Err(Error::Taken { .. })));
    pool.carve("prod", b("10.16.0.0/12")).unwrap();
    for owner in ["a", "b"] {
        let request = BlockRequest::new(16, owner).pool(Some("prod"));
        assert_eq!(pool.allocate(&request).unwrap(), b("10.16.0.0/16"));
    }
    assert_eq!(pool.snapshot().load().unwrap(), pool);
}

#[test]
fn sub_pools_nest() {
    let mut pool = pool("10.0.0.0/8", PoolStrategy::Unique);
    assert_eq!(pool.carve_len("prod", 12).unwrap(), b("10.0.0.0/12"));
    pool.carve("prod/us-east-1", b("10.4.0.0/14")).unwrap();
    pool.carve_len("prod/us-east-1/fintech", 15).unwrap();
    let deep = BlockRequest::new(16, "a").pool(Some("prod/us-east-1/fintech"));
    assert_eq!(pool.allocate(&deep).unwrap(), b("10.4.0.0/16"));
    assert_eq!(pool.allocate(&BlockRequest::new(16, "b").pool(Some("prod"))).unwrap(), b("10.0.0.0/16"));
    assert_eq!(get(&mut pool, 16, "c"), "10.16.0.0/16");
    pool.reserve(b("10.5.0.0/16"), "d").unwrap();
    assert_eq!(&*pool.allocations()[3].pool, "prod/us-east-1/fintech");
    assert!(matches!(pool.carve("prod", b("10.32.0.0/16")), Err(Error::DuplicateName { .. })));
    assert!(matches!(pool.carve("dev/x", b("10.32.0.0/16")), Err(Error::UnknownPool { .. })));
    let taken = pool.carve("other", b("10.0.0.0/11")).unwrap_err();
    assert_eq!(taken.to_string(), "`10.0.0.0/11` is not free: `10.0.0.0/12` is the sub-pool `prod`");
    let unknown = pool.allocate(&BlockRequest::new(16, "e").pool(Some("prof"))).unwrap_err();
    assert_eq!(unknown.help().unwrap(), "did you mean `prod`?");
}

#[test]
fn pins_hold_whatever_the_pool_thinks() {
    let mut pool = pool("10.0.0.0/8", PoolStrategy::Unique);
    for owner in ["q", "m", "s"] {
        pool.pin(b("10.1.0.0/16"), owner).unwrap();
    }
    pool.pin(b("192.168.0.0/16"), "far").unwrap();
    assert_eq!(get(&mut pool, 16, "x"), "10.0.0.0/16");
    assert_eq!(get(&mut pool, 16, "y"), "10.2.0.0/16");
    pool.release("q").unwrap();
    pool.release("m").unwrap();
    assert_eq!(get(&mut pool, 16, "z"), "10.3.0.0/16", "one pin still holds");
    assert!(matches!(pool.reserve(b("10.1.4.0/24"), "r"), Err(Error::Taken { .. })));
    pool.release("s").unwrap();
    assert_eq!(get(&mut pool, 16, "w"), "10.1.0.0/16");
}

#[test]
fn names_and_sizes_are_checked() {
    let mut pool = pool("10.0.0.0/8", PoolStrategy::Unique);
    for owner in ["", " a", "a\n", &"x".repeat(257)] {
        assert!(
            matches!(pool.allocate(&BlockRequest::new(16, owner)), Err(Error::BadName { .. })),
            "{owner:?}"
        );
    }
    for len in [0, 15, 29, 33, 255] {
        assert!(matches!(pool.allocate(&BlockRequest::new(len, "a")), Err(Error::PrefixLen { .. })), "{len}");
    }
    assert_eq!(pool.release("a").unwrap_err().to_string(), "`a` has no block in the pool");
    assert!(matches!(AddressPool::new(&[], PoolSettings::new(PoolStrategy::Unique)), Err(Error::NoRange)));
    let small = AddressPool::new(&[b("10.0.0.0/29")], PoolSettings::new(PoolStrategy::Unique));
    assert!(matches!(small, Err(Error::PrefixLen { .. })));
}

#[test]
fn all_of_a_block_rests_whatever_is_excluded_or_pinned_in_it() {
    let mut settings = PoolSettings::new(PoolStrategy::Unique);
    settings.quarantine = 3;
    let mut pool = AddressPool::new(&[b("10.0.0.0/24")], settings).unwrap();
    get(&mut pool, 25, "a");
    pool.exclude(b("10.0.0.0/27"), "x").unwrap();
    pool.release("a").unwrap();
    assert!(matches!(pool.reserve(b("10.0.0.0/28"), "b"), Err(Error::Taken { .. })));
    pool.include(b("10.0.0.0/27")).unwrap();
    assert_eq!(text(&pool.free()), "10.0.0.128/25");
    // A part that is pinned and given back rests longer, the rest of the block no longer than before.
    pool.advance(1).unwrap();
    pool.pin(b("10.0.0.16/28"), "b").unwrap();
    pool.release("b").unwrap();
    let again = pool.snapshot().load().unwrap();
    for mut pool in [pool, again] {
        pool.advance(3).unwrap();
        assert_eq!(text(&pool.free()), "10.0.0.0/28 10.0.0.32/27 10.0.0.64/26 10.0.0.128/25");
        pool.advance(4).unwrap();
        assert_eq!(text(&pool.free()), "10.0.0.0/24");
    }
}

#[test]
fn a_pin_given_back_at_once_takes_nothing_of_a_longer_rest() {
    let mut pool = pool("10.0.0.0/24", PoolStrategy::Unique);
    get(&mut pool, 24, "a");
    pool.pin(b("10.0.0.0/28"), "b").unwrap();
    pool.release_until("a", 5).unwrap();
    pool.release("b").unwrap();
    assert_eq!(text(&pool.free()), "");
    pool.advance(5).unwrap();
    assert_eq!(text(&pool.free()), "10.0.0.0/24");
}

#[test]
fn a_pinned_block_is_reserved_only_where_no_other_owner_has_it() {
    let mut pool = pool("10.0.0.0/24", PoolStrategy::Unique);
    get(&mut pool, 24, "a");
    pool.pin(b("10.0.0.208/28"), "b").unwrap();
    assert!(matches!(pool.reserve(b("10.0.0.208/28"), "b"), Err(Error::Taken { .. })));
    pool.release("a").unwrap();
    pool.reserve(b("10.0.0.208/28"), "b").unwrap();
    pool.pin(b("192.0.2.0/28"), "b").unwrap();
    pool.reserve(b("192.0.2.0/28"), "b").unwrap();
}

#[test]
fn the_longest_quarantine_there_is_lasts() {
    let mut settings = PoolSettings::new(PoolStrategy::Unique);
    settings.quarantine = u64::MAX;
    let mut pool = AddressPool::new(&[b("10.0.0.0/24")], settings).unwrap();
    pool.advance(5).unwrap();
    get(&mut pool, 25, "a");
    pool.release("a").unwrap();
    assert_eq!(pool.advance(request::SERIAL_MAX + 1).unwrap_err().code(), "serial-too-large");
    pool.advance(request::SERIAL_MAX).unwrap();
    assert_eq!(text(&pool.free()), "10.0.0.128/25");
    get(&mut pool, 25, "b");
    let help = pool.allocate(&BlockRequest::new(25, "c")).unwrap_err().help().unwrap();
    assert!(help.contains("`10.0.0.0/25` is in quarantine for good"), "{help}");
    assert_eq!(pool.ledger().replay().unwrap(), pool);
    assert_eq!(pool.snapshot().load().unwrap(), pool);
}
