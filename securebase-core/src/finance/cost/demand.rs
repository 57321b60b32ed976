//! From resources and usage to priced quantities: the one place that knows what a resource of a kind is billed for.

use rust_decimal::Decimal;

use super::footprint::{BilledTenant, Standing};
use super::usage::{ArchiveClass, Quantity, Usage, UsageProfile};
use crate::finance::pricing::prices::{Price, PriceId};
use crate::model::{Region, ResourceKind};

/// When in a tenant's life a month lies: stored logs grow until their retention ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Age {
    /// After the longest retention: nothing grows any more.
    #[default]
    Steady,
    /// The given month of the tenant's life, from 1.
    Month(u32),
    /// The number of months after the one in which the tenant left: no logs are added, and the stored logs expire.
    Left(u32),
}

impl Age {
    /// Whether a free trial covers a price at this age.
    pub(in crate::finance) fn is_free(self, price: &Price) -> bool {
        self == Self::Month(1) && price.is_free_in_first_month()
    }

    /// How many months of something kept for `retention` months are held.
    fn held(self, retention: Decimal) -> Decimal {
        match self {
            Self::Steady => retention,
            Self::Month(month) => retention.min(Decimal::from(month)),
            Self::Left(months) => (retention - Decimal::from(months)).max(Decimal::ZERO),
        }
    }
}

/// Why a line is on the bill. Every line has exactly one basis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CostBasis {
    /// A resource of the plan causes it and determines the quantity.
    Planned,
    /// A resource of the plan causes it; the usage profile sets the quantity.
    Assumed,
    /// A tier includes it or the core accounts use it, and no resource of a plan causes it.
    Promised,
}

impl CostBasis {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Planned, Self::Assumed, Self::Promised];

    /// The stable name: `planned`, `assumed`, `promised`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Assumed => "assumed",
            Self::Promised => "promised",
        }
    }
}

/// So much of a price, for one tenant or one core account, because of resources of a kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::finance) struct Demand {
    pub(in crate::finance) id: PriceId,
    pub(in crate::finance) kind: ResourceKind,
    pub(in crate::finance) basis: CostBasis,
    pub(in crate::finance) quantity: Decimal,
}

struct Demands(Vec<Demand>);

impl Demands {
    fn push(&mut self, kind: ResourceKind, basis: CostBasis, id: PriceId, quantity: Decimal) {
        if quantity.is_zero() {
            return;
        }
        let same = |demand: &&mut Demand| (demand.id, demand.kind, demand.basis) == (id, kind, basis);
        match self.0.iter_mut().find(same) {
            Some(demand) => demand.quantity += quantity,
            None => self.0.push(Demand { id, kind, basis, quantity }),
        }
    }
}

/// Days CloudWatch keeps logs are counted in months of 30, as the price is.
const DAYS_PER_MONTH: u32 = 30;
const KB_PER_GB: u32 = 1024 * 1024;
/// What Glacier adds to each object: an index at the archive's price and a name at S3 Standard's.
const OVERHEAD_KB_ARCHIVE: u32 = 32;
const OVERHEAD_KB_STANDARD: u32 = 8;
/// Standard-IA and Glacier Instant Retrieval bill an object for at least this.
const OBJECT_KB_MIN: u32 = 128;
/// Each VPN connection has two tunnels, each with a public address.
const ADDRESSES_PER_VPN: u32 = 2;
const BUDGET_DAYS: u32 = 30;

