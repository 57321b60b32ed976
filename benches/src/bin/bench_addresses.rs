//! Addresses: filling a pool, how its cost grows, overlaps.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::{Command, Stdio};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use securebase_benches::{exponent, median, nanoseconds_per_call, record, resident_bytes, timed};
use securebase_core::model::{AnyCidr, Cidr, PoolStrategy};
use securebase_core::net::{AddressPool, BlockRequest, FreeSet, PoolSettings, pairs};

/// The /28s of 10.0.0.0/8.
const BLOCKS: usize = 1 << 20;
const BATCH: usize = 1 << 10;

fn whole() -> Cidr {
    Cidr::containing([10, 0, 0, 0].into(), 8)
}

fn nth(n: usize, prefix_len: u8) -> Cidr {
    let start = (10_u32 << 24) + (u32::try_from(n).unwrap_or_default() << (32 - u32::from(prefix_len)));
    Cidr::containing(start.into(), prefix_len)
}

/// Fill, free every other, fill again: the free set alone, and with it what it costs to keep the holes.
fn free_set() {
    let mut set: FreeSet = [whole()].into_iter().collect();
    let (fill, n) = nanoseconds_per_call(BLOCKS, BATCH, |_| {
        black_box(set.take(28));
    });
    record("addresses/free_set/fill", fill, "ns/op", n);
    let before = resident_bytes();
    let (free, n) = nanoseconds_per_call(BLOCKS / 2, BATCH, |at| set.insert(nth(at * 2, 28)));
    record("addresses/free_set/free_every_other", free, "ns/op", n);
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        record(
            "addresses/free_set/memory_per_run",
            (after - before).max(0.0) / set.block_count() as f64,
            "bytes",
            1,
        );
    }
    let (refill, n) = nanoseconds_per_call(BLOCKS / 2, BATCH, |_| {
        black_box(set.take(28));
    });
    record("addresses/free_set/fill_again", refill, "ns/op", n);
    assert!(set.is_empty(), "the free set is not empty after filling it");
    // One run of used space: the holes of 2^20 blocks are at most one block a prefix length.
    let mut set: FreeSet = [whole()].into_iter().collect();
    (0..BLOCKS / 2 + 1).for_each(|_| {
        set.take(28);
    });
    record("addresses/free_set/blocks_for_one_run", set.block_count() as f64, "blocks", 1);
}

/// The same with owners, history and names: the pool as users have it.
fn pool() {
    let names: Vec<String> = (0..BLOCKS).map(|n| format!("tenant-{n}")).collect();
    let Ok(mut pool) = AddressPool::new(&[whole()], PoolSettings::new(PoolStrategy::Unique)) else { return };
    let mut failed = 0_usize;
    let (fill, n) = nanoseconds_per_call(BLOCKS, BATCH, |at| {
        failed += usize::from(pool.allocate(&BlockRequest::new(28, &names[at])).is_err());
    });
    record("addresses/pool/fill", fill, "ns/op", n);
    let (free, n) = nanoseconds_per_call(BLOCKS / 2, BATCH, |at| {
        failed += usize::from(pool.release(&names[at * 2]).is_err());
    });
    record("addresses/pool/free_every_other", free, "ns/op", n);
    let (refill, n) = nanoseconds_per_call(BLOCKS / 2, BATCH, |at| {
        failed += usize::from(pool.allocate(&BlockRequest::new(28, &names[at * 2])).is_err());
    });
    record("addresses/pool/fill_again", refill, "ns/op", n);
    assert_eq!((failed, pool.free().len()), (0, 0), "the pool is not full");
}

/// References: a sorted map searched from the front for the first gap, as scripts do it; and a bit for every /28, the
/// fastest there is for one size and one range.
fn references() {
    const SMALL: usize = 1 << 13;
    let mut used: BTreeMap<u32, u32> = BTreeMap::new();
    let base = 10_u32 << 24;
    let (scan, n) = nanoseconds_per_call(SMALL, 1 << 8, |_| {
        let mut next = base;
        for (start, end) in &used {
            if *start > next {
                break;
            }
            next = *end;
        }
        used.insert(next, next + 16);
    });
    record("addresses/reference/first_gap_of_8192", scan, "ns/op", n);
    let mut words = vec![0_u64; BLOCKS / 64];
    let mut from = 0;
    let (bits, n) = nanoseconds_per_call(BLOCKS, BATCH, |_| {
        while from < words.len() && words[from] == u64::MAX {
            from += 1;
        }
        if let Some(word) = words.get_mut(from) {
            *word |= 1 << word.trailing_ones();
        }
    });
    record("addresses/reference/bitmap_of_one_size", bits, "ns/op", n);
}

