//! Planning after an earlier plan gives the very plan that planning from nothing gives.

use securebase_core::model::{Address, LandingZone};
use securebase_core::observe::Observed;
use securebase_core::plan::{Plan, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::State;

use crate::support::{TEN_TENANTS, applied, now, zone};

/// A tenant that comes.
const NEWCOMER: &str = r#"clients = {
  "newcomer" = {
    tier          = "standard"
    framework     = "cis"
    prefix        = "new"
    contact_email = "it@newcomer.example"
    vpc_cidr      = "10.200.0.0/16"
  }
"#;

/// What may become of the file, each by itself and with one of the first two after it: what, from, to.
const EDITS: [(&str, &str, &str); 6] = [
    ("a tag of a tenant", "\"ACME Finance Inc\"", "\"ACME Finance Ltd\""),
    ("a tenant that leaves", "prefix        = \"quantum\"", "prefix = \"quantum\"\noffboard = \"close\""),
    ("the environment", "environment   = \"dev\"", "environment   = \"test\""),
    ("a new tenant", "clients = {", NEWCOMER),
    ("a quota", "clients = {", "limits = { accounts = 12 }\nclients = {"),
    ("a network feature", "enable_vpn_gateway   = false", "enable_vpn_gateway   = true"),
];

fn edited(text: &str, (what, from, to): (&str, &str, &str)) -> String {
    assert!(text.contains(from), "{what}: there is no `{from}`");
    text.replacen(from, to, 1)
}

fn planner<'a>(zone: &'a LandingZone, observed: &'a Observed, state: &State) -> Planner<'a> {
    let ids = now(state.resources()).unwrap().into_values().map(|found| (found.address, found.id));
    Planner::new(zone).remembered(ids).applied(now(state.applied()).unwrap()).observed(observed)
}

/// The plan with what an earlier one has found, after it was compared with the one without.
fn same_both_ways(
    zone: &LandingZone,
    observed: &Observed,
    state: &State,
    earlier: &Plan,
    what: &str,
) -> Plan {
    let fresh = planner(zone, observed, state).plan().unwrap_or_else(|error| panic!("{what}: {error}"));
    let again = planner(zone, observed, state).incremental(earlier).plan().unwrap();
    assert!(fresh == again && fresh.to_json() == again.to_json(), "{what}:\n{fresh}\n{again}");
    again
}

fn observe(cloud: &SimulatedCloud) -> Observed {
    cloud.observe()
}

#[test]
fn whatever_changes_in_the_file() {
    let (cloud, state) = applied(TEN_TENANTS);
    let observed = observe(&cloud);
    let first = planner(&zone(TEN_TENANTS), &observed, &state).plan().unwrap();
    assert!(first.is_empty(), "{first}");
    for one in EDITS {
        let text = edited(TEN_TENANTS, one);
        let earlier = same_both_ways(&zone(&text), &observed, &state, &first, one.0);
        // From a plan that has steps, and warnings, to the next.
        for other in EDITS[..2].iter().filter(|other| other.0 != one.0) {
            let text = edited(&text, *other);
            let what = format!("{}, then {}", one.0, other.0);
            same_both_ways(&zone(&text), &observed, &state, &earlier, &what);
        }
        same_both_ways(&zone(TEN_TENANTS), &observed, &state, &earlier, &format!("{} undone", one.0));
    }
}

#[test]
fn whatever_changes_in_the_cloud() {
    let (cloud, state) = applied(TEN_TENANTS);
    let before = observe(&cloud);
    let the_zone = zone(TEN_TENANTS);
    let first = planner(&the_zone, &before, &state).plan().unwrap();
    let resources = now(state.resources()).unwrap();
    for rest in ["vpc/flow-log", "vpc/subnet/private-2", "flow-log-role"] {
        let address = Address::tenant(&the_zone.tenants[3].key, rest);
        cloud.remove(resources[&address].id.as_str());
        let observed = observe(&cloud);
        let plan = same_both_ways(&the_zone, &observed, &state, &first, rest);
        assert!(!plan.is_empty(), "{rest} is gone");
    }
}

#[test]
fn a_plan_that_was_loaded_or_is_a_part_of_another_is_as_good_as_none() {
    let (cloud, state) = applied(TEN_TENANTS);
    let observed = observe(&cloud);
    let text = edited(TEN_TENANTS, EDITS[0]);
    let whole = planner(&zone(&text), &observed, &state).plan().unwrap();
    let part = whole.only(&[whole.steps().next().unwrap().address.clone()]).unwrap();
    let loaded = Plan::from_json(&whole.to_json()).unwrap();
    for earlier in [part, loaded] {
        same_both_ways(&zone(TEN_TENANTS), &observed, &state, &earlier, "no basis");
    }
}
