//! Which product of which service is which price of the model.

use rust_decimal::Decimal;

use crate::finance::prices::PriceId;

/// A price of the model, and how many of the file's units one of its own holds.
pub(super) struct Line {
    pub(super) id: PriceId,
    pub(super) units: Decimal,
}

/// Services (any of several, as products have moved), the end of the usage type, the operation where it matters, and the
/// line. Usage types of us-east-1 may lack the prefix other regions have.
type Row = (&'static [&'static str], &'static str, Option<&'static str>, PriceId, u32);

const NETWORK: &[&str] = &["AmazonEC2", "AmazonVPC"];
const LOGS: &[&str] = &["AmazonCloudWatch"];
const STORAGE: &[&str] = &["AmazonS3"];

const ROWS: &[Row] = &[
    (NETWORK, "NatGateway-Hours", None, PriceId::NatGatewayHour, 1),
    (NETWORK, "NatGateway-Bytes", None, PriceId::NatGatewayGb, 1),
    (NETWORK, "PublicIPv4:InUseAddress", None, PriceId::PublicIpv4Hour, 1),
    (NETWORK, "VPN-Usage-Hours:ipsec.1", None, PriceId::VpnConnectionHour, 1),
    (NETWORK, "TransitGateway-Hours", Some("TransitGatewayVPC"), PriceId::TransitGatewayAttachmentHour, 1),
    (NETWORK, "TransitGateway-Bytes", Some("TransitGatewayVPC"), PriceId::TransitGatewayGb, 1),
    (NETWORK, "VpcEndpoint-Hours", None, PriceId::InterfaceEndpointHour, 1),
    (NETWORK, "VpcEndpoint-Bytes", None, PriceId::InterfaceEndpointGb, 1),
    (LOGS, "VendedLog-Bytes", None, PriceId::VendedLogsCloudwatchGb, 1),
    (LOGS, "S3-Egress-Bytes", None, PriceId::VendedLogsS3Gb, 1),
    (LOGS, "TimedStorage-ByteHrs", None, PriceId::CloudwatchStorageGbMonth, 1),
    (LOGS, "AlarmMonitorUsage", None, PriceId::AlarmMonth, 1),
    (LOGS, "DashboardsUsageHour", None, PriceId::DashboardMonth, 1),
    (STORAGE, "TimedStorage-ByteHrs", None, PriceId::S3StandardGbMonth, 1),
    (STORAGE, "TimedStorage-GIR-ByteHrs", None, PriceId::S3GlacierInstantGbMonth, 1),
    (STORAGE, "TimedStorage-GlacierByteHrs", None, PriceId::S3GlacierFlexibleGbMonth, 1),
    (STORAGE, "TimedStorage-GDA-ByteHrs", None, PriceId::S3DeepArchiveGbMonth, 1),
    (&["AWSConfig"], "ConfigurationItemRecorded", None, PriceId::ConfigItem, 1),
    (&["AWSConfig"], "ConfigRuleEvaluations", None, PriceId::ConfigRuleEvaluation, 1),
    (&["AmazonGuardDuty"], "PaidEventsAnalyzed", None, PriceId::GuarddutyEventsMillion, 1_000_000),
    (&["AmazonGuardDuty"], "PaidEventsAnalyzed-Bytes", None, PriceId::GuarddutyFlowGb, 1),
    (&["AWSCloudTrail"], "PaidEventsRecorded", None, PriceId::CloudtrailCopy100k, 100_000),
    (&["AWSCloudTrail"], "DataEventsRecorded", None, PriceId::CloudtrailData100k, 100_000),
    (&["awskms"], "KMS-Keys", None, PriceId::KmsKeyMonth, 1),
    (&["AWSBudgets"], "ActionEnabledBudgetsUsage", None, PriceId::BudgetActionDay, 1),
];

/// The line of a product, `None` where the model has none.
pub(super) fn line(offer: &str, usage_type: &str, operation: &str) -> Option<Line> {
    ROWS.iter()
        .find(|(offers, usage, wanted, ..)| {
            let tail = usage_type.strip_suffix(usage);
            let prefixed = tail.is_some_and(|head| head.is_empty() || is_region_prefix(head));
            // A file re-hosted without its metadata does not say whose it is.
            let of_service = offer.is_empty() || offers.contains(&offer);
            of_service && prefixed && wanted.is_none_or(|wanted| wanted == operation)
        })
        .map(|(.., id, units)| Line { id: *id, units: Decimal::from(*units) })
}

/// `USE1-`, `EUC1-`, `EU-`: capitals and digits with a dash at the end, and nothing that tells another product.
fn is_region_prefix(head: &str) -> bool {
    head.strip_suffix('-').is_some_and(|code| {
        (2..=5).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

/// What files without region codes call a region, for the regions their users have asked for.
pub(super) fn location(region: &str) -> Option<&'static str> {
    Some(match region {
        "us-east-1" => "US East (N. Virginia)",
        "us-east-2" => "US East (Ohio)",
        "us-west-1" => "US West (N. California)",
        "us-west-2" => "US West (Oregon)",
        "eu-west-1" => "EU (Ireland)",
        "eu-central-1" => "EU (Frankfurt)",
        _ => return None,
    })
}
