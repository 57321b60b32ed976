use proptest::prelude::*;

use super::*;
use crate::model::{Money, ResourceKind, Tier};

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
    footprint.add(None, None, ResourceKind::Organization);
    let tiers = ["fintech", "healthcare", "gov-federal", "standard"];
    for (tier, count) in tiers.into_iter().zip(counts) {
        for number in 0..count {
            let tenant = format!("{tier}-{number}");
            for kind in TENANT {
                footprint.add(Some(&tenant), Some(tier), kind);
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
    assert!(change.to_string().ends_with("margin 98.9 -> 94.1 %"), "{change}");
    let shares = with.per_tenant(Allocation::Equal).unwrap();
    assert!(
        shares.iter().all(|cost| (cost.shared.amount > Decimal::from(3_000))
            == (cost.tier.as_deref() == Some("gov-federal")))
    );
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

#[test]
fn a_free_allowance_is_granted_once() {
    let report = cost([4, 2, 2, 2]);
    let amount = |id| report.items().into_iter().find(|(item, ..)| *item == id).unwrap().2;
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
    let resources = [(Some("acme"), Some("platinum"), ResourceKind::Account)];
    let error = cost_of(resources, Tier::shipped(), PriceBook::shipped(), Usage::shipped()).unwrap_err();
    assert_eq!(error.code(), "finance-unknown");
    assert!(error.to_string().contains("`platinum`") && error.to_string().contains("`fintech`"), "{error}");
}

#[test]
fn a_resource_knows_its_share() {
    let report = cost([1, 0, 0, 0]);
    let costs = |kind| report.resource_costs(Some("fintech-0"), kind);
    assert_eq!(costs(ResourceKind::NatGateway), [usd("37.35")]);
    assert_eq!(costs(ResourceKind::ElasticIp), [usd("3.65")]);
    assert_eq!(costs(ResourceKind::Subnet), []);
    assert_eq!(report.resource_costs(Some("nobody"), ResourceKind::Vpc), []);
    let parts: Decimal = ResourceKind::ALL
        .iter()
        .flat_map(|kind| [Some("fintech-0"), None].map(|tenant| (tenant, *kind)))
        .flat_map(|(tenant, kind)| report.resource_costs(tenant, kind))
        .map(|part| part.amount)
        .sum();
    assert_eq!(parts, report.total().amount, "the parts are the whole");
}

#[test]
fn a_margin_below_the_floor_is_refused() {
    let margin = cost([2, 1, 1, 1]).margin();
    assert!(margin.ensure_at_least(Decimal::new(94, 2)).is_ok());
    let error = margin.ensure_at_least(Decimal::new(95, 2)).unwrap_err();
    assert!(error.to_string().contains("94.07 %, below 95.00 %"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_cent_is_lost_or_made(counts in proptest::array::uniform4(0_usize..40)) {
        let report = cost(counts);
        let total = report.total();
        let lines: Decimal = report.lines().map(|line| line.amount.amount).sum();
        prop_assert_eq!(lines, total.amount);
        let items: Decimal = report.items().into_iter().map(|(.., amount)| amount.amount).sum();
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
