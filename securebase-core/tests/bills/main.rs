//! The difference a plan prints is the bill after less the bill before: random zones, applied to the simulated cloud one after
//! the other, with and without a state.
//!
//! Both bills are compared with one by hand, from what the cloud holds. Tenants change tier and region, leave, come back, and
//! are taken out of the file, also after they have left; networks and flow logs come and go. Many worlds, so this runs optimised:
//! `make test-simulation`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod independent;

use std::collections::BTreeSet;
use std::time::Duration;

use rand::{Rng, RngExt};
use rust_decimal::Decimal;
use securebase_core::cloud::Cloud;
use securebase_core::exec::{self, ApplyOptions};
use securebase_core::finance::{CostBasis, PriceBook, Usage};
use securebase_core::input::Format;
use securebase_core::model::LandingZone;
use securebase_core::observe;
use securebase_core::plan::{Error, Plan, PlanCost, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{MemoryStore, State};
use securebase_core::time::Seed;
use serde_json::{Map, Value, json};

use independent::{ABROAD, Ledger, World, bill};

/// How many worlds, unless `SECUREBASE_WORLDS` gives another number. Each makes two or three pairs of bills.
const WORLDS: u64 = 1_200;
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

/// The zone that was applied last, and which tenants' accounts were closed: those cannot come back under their address.
struct Past<'a> {
    document: &'a Value,
    closed: &'a BTreeSet<String>,
}

