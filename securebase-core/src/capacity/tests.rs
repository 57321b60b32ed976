//! Numbers of tenants counted in real plans.

use super::*;
use crate::finance::{Assumptions, Growth};
use crate::model::{NetworkFeatures, Problem, Tier};
use crate::table::Cell;
use crate::timeline::Rehearsal;

fn mix(counts: [u32; 4]) -> Model {
    let names = ["fintech", "healthcare", "gov-federal", "standard"];
    let mix: Vec<(&str, u32)> = names.into_iter().zip(counts).collect();
    Model::of_mix(Tier::shipped(), &mix, Some(NetworkFeatures::default()), Assumptions::aws()).unwrap()
}

/// One rehearsal with the usual latencies: what is counted does not depend on it.
fn quick() -> CapacityOptions {
    CapacityOptions { rehearsals: 1, rehearsal: Rehearsal::new(0).usual(), ..CapacityOptions::default() }
}

fn with_settings(lines: &str) -> Model {
    let text = format!(
        "{lines}\nclients = {{ acme = {{ tier = \"fintech\", framework = \"soc2\", prefix = \"acme\", \
         contact_email = \"a@acme.example.com\" }} }}"
    );
    let zone = LandingZone::parse(&text, crate::input::Format::Tfvars, None).unwrap();
    Model::new(&zone, Assumptions::aws()).unwrap()
}

#[test]
fn a_row_counts_what_the_plan_makes() {
    let path = CapacityPlan::of(&mix([4, 2, 2, 2]), &[1, 5, 10], &quick()).unwrap();
    let [one, five, ten] = path.targets.try_into().unwrap();
    assert_eq!((one.accounts, one.organizational_units, one.networks), (4, 1, 1), "three core accounts");
    assert_eq!((five.accounts, five.organizational_units, five.networks), (8, 4, 5));
    assert_eq!((ten.accounts, ten.blocks_left), (13, 246));
    assert_eq!(ten.share_of_pool.unwrap().to_string(), "0.0390625", "10 of 256 blocks");
    assert_eq!(ten.money.revenue.amount, Decimal::from(116_000));
    assert_eq!(ten.claimed_minutes, Some((15, 18)));
    assert_eq!((ten.support_people, ten.people_by_hours), (Some(1), Some(1)));
    for target in [&one, &five, &ten] {
        assert!(target.deployment.minutes > 4.0 && target.deployment.minutes < 15.0, "{target:?}");
    }
    assert!(one.deployment.minutes < ten.deployment.minutes);
    assert!(one.steps < five.steps && five.steps < ten.steps);
}

