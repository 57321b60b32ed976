//! Files that were lost or damaged after a run had ended: nothing is done twice because of it.

use std::fs;
use std::path::Path;

use securebase_core::exec::{self, ApplyOptions, Error as ExecError};
use securebase_core::plan::Planner;
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::{DirectoryStore, Error, State};

use super::{a_plan, holder, intent};
use crate::support::{ONE_TENANT, Scratch, apply, now, plan, zone};

/// A way to damage a file.
type Damage = fn(&Path);

const DAMAGES: [(&str, Damage); 5] = [
    ("emptied", |path| fs::write(path, b"").unwrap()),
    ("removed", |path| fs::remove_file(path).unwrap()),
    ("zeroed", |path| fs::write(path, vec![0; fs::read(path).unwrap().len()]).unwrap()),
    ("foreign", |path| fs::write(path, b"hello").unwrap()),
    ("cut off at a line", |path| {
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        fs::write(path, lines[..lines.len() / 3].concat()).unwrap();
    }),
];

fn state(scratch: &Scratch) -> State {
    State::new(DirectoryStore::new(scratch.path()))
}

/// A run that was cut off after a number of calls, resumed, and has ended.
fn resumed(after: u64) -> (Scratch, SimulatedCloud) {
    let scratch = Scratch::new("damage");
    let faults = Faults { crash_after_calls: Some(after), ..Faults::default() };
    let cloud = SimulatedCloud::builder(0).faults(faults).build();
    let state = state(&scratch);
    assert!(now(exec::apply(&a_plan(), &cloud, &state, ApplyOptions::new())).is_err());
    let run = now(exec::resume(&cloud, &state, ApplyOptions::new())).unwrap();
    assert!(run.failed.is_empty() && run.run.is_some(), "{run}");
    (scratch, cloud)
}

fn is_lost(error: &Error, segment: &str) -> bool {
    error.code() == "state-corrupt" && error.to_string().contains(segment)
}

#[test]
fn a_finished_run_that_lost_a_segment_is_named_and_not_gone_on_with() {
    for after in [45, 60] {
        for segment in ["journal-0001", "journal-0002"] {
            // Each of the two files beside the journal knows enough.
            for left in [&["summary.json", "resources.json"][..], &["summary.json"], &["resources.json"]] {
                for (how, damage) in DAMAGES {
                    let case = format!("{segment} {how} after {after}, left: {left:?}");
                    let (scratch, cloud) = resumed(after);
                    let run = scratch.path().join("runs/000001");
                    if !left.contains(&"summary.json") {
                        fs::remove_file(run.join("summary.json")).unwrap();
                    }
                    if !left.contains(&"resources.json") {
                        fs::remove_file(scratch.path().join("resources.json")).unwrap();
                    }
                    damage(&run.join(segment));
                    let (state, before) = (state(&scratch), cloud.snapshot());
                    let resumed = now(exec::resume(&cloud, &state, ApplyOptions::new()));
                    let Err(ExecError::State(error)) = resumed else { panic!("{case}: {resumed:?}") };
                    assert!(is_lost(&error, segment), "{case}: {error}");
                    let applied = now(exec::apply(&a_plan(), &cloud, &state, ApplyOptions::new()));
                    assert!(
                        matches!(&applied, Err(ExecError::State(error)) if is_lost(error, segment)),
                        "{case}: {applied:?}"
                    );
                    for error in [
                        now(state.history()).err(),
                        now(state.applied()).err(),
                        now(state.export()).err(),
                        now(exec::remember(Planner::new(&zone(ONE_TENANT)), &state)).err(),
                    ] {
                        let error = error.unwrap_or_else(|| panic!("{case}: it was read"));
                        assert!(is_lost(&error, segment), "{case}: {error}");
                    }
                    assert_eq!(cloud.snapshot(), before, "{case}");
                }
            }
        }
    }
}

/// An unfinished run whose journal has two segments.
fn two_segments() -> (Scratch, State) {
    let scratch = Scratch::new("damage");
    let state = state(&scratch);
    for seq in [1, 2] {
        let lease = now(state.acquire(&holder("ada"))).unwrap();
        let journal = match now(state.last_run()).unwrap() {
            Some(last) => now(state.reopen(&lease, &last)).unwrap(),
            None => now(state.begin(&lease, &a_plan())).unwrap(),
        };
        now(journal.append(&[intent(seq, &format!("tenant/a{seq}/vpc"))])).unwrap();
        now(lease.release()).unwrap();
    }
    assert_eq!(now(state.last_run()).unwrap().unwrap().replay.last_seq, 2);
    (scratch, state)
}

/// Nothing knows how the last segment of an unfinished run ended; of those before it everything is known.
#[test]
fn an_unfinished_run_that_lost_its_first_segment_is_named() {
    for (how, damage) in DAMAGES {
        let (scratch, state) = two_segments();
        damage(&scratch.path().join("runs/000001/journal-0001"));
        let error = now(state.last_run()).err().unwrap_or_else(|| panic!("{how}: it was read"));
        assert!(is_lost(&error, "journal-0001"), "{how}: {error}");
    }
}

/// Without its seal, a process that lost the lease could go on writing to the segment.
#[test]
fn a_segment_that_lost_only_its_seal_is_named() {
    let (scratch, state) = two_segments();
    let path = scratch.path().join("runs/000001/journal-0001");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    fs::write(&path, lines[..lines.len() - 1].concat()).unwrap();
    let error = now(state.last_run()).expect_err("it was read");
    assert!(is_lost(&error, "journal-0001"), "{error}");
}

#[test]
fn a_run_whose_plan_or_whole_directory_is_gone_is_named() {
    let (scratch, cloud) = resumed(60);
    let changed = zone(&ONE_TENANT.replace("ACME Finance Inc", "ACME Finance Ltd"));
    apply(&plan(&changed, &cloud), &cloud, &state(&scratch));
    fs::remove_file(scratch.path().join("runs/000002/plan.json")).unwrap();
    let refused = now(state(&scratch).last_run()).map(|last| last.map(|last| last.run));
    assert!(matches!(&refused, Err(error) if is_lost(error, "runs/000002/plan.json")), "{refused:?}");
    for run in ["000001", "000002"] {
        let (scratch, cloud) = resumed(60);
        let state = state(&scratch);
        apply(&plan(&changed, &cloud), &cloud, &state);
        fs::remove_dir_all(scratch.path().join("runs").join(run)).unwrap();
        for error in [now(state.history()).err(), now(state.applied()).err(), now(state.export()).err()] {
            let error = error.unwrap_or_else(|| panic!("{run}: it was read"));
            assert!(is_lost(&error, run), "{run}: {error}");
        }
    }
}

/// What has not ended may go on: its number must not come to stand in `resources.json` before that.
#[test]
fn compaction_leaves_out_a_run_that_has_not_ended() {
    let scratch = Scratch::new("damage");
    let faults = Faults { crash_after_calls: Some(60), ..Faults::default() };
    let cloud = SimulatedCloud::builder(0).faults(faults).build();
    let state = state(&scratch);
    assert!(now(exec::apply(&a_plan(), &cloud, &state, ApplyOptions::new())).is_err());
    let lease = now(state.acquire(&holder("ada"))).unwrap();
    now(state.compact(&lease)).unwrap();
    now(lease.release()).unwrap();
    assert!(!scratch.path().join("resources.json").exists());
    now(exec::resume(&cloud, &state, ApplyOptions::new())).unwrap();
    assert_eq!(now(state.resources()).unwrap().len(), a_plan().inventory.len());
}