/// An entry for a tenant, new or as it was, with a change of tier, of region, or an offboarding.
fn client(rng: &mut impl Rng, place: usize, key: &str, past: Option<&Past<'_>>) -> Option<Value> {
    let known = past.and_then(|past| past.document["clients"].get(key));
    let is_closed = past.is_some_and(|past| past.closed.contains(key));
    if rng.random_bool(0.3) || (is_closed && known.is_none()) {
        return None;
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
    let has_left = known.is_some_and(|known| known.get("offboard").is_some());
    // A network cannot change its region.
    let can_move =
        known.is_none() || has_left || past.is_some_and(|past| past.document["enable_vpc"] == false);
    let was_abroad = known.is_some_and(|known| known.get("region").is_some());
    let is_abroad = if can_move && rng.random_bool(0.3) { rng.random_bool(0.5) } else { was_abroad };
    if is_abroad {
        client["region"] = json!(ABROAD);
    }
    if is_closed {
        client["offboard"] = json!("close");
    } else if known.is_some() && rng.random_bool(if has_left { 0.7 } else { 0.25 }) {
        client["offboard"] = json!(if rng.random_bool(0.7) { "suspend" } else { "close" });
    }
    Some(client)
}

/// A zone of up to seven tenants. Only those of the zone that was applied before can leave.
fn document(rng: &mut impl Rng, past: Option<&Past<'_>>) -> Value {
    let mut clients = Map::new();
    for (place, key) in KEYS.iter().enumerate() {
        if let Some(client) = client(rng, place, key, past) {
            clients.insert((*key).to_owned(), client);
        }
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
        "enable_vpc": rng.random_bool(0.75),
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
    let observed = ready(observe::survey(cloud, &planner.scope())).unwrap();
    planner.observed(&observed).plan()
}

fn apply(plan: &Plan, cloud: &SimulatedCloud, state: &State) {
    let options = ApplyOptions::new().destroy(plan.destructive().into_iter().cloned());
    let run = ready(exec::apply(plan, cloud, state, options)).unwrap();
    assert_eq!(run.failed, [], "{plan}");
}

fn priced(plan: &Plan) -> PlanCost {
    plan.priced(PriceBook::shipped(), Usage::shipped()).unwrap()
}

/// A cloud that zones are applied to one after the other, with what a state and a ledger remember of them.
struct Course {
    cloud: SimulatedCloud,
    state: State,
    has_state: bool,
    ledger: Ledger,
    /// The bill after the last plan.
    bill: Option<Decimal>,
}

impl Course {
    fn remembered(&self) -> Option<&State> {
        self.has_state.then_some(&self.state)
    }

    fn by_hand(&self, document: &Value) -> Decimal {
        bill(&World::new(&self.cloud.observe(), document, self.has_state.then_some(&self.ledger)))
    }

    /// Plans and applies a zone; answers whether it could be planned.
    fn step(&mut self, document: &Value, history: &str) -> bool {
        let next = match plan(&zone(document), &self.cloud, self.remembered()) {
            Ok(next) => next,
            // A refusal has no price.
            Err(Error::Problems(_)) => return false,
            Err(error) => panic!("{history}\n{error}"),
        };
        let cost = priced(&next);
        let context = || format!("{history}\nstate: {}\n{document}\n{next}", self.has_state);
        let before = cost.before().total().amount;
        if let Some(last) = self.bill {
            assert_eq!(before, self.by_hand(document), "before: {}", context());
            assert!(
                !self.has_state || before == last,
                "{last} after the last plan, {before} before: {}",
                context()
            );
        }
        let difference = cost.difference();
        let part = |basis| difference.part(basis).unwrap().amount;
        let [planned, assumed, promised] = CostBasis::ALL.map(part);
        let on_steps: Decimal =
            next.steps().map(|step| cost.step(&step.address).unwrap().monthly.amount).sum();
        // A change of region or price needs no step.
        if !next.is_empty() {
            assert_eq!(on_steps, planned + assumed, "steps: {}", context());
        }
        let by_tier: Decimal = cost.promised().iter().map(|change| change.monthly.amount).sum();
        assert_eq!(by_tier, promised, "promised: {}", context());
        let earlier = self.cloud.observe();
        apply(&next, &self.cloud, &self.state);
        // A new account does not answer for some minutes; a plan made before it does is stale once it does.
        ready(self.cloud.runtime().sleep(Duration::from_secs(3_600)));
        self.ledger = self.ledger.after(&earlier, &self.cloud.observe(), document);
        let after = self.by_hand(document);
        self.bill = Some(after);
        assert_eq!(cost.after().total().amount, after, "after: {}", context());
        assert_eq!(difference.infrastructure().unwrap().amount, after - before, "difference: {}", context());
        true
    }
}

/// Three or four zones one after the other; answers how many changes were drawn and how many could be planned.
fn check(pair: u64) -> (u64, u64) {
    let mut rng = Seed::new(pair).stream("bills", 0);
    let mut course = Course {
        cloud: SimulatedCloud::new(pair),
        state: State::new(MemoryStore::new()),
        has_state: rng.random_bool(0.5),
        ledger: Ledger::default(),
        bill: None,
    };
    let mut last = document(&mut rng, None);
    let mut history = format!("pair {pair}\n{last}");
    assert!(course.step(&last, &history));
    let mut closed = BTreeSet::new();
    let (mut drawn, mut planned) = (0, 0);
    for _ in 0..rng.random_range(2..=3) {
        drawn += 1;
        let next = document(&mut rng, Some(&Past { document: &last, closed: &closed }));
        if !course.step(&next, &history) {
            continue;
        }
        planned += 1;
        let clients = next["clients"].as_object().unwrap();
        let leaving = clients.iter().filter(|(_, client)| client["offboard"] == "close");
        closed.extend(leaving.map(|(key, _)| key.clone()));
        last = next;
        history = format!("{history}\n{last}");
    }
    let again = plan(&zone(&last), &course.cloud, course.remembered()).unwrap();
    assert!(again.is_empty(), "{history}\n{again}");
    assert_eq!(priced(&again).difference().infrastructure().unwrap().amount, Decimal::ZERO, "{history}");
    assert_eq!(Some(priced(&again).after().total().amount), course.bill, "{history}");
    (drawn, planned)
}

#[test]
fn the_difference_is_the_bill_after_less_the_bill_before() {
    let given = std::env::var("SECUREBASE_WORLDS").ok();
    let worlds: u64 = given.map_or(WORLDS, |worlds| worlds.parse().unwrap());
    let all = |worker: u64| {
        let checked = (worker..worlds).step_by(2).map(check);
        checked.fold((0, 0), |sum, (drawn, planned)| (sum.0 + drawn, sum.1 + planned))
    };
    let (drawn, planned) = std::thread::scope(|scope| {
        let workers = [0, 1].map(|worker| scope.spawn(move || all(worker)));
        let [first, second] = workers.map(|worker| worker.join().unwrap());
        (first.0 + second.0, first.1 + second.1)
    });
    // A generator whose later zones are mostly refused would prove little.
    assert!(planned > drawn * 17 / 20, "{planned} of {drawn} changes could be planned");
    println!("{planned} of {drawn} changes planned and applied, the others refused");
}
