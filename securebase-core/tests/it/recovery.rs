//! Crashes and failures: whatever happens, the world ends as if nothing had.

use std::collections::BTreeMap;

use securebase_core::exec::{self, ApplyOptions};
use securebase_core::observe;
use securebase_core::plan::Planner;
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::RunStatus;

use crate::support::{ONE_TENANT, apply, crash_after_every_call, memory, now, plan, zone};

/// What exists, by kind and address: ids and times aside, which differ from run to run.
fn world(cloud: &SimulatedCloud) -> BTreeMap<String, Vec<String>> {
    let snapshot = cloud.snapshot();
    let kinds = snapshot.as_object().unwrap();
    kinds
        .iter()
        .map(|(kind, items)| {
            let mut names: Vec<String> = items
                .as_array()
                .unwrap()
                .iter()
                .map(|item| {
                    let address = &item["tags"]["securebase:address"];
                    format!("{address} {} {}", item["name"], item["cidr"])
                })
                .collect();
            names.sort();
            (kind.clone(), names)
        })
        .collect()
}

fn fault_free() -> BTreeMap<String, Vec<String>> {
    let cloud = SimulatedCloud::new(0);
    apply(&plan(&zone(ONE_TENANT), &cloud), &cloud, &memory());
    world(&cloud)
}

#[test]
fn a_crash_at_any_call_loses_nothing_and_doubles_nothing() {
    let (zone, expected) = (zone(ONE_TENANT), fault_free());
    let planned = Planner::new(&zone).plan().unwrap();
    let world = |after| {
        let faults = Faults { crash_after_calls: Some(after), ..Faults::default() };
        SimulatedCloud::builder(0).faults(faults).build()
    };
    let crashed_at = crash_after_every_call(&planned, world, |cloud, after| {
        assert_eq!(self::world(cloud), expected, "crash after {after} calls");
        // The worlds are the same, so planning again is asked of a few only: it is the slow part.
        if after % 25 == 1 {
            assert!(plan(&zone, cloud).is_empty(), "crash after {after} calls");
        }
    });
    assert!(crashed_at > 30, "only {crashed_at} calls were made in all");
}

/// A line to paste is printed for every seed that fails.
#[test]
fn a_bad_day_changes_nothing_but_the_time() {
    let (zone, expected) = (zone(ONE_TENANT), fault_free());
    let planned = Planner::new(&zone).plan().unwrap();
    for seed in 0..60 {
        let faults = Faults {
            throttle: 0.1,
            lost_reply: 0.1,
            lost_request: 0.05,
            not_yet_visible: 0.3,
            service_error: 0.05,
            async_failure: 0.1,
            expired_credentials: 0.02,
            ..Faults::default()
        };
        let cloud = SimulatedCloud::builder(seed).faults(faults).build();
        let run = apply(&planned, &cloud, &memory());
        let repeat = format!("a_bad_day with seed {seed}");
        assert_eq!(run.failed, [], "{repeat}");
        assert_eq!(run.status, RunStatus::Succeeded, "{repeat}");
        assert_eq!(world(&cloud), expected, "{repeat}");
    }
}

#[test]
fn a_crash_on_a_bad_day_is_survived_too() {
    let (zone, expected) = (zone(ONE_TENANT), fault_free());
    let planned = Planner::new(&zone).plan().unwrap();
    for seed in 0..60 {
        let faults = Faults {
            throttle: 0.05,
            lost_reply: 0.1,
            not_yet_visible: 0.2,
            crash_after_calls: Some(10 + seed * 2),
            ..Faults::default()
        };
        let cloud = SimulatedCloud::builder(seed).faults(faults).build();
        let state = memory();
        let repeat = format!("a_crash_on_a_bad_day with seed {seed}");
        if now(exec::apply(&planned, &cloud, &state, ApplyOptions::new())).is_err() {
            let run = now(exec::resume(&cloud, &state, ApplyOptions::new()))
                .unwrap_or_else(|error| panic!("{repeat}: {error}"));
            if run.run.is_none() {
                apply(&planned, &cloud, &state);
            }
        }
        assert_eq!(world(&cloud), expected, "{repeat}");
    }
}

#[test]
fn a_planner_that_dies_asking_asks_again() {
    let zone = zone(ONE_TENANT);
    let faults = Faults { crash_after_calls: Some(2), ..Faults::default() };
    let cloud = SimulatedCloud::builder(0).faults(faults).build();
    let planner = Planner::new(&zone);
    let blind = planner.plan().unwrap();
    let observed = now(observe::survey(&cloud, &planner.scope())).unwrap();
    let asked = planner.observed(&observed).plan().unwrap();
    assert!(asked.steps().eq(blind.steps()));
}
