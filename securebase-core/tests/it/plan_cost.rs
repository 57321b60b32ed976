//! What a plan changes about the bill: as a whole, step by step, and where it is refused.

use rust_decimal::Decimal;
use securebase_core::cloud::SimulatedCloud;
use securebase_core::exec::{self, ApplyOptions};
use securebase_core::finance::{self, PriceBook, Usage};
use securebase_core::model::{Address, LandingZone, Money};
use securebase_core::plan::{Error, MarginFloor, Plan, PlanCost, Planner};
use securebase_core::table::Cell;

use crate::support::{ONE_TENANT, TEN_TENANTS, applied, apply, memory, now, plan, zone};

fn priced(plan: &Plan) -> PlanCost {
    plan.priced(PriceBook::shipped(), Usage::shipped()).unwrap()
}

fn monthly(plan: &Plan) -> Decimal {
    let cost = priced(plan);
    plan.steps().map(|step| cost.step(&step.address).unwrap().monthly.amount).sum()
}

/// The ten tenants without those of a tier.
fn without(tier: &str) -> LandingZone {
    let mut zone = zone(TEN_TENANTS);
    zone.tenants.retain(|tenant| tenant.tier.as_str() != tier);
    zone
}

fn applied_zone(zone: &LandingZone) -> SimulatedCloud {
    let cloud = SimulatedCloud::new(0);
    assert_eq!(apply(&plan(zone, &cloud), &cloud, &memory()).failed, []);
    cloud
}

#[test]
fn the_steps_add_up_to_the_difference_whatever_exists_already() {
    let ten = zone(TEN_TENANTS);
    let without_nat = TEN_TENANTS.replace("enable_nat_gateway   = true", "enable_nat_gateway   = false");
    let worlds = [
        SimulatedCloud::new(0),
        applied_zone(&without("fintech")),
        applied_zone(&without("gov-federal")),
        applied_zone(&without("standard")),
        applied(&without_nat).0,
    ];
    for cloud in &worlds {
        let plan = plan(&ten, cloud);
        let cost = priced(&plan);
        let difference = cost.difference().infrastructure().unwrap();
        assert_eq!(monthly(&plan), difference.amount, "{plan}");
        assert_eq!(cost.after(), &plan.cost(PriceBook::shipped(), Usage::shipped()).unwrap());
        assert!(difference.amount > Decimal::ZERO);
    }
    // The other way: gateways go, and so does what they cost.
    let cloud = applied_zone(&ten);
    let fewer = plan(&zone(&without_nat), &cloud);
    assert!(!fewer.is_empty());
    assert_eq!(monthly(&fewer), priced(&fewer).difference().infrastructure().unwrap().amount);
    assert_eq!(priced(&fewer).difference().infrastructure().unwrap(), Money::usd(Decimal::from(-410)));
}

#[test]
fn what_was_applied_is_what_there_was_before() {
    let cloud = applied_zone(&without("gov-federal"));
    let plan = plan(&zone(TEN_TENANTS), &cloud);
    let cost = priced(&plan);
    let eight = Planner::new(&without("gov-federal")).plan().unwrap();
    assert_eq!(cost.before().total(), priced(&eight).after().total());
    assert_eq!(cost.before().revenue(), Money::usd(Decimal::from(66_000)));
    assert_eq!(cost.shield_advanced(), Money::usd(Decimal::from(3_000)));
    // Two tenants bring it, each half; the rest of an account is what Config, GuardDuty and the like cost in it.
    for key in ["techgov-federal", "statecorp-govfed"] {
        let account = cost.step(&Address::new(format!("tenant/{key}/account"))).unwrap();
        assert!(account.monthly.amount > Decimal::from(1_500), "{account:?}");
    }
    let text = plan.to_string();
    assert!(text.contains("a month, margin 98.9 → 96.7 %"), "{text}");
    assert!(text.contains("+ $3,000.00 Shield Advanced"), "{text}");
}

