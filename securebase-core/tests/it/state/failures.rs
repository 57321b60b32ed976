//! What goes wrong with a medium: each failure ends with a clear error and a state that can be gone on with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use securebase_core::exec::{self, ApplyOptions, Error as ExecError};
use securebase_core::plan::{Plan, Planner};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::{DirectoryStore, Error, MemoryStore, State, Store};

use super::faulty::FullDisk;
use super::{a_plan, begun, holder, intent};
use crate::support::{ONE_TENANT, Scratch, TEN_TENANTS, applied, now, plan, zone};

fn directory(scratch: &Scratch) -> DirectoryStore {
    DirectoryStore::new(scratch.path().join("state"))
}

/// All files of a state that are no locks, and what they hold.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let store = DirectoryStore::new(root);
    let keys = now(store.list("")).unwrap();
    keys.into_iter()
        .map(|key| {
            let bytes = now(store.get(&key)).unwrap().unwrap();
            (key, bytes)
        })
        .collect()
}

/// How many bytes a state keeps a plan in: without white space.
fn size_in_a_state(plan: &Plan) -> usize {
    let json: serde_json::Value = serde_json::from_str(&plan.to_json()).unwrap();
    json.to_string().len()
}

/// Goes on with whatever was cut off, or begins, and finds everything there once.
fn finish(planned: &Plan, cloud: &SimulatedCloud, state: &State, case: &str) {
    let run = match now(exec::resume(cloud, state, ApplyOptions::new())) {
        // There was no room for a lease.
        Err(ExecError::State(Error::NotFound { .. })) => None,
        run => Some(run.unwrap_or_else(|error| panic!("{case}: {error}"))),
    };
    assert!(run.as_ref().is_none_or(|run| run.failed.is_empty()), "{case}");
    if run.is_none_or(|run| run.run.is_none()) {
        let run = now(exec::apply(planned, cloud, state, ApplyOptions::new()));
        run.unwrap_or_else(|error| panic!("{case}: {error}"));
    }
    assert!(plan(&zone(ONE_TENANT), cloud).is_empty(), "{case}");
    let known = now(state.resources()).unwrap();
    assert_eq!(known.len(), planned.inventory.len(), "{case}");
}

#[test]
fn a_disk_that_fills_up_at_any_byte_stops_the_run_and_breaks_nothing() {
    let planned = a_plan();
    let written = {
        let (scratch, cloud) = (Scratch::new("disk"), SimulatedCloud::new(0));
        let state = State::new(directory(&scratch));
        now(exec::apply(&planned, &cloud, &state, ApplyOptions::new())).unwrap();
        files(&scratch.path().join("state")).values().map(Vec::len).sum::<usize>()
    };
    let mut began = 0;
    // More of them behind the plan, where the journal is.
    let behind_the_plan = size_in_a_state(&planned) + 400;
    let budgets = (0..behind_the_plan).step_by(behind_the_plan / 5);
    for bytes in budgets.chain((behind_the_plan..written).step_by(1499)) {
        let case = format!("a disk with room for {bytes} bytes");
        let (scratch, cloud) = (Scratch::new("disk"), SimulatedCloud::new(0));
        let state = State::new(FullDisk::before(directory(&scratch), bytes));
        let stopped = now(exec::apply(&planned, &cloud, &state, ApplyOptions::new()));
        let (error, cut_off) = match stopped {
            Err(ExecError::State(error)) => (error, false),
            Err(ExecError::CutOff(error)) => (error, true),
            other => panic!("{case}: {other:?}"),
        };
        assert!(
            matches!(&error, Error::Io { what: "write", source, .. }
            if source.kind() == std::io::ErrorKind::StorageFull),
            "{case}: {error}"
        );
        began += usize::from(cut_off);
        drop(state);
        // Room was made.
        finish(&planned, &cloud, &State::new(directory(&scratch)), &case);
    }
    assert!(began > 7, "only {began} runs had begun");
}

