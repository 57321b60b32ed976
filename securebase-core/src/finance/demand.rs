//! From resources and usage to priced quantities: the one place that knows what a resource of a kind is billed for.

use rust_decimal::Decimal;

use super::footprint::Counts;
use super::prices::PriceId;
use super::usage::{ArchiveClass, Quantity, Usage, UsageProfile};
use crate::model::ResourceKind;

/// When in a tenant's life a month lies: stored logs grow until their retention ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Age {
    /// After the longest retention: nothing grows any more.
    #[default]
    Steady,
    /// The given month of the tenant's life, from 1.
    Month(u32),
}

impl Age {
    /// How many months of something kept for `retention` months are held.
    fn held(self, retention: Decimal) -> Decimal {
        match self {
            Self::Steady => retention,
            Self::Month(month) => retention.min(Decimal::from(month)),
        }
    }
}

/// So much of a price, for one tenant or one core account, because of resources of a kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Demand {
    pub(super) id: PriceId,
    pub(super) kind: ResourceKind,
    pub(super) quantity: Decimal,
}

struct Demands(Vec<Demand>);

impl Demands {
    fn push(&mut self, kind: ResourceKind, id: PriceId, quantity: Decimal) {
        if quantity.is_zero() {
            return;
        }
        match self.0.iter_mut().find(|demand| demand.id == id && demand.kind == kind) {
            Some(demand) => demand.quantity += quantity,
            None => self.0.push(Demand { id, kind, quantity }),
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

/// What one tenant's resources are billed for in a month.
pub(super) fn of_tenant(
    counts: &Counts,
    profile: &UsageProfile,
    log_retention_days: u32,
    hours: Decimal,
    age: Age,
) -> Vec<Demand> {
    let mut demands = Demands(Vec::new());
    let count = |kind| Decimal::from(counts.of(kind));
    let use_of = |quantity| profile.get(quantity);

    let nat = count(ResourceKind::NatGateway);
    demands.push(ResourceKind::NatGateway, PriceId::NatGatewayHour, nat * hours);
    demands.push(ResourceKind::NatGateway, PriceId::NatGatewayGb, nat * use_of(Quantity::NatGb));
    let addresses = count(ResourceKind::ElasticIp);
    demands.push(ResourceKind::ElasticIp, PriceId::PublicIpv4Hour, addresses * hours);

    let vpcs = count(ResourceKind::Vpc);
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
        (PriceId::CrossZoneGb, use_of(Quantity::CrossZoneGb)),
        (PriceId::EgressGb, use_of(Quantity::EgressGb)),
        (PriceId::IpamIpHour, use_of(Quantity::IpamAddresses) * hours),
        // GuardDuty reads flow logs at their source, whether or not the tenant keeps any.
        (PriceId::GuarddutyFlowGb, use_of(Quantity::FlowLogGb) + use_of(Quantity::GuarddutyDnsGb)),
    ];
    for (id, quantity) in per_vpc {
        demands.push(ResourceKind::Vpc, id, vpcs * quantity);
    }

    let logs = count(ResourceKind::FlowLog) * use_of(Quantity::FlowLogGb);
    demands.push(ResourceKind::FlowLog, PriceId::VendedLogsCloudwatchGb, logs);
    if counts.of(ResourceKind::LogGroup) > 0 {
        let months = Decimal::from(log_retention_days) / Decimal::from(DAYS_PER_MONTH);
        let stored = logs / use_of(Quantity::LogCompression).max(Decimal::ONE);
        demands.push(ResourceKind::LogGroup, PriceId::CloudwatchStorageGbMonth, stored * age.held(months));
    }
    archive(&mut demands, profile, logs, count(ResourceKind::FlowLog), age);

    let accounts = count(ResourceKind::Account);
    account(&mut demands, profile, accounts, ResourceKind::Account);
    demands.0
}

/// What an account is billed for whatever stands in it.
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
        (PriceId::WorkloadMonth, use_of(Quantity::Workload)),
    ];
    for (id, quantity) in per_account {
        demands.push(kind, id, accounts * quantity);
    }
}

/// A second delivery of the flow logs, to S3, and its life there: some months in Standard, the rest in an archive class.
fn archive(demands: &mut Demands, profile: &UsageProfile, gb: Decimal, flow_logs: Decimal, age: Age) {
    let kind = ResourceKind::FlowLog;
    let retention = profile.get(Quantity::ArchiveYears) * Decimal::from(12);
    if retention.is_zero() || gb.is_zero() {
        return;
    }
    let thousand = Decimal::ONE_THOUSAND;
    let objects = flow_logs * profile.get(Quantity::ArchiveObjects);
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
    let overhead = |kb: u32| cold * objects * Decimal::from(kb) / Decimal::from(KB_PER_GB);
    // Delivery is billed by what a log weighs before it is compressed, storage by what arrives.
    let stored = gb / profile.get(Quantity::ArchiveCompression).max(Decimal::ONE);
    demands.push(kind, PriceId::VendedLogsS3Gb, gb);
    demands.push(kind, PriceId::S3Put1000, objects / thousand);
    demands.push(kind, PriceId::S3StandardGbMonth, stored * hot);
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
    demands.push(kind, transition, objects / thousand);
    if matches!(profile.archive_class, ArchiveClass::StandardIa | ArchiveClass::GlacierInstant) {
        let least = objects * Decimal::from(OBJECT_KB_MIN) / Decimal::from(KB_PER_GB);
        demands.push(kind, storage, stored.max(least) * cold);
    } else {
        demands.push(kind, storage, stored * cold + overhead(OVERHEAD_KB_ARCHIVE));
        demands.push(kind, PriceId::S3StandardGbMonth, overhead(OVERHEAD_KB_STANDARD));
    }
}

/// What each core account is billed for.
pub(super) fn of_core_account(usage: &Usage) -> Vec<Demand> {
    let mut demands = Demands(Vec::new());
    account(&mut demands, &usage.core, Decimal::ONE, ResourceKind::Organization);
    demands.0
}

/// What the organization is billed for once, with tenants in so many tiers.
pub(super) fn of_organization(usage: &Usage, tiers: usize) -> Vec<Demand> {
    let mut demands = Demands(Vec::new());
    let kind = ResourceKind::Organization;
    let dashboards = usage.dashboards + usage.dashboards_per_tier * Decimal::from(tiers);
    demands.push(kind, PriceId::DashboardMonth, dashboards);
    demands.push(kind, PriceId::S3StandardGbMonth, usage.state_gb);
    demands.push(kind, PriceId::S3Put1000, usage.state_puts / Decimal::ONE_THOUSAND);
    demands.0
}
