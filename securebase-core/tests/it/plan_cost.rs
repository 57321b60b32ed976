//! What a plan changes about the bill: as a whole, step by step, and where it is refused.

use rust_decimal::Decimal;
use securebase_core::exec::{self, ApplyOptions};
use securebase_core::finance::{self, Allocation, Assumptions, CostBasis, Model, PriceBook, PriceId, Usage};
use securebase_core::model::{Address, LandingZone, Money, Offboarding, ResourceKind};
use securebase_core::observe;
use securebase_core::plan::{Error, MarginFloor, Plan, PlanCost, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::State;
use securebase_core::table::Cell;

use crate::support::{ONE_TENANT, TEN_TENANTS, applied, apply, memory, now, plan, zone};

pub(crate) fn priced(plan: &Plan) -> PlanCost {
    plan.priced(PriceBook::shipped(), Usage::shipped()).unwrap()
}

fn monthly(plan: &Plan) -> Decimal {
    let cost = priced(plan);
    plan.steps().map(|step| cost.step(&step.address).unwrap().monthly.amount).sum()
}

/// The part of the difference that steps bring.
fn on_steps(cost: &PlanCost) -> Decimal {
    let part = |basis| cost.difference().part(basis).unwrap().amount;
    part(CostBasis::Planned) + part(CostBasis::Assumed)
}

pub(crate) fn dollars(text: &str) -> Decimal {
    text.parse().unwrap()
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
        assert_eq!(monthly(&plan), on_steps(&cost), "{plan}");
        assert_eq!(cost.after(), &plan.cost(PriceBook::shipped(), Usage::shipped()).unwrap());
        assert!(cost.difference().infrastructure().unwrap().amount > Decimal::ZERO);
    }
    // The other way: gateways go, and so does what they cost.
    let cloud = applied_zone(&ten);
    let fewer = plan(&zone(&without_nat), &cloud);
    assert!(!fewer.is_empty());
    assert_eq!(monthly(&fewer), on_steps(&priced(&fewer)));
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
    // An account is free: what is promised inside it is on no step, and the tier that needs Shield Advanced bears the fee.
    for key in ["techgov-federal", "statecorp-govfed"] {
        let account = cost.step(&Address::new(format!("tenant/{key}/account"))).unwrap();
        assert_eq!(account.monthly, Money::usd(Decimal::ZERO));
    }
    for change in cost.promised() {
        // Two tenants more leave the others a smaller share of the free alarms and dashboards.
        let most =
            if change.tier.as_ref().is_some_and(|tier| tier.as_str() == "gov-federal") { 3_200 } else { 10 };
        let least = if most == 10 { 0 } else { 3_000 };
        assert!((Decimal::from(least)..Decimal::from(most)).contains(&change.monthly.amount), "{change:?}");
    }
    let text = plan.to_string();
    assert!(text.contains("a month, infrastructure margin 98.9 → 96.7 %"), "{text}");
    assert!(text.contains("+ $3,000.00 Shield Advanced"), "{text}");
}

#[test]
fn every_step_carries_its_cost_and_its_minutes() {
    let plan = Planner::new(&zone(ONE_TENANT)).plan().unwrap();
    let cost = priced(&plan);
    let step = |rest: &str| *cost.step(&Address::new(format!("tenant/acme-finance/{rest}"))).unwrap();
    let gateway = step("vpc/nat-gateway/nat-1");
    assert_eq!(gateway.monthly, Money::usd(Decimal::new(3_735, 2)));
    assert_eq!(gateway.one_time, Money::usd(Decimal::ZERO), "nothing records what it costs once");
    assert_eq!(gateway.duration.as_secs(), 106);
    assert_eq!(step("vpc/subnet/public-1").monthly, Money::usd(Decimal::ZERO));
    assert!((step("account").minutes() - 2.0).abs() < 1e-9);
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
    let observed = now(observe::survey(&cloud, &Planner::new(&zone).scope())).unwrap();
    assert!(Planner::new(&zone).observed(&observed).margin_floor(floor(99)).plan().unwrap().is_empty());
}