#[test]
fn a_run_that_cannot_remember_calls_nothing_more() {
    let planned = a_plan();
    let (scratch, cloud) = (Scratch::new("disk"), SimulatedCloud::new(0));
    // Room for the plan and a few entries.
    let state = State::new(FullDisk::before(directory(&scratch), size_in_a_state(&planned) + 3000));
    let stopped = now(exec::apply(&planned, &cloud, &state, ApplyOptions::new()));
    let Err(error @ ExecError::CutOff(_)) = stopped else { panic!("{stopped:?}") };
    assert_eq!(error.code(), "state-io");
    let message = error.message();
    assert!(message.starts_with("the run was interrupted, resume it to go on: cannot "), "{message}");
    let state = State::new(directory(&scratch));
    let intents = now(state.entries(securebase_core::state::RunId(1))).unwrap();
    let is_intent = |entry: &&securebase_core::state::Entry| {
        matches!(entry.fact, securebase_core::state::Fact::Intent { .. })
    };
    let reads = ["Describe", "List", "Get", "Assume"];
    let changes = cloud.calls().into_iter();
    let changes =
        changes.filter(|call| !reads.iter().any(|prefix| call.operation.starts_with(prefix))).count();
    assert!(0 < changes && changes <= intents.iter().filter(is_intent).count());
}

