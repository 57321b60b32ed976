//! Which product of which service is which price of the model.

use rust_decimal::Decimal;

use crate::finance::pricing::prices::PriceId;

/// A price of the model, what it is measured in, and how many of the file's units one of its own holds.
pub(super) struct Line {
    pub(super) id: PriceId,
    pub(super) measure: Measure,
    pub(super) units: Decimal,
}

/// What a product may be.
pub(super) enum Match {
    None,
    One(Line),
    /// Of more than one service, where the file does not say which.
    Several,
}

/// What a price is measured in. Files write the same unit in many ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Hour,
    Gigabyte,
    GigabyteMonth,
    /// A number of things, which files call by their names: keys, events, requests.
    Count,
}

impl Measure {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Gigabyte => "gigabyte",
            Self::GigabyteMonth => "gigabyte-month",
            Self::Count => "piece",
        }
    }

    /// Whether the file's unit is this one; a file without units is believed.
    pub(super) fn is(self, unit: &str) -> bool {
        let unit: String = unit.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let measure = match unit.as_str() {
            "" => return true,
            "h" | "hr" | "hrs" | "hour" | "hours" | "hourly" => Self::Hour,
            "gb" | "gbs" | "gigabyte" | "gigabytes" => Self::Gigabyte,
            "gbmo" | "gbmonth" | "gbmonths" | "gigabytemonth" => Self::GigabyteMonth,
            "s" | "second" | "seconds" | "minute" | "minutes" | "tb" | "mb" | "kb" | "tbmo" => return false,
            _ => Self::Count,
        };
        measure == self
    }
}

/// Services (any of several, as products have moved), the end of the usage type, the operation where it matters, and the
/// line with its measure. Usage types of us-east-1 may lack the prefix other regions have.
type Row = (&'static [&'static str], &'static str, Option<&'static str>, PriceId, Measure, u32);

const NETWORK: &[&str] = &["AmazonEC2", "AmazonVPC"];
const LOGS: &[&str] = &["AmazonCloudWatch"];
const STORAGE: &[&str] = &["AmazonS3"];

const ROWS: &[Row] = &[
    (NETWORK, "NatGateway-Hours", None, PriceId::NatGatewayHour, Measure::Hour, 1),
    (NETWORK, "NatGateway-Bytes", None, PriceId::NatGatewayGb, Measure::Gigabyte, 1),
    (NETWORK, "PublicIPv4:InUseAddress", None, PriceId::PublicIpv4Hour, Measure::Hour, 1),
    (NETWORK, "VPN-Usage-Hours:ipsec.1", None, PriceId::VpnConnectionHour, Measure::Hour, 1),
    (
        NETWORK,
        "TransitGateway-Hours",
        Some("TransitGatewayVPC"),
        PriceId::TransitGatewayAttachmentHour,
        Measure::Hour,
        1,
    ),
    (
        NETWORK,
        "TransitGateway-Bytes",
        Some("TransitGatewayVPC"),
        PriceId::TransitGatewayGb,
        Measure::Gigabyte,
        1,
    ),
    (NETWORK, "VpcEndpoint-Hours", None, PriceId::InterfaceEndpointHour, Measure::Hour, 1),
    (NETWORK, "VpcEndpoint-Bytes", None, PriceId::InterfaceEndpointGb, Measure::Gigabyte, 1),
    (LOGS, "VendedLog-Bytes", None, PriceId::VendedLogsCloudwatchGb, Measure::Gigabyte, 1),
    (LOGS, "S3-Egress-Bytes", None, PriceId::VendedLogsS3Gb, Measure::Gigabyte, 1),
    (LOGS, "TimedStorage-ByteHrs", None, PriceId::CloudwatchStorageGbMonth, Measure::GigabyteMonth, 1),
    (LOGS, "AlarmMonitorUsage", None, PriceId::AlarmMonth, Measure::Count, 1),
    (LOGS, "DashboardsUsageHour", None, PriceId::DashboardMonth, Measure::Count, 1),
    (STORAGE, "TimedStorage-ByteHrs", None, PriceId::S3StandardGbMonth, Measure::GigabyteMonth, 1),
    (STORAGE, "TimedStorage-SIA-ByteHrs", None, PriceId::S3StandardIaGbMonth, Measure::GigabyteMonth, 1),
    (STORAGE, "TimedStorage-GIR-ByteHrs", None, PriceId::S3GlacierInstantGbMonth, Measure::GigabyteMonth, 1),
    (
        STORAGE,
        "TimedStorage-GlacierByteHrs",
        None,
        PriceId::S3GlacierFlexibleGbMonth,
        Measure::GigabyteMonth,
        1,
    ),
    (STORAGE, "TimedStorage-GDA-ByteHrs", None, PriceId::S3DeepArchiveGbMonth, Measure::GigabyteMonth, 1),
    (&["AWSConfig"], "ConfigurationItemRecorded", None, PriceId::ConfigItem, Measure::Count, 1),
    (&["AWSConfig"], "ConfigRuleEvaluations", None, PriceId::ConfigRuleEvaluation, Measure::Count, 1),
    (
        &["AmazonGuardDuty"],
        "PaidEventsAnalyzed",
        None,
        PriceId::GuarddutyEventsMillion,
        Measure::Count,
        1_000_000,
    ),
    (&["AmazonGuardDuty"], "PaidEventsAnalyzed-Bytes", None, PriceId::GuarddutyFlowGb, Measure::Gigabyte, 1),
    (&["AWSCloudTrail"], "PaidEventsRecorded", None, PriceId::CloudtrailCopy100k, Measure::Count, 100_000),
    (&["AWSCloudTrail"], "DataEventsRecorded", None, PriceId::CloudtrailData100k, Measure::Count, 100_000),
    (&["awskms"], "KMS-Keys", None, PriceId::KmsKeyMonth, Measure::Count, 1),
    (&["AWSBudgets"], "ActionEnabledBudgetsUsage", None, PriceId::BudgetActionDay, Measure::Count, 1),
];

