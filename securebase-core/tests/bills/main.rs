//! The difference a plan prints is the bill after less the bill before: random pairs of zones, each applied to the
//! simulated cloud, then planned.
//!
//! The bill of a state is checked by hand and by other tests; here it is only asked for at three moments: after the first
//! zone was applied, by the plan that leads to the second, and after that plan was applied. Many worlds, so this runs
//! optimised: `make test-simulation`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::time::Duration;

use rand::{Rng, RngExt};
use rust_decimal::Decimal;
use securebase_core::cloud::{Cloud, SimulatedCloud};
use securebase_core::exec::{self, ApplyOptions};
use securebase_core::finance::{CostBasis, PriceBook, Usage};
use securebase_core::model::LandingZone;
use securebase_core::plan::{Error, Plan, PlanCost, Planner};
use securebase_core::spec::Format;
use securebase_core::state::{MemoryStore, State};
use securebase_core::time::Seed;
use serde_json::{Map, Value, json};

/// How many pairs, unless `SECUREBASE_PAIRS` says another number.
const PAIRS: u64 = 2_000;
const KEYS: [&str; 7] = ["acme", "bank", "clinic", "depot", "estate", "farm", "garage"];
const TIERS: [(&str, &str); 5] = [
    ("fintech", "soc2"),
    ("healthcare", "hipaa"),
    ("gov-federal", "fedramp"),
    ("standard", "cis"),
    ("gold", "soc2"),
];

fn one_of<'a, T>(rng: &mut impl Rng, values: &'a [T]) -> &'a T {
    &values[rng.random_range(0..values.len())]
}

/// A zone of up to seven tenants. `before` are the tenants of the zone that was applied first: only those can leave.
fn document(rng: &mut impl Rng, before: Option<&Map<String, Value>>) -> Value {
    let mut clients = Map::new();
    for (place, key) in KEYS.iter().enumerate() {
        let known = before.and_then(|before| before.get(*key));
        if rng.random_bool(0.35) {
            continue;
        }
        let keeps = known.filter(|_| rng.random_bool(0.5));
        let (tier, framework) = match keeps {
            Some(known) => (known["tier"].as_str().unwrap(), known["framework"].as_str().unwrap()),
            None => *one_of(rng, &TIERS),
        };
        let mut client = json!({
            "tier": tier,
            "framework": framework,
            "prefix": key,
            "contact_email": format!("ops@{key}.example.com"),
            "vpc_cidr": format!("10.{place}.0.0/16"),
        });
        if known.is_some() && rng.random_bool(0.25) {
            client["offboard"] = json!(if rng.random_bool(0.7) { "suspend" } else { "close" });
        }
        clients.insert((*key).to_owned(), client);
    }
    if clients.values().all(|client| client.get("offboard").is_some()) {
        clients.insert(
            "kept".to_owned(),
            json!({"tier": "standard", "framework": "cis", "prefix": "kept", "contact_email": "ops@kept.example.com"}),
        );
    }
    let mut tiers =
        json!({ "gold": { "ou_name": "Customers-Gold", "framework": "soc2", "monthly_price": 9_000 } });
    for (tier, _) in TIERS {
        if rng.random_bool(0.3) {
            tiers[tier]["log_retention_days"] = json!(one_of(rng, &[7, 30, 90, 365, 731, 3_653]));
        }
        if rng.random_bool(0.1) {
            tiers[tier]["monthly_price"] = json!(rng.random_range(500..40_000));
        }
    }
    json!({
        "account_email": "aws+{prefix}@example.com",
        "limits": { "accounts": 50 },
        "enable_vpc": rng.random_bool(0.85),
        "vpc_config": {
            "enable_nat_gateway": rng.random_bool(0.75),
            "enable_vpc_flow_logs": rng.random_bool(0.75),
            "enable_vpn_gateway": rng.random_bool(0.2),
        },
        "clients": clients,
        "tiers": tiers,
    })
}

fn zone(document: &Value) -> LandingZone {
    LandingZone::parse(&document.to_string(), Format::Json, None)
        .unwrap_or_else(|problems| panic!("{problems}\n{document}"))
}