#[test]
fn a_floor_that_no_margin_reaches_is_out_of_range() {
    let zone = zone(TEN_TENANTS);
    for floor in [Decimal::new(101, 2), Decimal::from(7), Decimal::from(10_u128.pow(27)), Decimal::MAX] {
        let error = Planner::new(&zone).margin_floor(MarginFloor::new(floor)).plan().unwrap_err();
        assert_eq!(error.code(), "finance-range", "{floor}");
    }
    // The lowest number there is is a floor like any other.
    assert!(Planner::new(&zone).margin_floor(MarginFloor::new(Decimal::MIN)).plan().is_ok());
    let error = Planner::new(&zone).margin_floor(MarginFloor::new(Decimal::ONE)).plan().unwrap_err();
    assert_eq!(error.code(), "margin-below-floor");
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
        let error = now(exec::apply(&plan, &cloud, &memory(), options)).unwrap_err();
        assert_eq!(error.code(), "margin-below-floor", "{error}");
    }
    assert_eq!(cloud.calls().len(), before, "no call left");
    let options = ApplyOptions::new().margin_floor(MarginFloor::new(Decimal::new(96, 2)));
    assert!(now(exec::apply(&plan, &cloud, &memory(), options)).is_ok());
}

#[test]
fn a_floor_without_revenue_is_refused() {
    let mut zone = zone(ONE_TENANT);
    for tenant in &mut zone.tenants {
        tenant.monthly_price = Money::usd(Decimal::ZERO);
    }
    let error = Planner::new(&zone).margin_floor(MarginFloor::new(Decimal::ZERO)).plan().unwrap_err();
    assert!(matches!(error, Error::Cost(finance::Error::BelowFloor { margin: None, .. })), "{error}");
}

/// The eight tenants of the example without Gov-Federal, one of them moved to another tier.
fn moved(key: &str, tier: &str, framework: &str) -> LandingZone {
    let mut zone = without("gov-federal");
    let target = zone.tiers.iter().find(|known| known.name.as_str() == tier).unwrap().clone();
    let tenant = zone.tenants.iter_mut().find(|tenant| tenant.key.as_str() == key).unwrap();
    tenant.tier = target.name;
    tenant.framework = framework.parse().unwrap();
    tenant.ou_path = vec![target.ou_name];
    tenant.monthly_price = target.monthly_price;
    zone
}

#[test]
fn a_change_of_tier_costs_what_the_new_tier_costs_more() {
    let cloud = applied_zone(&without("gov-federal"));
    for (key, tier, framework, difference, shield, margins) in [
        // Shield 3,000.00, an archive of ten years 5.04, a second key 1.00, a dashboard of the tier 3.00.
        ("startup-standard", "gov-federal", "fedramp", "3009.04", "3000", ["0.9894", "0.9583"]),
        // VPN 36.50 with two addresses 7.30, three more years of archive 0.42.
        ("acme-finance", "healthcare", "hipaa", "44.22", "0", ["0.9894", "0.9898"]),
    ] {
        let plan = plan(&moved(key, tier, framework), &cloud);
        let cost = priced(&plan);
        assert_eq!(cost.before().total().amount, dollars("700.15"));
        assert_eq!(cost.difference().infrastructure().unwrap().amount, dollars(difference), "{plan}");
        assert_eq!(cost.shield_advanced().amount, dollars(shield));
        let fractions = [cost.difference().before, cost.difference().after]
            .map(|margin| margin.fraction().unwrap().round_dp(4).to_string());
        assert_eq!(fractions, margins, "the old price before, the new one after");
        assert_eq!(monthly(&plan), Decimal::ZERO, "all of it is promised");
    }
}

#[test]
fn the_retention_that_exists_is_billed_before() {
    let ten = zone(TEN_TENANTS);
    let cloud = applied_zone(&ten);
    for (days, difference) in [(365, "11.00"), (7, "-3.32")] {
        let mut longer = ten.clone();
        let tier = longer.tiers.iter_mut().find(|tier| tier.name.as_str() == "fintech").unwrap();
        tier.log_retention_days = days;
        let cost = priced(&plan(&longer, &cloud));
        assert_eq!(cost.before().total().amount, dollars("3852.63"));
        assert_eq!(cost.difference().infrastructure().unwrap().amount, dollars(difference));
    }
}