/// The line of a product. A service is empty where nobody says whose the product is.
pub(super) fn line(service: &str, usage_type: &str, operation: &str) -> Match {
    let fits = |(services, usage, wanted, ..): &&Row| {
        let tail = usage_type.strip_suffix(usage);
        let prefixed = tail.is_some_and(|head| head.is_empty() || is_region_prefix(head));
        let of_service = service.is_empty() || services.contains(&service);
        of_service && prefixed && wanted.is_none_or(|wanted| wanted == operation)
    };
    let mut rows = ROWS.iter().filter(fits);
    match (rows.next(), rows.next()) {
        (None, _) => Match::None,
        (Some((.., id, measure, units)), None) => {
            Match::One(Line { id: *id, measure: *measure, units: Decimal::from(*units) })
        }
        (Some(_), Some(_)) => Match::Several,
    }
}

/// `USE1-`, `EUC1-`, `EU-`: capitals and digits with a dash at the end, and nothing that tells another product.
fn is_region_prefix(head: &str) -> bool {
    head.strip_suffix('-').is_some_and(|code| {
        (2..=5).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

/// Whether a location is what files without region codes call a region; «Europe» was «EU» once.
pub(super) fn is_location(region: &str, location: &str) -> bool {
    let now = match region {
        "us-east-1" => "US East (N. Virginia)",
        "us-east-2" => "US East (Ohio)",
        "us-west-1" => "US West (N. California)",
        "us-west-2" => "US West (Oregon)",
        "us-gov-west-1" => "AWS GovCloud (US-West)",
        "us-gov-east-1" => "AWS GovCloud (US-East)",
        "ca-central-1" => "Canada (Central)",
        "eu-west-1" => "Europe (Ireland)",
        "eu-west-2" => "Europe (London)",
        "eu-west-3" => "Europe (Paris)",
        "eu-central-1" => "Europe (Frankfurt)",
        "eu-north-1" => "Europe (Stockholm)",
        _ => return false,
    };
    let before = location.strip_prefix("EU ").map(|rest| format!("Europe {rest}"));
    before.as_deref().unwrap_or(location) == now
}
