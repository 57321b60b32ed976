//! Planning, rehearsing and carrying out zones of 100 to 10,000 tenants.
//!
//! The reference beside each time is writing the same plan as JSON in the same run: work of the same size that any tool does.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on stops")]

use securebase_benches::{exponent, median, record, timed};
use securebase_core::cloud::SimulatedCloud;
use securebase_core::exec::{self, ApplyOptions};
use securebase_core::model::LandingZone;
use securebase_core::plan::Planner;
use securebase_core::state::{DirectoryStore, State};
use serde_json::{Map, Value, json};

/// The mix of the reports: four fintech, two healthcare, two gov-federal, two standard in ten.
const MIX: [(&str, &str); 10] = [
    ("fintech", "soc2"),
    ("healthcare", "hipaa"),
    ("fintech", "soc2"),
    ("gov-federal", "fedramp"),
    ("standard", "cis"),
    ("fintech", "soc2"),
    ("healthcare", "hipaa"),
    ("fintech", "soc2"),
    ("gov-federal", "fedramp"),
    ("standard", "cis"),
];

fn zone(tenants: usize) -> LandingZone {
    let clients: Map<String, Value> = (0..tenants)
        .map(|number| {
            let (tier, framework) = MIX[number % MIX.len()];
            let tenant = json!({
                "tier": tier, "framework": framework, "prefix": format!("t{number}"),
                "contact_email": format!("ops@t{number}.example.com"),
                "vpc_cidr": format!("10.{}.{}.0/22", number / 64 % 256, number % 64 * 4),
            });
            (format!("tenant-{number:05}"), tenant)
        })
        .collect();
    let document = json!({
        "org_name": "securebase", "environment": "bench", "target_region": "us-east-1", "enable_vpc": true,
        "account_email": "aws+{prefix}@example.com", "clients": clients,
    });
    LandingZone::from_value(&document).expect("the zone is valid")
}

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

    for tenants in [10, 100, 1_000] {
        let plan = Planner::new(&zone(tenants)).plan().expect("the zone can be planned");
        let (took, timeline) = timed(|| exec::timeline(&plan, 0));
        let makespan = timeline.makespan.as_secs_f64();
        record(&format!("makespan_{tenants}_tenants"), makespan, "virtual s", 1);
        record(
            &format!("makespan_{tenants}_tenants_over_lower_bound"),
            makespan / timeline.lower_bound.as_secs_f64(),
            "ratio",
            1,
        );
        record(&format!("rehearse_{tenants}_tenants"), took.as_secs_f64(), "s", 1);
    }

    let zone = zone(1_000);
    let plan = Planner::new(&zone).plan().expect("the zone can be planned");
    let directory = std::env::temp_dir().join(format!("securebase-bench-{}", std::process::id()));
    let state = State::new(DirectoryStore::new(&directory));
    let cloud = SimulatedCloud::new(0);
    let (took, run) =
        timed(|| futures::executor::block_on(exec::simulate(&plan, &cloud, &state, ApplyOptions::new())));
    let run = run.expect("the run goes through");
    assert_eq!(run.applied.len(), plan.steps().len(), "{run}");
    drop(std::fs::remove_dir_all(&directory));
    record("apply_1000_tenants_durably", took.as_secs_f64(), "s", 1);
    record(
        "apply_1000_tenants_durably_per_step",
        took.as_secs_f64() * 1e6 / run.applied.len() as f64,
        "us",
        1,
    );
}
