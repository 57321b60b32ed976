//! What the scenarios share.

use std::sync::atomic::{AtomicUsize, Ordering};

use securebase_core::exec::{self, ApplyOptions, Error, Run};
use securebase_core::input::Format;
use securebase_core::model::LandingZone;
use securebase_core::observe::{self, Scope};
use securebase_core::plan::{Plan, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{MemoryStore, State};

/// The ten tenants that ship with the examples.
pub(crate) const TEN_TENANTS: &str = include_str!("../../../examples/ten-tenants.client.auto.tfvars");

/// One tenant with a network.
pub(crate) const ONE_TENANT: &str = r#"
org_name      = "securebase"
environment   = "dev"
target_region = "us-east-1"
enable_vpc    = true
account_email = "aws+{prefix}@example.com"

clients = {
  "acme-finance" = {
    tier          = "fintech"
    framework     = "soc2"
    prefix        = "acme"
    contact_email = "john@acmefinance.com"
    vpc_cidr      = "10.0.0.0/16"
    tags          = { Customer = "ACME Finance Inc" }
  }
}
"#;

pub(crate) fn zone(text: &str) -> LandingZone {
    LandingZone::parse(text, Format::Tfvars, None).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Runs a future that waits for nothing but itself: everything simulated answers at once.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    futures::executor::block_on(future)
}

pub(crate) fn plan(zone: &LandingZone, cloud: &SimulatedCloud) -> Plan {
    let observed = now(observe::survey(cloud, &Scope::of(zone))).unwrap();
    Planner::new(zone).observed(&observed).plan().unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn apply(plan: &Plan, cloud: &SimulatedCloud, state: &State) -> Run {
    now(exec::apply(plan, cloud, state, ApplyOptions::new())).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn memory() -> State {
    State::new(MemoryStore::new())
}

/// A directory of a test's own, taken away when dropped.
pub(crate) struct Scratch(std::path::PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("securebase-{}-{count}-{name}", std::process::id()));
        // What an earlier process of the same number left behind.
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A cloud to which a zone was applied, and the state of that.
pub(crate) fn applied(text: &str) -> (SimulatedCloud, State) {
    let (cloud, state) = (SimulatedCloud::new(0), memory());
    let run = apply(&plan(&zone(text), &cloud), &cloud, &state);
    assert_eq!(run.failed, []);
    (cloud, state)
}

/// Carries a plan out again and again, each time in a world of its own whose caller dies one call later, and goes on with
/// it; `check` sees every world in the end. Answers how many calls there were.
pub(crate) fn crash_after_every_call(
    plan: &Plan,
    world: impl Fn(u64) -> SimulatedCloud,
    mut check: impl FnMut(&SimulatedCloud, u64),
) -> u64 {
    for after in 1.. {
        let (cloud, state) = (world(after), memory());
        match now(exec::apply(plan, &cloud, &state, ApplyOptions::new())) {
            Ok(_) => return after - 1,
            Err(Error::Interrupted { .. } | Error::Survey(_)) => {}
            Err(error) => panic!("crash after {after} calls: {error}"),
        }
        let run = now(exec::resume(&cloud, &state, ApplyOptions::new()))
            .unwrap_or_else(|error| panic!("crash after {after} calls, then: {error}"));
        assert_eq!(run.failed, [], "crash after {after} calls");
        if run.run.is_none() {
            // It crashed before the run was written down: there is nothing to go on with.
            apply(plan, &cloud, &state);
        }
        check(&cloud, after);
    }
    0
}

/// The addresses of a plan's steps.
pub(crate) fn addresses(plan: &Plan) -> Vec<String> {
    plan.steps().map(|step| step.address.to_string()).collect()
}