/// The quantities that one tenant's resources are billed for in a month, and those that its tier promises. For a tenant that
/// has left, only its logs are billed, until their retention ends.
pub(in crate::finance) fn of_tenant(
    tenant: &BilledTenant,
    profile: &UsageProfile,
    log_retention_days: u32,
    hours: Decimal,
    age: Age,
) -> Vec<Demand> {
    let mut demands = Demands(Vec::new());
    let count = |kind| Decimal::from(tenant.count(kind));
    let use_of = |quantity| profile.get(quantity);

    let nat = count(ResourceKind::NatGateway);
    demands.push(ResourceKind::NatGateway, CostBasis::Planned, PriceId::NatGatewayHour, nat * hours);
    demands.push(
        ResourceKind::NatGateway,
        CostBasis::Assumed,
        PriceId::NatGatewayGb,
        nat * use_of(Quantity::NatGb),
    );
    let addresses = count(ResourceKind::ElasticIp);
    demands.push(ResourceKind::ElasticIp, CostBasis::Planned, PriceId::PublicIpv4Hour, addresses * hours);

    let vpcs = count(ResourceKind::Vpc);
    // Traffic is billed where it passes: a VPC by itself is free.
    let passes = if nat.is_zero() { ResourceKind::Vpc } else { ResourceKind::NatGateway };
    for (id, quantity) in [
        (PriceId::CrossZoneGb, use_of(Quantity::CrossZoneGb)),
        (PriceId::EgressGb, use_of(Quantity::EgressGb)),
    ] {
        demands.push(passes, CostBasis::Assumed, id, vpcs * quantity);
    }

    let flow_logs = count(ResourceKind::FlowLog);
    let gb = use_of(Quantity::FlowLogGb);
    demands.push(ResourceKind::FlowLog, CostBasis::Assumed, PriceId::VendedLogsCloudwatchGb, flow_logs * gb);
    let is_here = |region: &Region| tenant.region().is_none_or(|own| own == region);
    let found = tenant.log_groups().filter(|(region, _)| is_here(region)).map(|(_, groups)| groups.days);
    let days = log_retention_days.saturating_mul(tenant.log_groups_of_tier()).saturating_add(found.sum());
    demands.0.extend(stored_logs(days, profile, age));
    archive(&mut demands, profile, tenant, age);

    if tenant.standing() == Standing::Served {
        let per_vpc = [
            (PriceId::VpnConnectionHour, use_of(Quantity::VpnConnections) * hours),
            (
                PriceId::PublicIpv4Hour,
                use_of(Quantity::VpnConnections) * Decimal::from(ADDRESSES_PER_VPN) * hours,
            ),
            (PriceId::TransitGatewayAttachmentHour, use_of(Quantity::TransitGatewayAttachments) * hours),
            (PriceId::TransitGatewayGb, use_of(Quantity::TransitGatewayGb)),
            (PriceId::InterfaceEndpointHour, use_of(Quantity::InterfaceEndpointZones) * hours),
            (PriceId::InterfaceEndpointGb, use_of(Quantity::InterfaceEndpointGb)),
            (PriceId::IpamIpHour, use_of(Quantity::IpamAddresses) * hours),
            // GuardDuty reads flow logs at their source, whether or not the tenant keeps any.
            (PriceId::GuarddutyFlowGb, gb + use_of(Quantity::GuarddutyDnsGb)),
        ];
        for (id, quantity) in per_vpc {
            demands.push(ResourceKind::Vpc, CostBasis::Promised, id, vpcs * quantity);
        }
        account(&mut demands, profile, count(ResourceKind::Account), ResourceKind::Account);
        let workload = count(ResourceKind::Account) * use_of(Quantity::Workload);
        demands.push(ResourceKind::Account, CostBasis::Assumed, PriceId::WorkloadMonth, workload);
    }
    demands.0
}

/// The quantities of a tenant's log groups outside its own region, by region.
pub(super) fn of_logs_elsewhere<'a>(
    tenant: &'a BilledTenant,
    profile: &'a UsageProfile,
    age: Age,
) -> impl Iterator<Item = (&'a Region, Demand)> {
    let is_elsewhere = |region: &Region| tenant.region().is_some_and(|own| own != region);
    let groups = tenant.log_groups().filter(move |(region, _)| is_elsewhere(region));
    groups.filter_map(move |(region, groups)| Some((region, stored_logs(groups.days, profile, age)?)))
}

/// What log groups hold, which is billed whether or not anything is written to them any more.
fn stored_logs(days: u32, profile: &UsageProfile, age: Age) -> Option<Demand> {
    let months = Decimal::from(days) / Decimal::from(DAYS_PER_MONTH);
    let compression = profile.get(Quantity::LogCompression).max(Decimal::ONE);
    let quantity = profile.get(Quantity::FlowLogGb) / compression * age.held(months);
    (!quantity.is_zero()).then_some(Demand {
        id: PriceId::CloudwatchStorageGbMonth,
        kind: ResourceKind::LogGroup,
        basis: CostBasis::Assumed,
        quantity,
    })
}

/// The quantities that a tier promises for an account, regardless of its resources: nothing in a zone builds them yet.
fn account(demands: &mut Demands, profile: &UsageProfile, accounts: Decimal, kind: ResourceKind) {
    let use_of = |quantity| profile.get(quantity);
    let million = Decimal::from(1_000_000);
    let per_account = [
        (PriceId::ConfigItem, use_of(Quantity::ConfigItems)),
        (PriceId::ConfigRuleEvaluation, use_of(Quantity::ConfigEvaluations)),
        (PriceId::GuarddutyEventsMillion, use_of(Quantity::GuarddutyEvents) / million),
        (PriceId::SecurityHubCheck, use_of(Quantity::SecurityHubChecks)),
        (PriceId::CloudtrailCopy100k, use_of(Quantity::CloudtrailCopyEvents) / Decimal::from(100_000)),
        (PriceId::CloudtrailData100k, use_of(Quantity::CloudtrailDataEvents) / Decimal::from(100_000)),
        (PriceId::KmsKeyMonth, use_of(Quantity::KmsKeys)),
        (PriceId::BudgetActionDay, use_of(Quantity::ActionBudgets) * Decimal::from(BUDGET_DAYS)),
        (PriceId::DashboardMonth, use_of(Quantity::Dashboards)),
        (PriceId::AlarmMonth, use_of(Quantity::Alarms)),
        (PriceId::SupportAccountMonth, use_of(Quantity::SupportAccounts)),
        (PriceId::MacieGb, use_of(Quantity::MacieGb)),
        (PriceId::InspectorInstanceMonth, use_of(Quantity::InspectorInstances)),
    ];
    for (id, quantity) in per_account {
        demands.push(kind, CostBasis::Promised, id, accounts * quantity);
    }
}

