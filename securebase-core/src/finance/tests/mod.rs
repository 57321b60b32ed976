#[cfg(test)]
mod explain;
#[cfg(test)]
mod forecast;
#[cfg(test)]
mod growth;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod uncertain;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::model::{Money, NetworkFeatures, ResourceKind, Tier, TierName};

/// The resources of one tenant that prices care about.
pub(super) const TENANT: [ResourceKind; 6] = [
    ResourceKind::Account,
    ResourceKind::Vpc,
    ResourceKind::NatGateway,
    ResourceKind::ElasticIp,
    ResourceKind::FlowLog,
    ResourceKind::LogGroup,
];

/// So many tenants of fintech, healthcare, gov-federal and standard.
pub(super) fn mix(counts: [usize; 4]) -> Footprint {
    let mut footprint = Footprint::default();
    footprint.add(CostOwner::Organization, ResourceKind::Organization);
    let tiers = ["fintech", "healthcare", "gov-federal", "standard"];
    for (tier, count) in tiers.into_iter().zip(counts) {
        let tier: TierName = tier.parse().unwrap();
        for number in 0..count {
            let tenant = format!("{tier}-{number}");
            for kind in TENANT {
                footprint.add(CostOwner::Tenant { key: &tenant, tier: Some(&tier) }, kind);
            }
        }
    }
    footprint
}

fn cost_at(counts: [usize; 4], age: Age) -> CostReport {
    cost_of_footprint(&mix(counts), Tier::shipped(), PriceBook::shipped(), Usage::shipped(), age).unwrap()
}

pub(super) fn cost(counts: [usize; 4]) -> CostReport {
    cost_at(counts, Age::Steady)
}

pub(super) fn usd(text: &str) -> Money {
    Money::usd(text.parse::<Decimal>().unwrap())
}

fn line_amount(report: &CostReport, tenant: Option<&str>, id: PriceId) -> Money {
    let lines = report.lines().filter(|line| line.tenant == tenant && line.id == id);
    Money::usd(lines.map(|line| line.amount.amount).sum::<Decimal>())
}

/// Each amount worked out by hand from the prices and the volumes of the usage file.
#[test]
fn a_tenants_lines_are_price_times_quantity() {
    let report = cost([1, 1, 0, 0]);
    let of = |id| line_amount(&report, Some("healthcare-0"), id);
    assert_eq!(of(PriceId::NatGatewayHour), usd("32.85"), "730 × 0.045");
    assert_eq!(of(PriceId::NatGatewayGb), usd("4.50"), "100 × 0.045");
    assert_eq!(of(PriceId::PublicIpv4Hour), usd("10.95"), "3 × 730 × 0.005: the NAT's and two of the VPN");
    assert_eq!(of(PriceId::VpnConnectionHour), usd("36.50"), "730 × 0.05");
    assert_eq!(of(PriceId::VendedLogsCloudwatchGb), usd("5.00"), "10 × 0.50");
    assert_eq!(of(PriceId::CloudwatchStorageGbMonth), usd("0.90"), "10 GB × 3 months × 0.03");
    assert_eq!(of(PriceId::GuarddutyFlowGb), usd("10.00"), "10 × 1.00");
    assert_eq!(of(PriceId::ConfigItem), usd("1.50"), "500 × 0.003");
    // 1,170 GB-months of logs and 117 × 8,760 objects × 32 KB of index, at 0.00099.
    assert_eq!(of(PriceId::S3DeepArchiveGbMonth), usd("1.19"));
    assert_eq!(line_amount(&report, Some("fintech-0"), PriceId::VpnConnectionHour), usd("0"));
}

#[test]
fn the_first_gov_federal_tenant_brings_the_step() {
    let (without, with) = (cost([2, 1, 0, 1]), cost([2, 1, 1, 1]));
    assert_eq!(line_amount(&with, None, PriceId::ShieldAdvancedMonth), usd("3000"));
    let change = with.since(&without);
    let more = change.infrastructure().unwrap();
    assert!(more.amount > Decimal::from(3_000) && more.amount < Decimal::from(3_100), "{more}");
    assert!(change.to_string().ends_with("margin 98.9 → 94.1 %"), "{change}");
    let shares = with.per_tenant(Allocation::Equal).unwrap();
    assert!(shares.iter().all(|cost| (cost.shared.amount > Decimal::from(3_000))
        == (cost.tier.as_ref().is_some_and(|tier| tier.as_str() == "gov-federal"))));
    // A second one shares the fee.
    let two = cost([2, 1, 2, 1]);
    assert_eq!(line_amount(&two, None, PriceId::ShieldAdvancedMonth), usd("3000"));
}

