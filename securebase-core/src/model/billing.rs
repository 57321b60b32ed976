//! The words of a bill: the prices that this crate knows how to use, and the quantities of a usage profile.
//!
//! What a price is, and how much a tenant uses, is data (`finance`); which of them a kind of resource is charged, a fact about
//! the kind (`kinds`).

use std::fmt;

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

macro_rules! quantities {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// A quantity of a usage profile, for one tenant and month unless it says otherwise.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Quantity { $($(#[$doc])* $variant,)* }

        impl Quantity {
            /// Every quantity.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable name, in snake_case, units last.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

quantities! {
    /// GB through each NAT gateway, both directions.
    NatGb = "nat_gb";
    /// GB of flow logs of each VPC.
    FlowLogGb = "flow_log_gb";
    /// How many times larger a log is than what CloudWatch stores of it; 0 and 1 mean not compressed.
    LogCompression = "log_compression";
    /// How many times larger a log is than the file S3 stores of it; 0 and 1 mean not compressed.
    ArchiveCompression = "archive_compression";
    /// Years flow logs are archived in S3; 0 for no archive.
    ArchiveYears = "archive_years";
    /// Months an archived log stays in S3 Standard before it moves to the archive class.
    ArchiveHotMonths = "archive_hot_months";
    /// Objects written to the archive.
    ArchiveObjects = "archive_objects";
    /// Configuration items recorded by Config.
    ConfigItems = "config_items";
    /// Evaluations of Config rules.
    ConfigEvaluations = "config_evaluations";
    /// Management events read by GuardDuty.
    GuarddutyEvents = "guardduty_events";
    /// GB of DNS logs read by GuardDuty, beside the flow logs it reads anyway.
    GuarddutyDnsGb = "guardduty_dns_gb";
    /// Checks by Security Hub.
    SecurityHubChecks = "security_hub_checks";
    /// Alarms on one metric each.
    Alarms = "alarms";
    /// Customer-managed keys.
    KmsKeys = "kms_keys";
    /// Dashboards.
    Dashboards = "dashboards";
    /// Site-to-site VPN connections, two public addresses each.
    VpnConnections = "vpn_connections";
    /// Transit gateway attachments of each VPC.
    TransitGatewayAttachments = "transit_gateway_attachments";
    /// GB through the transit gateway.
    TransitGatewayGb = "transit_gateway_gb";
    /// Interface endpoints of each VPC, counted once per zone.
    InterfaceEndpointZones = "interface_endpoint_zones";
    /// GB through interface endpoints.
    InterfaceEndpointGb = "interface_endpoint_gb";
    /// GB between availability zones.
    CrossZoneGb = "cross_zone_gb";
    /// GB to the internet.
    EgressGb = "egress_gb";
    /// Active addresses under IPAM's advanced tier.
    IpamAddresses = "ipam_addresses";
    /// Management events delivered to a further trail.
    CloudtrailCopyEvents = "cloudtrail_copy_events";
    /// CloudTrail data events.
    CloudtrailDataEvents = "cloudtrail_data_events";
    /// Budgets with actions.
    ActionBudgets = "action_budgets";
    /// Accounts under a paid support plan.
    SupportAccounts = "support_accounts";
    /// GB inspected by Macie.
    MacieGb = "macie_gb";
    /// Instances watched by Inspector.
    InspectorInstances = "inspector_instances";
    /// What the provider pays for the tenant's own workload, in the currency of the prices.
    Workload = "workload";
}