#[test]
fn a_place_that_cannot_be_written_to_is_named() {
    let scratch = Scratch::new("read-only");
    let file = scratch.path().join("a-file");
    std::fs::write(&file, "not a directory").unwrap();
    let (planned, cloud) = (a_plan(), SimulatedCloud::new(0));
    // Root may write anywhere; not into a file, and not into what the kernel shows.
    for root in [file.clone(), file.join("below"), Path::new("/proc/securebase").to_path_buf()] {
        let state = State::new(DirectoryStore::new(&root));
        let refused = now(exec::apply(&planned, &cloud, &state, ApplyOptions::new()));
        let Err(ExecError::State(error @ Error::Io { .. })) = refused else { panic!("{refused:?}") };
        assert!(error.to_string().contains(root.to_str().unwrap()), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "not a directory");
    assert_eq!(cloud.calls().len(), 0, "nothing was called");
}

/// A run that was cut off in the middle, in a directory.
fn cut_off() -> (Scratch, SimulatedCloud) {
    let scratch = Scratch::new("cut-off");
    let faults = Faults { crash_after_calls: Some(60), ..Faults::default() };
    let cloud = SimulatedCloud::builder(0).faults(faults).build();
    let state = State::new(directory(&scratch));
    let planned = a_plan();
    assert!(now(exec::apply(&planned, &cloud, &state, ApplyOptions::new())).is_err());
    (scratch, cloud)
}

#[test]
fn a_journal_torn_anywhere_is_read_up_to_there() {
    let (scratch, _) = cut_off();
    let journal = scratch.path().join("state/runs/000001/journal-0001");
    let whole = std::fs::read(&journal).unwrap();
    let state = State::new(directory(&scratch));
    let entries = now(state.entries(securebase_core::state::RunId(1))).unwrap();
    assert!(entries.len() > 15, "{}", entries.len());
    let anywhere = (0..whole.len()).step_by(37).chain(whole.len() - 300..whole.len());
    for end in anywhere.rev() {
        std::fs::write(&journal, &whole[..end]).unwrap();
        let left = now(state.entries(securebase_core::state::RunId(1))).unwrap();
        assert!(entries.starts_with(&left), "torn at {end}");
        // All lines but the torn one, and the first line of the segment holds no entry.
        let lines = whole[..end].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(left.len(), lines.saturating_sub(1), "torn at {end}");
    }
}

#[test]
fn a_torn_last_line_is_resumed_behind() {
    let planned = a_plan();
    for torn in [1, 20, 60, 400] {
        let (scratch, cloud) = cut_off();
        let journal = scratch.path().join("state/runs/000001/journal-0001");
        let whole = std::fs::read(&journal).unwrap();
        let half_a_line = b"1a2b3c4d {\"entry\":{\"seq\":99,\"at\":33,\"fact\":{\"done\"";
        let part = &half_a_line[..half_a_line.len().min(torn)];
        std::fs::write(&journal, [whole.as_slice(), part].concat()).unwrap();
        finish(&planned, &cloud, &State::new(directory(&scratch)), &format!("{torn} bytes of a line"));
        let left = std::fs::read(&journal).unwrap();
        assert!(left.starts_with(&[whole.as_slice(), part].concat()), "what was there was written over");
    }
}

#[test]
fn a_foreign_or_damaged_file_is_named_and_never_written_over() {
    let planned = a_plan();
    let contents: [&[u8]; 4] = [b"", b"{}", b"\xff\xfe\x00garbage\n\n", b"{\"format_version\":2}\n"];
    for key in ["lease.json", "resources.json", "runs/000001/plan.json", "runs/000001/journal-0001"] {
        for content in contents {
            let is_journal = key.contains("journal");
            if is_journal && content.is_empty() {
                // As if nothing had been called yet.
                continue;
            }
            let (scratch, cloud) = cut_off();
            let path = scratch.path().join("state").join(key);
            std::fs::write(&path, content).unwrap();
            let before = files(&scratch.path().join("state"));
            let state = State::new(directory(&scratch));
            let refused = match key {
                // Not read before a run has ended.
                "resources.json" => now(state.resources()).map(|_| ()).map_err(ExecError::State),
                _ => now(exec::apply(&planned, &cloud, &state, ApplyOptions::new())).map(|_| ()),
            };
            let Err(ExecError::State(error @ Error::Corrupt { .. })) = refused else {
                panic!("{key} {content:?}: {refused:?}")
            };
            assert!(error.to_string().contains(key), "{error}");
            let after = files(&scratch.path().join("state"));
            assert_eq!(after[key], before[key], "{key} was written over");
            // Trying took the lease, and sealed the journal of the run that was cut off.
            let rest = before.iter().filter(|(other, _)| *other != "lease.json");
            for (other, bytes) in rest {
                assert!(after[other].starts_with(bytes), "{other} was written over");
            }
        }
    }
}

#[test]
fn a_foreign_resources_file_is_named_before_a_run_goes_on() {
    let (scratch, cloud) = cut_off();
    let path = scratch.path().join("state/resources.json");
    std::fs::write(&path, "somebody's notes").unwrap();
    let state = State::new(directory(&scratch));
    let refused = now(exec::resume(&cloud, &state, ApplyOptions::new()));
    assert!(
        matches!(&refused, Err(ExecError::State(Error::Corrupt { key, .. })) if key == "resources.json"),
        "{refused:?}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody's notes");
    // Taken away, nothing is missing: the journals say what was made.
    std::fs::remove_file(&path).unwrap();
    now(exec::resume(&cloud, &state, ApplyOptions::new())).unwrap();
    assert_eq!(now(state.resources()).unwrap().len(), a_plan().inventory.len());
}

#[test]
fn a_changed_line_is_named_and_left_alone() {
    let (scratch, cloud) = cut_off();
    let journal = scratch.path().join("state/runs/000001/journal-0001");
    let text = std::fs::read_to_string(&journal).unwrap();
    let changed = text.replacen("Customers-Fintech", "Customers-FinTech", 1);
    assert_ne!(changed, text);
    std::fs::write(&journal, &changed).unwrap();
    let state = State::new(directory(&scratch));
    let refused = now(exec::resume(&cloud, &state, ApplyOptions::new()));
    let Err(ExecError::State(error @ Error::Corrupt { .. })) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("runs/000001/journal-0001` line 3"), "{error}");
    assert!(std::fs::read_to_string(&journal).unwrap().starts_with(&changed));
}