/// A second delivery of the flow logs, to S3, and its life there: some months in Standard, the rest in an archive class.
/// Delivery ends with the flow log; delivered logs are stored until their retention ends, even after the tenant has left.
fn archive(demands: &mut Demands, profile: &UsageProfile, tenant: &BilledTenant, age: Age) {
    let retention = profile.get(Quantity::ArchiveYears) * Decimal::from(12);
    let gb_each = profile.get(Quantity::FlowLogGb);
    if retention.is_zero() || gb_each.is_zero() || !tenant.is_archived() {
        return;
    }
    let thousand = Decimal::ONE_THOUSAND;
    let flow_logs = Decimal::from(tenant.count(ResourceKind::FlowLog));
    let objects_each = profile.get(Quantity::ArchiveObjects);
    let hot_limit = match profile.archive_class {
        ArchiveClass::Standard => retention,
        _ => profile.get(Quantity::ArchiveHotMonths).min(retention),
    };
    let hot = age.held(hot_limit);
    // What is deleted before its class's least duration is billed for all of it.
    let least_months = Decimal::from(profile.archive_class.least_months());
    let cold_limit = retention - hot_limit;
    let billed = if cold_limit.is_zero() { cold_limit } else { cold_limit.max(least_months) };
    let cold = age.held(hot_limit + billed) - hot;
    let mut push = |kind, id, quantity| demands.push(kind, CostBasis::Promised, id, quantity);
    push(ResourceKind::FlowLog, PriceId::VendedLogsS3Gb, flow_logs * gb_each);
    push(ResourceKind::FlowLog, PriceId::S3Put1000, flow_logs * objects_each / thousand);
    // Logs that are no longer delivered were delivered by one flow log.
    let streams = flow_logs.max(Decimal::ONE);
    let objects = streams * objects_each;
    // Delivery is billed by what a log weighs before it is compressed, storage by what arrives.
    let stored = streams * gb_each / profile.get(Quantity::ArchiveCompression).max(Decimal::ONE);
    let kept = ResourceKind::LogGroup;
    push(kept, PriceId::S3StandardGbMonth, stored * hot);
    if cold.is_zero() {
        return;
    }
    let (transition, storage) = match profile.archive_class {
        ArchiveClass::Standard => return,
        ArchiveClass::StandardIa => (PriceId::S3TransitionStandardIa1000, PriceId::S3StandardIaGbMonth),
        ArchiveClass::GlacierInstant => {
            (PriceId::S3TransitionGlacierInstant1000, PriceId::S3GlacierInstantGbMonth)
        }
        ArchiveClass::GlacierFlexible => {
            (PriceId::S3TransitionGlacierFlexible1000, PriceId::S3GlacierFlexibleGbMonth)
        }
        ArchiveClass::DeepArchive => (PriceId::S3TransitionDeepArchive1000, PriceId::S3DeepArchiveGbMonth),
    };
    push(ResourceKind::FlowLog, transition, flow_logs * objects_each / thousand);
    if matches!(profile.archive_class, ArchiveClass::StandardIa | ArchiveClass::GlacierInstant) {
        let least = objects * Decimal::from(OBJECT_KB_MIN) / Decimal::from(KB_PER_GB);
        push(kept, storage, stored.max(least) * cold);
    } else {
        let overhead = |kb: u32| cold * objects * Decimal::from(kb) / Decimal::from(KB_PER_GB);
        push(kept, storage, stored * cold + overhead(OVERHEAD_KB_ARCHIVE));
        push(kept, PriceId::S3StandardGbMonth, overhead(OVERHEAD_KB_STANDARD));
    }
}

/// What each core account is billed for.
pub(in crate::finance) fn of_core_account(usage: &Usage) -> Vec<Demand> {
    let mut demands = Demands(Vec::new());
    account(&mut demands, &usage.core, Decimal::ONE, ResourceKind::Organization);
    demands.0
}

/// The quantities that the organization is billed for once, with tenants in a number of tiers. No resource of a plan causes
/// any of them: the bucket with this crate's state exists already.
pub(in crate::finance) fn of_organization(usage: &Usage, tiers: usize) -> Vec<Demand> {
    let mut demands = Demands(Vec::new());
    let dashboards = usage.dashboards + usage.dashboards_per_tier * Decimal::from(tiers);
    let puts = usage.state_puts / Decimal::ONE_THOUSAND;
    for (id, quantity) in [
        (PriceId::DashboardMonth, dashboards),
        (PriceId::S3StandardGbMonth, usage.state_gb),
        (PriceId::S3Put1000, puts),
    ] {
        demands.push(ResourceKind::Organization, CostBasis::Promised, id, quantity);
    }
    demands.0
}
