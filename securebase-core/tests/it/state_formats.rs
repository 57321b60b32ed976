//! Every format that was ever written can still be read; a newer one is refused and left alone.

use std::path::{Path, PathBuf};

use securebase_core::exec::{self, ApplyOptions, Error as ExecError};
use securebase_core::state::{
    CallOutcome, DirectoryStore, Error, FORMAT_VERSION, Fact, Holder, RunId, RunStatus, State, StepStatus,
};

use crate::support::{Scratch, now};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state")
}

/// A copy of a fixture: the committed files are never written to.
fn copy(version: &str, name: &str) -> Scratch {
    let scratch = Scratch::new(&format!("formats-{version}-{name}"));
    copy_into(&fixtures().join(version).join(name), scratch.path());
    scratch
}

fn copy_into(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_into(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn state(scratch: &Scratch) -> State {
    State::new(DirectoryStore::new(scratch.path()))
}

/// The versions that there are fixtures of.
fn versions() -> Vec<String> {
    let mut versions: Vec<String> = std::fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    versions.sort();
    versions
}

#[test]
fn there_are_fixtures_of_every_format() {
    let expected: Vec<String> = (1..=FORMAT_VERSION).map(|version| format!("v{version}")).collect();
    assert_eq!(versions(), expected);
}

#[test]
fn a_run_that_was_resumed_and_one_after_it_are_read_from_every_format() {
    for version in versions() {
        let scratch = copy(&version, "resumed");
        let state = state(&scratch);
        let history = now(state.history()).unwrap();
        let told: Vec<_> = history.iter().map(|run| (run.run.0, run.status, run.step_count)).collect();
        let succeeded = Some(RunStatus::Succeeded);
        assert_eq!(told, [(1, succeeded, 23), (2, succeeded, 1)], "{version}");
        assert!(history.iter().all(|run| run.who == "fixture" && run.ended > run.began), "{version}");
        let resumed: Vec<_> = history[0].resumed.iter().map(|resumed| resumed.who.as_str()).collect();
        assert_eq!(resumed, ["fixture"], "{version}");
        assert!(history[0].resumed[0].at > history[0].began.unwrap(), "{version}");
        assert_eq!(history[1].resumed, [], "{version}");
        let created: usize = history[0].counts.values().flat_map(|kinds| kinds.values()).sum();
        assert_eq!(created, 23, "{version}");
        let resources = now(state.resources()).unwrap();
        assert_eq!(resources.len(), 25, "{version}");
        let entries = now(state.entries(RunId(1))).unwrap();
        assert!(entries.iter().any(|entry| matches!(entry.fact, Fact::Resumed { .. })), "{version}");
        assert!(now(state.last_run()).unwrap().unwrap().replay.ended.is_some(), "{version}");
    }
}

#[test]
fn a_run_that_failed_is_read_from_every_format() {
    for version in versions() {
        let scratch = copy(&version, "failed");
        let state = state(&scratch);
        let recorded = now(state.recorded(RunId(1))).unwrap();
        assert_eq!(recorded.replay.ended, Some(RunStatus::Failed), "{version}");
        let failed = recorded.replay.steps.values().filter(|step| step.status == StepStatus::Failed);
        assert_eq!(failed.count(), 1, "{version}");
        let entries = now(state.entries(RunId(1))).unwrap();
        let refused = entries.iter().any(|entry| {
            matches!(&entry.fact, Fact::Outcome { outcome: CallOutcome::Failed { code, .. }, .. }
                if code == "ConstraintViolationException")
        });
        assert!(refused, "{version}");
    }
}

/// The last line of its journal is torn.
#[test]
fn a_run_that_was_cut_off_is_gone_on_with_from_every_format() {
    for version in versions() {
        let scratch = copy(&version, "cut-off");
        let state = state(&scratch);
        let before = now(state.last_run()).unwrap().unwrap();
        assert_eq!((before.replay.last_seq, before.replay.ended), (16, None), "{version}");
        // The cloud of the fixture is gone; that the run is found and taken up is what counts here.
        let lease = now(state.acquire(&Holder::this_process("test"))).unwrap();
        let journal = now(state.reopen(&lease, &before)).unwrap();
        let resumed = securebase_core::state::Entry {
            seq: 17,
            at: before.replay.last_at,
            fact: Fact::Resumed { who: "test".to_owned() },
        };
        now(journal.append(&[resumed])).unwrap();
        let after = now(state.last_run()).unwrap().unwrap();
        assert_eq!(after.replay.last_seq, 17, "{version}");
        assert_eq!(after.plan.fingerprint(), before.plan.fingerprint(), "{version}");
    }
}

#[test]
fn a_newer_format_is_refused_by_name_and_left_alone() {
    let next = FORMAT_VERSION + 1;
    let newest = format!("v{FORMAT_VERSION}");
    for file in ["lease.json", "resources.json", "runs/000001/summary.json"] {
        let scratch = copy(&newest, "resumed");
        let path = scratch.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let newer = text
            .replace(&format!("\"format_version\":{FORMAT_VERSION}"), &format!("\"format_version\":{next}"));
        assert_ne!(newer, text, "{file}");
        std::fs::write(&path, &newer).unwrap();
        let state = state(&scratch);
        let error = match file {
            "lease.json" => now(state.acquire(&Holder::this_process("test"))).err(),
            "resources.json" => now(state.resources()).err(),
            _ => now(state.history()).err(),
        };
        let error = error.unwrap_or_else(|| panic!("{file} was read"));
        assert!(matches!(&error, Error::Version { found, .. } if *found == next), "{file}: {error}");
        assert!(error.to_string().contains("use the release that wrote it"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), newer);
    }
}

#[test]
fn a_journal_of_a_newer_format_is_refused_by_name() {
    // The first line of a segment says its version and stays readable whatever else changes.
    let scratch = copy(&format!("v{FORMAT_VERSION}"), "cut-off");
    let path = scratch.path().join("runs/000001/journal-0001");
    let line = format!("{{\"segment\":{{\"format_version\":{}}}}}", FORMAT_VERSION + 1);
    std::fs::write(&path, format!("{} {line}\n", checksum(&line))).unwrap();
    let zone = crate::support::zone(crate::support::ONE_TENANT);
    let planned = securebase_core::plan::Planner::new(&zone).plan().unwrap();
    let cloud = securebase_core::sim::SimulatedCloud::new(0);
    let refused = now(exec::apply(&planned, &cloud, &state(&scratch), ApplyOptions::new()));
    assert!(matches!(refused, Err(ExecError::State(Error::Version { .. }))), "{refused:?}");
}

fn checksum(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text.as_bytes())[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}