#[test]
fn a_write_that_failed_is_not_followed_by_another() {
    let scratch = Scratch::new("disk");
    let state = State::new(FullDisk::before(directory(&scratch), a_plan().to_json().len() + 2000));
    let lease = now(state.acquire(&holder("ada"))).unwrap();
    let journal = now(state.begin(&lease, &a_plan())).unwrap();
    now(journal.append(&[begun(1)])).unwrap();
    let mut seq = 2;
    let error = loop {
        match now(journal.append(&[intent(seq, &format!("tenant/a{seq}/vpc"))])) {
            Ok(()) => seq += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(matches!(now(journal.append(&[intent(seq, "tenant/a/vpc")])), Err(Error::Broken { .. })));
    let state = State::new(directory(&scratch));
    assert_eq!(now(state.last_run()).unwrap().unwrap().replay.last_seq, seq - 1);
}

#[test]
fn an_entry_that_cannot_follow_is_refused_before_it_is_written() {
    let state = crate::support::memory();
    let lease = now(state.acquire(&holder("ada"))).unwrap();
    let journal = now(state.begin(&lease, &a_plan())).unwrap();
    now(journal.append(&[begun(1), intent(2, "tenant/a/vpc")])).unwrap();
    assert!(matches!(now(journal.append(&[intent(3, "tenant/a/vpc")])), Err(Error::Illegal { .. })));
    assert_eq!(now(state.last_run()).unwrap().unwrap().replay.last_seq, 2);
}

#[test]
fn no_secret_comes_to_lie_in_a_state() {
    let id = format!("ASIA{}", "Y34FZKBOKMUTVV7A");
    let store = MemoryStore::new();
    let state = State::new(store.clone());
    let (planned, cloud) = (Planner::new(&zone(TEN_TENANTS)).plan().unwrap(), SimulatedCloud::new(0));
    now(exec::apply(&planned, &cloud, &state, ApplyOptions::new())).unwrap();
    let lease = now(state.acquire(&holder("ada"))).unwrap();
    let journal = now(state.begin(&lease, &planned)).unwrap();
    let error =
        format!("sts answered InvalidClientTokenId: {id}, X-Amz-Signature=0a1b2c&SessionToken=IQoJb3Jp");
    let failed = securebase_core::state::Fact::Failed {
        address: securebase_core::model::Address::new("tenant/a/vpc"),
        error,
    };
    let at = securebase_core::time::Time::ZERO;
    now(journal.append(&[begun(1), securebase_core::state::Entry { seq: 2, at, fact: failed }])).unwrap();
    drop(journal);
    now(lease.release()).unwrap();

    let mut everything = String::new();
    for key in now(store.list("")).unwrap() {
        everything += &String::from_utf8(now(store.get(&key)).unwrap().unwrap()).unwrap();
    }
    everything += &String::from_utf8(now(state.export()).unwrap()).unwrap();
    assert!(everything.contains("InvalidClientTokenId") && everything.contains("[redacted]"));
    for secret in [id.as_str(), "0a1b2c", "IQoJb3Jp"] {
        assert!(!everything.contains(secret), "{secret}");
    }
    for word in everything.split(|c: char| !c.is_ascii_alphanumeric()) {
        let is_key_id = word.len() == 20 && (word.starts_with("AKIA") || word.starts_with("ASIA"));
        assert!(!is_key_id, "{word}");
    }
    let lower = everything.to_lowercase();
    for name in [
        "secret_access_key",
        "secretaccesskey",
        "session_token",
        "sessiontoken\":",
        "password\":",
        "private key",
    ] {
        assert!(!lower.contains(name), "{name}");
    }
}

#[test]
fn a_state_that_failed_to_be_read_is_not_taken_for_an_empty_one() {
    let (_, state) = applied(ONE_TENANT);
    assert!(!now(state.resources()).unwrap().is_empty());
    let scratch = Scratch::new("unreadable");
    std::fs::create_dir_all(scratch.path().join("state/resources.json")).unwrap();
    let state = State::new(directory(&scratch));
    assert!(matches!(now(state.resources()), Err(Error::Io { what: "read", .. })));
    let store: Arc<dyn Store> = Arc::new(directory(&scratch));
    assert!(now(store.get("resources.json")).is_err());
}
