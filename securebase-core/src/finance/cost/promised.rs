//! What tiers promise and core accounts use, which no resource of a plan causes.
//!
//! The lines name the kind that a promise is made for: each VPC, each account, each flow log that is archived.

use rust_decimal::Decimal;

use super::demand::{Age, CostBasis, Demand, Demands};
use super::footprint::BilledTenant;
use super::usage::{ArchiveClass, Usage, UsageProfile};
use crate::finance::pricing::prices::PriceId;
use crate::model::ResourceKind;
use crate::model::billing::Quantity;

const KB_PER_GB: u32 = 1024 * 1024;
/// What Glacier adds to each object: an index at the archive's price and a name at S3 Standard's.
const OVERHEAD_KB_ARCHIVE: u32 = 32;
const OVERHEAD_KB_STANDARD: u32 = 8;
/// Standard-IA and Glacier Instant Retrieval bill an object for at least this.
const OBJECT_KB_MIN: u32 = 128;
/// Each VPN connection has two tunnels, each with a public address.
const ADDRESSES_PER_VPN: u32 = 2;
const BUDGET_DAYS: u32 = 30;

/// The quantities that the tier of a served tenant promises for its VPCs and its account.
pub(super) fn by_tier(demands: &mut Demands, profile: &UsageProfile, tenant: &BilledTenant, hours: Decimal) {
    let count = |kind| Decimal::from(tenant.count(kind));
    let use_of = |quantity| profile.get(quantity);
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
        (PriceId::IpamIpHour, use_of(Quantity::IpamAddresses) * hours),
        // GuardDuty reads flow logs at their source, whether or not the tenant keeps any.
        (PriceId::GuarddutyFlowGb, use_of(Quantity::FlowLogGb) + use_of(Quantity::GuarddutyDnsGb)),
    ];
    for (id, quantity) in per_vpc {
        demands.push(ResourceKind::Vpc, CostBasis::Promised, id, vpcs * quantity);
    }
    let keys = count(ResourceKind::KmsKey);
    account(demands, profile, count(ResourceKind::Account), keys, ResourceKind::Account);
}

/// The quantities that a tier promises for an account, less the keys that it has: a zone builds nothing else of it yet.
fn account(
    demands: &mut Demands,
    profile: &UsageProfile,
    accounts: Decimal,
    keys: Decimal,
    kind: ResourceKind,
) {
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
        // The key of a log group is one of those that the tier promises.
        let built = if id == PriceId::KmsKeyMonth { keys } else { Decimal::ZERO };
        demands.push(kind, CostBasis::Promised, id, (accounts * quantity - built).max(Decimal::ZERO));
    }
}

/// A second delivery of the flow logs, to S3, and its life there: some months in Standard, the rest in an archive class.
/// Delivery ends with the flow log; delivered logs are stored until their retention ends, even after the tenant has left.
pub(super) fn archive(demands: &mut Demands, profile: &UsageProfile, tenant: &BilledTenant, age: Age) {
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
    let mut demands = Demands::default();
    account(&mut demands, &usage.core, Decimal::ONE, Decimal::ZERO, ResourceKind::Organization);
    demands.into_inner()
}

/// The quantities that the organization is billed for once, with tenants in a number of tiers. No resource of a plan causes
/// any of them: the bucket with this crate's state exists already.
pub(in crate::finance) fn of_organization(usage: &Usage, tiers: usize) -> Vec<Demand> {
    let mut demands = Demands::default();
    let dashboards = usage.dashboards + usage.dashboards_per_tier * Decimal::from(tiers);
    let puts = usage.state_puts / Decimal::ONE_THOUSAND;
    for (id, quantity) in [
        (PriceId::DashboardMonth, dashboards),
        (PriceId::S3StandardGbMonth, usage.state_gb),
        (PriceId::S3Put1000, puts),
    ] {
        demands.push(ResourceKind::Organization, CostBasis::Promised, id, quantity);
    }
    demands.into_inner()
}