#[test]
fn the_account_quota_is_reached_by_the_eighth_tenant() {
    let path = CapacityPlan::of(&mix([1, 0, 0, 0]), &[1, 7, 8, 100], &quick()).unwrap();
    let raised: Vec<String> = path
        .targets
        .iter()
        .map(|target| target.raises.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        .collect();
    assert_eq!(raised, ["", "", "accounts 10 to 11", "accounts 10 to 103"]);
    let raise = &path.targets[3].raises[0];
    assert_eq!((raise.reached_at, raise.lead_days), (8, 3));
    let month = raise.month.unwrap();
    assert_eq!(raise.when(), format!("accounts before tenant 8 (month {month}), asked for 3 days ahead"));
    let forecast = mix([1, 0, 0, 0]).forecast(month, Growth::shipped()).unwrap();
    let tenants: Vec<Decimal> = forecast.months.iter().rev().take(2).map(|row| row.tenants).collect();
    assert!(tenants[0] >= Decimal::from(8) && tenants[1] < Decimal::from(8), "{tenants:?}");
    let need = |name: &str| path.needs.iter().find(|need| need.quota == name).unwrap();
    assert_eq!((need("accounts").need, need("accounts").reached_at), (103, Some(8)));
    assert_eq!((need("address_pool").granted, need("address_pool").reached_at), (256, Some(257)));
    assert_eq!(
        (need("vpcs").need, need("vpcs").scope, need("vpcs").reached_at),
        (2, QuotaScope::Account, None)
    );
    assert!(path.needs.iter().all(|need| need.need <= need.granted || need.reached_at.is_some()));
}

#[test]
fn what_the_zone_says_of_pool_and_quotas_holds() {
    let small =
        with_settings("limits = { accounts = 50 }\npool = { cidrs = [\"10.0.0.0/14\"], prefix_len = 16 }");
    let path = CapacityPlan::of(&small, &[4, 6, 60], &quick()).unwrap();
    let left: Vec<i64> = path.targets.iter().map(|target| target.blocks_left).collect();
    assert_eq!(left, [0, -2, -56], "four blocks of /16 in a /14");
    let raised: Vec<String> = path.targets[2].raises.iter().map(ToString::to_string).collect();
    assert_eq!(raised, ["accounts 50 to 63", "address_pool 4 to 60, beyond the 4 there are at most"]);
    assert!(path.targets[2].deployment.minutes > path.targets[0].deployment.minutes);
    let granted =
        with_settings("limits = { accounts = 500 }\npool = { cidrs = [\"10.0.0.0/14\"], prefix_len = 16 }");
    let granted = CapacityPlan::of(&granted, &[60], &quick()).unwrap();
    assert_eq!(path.targets[2].deployment, granted.targets[0].deployment, "once the quota is raised");
    // A caller's own rehearsal with less fails, and has no duration.
    let few = Rehearsal::new(0).usual().limit("accounts", 20.0).unwrap();
    let error = CapacityPlan::of(&small, &[60], &CapacityOptions { rehearsal: few, ..quick() }).unwrap_err();
    assert_eq!(error.code(), "rehearsal-failed");
    assert!(!error.problems().0.is_empty(), "{error}");
    let narrow = CapacityOptions { prefix_len: Some(20), ..quick() };
    let path = CapacityPlan::of(&small, &[60], &narrow).unwrap();
    assert_eq!((path.targets[0].prefix_len, path.targets[0].blocks_left), (20, 4));
}

#[test]
fn tenants_without_networks_need_no_addresses() {
    let model = with_settings("enable_vpc = false");
    let path = CapacityPlan::of(&model, &[10], &quick()).unwrap();
    let target = &path.targets[0];
    assert_eq!((target.networks, target.share_of_pool, target.blocks_left), (0, None, 0));
    assert!(path.needs.iter().all(|need| need.quota != "address_pool" && need.quota != "vpcs"));
}

#[test]
fn tables_have_a_row_for_each_target_and_quota() {
    let mut options = quick();
    options.minutes.insert(5, 17.5);
    let path = CapacityPlan::of(&mix([2, 1, 1, 1]), &[5, 10], &options).unwrap();
    let table = path.table().unwrap();
    assert_eq!(table.row_count(), 2);
    assert_eq!(table.cell("deployment_minutes", 0), Some(Cell::Float(17.5)), "measured, not rehearsed");
    assert_eq!(table.cell("bound_by", 0), Some(Cell::Null));
    assert_eq!(table.cell("month", 0), Some(Cell::Int(0)), "reached already");
    assert_eq!(table.cell("quotas_to_raise", 1), Some(Cell::Text("accounts 10 to 13")));
    assert_eq!(path.quotas_table().unwrap().row_count(), path.needs.len());
}

#[test]
fn what_cannot_be_scaled_says_why() {
    let error = CapacityPlan::of(&mix([0; 4]), &[1], &quick()).unwrap_err();
    assert!(error.to_string().contains("no tenants"), "{error}");
    let wide = CapacityOptions { prefix_len: Some(8), ..quick() };
    let error = CapacityPlan::of(&mix([1, 0, 0, 0]), &[1], &wide).unwrap_err();
    assert!(error.problems().iter().any(|problem| problem.path == "pool.prefix_len"), "{error}");
    assert!(error.problems().iter().all(Problem::is_error), "no warnings of made-up tenants: {error}");
    let never = CapacityOptions { months: 0, ..quick() };
    assert!(CapacityPlan::of(&mix([1, 0, 0, 0]), &[1], &never).is_err());
}

#[test]
fn options_out_of_range_are_told_all_at_once() {
    let mut options = CapacityOptions { rehearsals: 0, ..quick() };
    options.minutes = BTreeMap::from([(1, -1.0), (2, 0.0), (5, f64::NAN)]);
    let error = CapacityPlan::of(&mix([1, 0, 0, 0]), &[0, 1, TENANTS_MAX + 1], &options).unwrap_err();
    assert_eq!(error.code(), "capacity-options");
    assert!(error.to_string().contains("invalid number of tenants `10001`"), "{error}");
    let problems = error.problems();
    let found: Vec<_> = problems.iter().map(|one| (one.code.as_str(), one.path.as_str())).collect();
    let expected = [
        ("capacity-target", "targets"),
        ("capacity-target", "targets"),
        ("capacity-minutes", "minutes.1"),
        ("capacity-minutes", "minutes.5"),
        ("capacity-minutes", "minutes.2"),
        ("capacity-rehearsals", "rehearsals"),
    ];
    assert_eq!(found, expected);
    let unused = problems.iter().find(|one| one.path == "minutes.2").unwrap();
    assert_eq!(unused.message, "invalid key `2` of `minutes`: expected one of the targets");
    options = CapacityOptions { minutes: BTreeMap::from([(1, 1e308)]), ..quick() };
    let error = CapacityPlan::of(&mix([1, 0, 0, 0]), &[1], &options).unwrap_err();
    assert!(error.problems().0[0].message.ends_with("expected minutes from 0 to 525600"), "{error}");
}