#[test]
fn stored_logs_grow_until_their_retention() {
    let months: Vec<Decimal> =
        [1, 3, 4, 24, 84, 85].map(|month| cost_at([1, 0, 0, 0], Age::Month(month)).total().amount).to_vec();
    assert!(months.windows(2).all(|pair| pair[0] <= pair[1]), "{months:?}");
    assert_eq!(months[4], months[5], "seven years");
    let steady = cost([1, 0, 0, 0]);
    assert_eq!(steady.total().amount, months[5]);
    assert_eq!(steady.first_month().amount, months[0]);
}

/// Each class by hand for one tenant with 10 GB and 8,760 objects a month, kept a year, three months of it in Standard.
#[test]
fn every_storage_class_is_billed_with_its_least_size_and_duration() {
    let cost_in = |class: &str, years: &str| {
        let text = format!(
            "[[profile]]\ntier = \"fintech\"\narchive_class = \"{class}\"\narchive_years = \"{years}\""
        );
        let usage = Usage::shipped().with_toml(&text).unwrap();
        let footprint = mix([1, 0, 0, 0]);
        cost_of_footprint(&footprint, Tier::shipped(), PriceBook::shipped(), &usage, Age::Steady).unwrap()
    };
    let storage = |class: &str, years: &str, id| line_amount(&cost_in(class, years), Some("fintech-0"), id);
    // The least size of 8,760 objects is 1.07 GB, less than the 10 there are: 9 months × 10 GB.
    assert_eq!(storage("standard_ia", "1", PriceId::S3StandardIaGbMonth), usd("1.12"), "90 × 0.0125 = 1.125");
    assert_eq!(storage("standard_ia", "1", PriceId::S3TransitionStandardIa1000), usd("0.09"), "8.76 × 0.01");
    assert_eq!(storage("glacier_instant", "1", PriceId::S3GlacierInstantGbMonth), usd("0.36"), "90 × 0.004");
    // (90 + 9 × 8,760 × 32 KB) × 0.0036
    assert_eq!(storage("glacier_flexible", "1", PriceId::S3GlacierFlexibleGbMonth), usd("0.33"));
    // (90 + 9 × 8,760 × 32 KB = 92.406) × 0.00099; half a year leaves three months, and six are billed: 61.604 × 0.00099.
    assert_eq!(storage("deep_archive", "1", PriceId::S3DeepArchiveGbMonth), usd("0.09"));
    assert_eq!(storage("deep_archive", "0.5", PriceId::S3DeepArchiveGbMonth), usd("0.06"));
    assert_eq!(
        storage("deep_archive", "0.25", PriceId::S3DeepArchiveGbMonth),
        usd("0"),
        "it never leaves Standard"
    );
    assert_eq!(storage("standard", "1", PriceId::S3StandardGbMonth), usd("2.76"), "120 × 0.023");
}

#[test]
fn a_free_allowance_is_granted_once() {
    let report = cost([4, 2, 2, 2]);
    let amount = |id| report.items().into_iter().find(|item| item.price.id == id).unwrap().amount;
    assert_eq!(amount(PriceId::DashboardMonth), usd("36.00"), "15 dashboards, three free");
    assert_eq!(amount(PriceId::AlarmMonth), usd("5.50"), "65 alarms, ten free");
}

#[test]
fn a_list_without_resources_costs_nothing() {
    let report = cost_of([], Tier::shipped(), PriceBook::shipped(), Usage::shipped()).unwrap();
    assert_eq!(report.total(), usd("0"));
    assert_eq!(report.margin().fraction(), None);
    assert!(report.margin().ensure_at_least(Decimal::ZERO).is_err());
    assert!(report.to_string().contains("no revenue, no margin"));
}

#[test]
fn an_unknown_tier_is_named_with_those_there_are() {
    let tier = "platinum".parse().unwrap();
    let resources = [(CostOwner::Tenant { key: "acme", tier: Some(&tier) }, ResourceKind::Account)];
    let error = cost_of(resources, Tier::shipped(), PriceBook::shipped(), Usage::shipped()).unwrap_err();
    assert_eq!(error.code(), "finance-unknown");
    assert!(error.to_string().contains("`platinum`") && error.to_string().contains("`fintech`"), "{error}");
}

