//! Whether there is a state in a place, and whose it is.

use std::path::Path;
use std::sync::Arc;

use securebase_core::exec::{self, ApplyOptions, Error as ExecError};
use securebase_core::model::{Address, LandingZone};
use securebase_core::observe;
use securebase_core::plan::{self, Plan, Planner};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::{DirectoryStore, Error, State};

use super::{holder, stores};
use crate::support::{ONE_TENANT, Scratch, applied, apply, memory, now, zone};

/// A plan as a user with a state makes it.
fn planned(zone: &LandingZone, cloud: &SimulatedCloud, state: &State) -> Result<Plan, plan::Error> {
    let planner = now(exec::remember(Planner::new(zone), state)).unwrap_or_else(|error| panic!("{error}"));
    let observed = now(observe::survey(cloud, &planner.scope())).unwrap();
    planner.observed(&observed).plan()
}

fn is_not_found<T>(result: &Result<T, Error>, place: &str) -> bool {
    match result {
        Err(error @ Error::NotFound { .. }) => {
            error.code() == "state-not-found" && error.to_string().contains(place)
        }
        _ => false,
    }
}

#[test]
fn a_place_without_a_state_says_so_and_stays_empty() {
    for (name, store, _scratch) in stores() {
        let state = State::new(Arc::clone(&store));
        let place = store.place();
        assert!(is_not_found(&now(state.resources()), &place), "{name}");
        assert!(is_not_found(&now(state.history()), &place), "{name}");
        assert!(is_not_found(&now(state.lease_info()), &place), "{name}");
        assert!(is_not_found(&now(state.export()), &place), "{name}");
        assert!(is_not_found(&now(state.applied()), &place), "{name}");
        assert!(is_not_found(&now(state.last_run()), &place), "{name}");
        assert!(is_not_found(&now(state.terms()), &place), "{name}");
        let cloud = SimulatedCloud::new(0);
        for refused in [
            now(exec::resume(&cloud, &state, ApplyOptions::new())),
            now(exec::resume(&cloud, &state, ApplyOptions::new())),
        ] {
            assert!(matches!(refused, Err(ExecError::State(Error::NotFound { .. }))), "{name}: {refused:?}");
        }
        assert_eq!(now(store.list("")).unwrap(), [] as [&str; 0], "{name}: asking makes nothing");
        assert_eq!(cloud.calls().len(), 0, "{name}");
    }
    let scratch = Scratch::new("nowhere");
    std::fs::write(scratch.path().join("notes.txt"), "another program's").unwrap();
    let state = State::new(DirectoryStore::new(scratch.path()));
    assert!(is_not_found(&now(state.history()), scratch.path().to_str().unwrap()), "a directory with files");
}

#[test]
fn a_plan_with_a_state_that_is_not_there_is_the_one_without_and_says_so_in_one_line() {
    let zone = zone(ONE_TENANT);
    for (name, store, _scratch) in stores() {
        let (cloud, state) = (SimulatedCloud::new(0), State::new(Arc::clone(&store)));
        let with = planned(&zone, &cloud, &state).unwrap();
        let without = crate::support::plan(&zone, &cloud);
        assert!(with.steps().eq(without.steps()) && with.drift == without.drift, "{name}");
        let text = with.to_string();
        let said: Vec<&str> = text.lines().filter(|line| line.contains("state-not-found")).collect();
        assert!(matches!(said.as_slice(), [line] if line.contains(&store.place())), "{name}: {said:?}");
        assert!(!without.to_string().contains("state-not-found"), "{name}");
        assert_eq!(now(store.list("")).unwrap(), [] as [&str; 0], "{name}: planning makes nothing");
        apply(&with, &cloud, &state);
        assert_eq!(now(state.history()).unwrap().len(), 1, "{name}: applying makes it");
        let again = planned(&zone, &cloud, &state).unwrap();
        assert!(again.is_empty() && !again.to_string().contains("state-not-found"), "{name}: {again}");
    }
}

/// Taking the lease makes a state, although it holds no run yet.
#[test]
fn a_state_without_runs_is_a_state() {
    for (name, store, _scratch) in stores() {
        let state = State::new(store);
        now(now(state.acquire(&holder("ada"))).unwrap().release()).unwrap();
        assert_eq!(now(state.history()).unwrap(), [], "{name}");
        assert!(now(state.resources()).unwrap().is_empty(), "{name}");
        assert_eq!(now(state.lease_info()).unwrap(), None, "{name}");
        let nothing = now(exec::resume(&SimulatedCloud::new(0), &state, ApplyOptions::new()));
        assert_eq!(nothing.unwrap().run, None, "{name}");
    }
}

#[test]
fn a_state_of_the_first_format_has_no_lease_and_is_a_state() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state");
    for version in ["v1", "v2"] {
        for what in ["cut-off", "failed", "resumed"] {
            let state = State::new(DirectoryStore::new(fixtures.join(version).join(what)));
            now(state.check_exists()).unwrap_or_else(|error| panic!("{version} {what}: {error}"));
        }
    }
}

/// The id of a cloud's organization.
fn organization(cloud: &SimulatedCloud) -> String {
    cloud.snapshot()["organization"][0]["id"].as_str().unwrap().to_owned()
}

