//! Ledgers, as text from anywhere or grown from a string of commands: what loads replays to itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use securebase_core::model::{Cidr, PoolStrategy};
use securebase_core::net::{AddressPool, Ledger, BlockRequest, PoolSettings};

fn replays(pool: &AddressPool) {
    let text = pool.ledger().to_json().expect("a ledger is JSON");
    let again = Ledger::from_json(&text).and_then(|ledger| ledger.replay());
    assert_eq!(again.as_ref(), Ok(pool));
    let text = pool.to_json().expect("a pool is JSON");
    assert_eq!(AddressPool::from_json(&text).as_ref(), Ok(pool));
}

fn command(pool: &mut AddressPool, [what, a, b, c]: [u8; 4]) {
    let owner = format!("o{}", a % 8);
    let (len, tier, path) = (16 + b % 13, format!("t{}", c % 3), ["", "p", "p/q"][usize::from(c % 3)]);
    let block = Cidr::containing([10, b, c, a].into(), 8 + a % 21);
    let request = BlockRequest::new(len, &owner).tier(Some(&tier)).another(a > 127);
    // Refusals are as good as successes: the state must hold either way.
    let _ = match what % 12 {
        0..=2 => pool.allocate(&request).map(drop),
        3 => pool.allocate(&request.pool(Some(path))).map(drop),
        4 => pool.reserve(block, &owner),
        5 => pool.pin(block, &owner),
        6 => pool.release(&owner).map(drop),
        7 => pool.release_until(&owner, pool.serial() + u64::from(b % 4)).map(drop),
        8 => pool.advance(pool.serial() + u64::from(b % 3)),
        9 => pool.exclude(block, "fuzz"),
        10 => pool.include(block),
        _ => pool.carve(["p", "p/q", "t0"][usize::from(b % 3)], block).or_else(|_| pool.grow(path, block)),
    };
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let strategy = match first {
        0 => PoolStrategy::Unique,
        1 => PoolStrategy::PerTier,
        2 => PoolStrategy::PerAccount,
        _ => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            if let Ok(pool) = AddressPool::from_json(text) {
                replays(&pool);
            }
            if let Ok(pool) = Ledger::from_json(text).and_then(|ledger| ledger.replay()) {
                replays(&pool);
            }
            return;
        }
    };
    let range = Cidr::containing([10, 0, 0, 0].into(), 8);
    let Ok(mut pool) = AddressPool::new(&[range], PoolSettings::new(strategy)) else { return };
    let (commands, _) = rest.as_chunks::<4>();
    for words in commands.iter().take(64) {
        command(&mut pool, *words);
    }
    replays(&pool);
});
