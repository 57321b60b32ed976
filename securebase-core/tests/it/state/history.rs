//! Who did what; and what a state that was lost is rebuilt from.

use std::sync::{Arc, Mutex};

use securebase_core::exec::{self, ApplyOptions};
use securebase_core::model::{Address, ResourceKind};
use securebase_core::plan::Action;
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{Error, MemoryStore, RecordKind, RunStatus, State};

use crate::gated::{Gate, GatedStore, Outcome, Write};
use crate::support::{ONE_TENANT, TEN_TENANTS, apply, memory, now, plan, zone};

#[test]
fn the_history_says_who_did_what_when_by_which_plan() {
    let (cloud, state) = (SimulatedCloud::new(0), memory());
    let first = plan(&zone(ONE_TENANT), &cloud);
    now(exec::apply(&first, &cloud, &state, ApplyOptions::new().who("ada"))).unwrap();
    let changed = zone(&ONE_TENANT.replace("ACME Finance Inc", "ACME Finance Ltd"));
    let second = plan(&changed, &cloud);
    now(exec::apply(&second, &cloud, &state, ApplyOptions::new().who("grace"))).unwrap();
    let history = now(state.history()).unwrap();
    let told: Vec<_> = history.iter().map(|run| (run.who.as_str(), run.status, run.plan.clone())).collect();
    let succeeded = Some(RunStatus::Succeeded);
    assert_eq!(told, [("ada", succeeded, first.fingerprint()), ("grace", succeeded, second.fingerprint())]);
    assert!(history[0].began < history[0].ended && history[0].ended < history[1].began);
    for (record, plan) in history.iter().zip([&first, &second]) {
        let planned: Vec<_> = plan.counts().into_iter().filter(|(_, kinds)| !kinds.is_empty()).collect();
        let planned: Vec<_> = planned.into_iter().filter(|(action, _)| *action != Action::NoOp).collect();
        let carried_out: Vec<_> = record.counts.clone().into_iter().collect();
        assert_eq!(carried_out, planned);
        assert_eq!((record.kind, record.step_count), (RecordKind::Apply, plan.steps().len()));
    }
    assert_eq!(history[0].counts[&Action::Create][&ResourceKind::Vpc], 1);
}

/// In the survey, before the run has a first entry, and in the middle of it.
#[test]
fn the_history_says_who_resumed_a_run_that_was_killed() {
    for after in [4, 60] {
        let faults = securebase_core::sim::Faults {
            crash_after_calls: Some(after),
            ..securebase_core::sim::Faults::default()
        };
        let cloud = SimulatedCloud::builder(0).faults(faults).build();
        let state = memory();
        let planned = securebase_core::plan::Planner::new(&zone(ONE_TENANT)).plan().unwrap();
        let options = |who: &str| ApplyOptions::new().who(who);
        assert!(now(exec::apply(&planned, &cloud, &state, options("ada"))).is_err());
        let history = now(state.history()).unwrap();
        let [cut_off] = history.as_slice() else { panic!("after {after}: {history:#?}") };
        assert_eq!((cut_off.status, cut_off.ended), (None, None), "after {after}");
        assert_eq!(
            (cut_off.plan.clone(), cut_off.resumed.len()),
            (planned.fingerprint(), 0),
            "after {after}"
        );
        now(exec::resume(&cloud, &state, options("grace"))).unwrap();
        let history = now(state.history()).unwrap();
        let [run] = history.as_slice() else { panic!("after {after}: {history:#?}") };
        let resumed: Vec<_> = run.resumed.iter().map(|resumed| resumed.who.as_str()).collect();
        let table = securebase_core::state::RunRecord::table(&history).unwrap();
        let by = table.cell("resumed_by", 0).unwrap();
        assert_eq!(by, securebase_core::table::Cell::Text(&resumed.join("\n")), "after {after}");
        assert_eq!(run.what().contains("resumed by grace at "), after == 60, "after {after}: {run}");
        // The process that resumes a run without a first entry begins it.
        let expected = if after == 4 { ("grace", vec![]) } else { ("ada", vec!["grace"]) };
        assert_eq!((run.who.as_str(), resumed), expected, "after {after}");
        assert!(
            run.resumed
                .iter()
                .all(|resumed| { run.began < Some(resumed.at) && Some(resumed.at) < run.ended })
        );
    }
}

