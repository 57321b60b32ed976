//! The order in which tenants are written makes no difference to a plan.

use proptest::prelude::*;
use securebase_core::finance::{PriceBook, Usage};
use securebase_core::model::LandingZone;
use securebase_core::observe::{self, Observed, Scope};
use securebase_core::plan::{Plan, Planner};
use securebase_core::sim::SimulatedCloud;

use crate::support::{TEN_TENANTS, addresses, apply, memory, now, zone};

/// The file up to its tenants, and its tenants.
fn parts() -> (String, Vec<String>) {
    let (head, body) = TEN_TENANTS.split_once("clients = {\n").unwrap();
    let body = body.rsplit_once('}').unwrap().0;
    let tenants: Vec<String> = body.split("\n\n").map(|entry| entry.trim_end().to_owned()).collect();
    assert_eq!(tenants.len(), 10);
    (head.to_owned(), tenants)
}

fn written(head: &str, tenants: &[String]) -> LandingZone {
    zone(&format!("{head}clients = {{\n{}\n}}\n", tenants.join("\n\n")))
}

/// The tenants with what may depend on their order: regions of their own, no block, departures, a new key, another tier.
fn changed(tenants: &[String]) -> Vec<String> {
    let add = |entry: &String, line: &str| entry.replacen("= {\n", &format!("= {{\n    {line}\n"), 1);
    let without_block = |entry: &String| {
        let lines = entry.lines().filter(|line| !line.contains("vpc_cidr"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let change = |(n, entry): (usize, &String)| match n {
        0 => add(entry, "offboard = \"suspend\""),
        2 => {
            add(&entry.replacen("\"metabank-fintech\"", "\"meta\"", 1), "renamed_from = \"metabank-fintech\"")
        }
        3 => without_block(entry),
        4 => add(&without_block(entry), "account_name = \"another name\""),
        5 => add(entry, "offboard = \"close\""),
        6 => add(entry, "account_name = \"one more name\""),
        _ => entry.clone(),
    };
    tenants.iter().enumerate().map(change).collect()
}

/// All there is of a plan: the saved form, the fingerprint, the text, and what it costs line by line.
fn all_of(plan: &Plan) -> [String; 4] {
    let cost = plan.priced(PriceBook::shipped(), Usage::shipped()).unwrap();
    let lines =
        [cost.before(), cost.after()].map(|report| format!("{:?}", report.lines().collect::<Vec<_>>()));
    [plan.to_json(), plan.fingerprint(), plan.to_string(), lines.join("\n")]
}

/// A cloud in which the ten tenants exist.
fn world() -> &'static Observed {
    static WORLD: std::sync::LazyLock<Observed> = std::sync::LazyLock::new(|| {
        let (head, tenants) = parts();
        let zone = written(&head, &tenants);
        let cloud = SimulatedCloud::new(0);
        apply(&Planner::new(&zone).plan().unwrap(), &cloud, &memory());
        now(observe::survey(&cloud, &Scope::of(&zone))).unwrap()
    });
    &WORLD
}

/// What a user says that AWS has granted is part of what a plan was made from.
#[test]
fn limits_are_part_of_a_plans_fingerprint() {
    let (head, tenants) = parts();
    let plan = |limits: &str| Planner::new(&written(&format!("{head}{limits}\n"), &tenants)).plan().unwrap();
    let (one, other) = (plan("limits = { accounts = 50 }"), plan("limits = { accounts = 51 }"));
    assert_ne!(one.fingerprint(), other.fingerprint());
    assert_eq!(addresses(&one), addresses(&other));
    assert_eq!(one.fingerprint(), plan("limits = { accounts = 50 }").fingerprint());
}

proptest! {
    #![proptest_config(crate::cases::cases(8))]

    #[test]
    fn a_plan_does_not_depend_on_the_order_of_the_file(order in Just((0..10usize).collect::<Vec<_>>()).prop_shuffle()) {
        let (head, tenants) = parts();
        let in_order = |all: &[String]| order.iter().map(|n| all[*n].clone()).collect::<Vec<_>>();
        let fresh = |tenants: &[String]| {
            all_of(&Planner::new(&written(&head, tenants)).plan().unwrap())
        };
        prop_assert_eq!(fresh(&tenants), fresh(&in_order(&tenants)));
        // One has vanished from the file.
        let mut changed = changed(&tenants);
        changed.remove(1);
        let shuffled: Vec<String> =
            order.iter().filter(|n| **n < 9).map(|n| changed[*n].clone()).collect();
        let again = |tenants: &[String]| {
            all_of(&Planner::new(&written(&head, tenants)).observed(world()).plan().unwrap())
        };
        prop_assert_eq!(again(&changed), again(&shuffled));
    }
}