/// A VPC, an account and a flow log's archive are not what AWS charges for here: nothing builds what hangs on them yet.
#[test]
fn the_basis_of_a_line_says_who_brings_it() {
    let report = cost([4, 2, 2, 2]);
    let mut sums = [Decimal::ZERO; 3];
    for line in report.lines() {
        sums[line.basis as usize] += line.amount.amount;
        let on_steps = line.basis != CostBasis::Promised;
        let billed = [
            ResourceKind::NatGateway,
            ResourceKind::ElasticIp,
            ResourceKind::FlowLog,
            ResourceKind::LogGroup,
        ];
        assert!(!on_steps || billed.contains(&line.kind), "{line:?}");
    }
    // 10 × 730 × (0.045 + 0.005); 10 × (100 × 0.045 + 10 × 0.50 + 30 × 0.03); the rest of 3,852.63.
    assert_eq!(sums.map(|sum| sum.to_string()), ["365.00", "104.00", "3383.63"]);
    assert_eq!([report.planned(), report.assumed(), report.promised()].map(|part| part.amount), sums);
    assert_eq!(report.total().amount, sums.iter().sum::<Decimal>());
}

#[test]
fn a_margin_below_the_floor_is_refused() {
    let margin = cost([2, 1, 1, 1]).margin();
    assert!(margin.ensure_at_least(Decimal::new(94, 2)).is_ok());
    let error = margin.ensure_at_least(Decimal::new(95, 2)).unwrap_err();
    assert!(error.to_string().contains("94.07 %, below 95.00 %"), "{error}");
}

proptest! {
    #![proptest_config(crate::cases::cases(24))]

    #[test]
    fn no_cent_is_lost_or_made(counts in proptest::array::uniform4(0_usize..40)) {
        let report = cost(counts);
        let total = report.total();
        let lines: Decimal = report.lines().map(|line| line.amount.amount).sum();
        prop_assert_eq!(lines, total.amount);
        let items: Decimal = report.items().into_iter().map(|item| item.amount.amount).sum();
        prop_assert_eq!(items, total.amount);
        if report.tenant_count() > 0 {
            for rule in [Allocation::Equal, Allocation::Revenue, Allocation::Usage] {
                let shares = report.per_tenant(rule).unwrap();
                let sum: Decimal = shares.iter().map(|cost| cost.total().amount).sum();
                prop_assert_eq!(sum, total.amount);
            }
        }
    }

    #[test]
    fn one_tenant_more_never_costs_less(counts in proptest::array::uniform4(0_usize..20), tier in 0_usize..4) {
        let mut more = counts;
        more[tier] += 1;
        prop_assert!(cost(more).total().amount > cost(counts).total().amount);
    }
}

/// The model of so many fintech, healthcare, gov-federal and standard tenants.
pub(super) fn model(counts: [u32; 4], assumptions: Assumptions) -> Model {
    let names = ["fintech", "healthcare", "gov-federal", "standard"];
    let mix: Vec<(&str, u32)> = names.into_iter().zip(counts).collect();
    Model::of_mix(Tier::shipped(), &mix, Some(NetworkFeatures::default()), assumptions).unwrap()
}

fn seed(document: &str) -> Assumptions {
    Assumptions::seed(document).unwrap()
}

#[test]
fn a_usage_profile_of_no_tier_is_refused() {
    let with = |text: &str| {
        let usage = Usage::shipped().with_toml(text).unwrap();
        Model::of_mix(
            Tier::shipped(),
            &[("fintech", 1)],
            None,
            Assumptions::catalogue(PriceBook::shipped().clone(), usage),
        )
    };
    let error = with("[[profile]]\ntier = \"fintec\"\nnat_gb = 200\n").unwrap_err();
    assert!(error.to_string().starts_with("invalid tier of a usage profile `fintec`"), "{error}");
    for right in ["tier = \"Gov_Federal\"", "tier = \"pci\"\nframework = \"pci\"", "tier = \"default\""] {
        with(&format!("[[profile]]\n{right}\nnat_gb = 200\n")).unwrap();
    }
}

#[test]
fn ten_tenants_as_their_report_itemises_them() {
    let month = model([4, 2, 2, 2], seed("ten-customers-vpc")).month().unwrap();
    assert_eq!(month.revenue, usd("116000"));
    assert_eq!(month.infrastructure, usd("374.00"));
    assert_eq!(month.support, usd("11000"));
    assert_eq!(month.other, usd("2500"));
    assert_eq!(month.profit(), usd("102126.00"));
    let rounded = |margin: Option<Decimal>| margin.unwrap().round_dp(4).to_string();
    assert_eq!(rounded(month.infrastructure_margin()), "0.9968");
    assert_eq!(rounded(month.operating_margin()), "0.8804");
    assert_eq!(rounded(month.operating_margin_before_contingency()), "0.8976");
}

