//! A state moves house.

use std::path::Path;
use std::sync::Arc;

use securebase_core::exec::{self, ApplyOptions};
use securebase_core::plan::Planner;
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::{DirectoryStore, Error, State};

use super::{holder, stores};
use crate::support::{ONE_TENANT, TEN_TENANTS, applied, memory, now, zone};

#[test]
fn an_export_fills_an_empty_state_of_any_kind_and_no_other() {
    let (_, state) = applied(ONE_TENANT);
    let bytes = now(state.export()).unwrap();
    assert_eq!(now(state.export()).unwrap(), bytes, "the same state, the same bytes");
    for (name, store, _scratch) in stores() {
        let copy = State::new(Arc::clone(&store));
        now(copy.import(&bytes, &holder("ada"))).unwrap();
        assert_eq!(now(copy.resources()).unwrap(), now(state.resources()).unwrap(), "{name}");
        assert_eq!(now(copy.history()).unwrap(), now(state.history()).unwrap(), "{name}");
        assert_eq!(now(copy.export()).unwrap(), bytes, "{name}");
        let refused = now(copy.import(&bytes, &holder("ada")));
        assert!(matches!(refused, Err(Error::NotEmpty { .. })), "{name}: {refused:?}");
        assert_eq!(now(copy.lease_info()).unwrap(), None, "{name}");
    }
}

#[test]
fn a_state_that_holds_nothing_is_not_exported_and_says_where_it_is() {
    for (name, store, _scratch) in stores() {
        let state = State::new(Arc::clone(&store));
        // That somebody had the lease once is nothing to keep.
        let lease = now(state.acquire(&holder("ada"))).unwrap();
        now(lease.release()).unwrap();
        let refused = now(state.export());
        let Err(error @ Error::Empty { .. }) = refused else { panic!("{name}: {refused:?}") };
        assert_eq!(error.code(), "state-empty");
        assert!(error.to_string().contains(&store.place()), "{name}: {error}");
    }
}

#[test]
fn whatever_is_changed_or_cut_off_on_the_way_is_noticed_and_nothing_is_written() {
    let (_, state) = applied(ONE_TENANT);
    let bytes = now(state.export()).unwrap();
    let step = (bytes.len() / 50).max(1);
    let cut = (0..bytes.len()).step_by(step).map(|end| bytes[..end].to_vec());
    let flipped = (0..bytes.len()).step_by(step).map(|at| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    });
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let without = (0..lines.len()).map(|gone| {
        let mut lines = lines.clone();
        lines.remove(gone);
        lines.concat()
    });
    for damaged in cut.chain(flipped).chain(without) {
        let store = securebase_core::state::MemoryStore::new();
        let refused = now(State::new(store.clone()).import(&damaged, &holder("ada")));
        assert!(matches!(refused, Err(Error::Corrupt { .. })), "{refused:?}");
        assert_eq!(now(securebase_core::state::Store::list(&store, "")).unwrap(), [] as [&str; 0]);
    }
}

/// Each line has a checksum of its own, and each file of the other export is sound by itself.
#[test]
fn a_file_of_another_export_is_noticed() {
    let lines = |text: &str| -> Vec<String> {
        let bytes = now(applied(text).1.export()).unwrap();
        String::from_utf8(bytes).unwrap().split_inclusive('\n').map(str::to_owned).collect()
    };
    let (mut ours, theirs) = (lines(ONE_TENANT), lines(TEN_TENANTS));
    let summary = |line: &String| line.contains("runs/000001/summary.json");
    let (at, other) = (ours.iter().position(summary).unwrap(), theirs.into_iter().find(summary).unwrap());
    assert_ne!(ours[at], other);
    ours[at] = other;
    let refused = now(memory().import(ours.concat().as_bytes(), &holder("ada")));
    let Err(error @ Error::Corrupt { .. }) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("checksum"), "{error}");
}

#[test]
fn a_run_that_was_cut_off_here_is_resumed_there() {
    let faults = Faults { crash_after_calls: Some(45), ..Faults::default() };
    let cloud = SimulatedCloud::builder(0).faults(faults).build();
    let (here, there) = (memory(), memory());
    let planned = Planner::new(&zone(ONE_TENANT)).plan().unwrap();
    assert!(now(exec::apply(&planned, &cloud, &here, ApplyOptions::new())).is_err());
    now(there.import(&now(here.export()).unwrap(), &holder("ada"))).unwrap();
    let run = now(exec::resume(&cloud, &there, ApplyOptions::new())).unwrap();
    assert!(run.failed.is_empty() && !run.applied.is_empty(), "{run}");
}

#[test]
fn nothing_is_exported_while_somebody_writes() {
    let (_, state) = applied(ONE_TENANT);
    let lease = now(state.acquire(&holder("ada"))).unwrap();
    assert!(matches!(now(state.export()), Err(Error::Leased { by }) if by.holder.who == "ada"));
    now(lease.release()).unwrap();
    now(state.export()).unwrap();
}

#[test]
fn states_of_every_format_are_exported() {
    for version in ["v1", "v2"] {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state").join(version);
        let state = State::new(DirectoryStore::new(fixture.join("resumed")));
        let copy = memory();
        now(copy.import(&now(state.export()).unwrap(), &holder("ada"))).unwrap();
        assert_eq!(now(copy.resources()).unwrap(), now(state.resources()).unwrap(), "{version}");
        assert_eq!(now(copy.history()).unwrap(), now(state.history()).unwrap(), "{version}");
    }
}
