//! Change and offboarding: what the file asks for later, applied to what is there already.

mod adopt;
mod again;
mod before;
mod claims;
mod drift;
mod endpoints;
mod hand;
mod keys;
mod offboarding;
mod orphans;
mod pending;
mod rename;
mod survey;
mod tags;
mod tier;
mod unread;
mod ways;

use securebase_core::exec::{self, ApplyOptions};
use securebase_core::model::LandingZone;
use securebase_core::observe;
use securebase_core::plan::{Plan, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::State;

use crate::support::now;

/// A plan against the cloud with what the state remembers, as a user with a state makes it.
fn replan(zone: &LandingZone, cloud: &SimulatedCloud, state: &State) -> Plan {
    try_replan(zone, cloud, state).unwrap_or_else(|error| panic!("{error}"))
}

fn try_replan(
    zone: &LandingZone,
    cloud: &SimulatedCloud,
    state: &State,
) -> Result<Plan, securebase_core::plan::Error> {
    let planner = now(exec::remember(Planner::new(zone), state)).unwrap_or_else(|error| panic!("{error}"));
    let observed = now(observe::survey(cloud, &planner.scope())).unwrap();
    planner.observed(&observed).now(cloud.clock()).plan()
}

/// The names of the changing calls that left after the first `skip` calls, as `service:Operation`.
fn writes(cloud: &SimulatedCloud, skip: usize) -> Vec<String> {
    let calls = cloud.calls().into_iter().skip(skip);
    let read = |name: &str| ["Describe", "List", "Get"].iter().any(|prefix| name.starts_with(prefix));
    calls
        .filter(|call| !read(call.operation))
        .map(|call| format!("{}:{}", call.service, call.operation))
        .collect()
}

/// Options that let a plan destroy what it wants to.
fn let_go(plan: &Plan) -> ApplyOptions {
    ApplyOptions::new().destroy(plan.destructive().into_iter().cloned())
}
