//! What the executor itself costs: everything but waiting for AWS.
//!
//! The cloud answers at once and has no rates to keep to; every changing call is durable on the disk before it leaves. How
//! long a disk takes for that differs by a factor of ten between machines, so it is told apart from the executor's own time.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on stops")]

use std::path::{Path, PathBuf};

use futures::executor::block_on;
use securebase_benches::timed_store::TimedStore;
use securebase_benches::zone::zone;
use securebase_benches::{median, record, timed};
use securebase_core::exec::{self, ApplyOptions};
use securebase_core::model::{Latencies, Limits};
use securebase_core::plan::{Plan, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{DirectoryStore, State};

/// How often each is measured; the median counts.
const RUNS: usize = 5;

fn main() {
    let mut instant_seconds = Vec::new();
    for tenants in [1_000, 10_000] {
        let mut zone = zone(tenants);
        let paced = Planner::new(&zone).plan().expect("the zone can be planned");
        zone.limits = no_rates(zone.limits);
        let plan = Planner::new(&zone).plan().expect("the zone can be planned");
        let name = |what: &str| format!("execute/{tenants}_tenants/{what}");

        let (mut took, mut disk, mut alone, mut over_copying) = (vec![], vec![], vec![], vec![]);
        let mut write_count = 0;
        for _ in 0..RUNS {
            let (directory, store) = fresh(tenants);
            let (store, waited) = TimedStore::new(store);
            let seconds = applied(&plan, &State::new(store));
            let (writes, waited) = waited.so_far();
            write_count = writes;
            let (copying, ()) = timed(|| copy_durably(&directory));
            drop(std::fs::remove_dir_all(&directory));
            took.push(seconds);
            disk.push(waited);
            alone.push(seconds - waited);
            over_copying.push(seconds / copying.as_secs_f64());
        }
        record(&name("durable_writes"), write_count as f64, "writes", RUNS);
        let seconds = [median(&mut took), median(&mut alone)];
        record(&name("durably"), seconds[0], "s", RUNS);
        record(&name("durably_per_step"), seconds[0] * 1e6 / plan.steps().len() as f64, "us", RUNS);
        record(&name("durably/waiting_for_the_disk"), median(&mut disk), "s", RUNS);
        record(&name("durably/executor_alone"), seconds[1], "s", RUNS);
        record(&name("durably_over_copying_the_state"), median(&mut over_copying), "ratio", RUNS);
        instant_seconds.push(seconds);

        let (directory, store) = fresh(tenants);
        let state = State::new(store);
        let cloud = SimulatedCloud::new(0);
        let (took, run) = timed(|| block_on(exec::apply(&paced, &cloud, &state, ApplyOptions::new())));
        assert_eq!(run.expect("the run goes through").applied.len(), paced.steps().len());
        record(&name("rehearsed_into_a_directory"), took.as_secs_f64(), "s", 1);
        drop(std::fs::remove_dir_all(&directory));
    }
    let [small, large] = [instant_seconds[0], instant_seconds[1]];
    record("execute/10000_tenants_over_1000", large[0] / small[0], "ratio", RUNS);
    record("execute/10000_tenants_over_1000/executor_alone", large[1] / small[1], "ratio", RUNS);
}

/// Rates so high that none is ever waited for.
fn no_rates(mut limits: Limits) -> Limits {
    let names: Vec<String> = limits.iter().map(|limit| limit.name.clone()).collect();
    let paced = |name: &String| name.ends_with("_rate") || name.ends_with("_burst");
    for name in names.iter().filter(|name| paced(name)) {
        limits.set(name, 1e6).expect("the limit exists");
    }
    limits.set("accounts_in_creation", 1e6).expect("the limit exists");
    limits
}

/// How many seconds the plan takes in a cloud that answers at once.
fn applied(plan: &Plan, state: &State) -> f64 {
    let mut latencies = Latencies::default();
    for latency in Latencies::default().iter() {
        latencies.set(latency.name.name(), 0.0, 0.0, 0.0).expect("the latency exists");
    }
    let cloud =
        SimulatedCloud::builder(0).limits(no_rates(Limits::default().raised())).latencies(latencies).build();
    let (took, run) = timed(|| block_on(exec::apply(plan, &cloud, state, ApplyOptions::new())));
    assert_eq!(run.expect("the run goes through").applied.len(), plan.steps().len());
    let waited = cloud.now().as_secs_f64();
    assert!(
        waited < 60.0,
        "{waited} virtual seconds: the cloud does not answer at once, or a rate was kept to"
    );
    took.as_secs_f64()
}

fn fresh(tenants: usize) -> (PathBuf, DirectoryStore) {
    let directory = std::env::temp_dir().join(format!("securebase-bench-{}-{tenants}", std::process::id()));
    drop(std::fs::remove_dir_all(&directory));
    let store = DirectoryStore::new(&directory);
    (directory, store)
}

/// Writes the bytes of a directory once more and waits for the disk: no state costs less.
fn copy_durably(directory: &Path) {
    let mut bytes = Vec::new();
    collect(directory, &mut bytes);
    let copy = directory.join("copy");
    std::fs::write(&copy, bytes).expect("the directory can be written to");
    let file = std::fs::File::open(copy).expect("the copy is there");
    file.sync_all().expect("the disk takes it");
}

fn collect(directory: &Path, bytes: &mut Vec<u8>) {
    for entry in std::fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("the directory can be read").path();
        if path.is_dir() {
            collect(&path, bytes);
        } else {
            bytes.extend(std::fs::read(path).expect("the file can be read"));
        }
    }
}
