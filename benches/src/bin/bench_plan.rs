//! Planning zones of 100 to 10,000 tenants, for the first time and again.
//!
//! The reference beside each time is writing the same plan as JSON in the same run: work of the same size that any tool does.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on stops")]

use securebase_benches::zone::zone;
use securebase_benches::{exponent, median, record, timed};
use securebase_core::plan::Planner;

fn main() {
    let mut points = Vec::new();
    for tenants in [100, 1_000, 10_000] {
        let zone = zone(tenants);
        let runs = if tenants > 1_000 { 3 } else { 5 };
        let mut times = Vec::new();
        let mut ratios = Vec::new();
        let mut steps = 0;
        for _ in 0..runs {
            let (took, plan) = timed(|| Planner::new(&zone).plan().expect("the zone can be planned"));
            let (writing, text) = timed(|| plan.to_json());
            assert!(text.len() > tenants);
            steps = plan.steps().len();
            times.push(took.as_secs_f64());
            ratios.push(took.as_secs_f64() / writing.as_secs_f64());
        }
        let seconds = median(&mut times);
        points.push((tenants as f64, seconds));
        record(&format!("plan_{tenants}_tenants"), seconds, "s", runs);
        record(&format!("plan_{tenants}_tenants_over_writing_it"), median(&mut ratios), "ratio", runs);
        record(&format!("plan_{tenants}_tenants_steps"), steps as f64, "steps", 1);
    }
    record("plan_growth_exponent", exponent(&points), "exponent", points.len());
}
