//! The prices this crate knows how to use.

use std::fmt;
use std::str::FromStr;

use crate::finance::Error;

macro_rules! price_ids {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// A price this crate knows how to use. Its name is the `id` in `data/prices.toml`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum PriceId { $($(#[$doc])* $variant,)* }

        impl PriceId {
            /// Every price, in the order of a cost report.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable name, in snake_case, the unit last.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

price_ids! {
    /// An hour of a NAT gateway.
    NatGatewayHour = "nat_gateway_hour";
    /// A GB through a NAT gateway, either direction.
    NatGatewayGb = "nat_gateway_gb";
    /// An hour of a public IPv4 address.
    PublicIpv4Hour = "public_ipv4_hour";
    /// An hour of a site-to-site VPN connection.
    VpnConnectionHour = "vpn_connection_hour";
    /// An hour of a transit gateway attachment.
    TransitGatewayAttachmentHour = "transit_gateway_attachment_hour";
    /// A GB through a transit gateway.
    TransitGatewayGb = "transit_gateway_gb";
    /// An hour of an interface endpoint in one zone.
    InterfaceEndpointHour = "interface_endpoint_hour";
    /// A GB through an interface endpoint.
    InterfaceEndpointGb = "interface_endpoint_gb";
    /// A GB from one zone to another.
    CrossZoneGb = "cross_zone_gb";
    /// A GB to the internet.
    EgressGb = "egress_gb";
    /// An hour of an active address under IPAM's advanced tier.
    IpamIpHour = "ipam_ip_hour";
    /// A GB of flow logs delivered to CloudWatch.
    VendedLogsCloudwatchGb = "vended_logs_cloudwatch_gb";
    /// A GB of flow logs delivered to S3.
    VendedLogsS3Gb = "vended_logs_s3_gb";
    /// A GB-month of logs in CloudWatch.
    CloudwatchStorageGbMonth = "cloudwatch_storage_gb_month";
    /// A GB-month in S3 Standard.
    S3StandardGbMonth = "s3_standard_gb_month";
    /// A GB-month in S3 Standard-IA.
    S3StandardIaGbMonth = "s3_standard_ia_gb_month";
    /// A GB-month in Glacier Instant Retrieval.
    S3GlacierInstantGbMonth = "s3_glacier_instant_gb_month";
    /// A GB-month in Glacier Flexible Retrieval.
    S3GlacierFlexibleGbMonth = "s3_glacier_flexible_gb_month";
    /// A GB-month in Glacier Deep Archive.
    S3DeepArchiveGbMonth = "s3_deep_archive_gb_month";
    /// A thousand PUT requests.
    S3Put1000 = "s3_put_1000";
    /// A thousand objects moved to S3 Standard-IA.
    S3TransitionStandardIa1000 = "s3_transition_standard_ia_1000";
    /// A thousand objects moved to Glacier Instant Retrieval.
    S3TransitionGlacierInstant1000 = "s3_transition_glacier_instant_1000";
    /// A thousand objects moved to Glacier Flexible Retrieval.
    S3TransitionGlacierFlexible1000 = "s3_transition_glacier_flexible_1000";
    /// A thousand objects moved to Glacier Deep Archive.
    S3TransitionDeepArchive1000 = "s3_transition_deep_archive_1000";
    /// A configuration item recorded by Config.
    ConfigItem = "config_item";
    /// An evaluation of a Config rule.
    ConfigRuleEvaluation = "config_rule_evaluation";
    /// A million management events read by GuardDuty.
    GuarddutyEventsMillion = "guardduty_events_million";
    /// A GB of flow and DNS logs read by GuardDuty.
    GuarddutyFlowGb = "guardduty_flow_gb";
    /// A check by Security Hub.
    SecurityHubCheck = "security_hub_check";
    /// A hundred thousand management events, delivered once more.
    CloudtrailCopy100k = "cloudtrail_copy_100k";
    /// A hundred thousand data events.
    CloudtrailData100k = "cloudtrail_data_100k";
    /// A key for a month.
    KmsKeyMonth = "kms_key_month";
    /// A day of a budget with actions.
    BudgetActionDay = "budget_action_day";
    /// A dashboard for a month.
    DashboardMonth = "dashboard_month";
    /// An alarm on one metric for a month.
    AlarmMonth = "alarm_month";
    /// Shield Advanced for the organization, for a month.
    ShieldAdvancedMonth = "shield_advanced_month";
    /// AWS Support for an account, for a month.
    SupportAccountMonth = "support_account_month";
    /// A GB inspected by Macie.
    MacieGb = "macie_gb";
    /// An instance watched by Inspector for a month.
    InspectorInstanceMonth = "inspector_instance_month";
    /// A unit of money of the tenant's own workload.
    WorkloadMonth = "workload_month";
}

impl fmt::Display for PriceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PriceId {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|id| id.name() == text)
            .ok_or_else(|| Error::unknown("price", text, Self::ALL.iter().map(|id| id.name())))
    }
}