#[test]
fn logs_that_are_kept_stay_on_the_bill() {
    let cloud = applied_zone(&zone(TEN_TENANTS));
    let quiet = TEN_TENANTS.replace("enable_vpc_flow_logs = true", "enable_vpc_flow_logs = false");
    assert_ne!(quiet, TEN_TENANTS);
    let cost = priced(&plan(&zone(&quiet), &cloud));
    assert_eq!(cost.before().total().amount, dollars("3852.63"));
    let amount = |id| -> Decimal {
        cost.after().lines().filter(|line| line.id == id).map(|line| line.amount.amount).sum()
    };
    assert_eq!(amount(PriceId::VendedLogsCloudwatchGb), Decimal::ZERO);
    assert_eq!(amount(PriceId::VendedLogsS3Gb), Decimal::ZERO, "nothing is delivered to the archive either");
    assert_eq!(amount(PriceId::CloudwatchStorageGbMonth), dollars("9.00"), "ten groups of 30 GB-months");
    assert!(amount(PriceId::S3DeepArchiveGbMonth) > Decimal::ZERO, "seven years have just begun to pass");
}

#[test]
fn plan_and_model_agree_about_tenants_that_leave() {
    let cloud = applied_zone(&zone(TEN_TENANTS));
    for offboarding in [Offboarding::Suspend, Offboarding::Close] {
        let mut leaving = zone(TEN_TENANTS);
        for tenant in leaving.tenants.iter_mut().filter(|tenant| tenant.tier.as_str() == "gov-federal") {
            tenant.offboard = Some(offboarding);
        }
        let plan = plan(&leaving, &cloud);
        let cost = priced(&plan);
        let month = Model::new(&leaving, Assumptions::aws()).unwrap().month().unwrap();
        assert_eq!(cost.before().revenue().amount, dollars("116000"));
        assert_eq!(cost.after().revenue(), month.revenue);
        assert_eq!(month.revenue.amount, dollars("66000"));
        assert_eq!(cost.after().total(), month.infrastructure, "{offboarding:?}");
        // The eight that stay cost 700.15; storage in the archive outlives both tenants, a log group one that is suspended.
        let kept = cost.after().total().amount - dollars("700.15");
        let stored = cost.after().lines().filter(|line| {
            line.tenant.is_some_and(|tenant| tenant.contains("gov")) && line.amount.amount > Decimal::ZERO
        });
        let kinds: std::collections::BTreeSet<_> = stored.map(|line| line.id).collect();
        let archive = [PriceId::S3StandardGbMonth, PriceId::S3DeepArchiveGbMonth];
        let expected: Vec<PriceId> = match offboarding {
            Offboarding::Suspend => [PriceId::CloudwatchStorageGbMonth].into_iter().chain(archive).collect(),
            Offboarding::Close => archive.to_vec(),
        };
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
        // 30 GB × 0.03; (30 + 117 × 8,760 × 8 KB) × 0.023 and 117 × (10 + 8,760 × 32 KB) × 0.00099, for two tenants.
        let group = if offboarding == Offboarding::Suspend { dollars("1.80") } else { Decimal::ZERO };
        assert_eq!(kept - group, dollars("4.12"), "{offboarding:?}");
        let rows = month.per_tenant().unwrap();
        let sum: Decimal = rows.iter().flat_map(|row| row.costs).map(|cost| cost.amount).sum();
        assert_eq!(sum, month.total_cost().amount, "every cost is some tenant's");
        assert_eq!(rows.len(), 10);
    }
}

#[test]
fn what_the_file_no_longer_names_is_still_paid() {
    let cloud = applied_zone(&without("gov-federal"));
    // Of the last tenants of their tier nothing in the file says where to look.
    for gone in [vec!["acme-finance"], vec!["startup-standard", "techstartup-std"]] {
        let mut fewer = without("gov-federal");
        fewer.tenants.retain(|tenant| !gone.contains(&tenant.key.as_str()));
        let plan = plan(&fewer, &cloud);
        let cost = priced(&plan);
        assert_eq!(cost.before().total().amount, dollars("700.15"), "{plan}");
        assert_eq!(cost.after().total().amount, dollars("700.15"), "{plan}");
        let unclaimed = plan.warnings.iter().filter(|warning| warning.code == "account-unclaimed").count();
        assert_eq!(unclaimed, gone.len(), "{plan}");
        let paid: Decimal = fewer.tenants.iter().map(|tenant| tenant.monthly_price.amount).sum();
        assert_eq!(cost.after().revenue().amount, paid, "what an account without a tenant pays is not known");
    }
}

