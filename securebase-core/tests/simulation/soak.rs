//! As many seeds as one has time for: `make soak SEEDS=…`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use securebase_core::time::{Clock, SystemClock};

use crate::case::Case;
use crate::life::live;
use crate::seeds::report;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`, which is no number"))
    })
}

/// How many failing seeds are shrunk and printed in full.
const REPORTS_MAX: usize = 20;

#[derive(Default)]
struct Found {
    failed: Vec<u64>,
    calls: u64,
    processes: u64,
    virtual_seconds: f64,
    slowest: (Duration, u64),
    by_processes: BTreeMap<usize, u64>,
}

/// `SEEDS` seeds from `FROM` on, on `THREADS` threads; says how it goes once in a while, and how long it took.
#[test]
#[ignore = "as many seeds as SEEDS says: `make soak`"]
fn soak() {
    let (from, seeds, threads) = (number("FROM", 0), number("SEEDS", 10_000), number("THREADS", 2));
    let began = SystemClock.now();
    let next = AtomicU64::new(from);
    let found = Mutex::new(Found::default());
    let elapsed = || SystemClock.now().since(began).as_secs();
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        break;
                    }
                    let case = Case::of_seed(seed);
                    let started = SystemClock.now();
                    let life = live(&case);
                    let took = SystemClock.now().since(started);
                    let failed = !life.wrong.is_empty();
                    let reports = {
                        let mut found = found.lock().unwrap();
                        found.calls += life.calls;
                        found.processes += life.processes as u64;
                        found.virtual_seconds += life.virtual_seconds;
                        *found.by_processes.entry(life.processes).or_default() += 1;
                        if took > found.slowest.0 {
                            found.slowest = (took, seed);
                        }
                        if failed {
                            found.failed.push(seed);
                        }
                        found.failed.len()
                    };
                    if failed && reports <= REPORTS_MAX {
                        println!("seed {seed}: {}", report(&case, &life.wrong));
                    }
                    let done = seed + 1 - from;
                    if done.is_multiple_of(1_000) {
                        println!("{done} of {seeds} seeds, {} s, {reports} failed", elapsed());
                    }
                }
            });
        }
    });
    let Found { failed, calls, processes, virtual_seconds, slowest, by_processes } =
        found.into_inner().unwrap();
    println!(
        "{seeds} seeds from {from} in {} s on {threads} threads: {} failed; {calls} calls, {processes} processes, \
         {:.0} virtual hours; slowest seed {} took {:.1} s; processes a seed: {by_processes:?}",
        elapsed(),
        failed.len(),
        virtual_seconds / 3600.0,
        slowest.1,
        slowest.0.as_secs_f64(),
    );
    assert!(failed.is_empty(), "these seeds failed: {failed:?}");
}