/// A pool of `count` blocks of mixed sizes in which random ones are exchanged: the cost of one exchange (a release and an
/// allocation).
fn exchange(count: usize) -> (f64, usize) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut set: FreeSet = [Cidr::containing([0, 0, 0, 0].into(), 4)].into_iter().collect();
    let mut held: Vec<Cidr> = (0..count).filter_map(|_| set.take(random.random_range(24..=28))).collect();
    let rounds = 1 << 16;
    nanoseconds_per_call(rounds, 1 << 8, |_| {
        let at = random.random_range(0..held.len());
        set.insert(held[at]);
        if let Some(block) = set.take(random.random_range(24..=28)) {
            held[at] = block;
        }
    })
}

fn growth() {
    let mut points = Vec::new();
    for count in [1_000, 10_000, 100_000, 1_000_000] {
        let (cost, n) = exchange(count);
        record(&format!("addresses/exchange_in_{count}_blocks"), cost, "ns/op", n);
        points.push((count as f64, cost));
    }
    record("addresses/exchange_growth_exponent", exponent(&points), "exponent", points.len());
    // For comparison: what pure logarithmic growth would show on the same sizes.
    let logarithm: Vec<(f64, f64)> = points.iter().map(|(count, _)| (*count, count.ln())).collect();
    record("addresses/reference/logarithm_exponent", exponent(&logarithm), "exponent", points.len());
}

/// Blocks of mixed sizes, as dense for every count: so the pairs to report grow with the blocks, not with their square.
fn random_blocks(count: usize) -> Vec<AnyCidr> {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let span = u32::try_from(count << 12).unwrap_or(u32::MAX);
    let mut block = || {
        let start = random.random_range(0..span);
        AnyCidr::from(Cidr::containing(start.into(), random.random_range(24..=32)))
    };
    (0..count).map(|_| block()).collect()
}

fn overlap() {
    let mut points = Vec::new();
    let mut per_block = 0.0;
    for count in [125_000, 250_000, 500_000, 1_000_000] {
        let blocks = random_blocks(count);
        let mut samples: Vec<f64> =
            (0..5).map(|_| timed(|| black_box(pairs(&blocks))).0.as_secs_f64() * 1e3).collect();
        let took = median(&mut samples);
        record(&format!("addresses/overlaps_of_{count}"), took, "ms", samples.len());
        points.push((count as f64, took));
        per_block = took * 1e6 / count as f64;
    }
    record("addresses/overlaps_growth_exponent", exponent(&points), "exponent", points.len());
    let sample = random_blocks(2_000);
    let (all_pairs, found) = timed(|| {
        let mut found = 0_usize;
        for (n, a) in sample.iter().enumerate() {
            found += sample[n + 1..].iter().filter(|b| a.overlaps(b)).count();
        }
        found
    });
    assert_eq!(found, pairs(&sample).len(), "the sweep and all pairs disagree");
    record("addresses/reference/all_pairs_of_2000", all_pairs.as_secs_f64() * 1e3, "ms", 1);
    let mut samples: Vec<f64> =
        (0..101).map(|_| timed(|| black_box(pairs(&sample))).0.as_secs_f64() * 1e3).collect();
    let sweep = median(&mut samples);
    record("addresses/overlaps_of_2000", sweep, "ms", samples.len());
    if let Some(python) = python_overlaps(&sample, found) {
        record("addresses/reference/python_ipaddress_of_2000", python, "ms", 1);
        record("addresses/overlaps_of_2000_python_ratio", python / sweep, "times", 1);
    }
    record("addresses/overlaps_per_block_of_1000000", per_block, "ns", 5);
}

/// Python's own networks compared in all pairs, in milliseconds without start and parsing; `None` without Python.
fn python_overlaps(sample: &[AnyCidr], expected: usize) -> Option<f64> {
    const SCRIPT: &str = "import sys, time, ipaddress, itertools\n\
        nets = [ipaddress.IPv4Network(line) for line in sys.argv[1].split()]\n\
        start = time.perf_counter()\n\
        found = sum(a.overlaps(b) for a, b in itertools.combinations(nets, 2))\n\
        print((time.perf_counter() - start) * 1e3, found)";
    let text: Vec<String> = sample.iter().map(ToString::to_string).collect();
    let output =
        Command::new("python3").args(["-c", SCRIPT, &text.join(" ")]).stderr(Stdio::null()).output().ok()?;
    let output = String::from_utf8(output.stdout).ok()?;
    let (took, found) = output.trim().split_once(' ')?;
    assert_eq!(found.parse(), Ok(expected), "Python finds other overlaps");
    took.parse().ok()
}

fn main() {
    free_set();
    pool();
    references();
    growth();
    overlap();
}