#[test]
fn networks_that_are_no_longer_wanted_are_taken_down_and_billed_until_then() {
    let cloud = applied_zone(&zone(TEN_TENANTS));
    let mut without = zone(TEN_TENANTS);
    without.network = None;
    let plan = plan(&without, &cloud);
    let deleted = |kind| plan.steps().filter(|step| step.kind == kind && step.is_destructive()).count();
    assert_eq!((deleted(ResourceKind::Vpc), deleted(ResourceKind::ElasticIp)), (10, 10));
    let cost = priced(&plan);
    assert_eq!(cost.before().total().amount, dollars("3852.63"));
    assert_eq!(
        monthly(&plan),
        dollars("-460.00"),
        "365.00 planned and 95.00 of the 104.00 assumed: groups are kept"
    );
    assert!(monthly_is_never_minus_zero(&plan));
}

/// A cost of zero has no sign.
fn monthly_is_never_minus_zero(plan: &Plan) -> bool {
    let cost = priced(plan);
    plan.steps().all(|step| {
        let amount = cost.step(&step.address).unwrap().monthly.amount;
        !(amount.is_zero() && amount.is_sign_negative())
    })
}

#[test]
fn a_network_in_another_region_is_refused() {
    let ten = zone(TEN_TENANTS);
    let cloud = applied_zone(&ten);
    let mut elsewhere = ten;
    elsewhere.region = "eu-west-1".parse().unwrap();
    for tenant in &mut elsewhere.tenants {
        tenant.region = elsewhere.region.clone();
    }
    let observed = now(observe::survey(&cloud, &Planner::new(&elsewhere).scope())).unwrap();
    let error = Planner::new(&elsewhere).observed(&observed).plan().unwrap_err();
    let Error::Problems(problems) = &error else { panic!("{error}") };
    assert_eq!(problems.0.len(), 10, "one for each network");
    assert!(problems.0.iter().all(|problem| problem.code == "network-in-another-region"), "{error}");
    assert!(
        problems.0[0].message.contains("eu-west-1") && problems.0[0].hint.contains("us-east-1"),
        "{error}"
    );
}

#[test]
fn shared_costs_follow_what_a_tenant_pays() {
    let mut two = zone(TEN_TENANTS);
    two.tenants.retain(|tenant| ["acme-finance", "metabank-fintech"].contains(&tenant.key.as_str()));
    two.tenants[0].monthly_price = Money::usd(Decimal::from(24_000));
    let report = Planner::new(&two).plan().unwrap().cost(PriceBook::shipped(), Usage::shipped()).unwrap();
    let [dear, cheap] = &report.per_tenant(Allocation::Revenue).unwrap()[..] else { panic!("two tenants") };
    assert_eq!((dear.revenue.amount, cheap.revenue.amount), (dollars("24000"), dollars("8000")));
    let cent = Decimal::new(4, 2);
    assert!((dear.shared.amount - cheap.shared.amount * Decimal::from(3)).abs() < cent, "{dear:?} {cheap:?}");
    // People and other costs are shared by the same rule.
    let assumptions = Assumptions::aws().with_allocation(Allocation::Revenue);
    let rows = Model::new(&two, assumptions).unwrap().month().unwrap().per_tenant().unwrap();
    for category in [finance::Category::Support, finance::Category::Other] {
        let [dear, cheap] = [&rows[0], &rows[1]].map(|row| row.costs[category as usize].amount);
        assert!(dear > Decimal::ZERO && dear == cheap * Decimal::from(3), "{category:?}: {dear} {cheap}");
    }
}