#[test]
fn two_tenants_have_three_margins() {
    let month = model([1, 1, 0, 0], seed("second-customer")).month().unwrap();
    let rounded = |margin: Option<Decimal>| margin.unwrap().round_dp(4).to_string();
    assert_eq!(rounded(month.infrastructure_margin()), "0.9922");
    assert_eq!(rounded(month.gross_margin()), "0.94");
    assert_eq!(rounded(month.operating_margin()), "0.8530");
}

#[test]
fn aws_prices_bring_the_step_the_reports_leave_out() {
    let month = model([4, 2, 2, 2], Assumptions::aws()).month().unwrap();
    assert_eq!(month.infrastructure, cost([4, 2, 2, 2]).total());
    assert_eq!(month.infrastructure_margin().unwrap().round_dp(4).to_string(), "0.9668");
    let explained = month.explain("infrastructure").unwrap();
    let column = explained.column("item").unwrap();
    let place =
        (0..column.len()).find(|row| column.cell(*row) == Some(crate::table::Cell::Text("Shield Advanced")));
    assert_eq!(explained.cell("amount", place.unwrap()).unwrap().to_string(), "3000.00");
    assert!(month.explain("weather").unwrap_err().to_string().contains("`weather`"));
}

/// Sixty-five alarms, ten of them free: each step is a line that can be checked against the price book.
#[test]
fn an_explanation_shows_each_step_of_a_price() {
    let month = model([4, 2, 2, 2], Assumptions::aws()).month().unwrap();
    let table = month.explain("infrastructure").unwrap();
    let rows = |item: &str| -> Vec<[String; 5]> {
        (0..table.row_count())
            .filter(|row| table.cell("item", *row).unwrap().to_string().starts_with(item))
            .map(|row| {
                ["item", "quantity", "unit_price", "rounding", "amount"]
                    .map(|column| table.cell(column, row).unwrap().to_string())
            })
            .collect()
    };
    let (zero, exact) = ("0.0000000000", "0.00000000000000000000");
    assert_eq!(
        rows("CloudWatch alarms"),
        [
            ["CloudWatch alarms, the first 10", "10.0000000000", zero, exact, "0.00"],
            ["CloudWatch alarms, above 10", "55.0000000000", "0.1000000000", exact, "5.50"],
        ]
    );
    // One step alone keeps its name: 100 GB, all below ten terabytes.
    let logs = rows("flow logs into CloudWatch");
    assert_eq!(logs[0][1..3], ["100.0000000000", "0.5000000000"], "{table}");
}

#[test]
fn no_tenants_no_margin() {
    for assumptions in [Assumptions::aws(), seed("five-customers")] {
        let month = model([0; 4], assumptions).month().unwrap();
        assert_eq!(month.revenue, usd("0"));
        assert_eq!(month.infrastructure_margin(), None);
        assert_eq!(month.per_tenant().unwrap(), []);
        assert_eq!(month.tiers_table().unwrap().row_count(), 0);
    }
}

#[test]
fn four_tiers_bear_the_flat_fee_alike_when_told_to() {
    let assumptions = seed("five-customers").with_allocation(Allocation::Tier);
    let tiers = model([2, 1, 1, 1], assumptions).month().unwrap().per_tier().unwrap();
    let infrastructure: Vec<Money> = tiers.iter().map(|tier| tier.costs[0]).collect();
    assert_eq!(infrastructure, vec![usd("45.00"); 4]);
}

#[test]
fn change_tells_points_from_percent() {
    let (one, two) =
        (model([1, 0, 0, 0], seed("single-vs-multi")), model([1, 1, 0, 0], seed("single-vs-multi")));
    let changes = two.month().unwrap().since(&one.month().unwrap());
    let change = |figure| changes.iter().find(|change| change.figure == figure).unwrap();
    assert_eq!(change("revenue").relative().unwrap().to_string(), "1.875");
    assert_eq!(change("operating_margin").absolute().unwrap().round_dp(4).to_string(), "0.0630");
    assert_eq!(change("operating_margin").relative().unwrap().round_dp(4).to_string(), "0.0798");
}

#[test]
fn rows_of_a_frame_are_tenants_or_every_wrong_cell_is_named() {
    let row = |tenant: &str, tier: &str, price: Option<&str>| TenantRow {
        tenant: Some(tenant.to_owned()),
        tier: Some(tier.to_owned()),
        monthly_price: price.map(str::to_owned),
    };
    let of = |rows: &[TenantRow]| {
        Model::of_rows(Tier::shipped(), rows, Some(NetworkFeatures::default()), Assumptions::aws())
    };
    let good = of(&[row("a", "fintech", None), row("b", "standard", Some("1500.50"))]).unwrap();
    assert_eq!(good.month().unwrap().revenue, usd("9500.50"));
    assert_eq!(good.month().unwrap().infrastructure, cost([1, 0, 0, 1]).total());
    let rows = [row("a", "fintec", None), row("", "standard", None), row("a", "standard", Some("cheap"))];
    let Err(Error::Invalid(problems)) = of(&rows) else { panic!() };
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(
        paths,
        ["row 0, column tier", "row 1, column tenant", "row 2, column tenant", "row 2, column monthly_price"]
    );
}

