//! Wrong clocks, impossible leases, links in place of files, and directories that are removed.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use securebase_core::exec::{self, ApplyOptions, Error as ExecError, EventKind};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{DirectoryStore, Error, Holder, MemoryStore, State, Store, WriteCondition};
use sha2::{Digest, Sha256};

use super::{HandClock, a_plan, holder, state, stores};
use crate::support::{Scratch, now};

#[test]
fn a_lease_of_a_clock_that_is_ahead_says_so_and_how_to_break_it() {
    const YEARS: Duration = Duration::from_secs(60 * 365 * 86_400);
    for (name, store, _scratch) in stores() {
        let (here, elsewhere) = (HandClock::new(), HandClock::new());
        elsewhere.advance(YEARS);
        // Never given back.
        let _lease = now(state(&store, &elsewhere).acquire(&holder("ada"))).unwrap();
        let state = state(&store, &here);
        let Err(error @ Error::Leased { .. }) = now(state.acquire(&holder("grace"))) else {
            panic!("{name}")
        };
        let file = format!("{}/lease.json", store.place());
        let text = error.to_string();
        assert!(["ada", "clock", &file].iter().all(|word| text.contains(word)), "{name}: {text}");
        let info = now(state.lease_info()).unwrap().unwrap();
        assert_eq!((info.ahead, info.file), (Some(YEARS), file), "{name}");
        // As it says.
        now(store.remove("lease.json")).unwrap();
        now(state.acquire(&holder("grace"))).unwrap();
    }
}

#[test]
fn clocks_that_differ_by_minutes_are_not_worth_a_word() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (here, elsewhere) = (HandClock::new(), HandClock::new());
    elsewhere.advance(Duration::from_secs(540));
    let _lease = now(state(&store, &elsewhere).acquire(&holder("ada"))).unwrap();
    let info = now(state(&store, &here).lease_info()).unwrap().unwrap();
    assert!(info.ahead.is_none() && !info.to_string().contains("clock"), "{info}");
}

/// The lease of a store with one of its numbers changed, and a checksum that is right.
fn forge(store: &dyn Store, name: &str, number: u64) {
    let (bytes, version) = now(store.get_versioned("lease.json")).unwrap().unwrap();
    let mut lease: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let content = &mut lease["content"];
    let holder = &mut content["holder"];
    if name == "since" {
        holder[name] = number.into();
    } else {
        content[name] = number.into();
    }
    let content = serde_json::to_string(&lease["content"]).unwrap();
    let sha256: String =
        Sha256::digest(content.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!("{{\"format_version\":2,\"sha256\":\"{sha256}\",\"content\":{content}}}\n");
    now(store.put("lease.json", text.as_bytes(), WriteCondition::Unchanged(version))).unwrap();
}

#[test]
fn a_lease_that_nobody_can_have_written_is_damaged() {
    for name in ["expires", "renewed", "since", "run", "token"] {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let state = State::new(Arc::clone(&store));
        let lease = now(state.acquire(&holder("ada"))).unwrap();
        forge(store.as_ref(), name, 7);
        assert!(now(state.lease_info()).is_ok(), "{name}: the forger knows the format");
        forge(store.as_ref(), name, u64::MAX);
        for refused in [now(state.lease_info()).map(|_| ()), now(state.acquire(&holder("grace"))).map(|_| ())]
        {
            assert!(
                matches!(&refused, Err(Error::Corrupt { key, .. }) if key == "lease.json"),
                "{name}: {refused:?}"
            );
        }
        drop(lease);
    }
}

#[test]
fn a_holder_has_a_name_that_prints_and_ends() {
    let name = format!("a\nb\u{1b}[31m\u{202e}{}", "x".repeat(1_000_000));
    let who = Holder::this_process(&name).who;
    assert!(who.len() < 1000 && who.starts_with("a\\nb\\u{1b}[31m\\u{202e}x"), "{who}");
    assert_eq!(Holder::this_process("Ada Lovelace <ada@example.com>").who, "Ada Lovelace <ada@example.com>");
    // One that another release or another program has written.
    let foreign = Holder { who: name.clone(), host: name, ..Holder::this_process("ada") };
    let text = foreign.to_string();
    assert!(text.len() < 2000 && !text.chars().any(char::is_control), "{text}");
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_and_links_are_not_written_through() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let scratch = Scratch::new("links");
    let root = scratch.path().join("above/state");
    let precious = scratch.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    let apply = |root: &std::path::Path| {
        let state = State::new(DirectoryStore::new(root));
        now(exec::apply(&a_plan(), &SimulatedCloud::new(0), &state, ApplyOptions::new()))
    };
    apply(&root).unwrap();
    let mut pending = vec![scratch.path().join("above")];
    let mut seen = 0;
    while let Some(path) = pending.pop() {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            assert_eq!(mode, 0o600, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen}");
    for planted in ["lease.json.new", "resources.json.new", "runs/000001/plan.json.new", "mutex"] {
        let root = scratch.path().join(planted.replace('/', "-"));
        let link = root.join(planted);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(&precious, &link).unwrap();
        let run = apply(&root);
        assert_eq!(run.is_ok(), planted != "mutex", "{planted}: {run:?}");
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious", "{planted}");
    }
    // A state that an earlier release has made for everybody is still one.
    let lease = root.join("lease.json");
    fs::set_permissions(&lease, fs::Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).unwrap();
    let state = State::new(DirectoryStore::new(&root));
    assert_eq!(now(state.history()).unwrap().len(), 1);
    now(now(state.acquire(&holder("ada"))).unwrap().release()).unwrap();
}

/// Removed or moved.
#[test]
fn a_directory_that_is_taken_away_stops_the_run_and_is_not_made_again() {
    for moved in [false, true] {
        for only_runs in [false, true] {
            let scratch = Scratch::new("taken-away");
            let root = scratch.path().join("state");
            let (from, to) = (root.clone(), scratch.path().join("elsewhere"));
            let take_away = move || {
                let from = if only_runs { from.join("runs") } else { from.clone() };
                if moved { fs::rename(from, &to).unwrap() } else { fs::remove_dir_all(from).unwrap() }
            };
            let cloud = SimulatedCloud::new(0);
            let state = State::new(DirectoryStore::new(&root));
            let options = ApplyOptions::new().progress(move |event| {
                let is_late = matches!(&event.kind, EventKind::Finished { address, .. }
                    if address.as_str() == "tenant/acme-finance/account");
                if is_late {
                    take_away();
                }
            });
            let case = format!("moved: {moved}, only the runs: {only_runs}");
            let stopped = now(exec::apply(&a_plan(), &cloud, &state, options));
            let Err(ExecError::CutOff(error @ Error::Io { .. })) = stopped else {
                panic!("{case}: {stopped:?}")
            };
            let message = error.message();
            assert!(message.contains("removed while it was in use"), "{case}: {message}");
            assert_eq!(root.exists(), only_runs, "{case}");
            assert!(!root.join("runs").exists(), "{case}");
            assert_eq!(cloud.snapshot()["vpc"].as_array().map_or(0, Vec::len), 0, "{case}: it went on");
            if !only_runs {
                // A new process begins without a state.
                let lease = now(state.acquire(&holder("ada"))).unwrap();
                assert_eq!(lease.token(), 1, "{case}");
            }
        }
    }
}