#[test]
fn a_state_that_was_lost_is_rebuilt_from_tags_and_names() {
    let (cloud, lost) = (SimulatedCloud::new(0), memory());
    let zone = zone(TEN_TENANTS);
    apply(&plan(&zone, &cloud), &cloud, &lost);
    let calls = cloud.calls().len();

    let rebuilt = memory();
    let options = ApplyOptions::new().who("ada");
    let run = now(exec::rebuild(&zone, &cloud, &rebuilt, &options)).unwrap();
    let (before, after) = (now(lost.resources()).unwrap(), now(rebuilt.resources()).unwrap());
    let missing: Vec<_> = before.iter().filter(|(address, _)| !after.contains_key(*address)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(before, after);
    let reads = ["Describe", "List", "Get"];
    let changes = cloud.calls().into_iter().skip(calls);
    let changes: Vec<_> =
        changes.filter(|call| !reads.iter().any(|prefix| call.operation.starts_with(prefix))).collect();
    assert_eq!(changes, [], "a rebuild changes nothing");

    let history = now(rebuilt.history()).unwrap();
    let [record] = history.as_slice() else { panic!("{history:#?}") };
    assert_eq!((record.run, record.kind, record.who.as_str()), (run, RecordKind::Rebuild, "ada"));
    assert_eq!(record.step_count, after.len());
    assert_eq!(now(rebuilt.lease_info()).unwrap(), None);

    // Life goes on with it.
    let changed = crate::support::zone(&TEN_TENANTS.replace("ACME Finance Inc", "ACME Finance Ltd"));
    let update = plan(&changed, &cloud);
    assert!(!update.is_empty());
    apply(&update, &cloud, &rebuilt);
    assert_eq!(now(rebuilt.resources()).unwrap(), after);
    assert_eq!(now(rebuilt.history()).unwrap().len(), 2);
}

#[test]
fn a_state_that_knows_of_a_run_that_was_cut_off_is_not_rebuilt() {
    let faults = securebase_core::sim::Faults {
        crash_after_calls: Some(45),
        ..securebase_core::sim::Faults::default()
    };
    let cloud = SimulatedCloud::builder(0).faults(faults).build();
    let (zone, state) = (zone(ONE_TENANT), memory());
    let planned = securebase_core::plan::Planner::new(&zone).plan().unwrap();
    assert!(now(exec::apply(&planned, &cloud, &state, ApplyOptions::new())).is_err());
    let refused = now(exec::rebuild(&zone, &cloud, &state, &ApplyOptions::new()));
    assert!(matches!(refused, Err(exec::Error::Unfinished { .. })), "{refused:?}");
    now(exec::resume(&cloud, &state, ApplyOptions::new())).unwrap();
    now(exec::rebuild(&zone, &cloud, &state, &ApplyOptions::new())).unwrap();
}

/// Keeps what is read.
#[derive(Default)]
struct Reads(Arc<Mutex<Vec<String>>>);

impl Gate for Reads {
    fn write<'a>(&self, _: Write, _: &str, bytes: &'a [u8]) -> Outcome<'a> {
        Outcome { written: Some(bytes), error: None }
    }

    fn read(&self, key: &str) -> Result<(), Error> {
        self.0.lock().unwrap().push(key.to_owned());
        Ok(())
    }
}

#[test]
fn what_was_applied_is_read_from_the_last_rebuild_on() {
    let reads = Reads::default();
    let read = Arc::clone(&reads.0);
    let state = State::new(GatedStore::new(Arc::new(MemoryStore::new()), reads));
    let (zone, cloud) = (zone(ONE_TENANT), SimulatedCloud::new(0));
    apply(&plan(&zone, &cloud), &cloud, &state);
    let first = now(state.applied()).unwrap();
    assert!(first.specs.contains_key(&Address::new("tenant/acme-finance/vpc")));
    let read_of = |run: &str| read.lock().unwrap().iter().filter(|key| key.ends_with(run)).count();
    assert!(read_of("runs/000001/plan.json") > 0);
    now(exec::rebuild(&zone, &cloud, &state, &ApplyOptions::new())).unwrap();
    cloud.remove(cloud.snapshot()["flow_log"][0]["id"].as_str().unwrap());
    let second = plan(&zone, &cloud);
    apply(&second, &cloud, &state);
    read.lock().unwrap().clear();
    let since = now(state.applied()).unwrap();
    assert_eq!(since.specs.len(), 1);
    assert!(since.specs.keys().eq(second.steps().map(|step| &step.address)), "{since:?}");
    assert_eq!((read_of("runs/000001/plan.json"), read_of("runs/000003/plan.json")), (0, 1));
}