#[test]
fn a_column_that_is_missing_or_misspelt_is_told_once() {
    let paths = |error: Error| -> Vec<String> {
        error.problems().iter().map(|problem| problem.path.clone()).collect()
    };
    let rows = vec![TenantRow { tenant: Some("a".to_owned()), ..TenantRow::default() }; 3];
    let error = Model::of_rows(Tier::shipped(), &rows, None, Assumptions::aws()).unwrap_err();
    assert_eq!(paths(error), ["column tier"]);
    let error = TenantRow::check_columns(["tenant", "Tier", "montly_price", "region"]).unwrap_err();
    assert_eq!(paths(error), ["column Tier", "column montly_price"]);
    // And everything that is wrong in one row.
    let cells = |cell: &str| Some(cell.to_owned());
    let row = TenantRow { tenant: cells(" "), tier: cells("gold"), monthly_price: cells("-1") };
    let error = Model::of_rows(Tier::shipped(), &[row], None, Assumptions::aws()).unwrap_err();
    assert_eq!(paths(error), ["row 0, column tenant", "row 0, column tier", "row 0, column monthly_price"]);
    TenantRow::check_columns(["tenant", "tier", "monthly_price", "price", "team", "tiers_before"]).unwrap();
}

fn any_assumptions() -> impl Strategy<Value = Assumptions> {
    let rules = [Allocation::Equal, Allocation::Revenue, Allocation::Usage, Allocation::Tier];
    let names: Vec<&str> = Assumptions::seeds().chain(["aws"]).collect();
    (proptest::sample::select(names), proptest::sample::select(rules.to_vec())).prop_map(|(name, rule)| {
        let assumptions = if name == "aws" { Assumptions::aws() } else { seed(name) };
        assumptions.with_allocation(rule)
    })
}

proptest! {
    #![proptest_config(crate::cases::cases(32))]

    #[test]
    fn tenants_and_tiers_add_up_to_the_month(
        counts in proptest::array::uniform4(0_u32..30),
        assumptions in any_assumptions(),
    ) {
        let month = model(counts, assumptions).month().unwrap();
        let (tenants, tiers) = (month.per_tenant().unwrap(), month.per_tier().unwrap());
        prop_assume!(!tenants.is_empty());
        for category in Category::ALL {
            let of = |costs: &[Money; 4]| costs[category as usize].amount;
            let by_tenant: Decimal = tenants.iter().map(|row| of(&row.costs)).sum();
            let by_tier: Decimal = tiers.iter().map(|row| of(&row.costs)).sum();
            prop_assert_eq!(by_tenant, month.cost(category).amount);
            prop_assert_eq!(by_tier, month.cost(category).amount);
        }
        let revenue: Decimal = tiers.iter().map(|row| row.revenue.amount).sum();
        prop_assert_eq!(revenue, month.revenue.amount);
        prop_assert_eq!(month.profit().amount + month.total_cost().amount, month.revenue.amount);
    }

    #[test]
    fn the_curve_is_the_report(
        counts in proptest::array::uniform4(0_u32..60),
        // Free trials make the first month one of its own.
        month in prop_oneof![Just(0_u32), Just(1), 2_u32..90],
    ) {
        let age = if month == 0 { Age::Steady } else { Age::Month(month) };
        let model = model(counts, Assumptions::aws());
        let report = model.cost(age).unwrap().unwrap();
        let curve = model.curve(age).unwrap().unwrap();
        let counts = counts.map(Decimal::from);
        prop_assert_eq!(curve.infrastructure(&counts).unwrap(), report.total().amount);
    }

    #[test]
    fn a_dearer_price_never_costs_less(
        counts in proptest::array::uniform4(0_u32..20),
        price in proptest::sample::select(PriceId::ALL.to_vec()),
        factor in 1_u32..5,
    ) {
        let mut book = PriceBook::shipped().clone();
        for step in &mut book.entry(price).bands {
            step.price *= Decimal::from(factor);
        }
        let before = model(counts, Assumptions::aws()).month().unwrap();
        let after = model(counts, Assumptions::catalogue(book, Usage::shipped().clone())).month().unwrap();
        prop_assert!(after.infrastructure.amount >= before.infrastructure.amount);
    }
}