fn is_of_another(error: &Error, known: &SimulatedCloud, found: &SimulatedCloud) -> bool {
    error.code() == "state-of-another-organization"
        && error.to_string().contains(&organization(known))
        && error.to_string().contains(&organization(found))
}

/// With a plan that was made with a cloud and one that was made without.
#[test]
fn a_state_knows_its_organization_and_no_other_is_planned_or_applied_with_it() {
    let zone = zone(ONE_TENANT);
    let (rehearsal, real) = (SimulatedCloud::new(0), SimulatedCloud::new(1));
    for first in [crate::support::plan(&zone, &rehearsal), Planner::new(&zone).plan().unwrap()] {
        let (cloud, state) = (SimulatedCloud::new(0), memory());
        apply(&first, &cloud, &state);
        let known = now(state.resources()).unwrap();
        assert_eq!(known[&Address::organization()].id.as_str(), organization(&cloud));
        let root = cloud.snapshot()["organization_root"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(known[&Address::root()].id.as_str(), root);
        let history = now(state.history()).unwrap();

        let Err(plan::Error::Problems(problems)) = planned(&zone, &real, &state) else { panic!("planned") };
        let problem = &problems.0[0];
        assert_eq!(problem.code, "state-of-another-organization");
        for id in [organization(&cloud), organization(&real)] {
            assert!(problem.message.contains(&id), "{problem}");
        }
        // Plans that were made without the state, with and without the other cloud.
        for other in [crate::support::plan(&zone, &real), Planner::new(&zone).plan().unwrap()] {
            let calls = real.calls().len();
            let refused = now(exec::apply(&other, &real, &state, ApplyOptions::new()));
            match refused {
                Err(ExecError::State(error)) => assert!(is_of_another(&error, &cloud, &real), "{error}"),
                refused => panic!("{refused:?}"),
            }
            let wrote = real.calls().into_iter().skip(calls).any(|call| call.operation.starts_with("Create"));
            assert!(!wrote, "nothing is changed");
        }
        assert_eq!(now(state.resources()).unwrap(), known);
        assert!(now(state.history()).unwrap().starts_with(&history));
        let rebuilt = now(exec::rebuild(&zone, &real, &state, &ApplyOptions::new()));
        assert!(
            matches!(&rebuilt, Err(ExecError::State(error)) if is_of_another(error, &cloud, &real)),
            "{rebuilt:?}"
        );
        // Its own is as it was.
        assert!(planned(&zone, &cloud, &state).unwrap().is_empty());
    }
}

#[test]
fn a_run_is_resumed_in_its_own_organization_only() {
    let faults = |after| Faults { crash_after_calls: Some(after), ..Faults::default() };
    // In the survey of the run, and in the middle of it.
    for after in [4, 60] {
        let real = SimulatedCloud::new(1);
        let cloud = SimulatedCloud::builder(0).faults(faults(after)).build();
        let (zone, state) = (zone(ONE_TENANT), memory());
        let first = crate::support::plan(&zone, &SimulatedCloud::new(0));
        assert!(now(exec::apply(&first, &cloud, &state, ApplyOptions::new())).is_err());
        let history = now(state.history()).unwrap();
        let refused = now(exec::resume(&real, &state, ApplyOptions::new()));
        assert!(
            matches!(&refused, Err(ExecError::State(error)) if is_of_another(error, &cloud, &real)),
            "after {after}: {refused:?}"
        );
        assert_eq!(now(state.history()).unwrap(), history, "after {after}");
        let run = now(exec::resume(&cloud, &state, ApplyOptions::new())).unwrap();
        assert!(run.failed.is_empty() && !run.applied.is_empty(), "after {after}: {run}");
    }
}

#[test]
fn a_rebuilt_state_knows_its_organization() {
    let (cloud, _) = applied(ONE_TENANT);
    let (zone, state) = (zone(ONE_TENANT), memory());
    now(exec::rebuild(&zone, &cloud, &state, &ApplyOptions::new())).unwrap();
    let real = SimulatedCloud::new(1);
    let refused = now(exec::apply(&crate::support::plan(&zone, &real), &real, &state, ApplyOptions::new()));
    assert!(
        matches!(&refused, Err(ExecError::State(error)) if is_of_another(error, &cloud, &real)),
        "{refused:?}"
    );
}

#[test]
fn a_state_of_another_zone_is_refused() {
    let (cloud, state) = applied(ONE_TENANT);
    let other = zone(&ONE_TENANT.replace("\"securebase\"", "\"elsewhere\""));
    let refused = now(exec::remember(Planner::new(&other), &state)).err();
    let Some(error @ Error::AnotherZone { .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(error.code(), "state-of-another-zone");
    let planned = Planner::new(&other).plan().unwrap();
    let refused = now(exec::apply(&planned, &cloud, &state, ApplyOptions::new()));
    assert!(matches!(refused, Err(ExecError::State(Error::AnotherZone { .. }))), "{refused:?}");
    let text = error.to_string();
    assert!(text.contains("`securebase`") && text.contains("`elsewhere`"), "{text}");
    assert_eq!(now(state.history()).unwrap().len(), 1);
}
