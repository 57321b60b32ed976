//! What the shipped example of ten tenants, its plan, its layout and the shipped prices say.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rust_decimal::Decimal;
use securebase_core::finance::{Age, CostReport, Footprint, PriceBook, PriceId, Usage, cost_of_footprint};
use securebase_core::kinds::{ResourceSpec, SubnetSpec, VpcSpec};
use securebase_core::model::{Address, Cidr, LandingZone, ResourceKind, Tenant};
use securebase_core::net::Layout;
use securebase_core::plan::{Action, Plan, Planner, Step};

use super::scenario::{Mix, Tier};
use crate::support::{TEN_TENANTS, zone};

static ZONE: LazyLock<LandingZone> = LazyLock::new(|| zone(TEN_TENANTS));

static PLAN: LazyLock<Plan> =
    LazyLock::new(|| Planner::new(&ZONE).plan().unwrap_or_else(|error| panic!("{error}")));

fn created() -> impl Iterator<Item = &'static Step> {
    PLAN.steps().filter(|step| step.action == Action::Create)
}

fn tenant(key: &str) -> &'static Tenant {
    ZONE.tenants.iter().find(|tenant| tenant.key.as_str() == key).unwrap()
}

fn spec(key: &str, rest: &str) -> &'static ResourceSpec {
    &PLAN.step(&Address::tenant(&tenant(key).key, rest)).unwrap().spec
}

/// What a tenant pays.
pub(super) fn price(key: &str) -> Decimal {
    tenant(key).monthly_price.amount
}

/// How many resources of these kinds the plan creates.
pub(super) fn count(kinds: &[ResourceKind]) -> usize {
    created().filter(|step| kinds.contains(&step.kind)).count()
}

/// What the report on ten tenants itemizes for each of them.
pub(super) const ITEMIZED: [ResourceKind; 7] = [
    ResourceKind::Account,
    ResourceKind::Vpc,
    ResourceKind::Subnet,
    ResourceKind::NatGateway,
    ResourceKind::RouteTable,
    ResourceKind::InternetGateway,
    ResourceKind::FlowLog,
];

/// What it adds for the organization.
pub(super) const ORGANIZATION: [ResourceKind; 2] =
    [ResourceKind::OrganizationalUnit, ResourceKind::ServiceControlPolicy];

/// The block of a tenant's VPC in the plan.
pub(super) fn vpc_block(key: &str) -> Cidr {
    match spec(key, "vpc") {
        ResourceSpec::Vpc(VpcSpec { cidr, .. }) => *cidr,
        other => panic!("a VPC, not {other:?}"),
    }
}

/// The block of a tenant's subnet in the plan.
fn planned_subnet_block(key: &str, name: &str) -> Cidr {
    match spec(key, &format!("vpc/subnet/{name}")) {
        ResourceSpec::Subnet(SubnetSpec { cidr, .. }) => *cidr,
        other => panic!("a subnet, not {other:?}"),
    }
}

/// The block that the layout of the first customers makes of a tenant's VPC.
pub(super) fn subnet_block(key: &str, name: &str) -> Cidr {
    let plan = Layout::seed().apply(vpc_block(key)).unwrap();
    plan.subnets.into_iter().find(|subnet| subnet.name == name).unwrap().cidr
}

/// How many subnets that layout makes of a VPC.
pub(super) fn subnets_per_vpc() -> u32 {
    let block: Cidr = "10.0.0.0/16".parse().unwrap();
    Layout::seed().apply(block).unwrap().subnets.len().try_into().unwrap()
}

/// How many different blocks the VPCs of the plan have.
pub(super) fn distinct_blocks() -> usize {
    let blocks = created().filter_map(|step| match &step.spec {
        ResourceSpec::Vpc(VpcSpec { cidr, .. }) => Some(*cidr),
        _ => None,
    });
    blocks.collect::<BTreeSet<_>>().len()
}

