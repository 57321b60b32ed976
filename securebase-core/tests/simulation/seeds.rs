//! Seeds: many in `make test`, more in `make soak`.

use crate::case::Case;
use crate::life::live;
use crate::shrink::shrink;

/// The seeds that every test run tries.
const SEEDS: u64 = 2_000;

/// Everything to know of a case that fails, the line that runs it again first.
pub(crate) fn report(case: &Case, wrong: &[String]) -> String {
    let smallest = shrink(case);
    format!(
        "SIMULATION_CASE='{}' cargo test -p securebase-core --test simulation -- --ignored one_case --nocapture\n  {}",
        smallest.to_json(),
        wrong.join("\n  "),
    )
}

/// Lives through the case of a seed.
pub(crate) fn try_seed(seed: u64) -> Result<u64, String> {
    let case = Case::of_seed(seed);
    let life = live(&case);
    if life.wrong.is_empty() {
        Ok(life.trace)
    } else {
        Err(format!("seed {seed}: {}", report(&case, &life.wrong)))
    }
}

/// Several tests, so that every core has one.
fn part(number: u64, parts: u64) {
    let failed: Vec<String> = (0..SEEDS)
        .filter(|seed| seed % parts == number)
        .filter_map(|seed| try_seed(seed).err())
        .take(3)
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn two_thousand_seeds_part_1() {
    part(0, 4);
}

#[test]
fn two_thousand_seeds_part_2() {
    part(1, 4);
}

#[test]
fn two_thousand_seeds_part_3() {
    part(2, 4);
}

#[test]
fn two_thousand_seeds_part_4() {
    part(3, 4);
}

#[test]
fn one_seed_is_one_trace() {
    let mut traces = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let case = Case::of_seed(seed);
        let (first, second) = (live(&case), live(&case));
        assert_eq!(first.trace, second.trace, "seed {seed}");
        traces.insert(first.trace);
    }
    assert_eq!(traces.len(), 40, "different seeds have different traces");
}

#[test]
#[ignore = "runs the case in SIMULATION_CASE, or of the seed in SIMULATION_SEED"]
fn one_case() {
    let seed = std::env::var("SIMULATION_SEED").ok().map(|seed| Case::of_seed(seed.parse().unwrap()));
    let case = std::env::var("SIMULATION_CASE").ok().map(|case| serde_json::from_str(&case).unwrap());
    let case: Case = case.or(seed).unwrap_or_else(|| panic!("set SIMULATION_CASE or SIMULATION_SEED"));
    println!("{}", case.to_json());
    let life = live(&case);
    for line in &life.lines {
        println!("{line}");
    }
    let crate::life::Life { calls, writes, reads, processes, .. } = &life;
    println!("{calls} calls, {writes} writes, {reads} reads, {processes} processes");
    assert!(life.wrong.is_empty(), "{:#?}\ngiven up: {:#?}", life.wrong, life.given_up);
}
