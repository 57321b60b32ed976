//! Planning zones of 100 to 10,000 tenants: for the first time, and again when one tenant has changed.
//!
//! The reference beside each time is writing the same plan as JSON in the same run: work of the same size that any tool does.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on stops")]

use futures::executor::block_on;
use securebase_benches::zone::zone;
use securebase_benches::{exponent, median, record, resident_bytes, timed};
use securebase_core::exec::{self, ApplyOptions};
use securebase_core::model::LandingZone;
use securebase_core::observe::Observed;
use securebase_core::plan::{Plan, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{MemoryStore, State};

fn main() {
    let mut points = Vec::new();
    for tenants in [100, 1_000, 10_000] {
        let zone = zone(tenants);
        let runs = if tenants > 1_000 { 3 } else { 5 };
        let (seconds, plan) = planned(&zone, tenants, runs);
        points.push((tenants as f64, seconds));
        again(zone, &plan, tenants, runs);
    }
    record("plan_growth_exponent", exponent(&points), "exponent", points.len());
}

/// Plans against an empty organization.
fn planned(zone: &LandingZone, tenants: usize, runs: usize) -> (f64, Plan) {
    let mut times = Vec::new();
    let mut ratios = Vec::new();
    let make = || Planner::new(zone).plan().expect("the zone can be planned");
    let plan = make();
    let steps = plan.steps().len();
    // What making the first has left over serves the next ones: from then on a plan takes what it holds.
    let before = resident_bytes();
    let more = [make(), make()];
    if let Some((after, before)) = resident_bytes().zip(before) {
        let held = (after - before) / more.len() as f64;
        record(&format!("plan_{tenants}_tenants_memory_per_step"), held / steps as f64, "bytes", more.len());
    }
    for _ in 0..runs {
        let (took, plan) = timed(make);
        let (writing, text) = timed(|| plan.to_json());
        assert!(text.len() > tenants);
        times.push(took.as_secs_f64());
        ratios.push(took.as_secs_f64() / writing.as_secs_f64());
    }
    let seconds = median(&mut times);
    record(&format!("plan_{tenants}_tenants"), seconds, "s", runs);
    record(&format!("plan_{tenants}_tenants_over_writing_it"), median(&mut ratios), "ratio", runs);
    record(&format!("plan_{tenants}_tenants_steps"), steps as f64, "steps", 1);
    (seconds, plan)
}

/// Carries the plan out, changes a tag of one tenant, and plans again.
fn again(mut zone: LandingZone, plan: &Plan, tenants: usize, runs: usize) {
    let cloud = SimulatedCloud::new(0);
    let state = State::new(MemoryStore::new());
    block_on(exec::apply(plan, &cloud, &state, ApplyOptions::new())).expect("the run goes through");
    let observed: Observed = cloud.observe();
    let earlier = Planner::new(&zone).observed(&observed).plan().expect("it can be planned");
    let tags = &mut zone.tenants[tenants / 2].tags;
    tags.insert("CostCenter".to_owned(), "4711".to_owned());
    let mut from_nothing = Vec::new();
    let mut since = Vec::new();
    for _ in 0..runs {
        let planner = || Planner::new(&zone).observed(&observed);
        let (took, plan) = timed(|| planner().plan().expect("it can be planned"));
        from_nothing.push(took.as_secs_f64());
        let (took, again) = timed(|| planner().incremental(&earlier).plan().expect("it can be planned"));
        since.push(took.as_secs_f64());
        assert!(plan == again && plan.steps().len() == 1, "{plan}");
    }
    record(&format!("plan_{tenants}_tenants_again"), median(&mut since), "s", runs);
    record(&format!("plan_{tenants}_tenants_again_from_nothing"), median(&mut from_nothing), "s", runs);
}