/// Whether a resource stands by itself, or is an entry of another one or a state of it.
fn stands_alone(kind: ResourceKind) -> bool {
    match kind {
        ResourceKind::Organization
        | ResourceKind::OrganizationRoot
        | ResourceKind::OrganizationalUnit
        | ResourceKind::ServiceControlPolicy
        | ResourceKind::Account
        | ResourceKind::FlowLogRole
        | ResourceKind::LogGroup
        | ResourceKind::Vpc
        | ResourceKind::Subnet
        | ResourceKind::InternetGateway
        | ResourceKind::ElasticIp
        | ResourceKind::NatGateway
        | ResourceKind::RouteTable
        | ResourceKind::FlowLog
        | ResourceKind::VpnGateway
        | ResourceKind::VpcEndpoint
        | ResourceKind::KmsKey => true,
        ResourceKind::PolicyAttachment
        | ResourceKind::AccountPlacement
        | ResourceKind::AccountReadiness
        | ResourceKind::Route
        | ResourceKind::RouteTableAssociation => false,
    }
}

/// How many resources the plan creates for each tenant: those that stand by themselves, and entries of these.
pub(super) fn resources_per_tenant() -> (usize, usize) {
    let of = |tenant: &Tenant| {
        let own = created().filter(|step| step.tenant.as_ref() == Some(&tenant.key));
        let (alone, entries): (Vec<_>, Vec<_>) = own.partition(|step| stands_alone(step.kind));
        (alone.len(), entries.len())
    };
    let each: BTreeSet<_> = ZONE.tenants.iter().map(of).collect();
    assert_eq!(each.len(), 1, "tenants with the same network need the same resources: {each:?}");
    each.into_iter().next().unwrap()
}

/// What the shipped prices make of the ten tenants at their shipped usage.
fn cost() -> CostReport {
    let footprint = Footprint::of_zone(&ZONE);
    cost_of_footprint(&footprint, &ZONE.tiers, PriceBook::shipped(), Usage::shipped(), Age::Steady).unwrap()
}

/// The hours of each NAT gateway at list price, of one tier or of all.
pub(super) fn nat_costs(tier: Option<Tier>) -> Vec<Decimal> {
    let cost = cost();
    let lines = cost.lines().filter(|line| line.id == PriceId::NatGatewayHour);
    let lines =
        lines.filter(|line| tier.is_none_or(|tier| line.tier.is_some_and(|of| of.as_str() == tier.name())));
    lines.map(|line| line.amount.amount).collect()
}

/// Dashboards: for the organization, each tier and each tenant.
pub(super) fn dashboards() -> Decimal {
    let cost = cost();
    cost.items().into_iter().find(|item| item.price.id == PriceId::DashboardMonth).unwrap().quantity
}

/// What so many units cost at list price.
pub(super) fn at_list_price(id: PriceId, quantity: Decimal) -> Decimal {
    PriceBook::shipped().price(id).charge_for(quantity).unwrap()
}

/// The share that one kind of storage saves of what another costs.
pub(super) fn saving(cold: PriceId, hot: PriceId) -> Decimal {
    let price = |id| at_list_price(id, Decimal::ONE);
    Decimal::ONE - price(cold) / price(hot)
}

#[test]
fn the_mix_of_ten_tenants_is_that_of_the_shipped_example() {
    let of = |tier: Tier| ZONE.tenants.iter().filter(|tenant| tenant.tier.as_str() == tier.name()).count();
    let tiers = [Tier::Fintech, Tier::Healthcare, Tier::GovFederal, Tier::Standard];
    assert_eq!(tiers.map(of).map(|count| u32::try_from(count).unwrap()), Mix::Ten.counts());
}

#[test]
fn the_plan_cuts_every_vpc_as_the_layout_does() {
    for tenant in &ZONE.tenants {
        let key = tenant.key.as_str();
        for name in ["public-1", "private-1", "private-2"] {
            assert_eq!(planned_subnet_block(key, name), subnet_block(key, name), "{key} {name}");
        }
    }
    assert_eq!(count(&[ResourceKind::Subnet]), ZONE.tenants.len() * 3);
}