fn ready<F: Future>(future: F) -> F::Output {
    futures::executor::block_on(future)
}

/// The plan as a user makes it, with what the state remembers or without.
fn plan(zone: &LandingZone, cloud: &SimulatedCloud, state: Option<&State>) -> Result<Plan, Error> {
    let mut planner = Planner::new(zone);
    if let Some(state) = state {
        planner = ready(exec::remember(planner, state)).unwrap();
    }
    let observed = ready(exec::survey(cloud, &planner.scope())).unwrap();
    planner.observed(&observed).plan()
}

fn apply(plan: &Plan, cloud: &SimulatedCloud, state: &State) {
    let options = ApplyOptions::new().destroy(plan.destructive().into_iter().cloned());
    let run = ready(exec::simulate(plan, cloud, state, options)).unwrap();
    assert_eq!(run.failed, [], "{plan}");
}

fn priced(plan: &Plan) -> PlanCost {
    plan.priced(PriceBook::shipped(), Usage::shipped()).unwrap()
}

fn total(zone: &LandingZone, cloud: &SimulatedCloud, state: Option<&State>) -> Decimal {
    let again = plan(zone, cloud, state).unwrap();
    assert!(again.is_empty(), "{again}");
    let cost = priced(&again);
    assert_eq!(cost.difference().infrastructure().unwrap().amount, Decimal::ZERO);
    cost.after().total().amount
}

/// One pair; answers whether the second zone could be planned.
fn check(pair: u64) -> bool {
    let mut rng = Seed::new(pair).stream("bills", 0);
    let first = document(&mut rng, None);
    let second = document(&mut rng, first["clients"].as_object());
    let (before, after) = (zone(&first), zone(&second));
    let (cloud, state) = (SimulatedCloud::new(pair), State::new(MemoryStore::new()));
    let remembered = rng.random_bool(0.5).then_some(&state);
    apply(&plan(&before, &cloud, remembered).unwrap(), &cloud, &state);
    // A new account does not answer for some minutes; a plan made before it does is stale once it does.
    ready(cloud.pause(Duration::from_secs(3_600)));
    let bill = total(&before, &cloud, remembered);
    let next = match plan(&after, &cloud, remembered) {
        Ok(next) => next,
        // A refusal has no price.
        Err(Error::Problems(_)) => return false,
        Err(error) => panic!("pair {pair}: {error}"),
    };
    let cost = priced(&next);
    let context = || format!("pair {pair}\n{first}\n{second}\n{next}");
    assert_eq!(cost.before().total().amount, bill, "before: {}", context());
    let difference = cost.difference();
    let part = |basis| difference.part(basis).unwrap().amount;
    let [planned, assumed, promised] = CostBasis::ALL.map(part);
    let on_steps: Decimal = next.steps().map(|step| cost.step(&step.address).unwrap().monthly.amount).sum();
    assert_eq!(on_steps, planned + assumed, "steps: {}", context());
    let by_tier: Decimal = cost.promised().iter().map(|change| change.monthly.amount).sum();
    assert_eq!(by_tier, promised, "promised: {}", context());
    apply(&next, &cloud, &state);
    let final_bill = total(&after, &cloud, remembered);
    assert_eq!(cost.after().total().amount, final_bill, "after: {}", context());
    assert_eq!(difference.infrastructure().unwrap().amount, final_bill - bill, "difference: {}", context());
    true
}

#[test]
fn the_difference_is_the_bill_after_less_the_bill_before() {
    let given = std::env::var("SECUREBASE_PAIRS").ok();
    let pairs = given.map_or(PAIRS, |pairs| pairs.parse().unwrap());
    let planned: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|worker| {
                scope
                    .spawn(move || (worker..pairs).step_by(2).map(|pair| u64::from(check(pair))).sum::<u64>())
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    // A generator whose second zones are mostly refused would prove little.
    assert!(planned > pairs * 9 / 10, "{planned} of {pairs} pairs could be planned");
    println!("{planned} of {pairs} pairs planned and applied, the others refused");
}
