//! What a survey asks, and what of its answers is a difference.

use std::collections::BTreeMap;

use proptest::prelude::*;
use securebase_core::observe::{self, Observed, Reading, Scope};
use securebase_core::plan::Planner;
use securebase_core::policy::PolicyText;
use securebase_core::sim::SimulatedCloud;
use serde_json::Value;

use crate::support::{ONE_TENANT, TEN_TENANTS, applied, apply, memory, now, plan, zone};

/// How often each operation was called after the first `skip` calls.
fn counts(cloud: &SimulatedCloud, skip: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in cloud.calls().into_iter().skip(skip) {
        *counts.entry(format!("{}:{}", call.service, call.operation)).or_default() += 1;
    }
    counts
}

/// The rows of the table of calls in `docs/calls.md`: operation, calls for the zone, calls for each tenant.
fn table(heading: &str) -> BTreeMap<String, (usize, usize)> {
    let manual = include_str!("../../../../docs/calls.md");
    let section = manual.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
    let cell = |text: &str| text.trim().trim_matches('`').to_owned();
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<String> = line.trim_matches('|').split('|').map(cell).collect();
            let number = |index: usize| cells[index].parse().unwrap_or_else(|_| panic!("{line}"));
            (cells[0].clone(), (number(1), number(2)))
        })
        .collect()
}

#[test]
fn a_survey_asks_what_the_manual_lists_and_nothing_more() {
    let documented = table("## A survey");
    let (made, _) = applied(TEN_TENANTS);
    let zone = zone(TEN_TENANTS);
    // Now and then a page is empty and has a next one: the fewest calls of several surveys are those without.
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..4 {
        let cloud = SimulatedCloud::builder(seed).observed(&made.observe()).build();
        now(observe::survey(&cloud, &Scope::of(&zone))).unwrap();
        for (name, count) in counts(&cloud, 0) {
            let least = asked.entry(name).or_insert(count);
            *least = count.min(*least);
        }
        let refused = cloud.calls().into_iter().filter(|call| call.outcome == "TooManyRequestsException");
        assert_eq!(refused.count(), 0, "it asks no faster than is answered");
    }
    let expected: BTreeMap<String, usize> =
        documented.into_iter().map(|(name, (zone, tenant))| (name, zone + 10 * tenant)).collect();
    assert_eq!(asked, expected);
}

#[test]
fn a_tenant_is_made_with_the_calls_that_the_manual_lists() {
    let documented = table("## Making a tenant");
    let difference = |text: &str| {
        let cloud = SimulatedCloud::new(0);
        let zone = zone(text);
        let planned = Planner::new(&zone).plan().unwrap();
        apply(&planned, &cloud, &memory());
        let writes = counts(&cloud, 0).into_iter().filter(|(name, _)| {
            let operation = name.split(':').nth(1).unwrap();
            !["Describe", "List", "Get"].iter().any(|prefix| operation.starts_with(prefix))
        });
        writes.collect::<BTreeMap<String, usize>>()
    };
    let made = difference(TEN_TENANTS);
    let expected: BTreeMap<String, usize> =
        documented.into_iter().map(|(name, (zone, tenant))| (name, zone + 10 * tenant)).collect();
    assert_eq!(made, expected);
}

/// The same document, written otherwise: keys turned round, single values as lists, other spacing.
fn rewritten(value: &Value, turn: bool, lists: bool, lower: bool) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> =
                map.iter().map(|(key, value)| (key.clone(), rewritten(value, turn, lists, lower))).collect();
            if turn {
                entries.reverse();
            }
            let wrap = |(key, value): (String, Value)| {
                let single =
                    lists && ["Action", "NotAction", "Resource"].contains(&key.as_str()) && value.is_string();
                let value = if single { Value::Array(vec![value]) } else { value };
                let value = if lower && key.ends_with("Action") { lowered(&value) } else { value };
                (key, value)
            };
            entries.into_iter().map(wrap).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> =
                items.iter().map(|item| rewritten(item, turn, lists, lower)).collect();
            if turn && items.iter().all(Value::is_string) {
                items.reverse();
            }
            items.into()
        }
        other => other.clone(),
    }
}

/// AWS takes the names of actions in any case.
fn lowered(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(lowered).collect::<Vec<_>>().into(),
        Value::String(text) => text.to_lowercase().into(),
        other => other.clone(),
    }
}

/// How an observation is written otherwise.
#[derive(Debug, Clone, Copy)]
struct Otherwise {
    turn: bool,
    lists: bool,
    lower: bool,
    spaces: bool,
    shout: bool,
}

fn same_otherwise(observed: &Observed, how: Otherwise) -> Observed {
    let Otherwise { turn, lists, lower, spaces, shout } = how;
    let mut observed = observed.clone();
    let organization = observed.organization.as_mut().unwrap();
    for policy in &mut organization.policies {
        let Some(document) = &mut policy.policy.document else { continue };
        let value = rewritten(&serde_json::from_str(document.as_str()).unwrap(), turn, lists, lower);
        let text = if spaces { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        *document = PolicyText::read(text.unwrap());
    }
    if shout {
        for account in &mut organization.accounts {
            account.account.email = account.account.email.to_uppercase();
        }
    }
    if turn {
        organization.accounts.reverse();
        organization.policies.reverse();
        for member in
            observed.members.values_mut().flat_map(BTreeMap::values_mut).filter_map(Reading::known_mut)
        {
            member.subnets.reverse();
            member.route_tables.reverse();
            for table in &mut member.route_tables {
                table.associations.reverse();
            }
        }
    }
    observed
}

proptest! {
    #![proptest_config(crate::cases::cases(16))]

    #[test]
    fn formatting_is_never_a_difference(
        (turn, lists, lower, spaces, shout) in any::<(bool, bool, bool, bool, bool)>(),
    ) {
        static WORLD: std::sync::LazyLock<Observed> = std::sync::LazyLock::new(|| {
            let (cloud, _) = applied(ONE_TENANT);
            now(observe::survey(&cloud, &Scope::of(&zone(ONE_TENANT)))).unwrap()
        });
        let zone = zone(ONE_TENANT);
        let observed = same_otherwise(&WORLD, Otherwise { turn, lists, lower, spaces, shout });
        let plan = Planner::new(&zone).observed(&observed).plan().unwrap();
        prop_assert!(plan.is_empty(), "{plan}");
    }
}

#[test]
fn a_file_in_another_order_is_the_same_file() {
    let (cloud, _) = applied(ONE_TENANT);
    let (first, second) = ("org_name      = \"securebase\"\n", "environment   = \"dev\"\n");
    let turned = ONE_TENANT.replace(&format!("{first}{second}"), &format!("{second}{first}"));
    assert_ne!(turned, ONE_TENANT);
    assert!(plan(&zone(&turned), &cloud).is_empty());
}

#[test]
fn an_observed_block_with_host_bits_is_refused_where_it_is_read() {
    let (cloud, _) = applied(ONE_TENANT);
    let observed = now(observe::survey(&cloud, &Scope::of(&zone(ONE_TENANT)))).unwrap();
    let text = serde_json::to_string(&observed).unwrap();
    assert_eq!(serde_json::from_str::<Observed>(&text).unwrap(), observed);
    let text = text.replace("\"10.0.0.0/16\"", "\"10.0.255.255/16\"");
    let error = serde_json::from_str::<Observed>(&text).unwrap_err().to_string();
    assert!(error.starts_with("`10.0.255.255/16` has host bits set: write `10.0.0.0/16`"), "{error}");
}