#[test]
fn every_step_carries_its_cost_and_its_minutes() {
    let plan = Planner::new(&zone(ONE_TENANT)).plan().unwrap();
    let cost = priced(&plan);
    let step = |rest: &str| *cost.step(&Address::new(format!("tenant/acme-finance/{rest}"))).unwrap();
    let gateway = step("vpc/nat-gateway/nat-1");
    assert_eq!(gateway.monthly, Money::usd(Decimal::new(3_735, 2)));
    assert_eq!(gateway.one_off, Money::usd(Decimal::new(3, 3)), "one item of AWS Config");
    assert_eq!(gateway.duration.as_secs(), 106);
    assert_eq!(step("vpc/subnet/public-1").monthly, Money::usd(Decimal::ZERO));
    assert!((step("account").minutes() - 2.0).abs() < 1e-9);
    assert_eq!(step("account").one_off, Money::usd(Decimal::ZERO), "nothing records in it yet");
    let table = plan.table().unwrap();
    let row = (0..table.row_count())
        .find(|row| {
            table.cell("address", *row) == Some(Cell::Text("tenant/acme-finance/vpc/nat-gateway/nat-1"))
        })
        .unwrap();
    assert_eq!(table.cell("monthly_cost", row), Some(Cell::Decimal(3_735, 2)));
    assert!(cost.step(&Address::new("tenant/nobody/vpc")).is_none());
}

#[test]
fn a_plan_below_the_margin_floor_is_refused_with_numbers_and_mend() {
    let zone = zone(TEN_TENANTS);
    let floor = |percent: i64| MarginFloor::new(Decimal::new(percent, 2));
    assert!(Planner::new(&zone).margin_floor(floor(96)).plan().is_ok());
    let error = Planner::new(&zone).margin_floor(floor(97)).plan().unwrap_err();
    assert_eq!(error.code(), "margin-below-floor");
    assert!(error.to_string().contains("96.68 %, below 97.00 %"), "{error}");
    let Error::Cost(cause) = &error else { panic!("{error}") };
    let hint = cause.problems().0[0].hint.clone();
    // 116,000 at 97 % leave 3,480 for infrastructure that costs 3,852.63; 3,852.63 are 3 % of 128,421.
    assert!(hint.contains("372.63 USD a month less") && hint.contains("12421.00 USD a month more"), "{hint}");
    // What exists is not put to the question again.
    let cloud = applied_zone(&zone);
    let observed = now(exec::survey(&cloud, &Planner::new(&zone).scope())).unwrap();
    assert!(Planner::new(&zone).observed(&observed).margin_floor(floor(99)).plan().unwrap().is_empty());
}

#[test]
fn applying_below_the_margin_floor_does_nothing() {
    let (cloud, zone) = (SimulatedCloud::new(0), zone(TEN_TENANTS));
    let plan = plan(&zone, &cloud);
    let before = cloud.calls().len();
    let dear = PriceBook::shipped()
        .with_json(r#"{"price": [{"id": "nat_gateway_hour", "price": "10", "source": "a test"}]}"#)
        .unwrap();
    for floor in [
        MarginFloor::new(Decimal::new(99, 2)),
        MarginFloor::priced(Decimal::new(90, 2), dear, Usage::shipped().clone()),
    ] {
        let options = ApplyOptions::new().margin_floor(floor);
        let error = now(exec::simulate(&plan, &cloud, &memory(), options)).unwrap_err();
        assert_eq!(error.code(), "margin-below-floor", "{error}");
    }
    assert_eq!(cloud.calls().len(), before, "no call left");
    let options = ApplyOptions::new().margin_floor(MarginFloor::new(Decimal::new(96, 2)));
    assert!(now(exec::simulate(&plan, &cloud, &memory(), options)).is_ok());
}

#[test]
fn a_floor_without_revenue_is_refused() {
    let mut zone = zone(ONE_TENANT);
    for tier in &mut zone.tiers {
        tier.monthly_price = Money::usd(Decimal::ZERO);
    }
    let error = Planner::new(&zone).margin_floor(MarginFloor::new(Decimal::ZERO)).plan().unwrap_err();
    assert!(matches!(error, Error::Cost(finance::Error::BelowFloor { margin: None, .. })), "{error}");
}