/// What a state remembers, with what was paid and sold when it was last applied.
pub(crate) fn with_state(zone: &LandingZone, cloud: &SimulatedCloud, state: &State) -> Plan {
    let planner = now(exec::remember(Planner::new(zone), state)).unwrap();
    let observed = now(observe::survey(cloud, &planner.scope())).unwrap();
    planner.observed(&observed).plan().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_state_knows_what_was_paid_and_sold_before() {
    let gold = r#"
        tiers = { gold = { ou_name = "Customers-Gold", framework = "hipaa", monthly_price = 9000 } }
        clients = {"#;
    let first = TEN_TENANTS.replacen("clients = {", gold, 1);
    let first = first.replacen("tier          = \"healthcare\"", "tier          = \"gold\"", 1);
    let (cloud, state) = (SimulatedCloud::new(0), memory());
    let before = zone(&first);
    assert_eq!(before.tenants.iter().filter(|tenant| tenant.tier.as_str() == "gold").count(), 1);
    apply(&plan(&before, &cloud), &cloud, &state);
    let bill = priced(&plan(&before, &cloud)).after().clone();
    assert_eq!(bill.revenue().amount, dollars("110000"), "9,000 in place of 15,000");
    // The file forgets the tier and raises a price: neither can be read off the cloud.
    let mut after = zone(TEN_TENANTS);
    for tenant in after.tenants.iter_mut().filter(|tenant| tenant.tier.as_str() == "standard") {
        tenant.monthly_price = Money::usd(Decimal::from(2_500));
    }
    let cost = priced(&with_state(&after, &cloud, &state));
    assert_eq!(cost.before().total(), bill.total());
    assert_eq!(cost.before().revenue(), bill.revenue());
    assert_eq!(cost.after().revenue().amount, dollars("117000"));
    let saved = with_state(&after, &cloud, &state);
    let again = Plan::from_json(&saved.to_json()).unwrap();
    assert_eq!(priced(&again), priced(&saved), "a saved plan keeps the terms");
}

#[test]
fn a_part_of_a_plan_moves_only_what_it_names() {
    let mut two = zone(TEN_TENANTS);
    two.tenants.retain(|tenant| tenant.tier.as_str() == "standard");
    let cloud = applied_zone(&two);
    let bill = priced(&plan(&two, &cloud)).after().total();
    let to = |zone: &mut LandingZone, key: &str, tier: &str, framework: &str| {
        let target = zone.tiers.iter().find(|known| known.name.as_str() == tier).unwrap().clone();
        let tenant = zone.tenants.iter_mut().find(|tenant| tenant.key.as_str() == key).unwrap();
        tenant.framework = framework.parse().unwrap();
        (tenant.tier, tenant.ou_path, tenant.monthly_price) =
            (target.name, vec![target.ou_name], target.monthly_price);
    };
    let mut one = two.clone();
    to(&mut one, "startup-standard", "healthcare", "hipaa");
    let expected = Planner::new(&one).plan().unwrap().cost(PriceBook::shipped(), Usage::shipped()).unwrap();
    let mut both = one.clone();
    to(&mut both, "techstartup-std", "gov-federal", "fedramp");
    let part = plan(&both, &cloud).only(&[Address::new("tenant/startup-standard")]).unwrap();
    let cost = priced(&part);
    assert_eq!(cost.before().total(), bill);
    assert_eq!(cost.after().total(), expected.total(), "the other tenant stays where it is");
}

#[test]
fn the_archive_outlives_the_entry_of_a_tenant_that_left() {
    let (cloud, state) = (SimulatedCloud::new(0), memory());
    let ten = zone(TEN_TENANTS);
    apply(&with_state(&ten, &cloud, &state), &cloud, &state);
    let mut leaving = ten.clone();
    for (tenant, offboarding) in leaving.tenants.iter_mut().zip([Offboarding::Suspend, Offboarding::Close]) {
        tenant.offboard = Some(offboarding);
    }
    let plan = with_state(&leaving, &cloud, &state);
    let options = ApplyOptions::new().destroy(plan.destructive().into_iter().cloned());
    assert_eq!(now(exec::apply(&plan, &cloud, &state, options)).unwrap().failed, []);
    let bill = priced(&with_state(&leaving, &cloud, &state)).after().total();
    let mut gone = leaving.clone();
    gone.tenants.retain(|tenant| tenant.offboard.is_none());
    assert_eq!(priced(&with_state(&gone, &cloud, &state)).before().total(), bill);
    // Another run, which knows nothing of the two any more, changes nothing about that.
    gone.tenants[0].tags.insert("CostCenter".to_owned(), "4711".to_owned());
    apply(&with_state(&gone, &cloud, &state), &cloud, &state);
    assert_eq!(priced(&with_state(&gone, &cloud, &state)).after().total(), bill);
}

#[test]
fn a_network_without_a_tenant_is_found_in_any_region() {
    let mut first = zone(TEN_TENANTS);
    first.tenants.truncate(2);
    first.tenants[0].region = "sa-east-1".parse().unwrap();
    first.network = first.network.map(|mut network| {
        network.flow_logs = false;
        network
    });
    let cloud = applied_zone(&first);
    let bill = priced(&plan(&first, &cloud)).after().total();
    let mut second = first.clone();
    second.tenants.remove(0);
    assert_eq!(priced(&plan(&second, &cloud)).before().total(), bill);
}
