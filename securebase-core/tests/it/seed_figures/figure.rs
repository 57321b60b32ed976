//! The printed figures as data: where each stands, what it measures, what is right.
//!
//! Everything is typed: a metric, scenario, report or field that this file does not declare is an error when the data is
//! read, so no figure can fall through to a default question.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::scenario::{Document, Scenario, Tier, Variant};

/// The file of figures.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) version: u32,
    pub(super) about: String,
    pub(super) consistent: Vec<Consistent>,
    pub(super) wrong: Vec<Wrong>,
    pub(super) reasons: BTreeMap<String, String>,
}

pub(super) fn file() -> File {
    serde_json::from_str(include_str!("../../data/seed-figures.json")).unwrap()
}

/// A figure that follows from what its report states.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consistent {
    pub(super) id: String,
    document: Document,
    #[serde(rename = "line")]
    _line: u32,
    metric: Metric,
    scenario: Option<Scenario>,
    variant: Option<Variant>,
    #[serde(rename = "unit")]
    _unit: Unit,
    pub(super) value: Value,
    digits: Option<u32>,
    tolerance: Option<Decimal>,
}

/// A figure that does not follow, and what would.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wrong {
    pub(super) id: String,
    pub(super) document: Document,
    pub(super) line: u32,
    pub(super) metric: Metric,
    pub(super) scenario: Option<Scenario>,
    pub(super) unit: Unit,
    pub(super) printed: Value,
    pub(super) right: Option<Value>,
    pub(super) right_text: String,
    pub(super) why: String,
}

/// What a figure asks, without the answer that its report gives.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) document: Document,
    pub(super) metric: Metric,
    pub(super) scenario: Option<Scenario>,
    pub(super) variant: Option<Variant>,
}

impl Consistent {
    pub(super) fn question(&self) -> Question {
        Question {
            document: self.document,
            metric: self.metric.clone(),
            scenario: self.scenario,
            variant: self.variant,
        }
    }

    /// How close an answer must come.
    pub(super) fn precision(&self) -> Precision {
        match (self.digits, self.tolerance) {
            (digits, None) => Precision::Digits(digits.unwrap_or(0)),
            (None, Some(tolerance)) => Precision::Relative(tolerance),
            (Some(_), Some(_)) => panic!("{}: `digits` and `tolerance` exclude each other", self.id),
        }
    }
}

impl Wrong {
    pub(super) fn question(&self) -> Question {
        Question {
            document: self.document,
            metric: self.metric.clone(),
            scenario: self.scenario,
            variant: None,
        }
    }
}

/// A number as printed, a range whose end may be open, or the text of a block.
#[derive(Deserialize, Clone, PartialEq, Debug)]
#[serde(untagged)]
pub(super) enum Value {
    One(String),
    Range(String, Option<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(value) => f.write_str(value),
            Self::Range(low, Some(high)) => write!(f, "{low} to {high}"),
            Self::Range(low, None) => write!(f, "{low} and more"),
        }
    }
}

/// How close an answer must come to a printed number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Precision {
    /// Equal when rounded to this many digits, or to those that are printed where that is more.
    Digits(u32),
    /// Off by at most this fraction of a number printed as an estimate.
    Relative(Decimal),
}

/// The unit a figure is printed in.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    AccountId,
    Cidr,
    Count,
    Days,
    Hours,
    HoursPerWeek,
    Levels,
    Lines,
    Minutes,
    Months,
    Multiple,
    People,
    Percent,
    PercentagePoints,
    Tenants,
    TenantsPerDay,
    UsdPerMonth,
    Users,
    Years,
}

impl Unit {
    /// What follows a number of this unit.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::AccountId | Self::Cidr | Self::Count | Self::UsdPerMonth => "",
            Self::Days => " days",
            Self::Hours => " hours",
            Self::HoursPerWeek => " hours a week",
            Self::Levels => " levels",
            Self::Lines => " lines",
            Self::Minutes => " minutes",
            Self::Months => " months",
            Self::Multiple => " times",
            Self::People => " people",
            Self::Percent => " %",
            Self::PercentagePoints => " percentage points",
            Self::Tenants => " tenants",
            Self::TenantsPerDay => " tenants a day",
            Self::Users => " users",
            Self::Years => " years",
        }
    }
}

/// What is left of revenue after which costs. The reports say "gross" for the first and "net" for the third.
#[derive(Deserialize, Serialize, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
pub(super) enum Margin {
    /// After infrastructure.
    Infrastructure,
    /// After infrastructure and support.
    Gross,
    /// After everything.
    Operating,
    /// After everything that every month brings.
    OperatingBeforeContingency,
}

/// What a figure measures. `Units` are organizational units, a `*Change` is relative and an `*Added` absolute.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(rename_all = "snake_case")]
pub(super) enum Metric {
    // Counts of a scenario.
    Accounts,
    AccountsChange,
    AccountsMultiple,
    FlowLogs,
    Guardrails,
    NatGateways,
    ResourcesAdded,
    ResourcesChange,
    ResourcesTotal,
    Subnets,
    SubnetsPerTenant,
    TenantShare(Tier),
    Tenants,
    TenantsAdded,
    TenantsChange,
    TenantsPerUnit,
    TierTenants(Tier),
    TierTenantsMultiple(Tier),
    TierUnits(Tier),
    TiersRepresented,
    UniquePrefixes,
    Units,
    UnitsChange,
    Vpcs,
    VpcsPerTenant,
    // Money.
    BreakevenMonth,
    CostChange,
    CostInfraPlusSupport,
    CostMultiple,
    CostPerTenant,
    CostsAdded,
    Dashboards,
    FlowLogsInCloudwatchCost,
    #[serde(rename = "flow_logs_in_s3_cost")]
    FlowLogsInS3Cost,
    Infrastructure,
    InfrastructureAllocated(Tier),
    InfrastructureChange,
    InfrastructurePerTenant,
    InfrastructureShareOfRevenue,
    LogTierSaving,
    Margin(Margin),
    MarginChange,
    MarginChangeRelative,
    #[serde(rename = "mrr_month_2_3")]
    MrrMonths2To3,
    NatCost,
    NatCostAtListPrice,
    NatCostPerGatewayAtListPrice,
    NatShareOfRevenue,
    Price(Tier),
    Profit,
    ProfitAdded,
    ProfitBeforeSales,
    ProfitChange,
    ProfitGrowthPerTenantGrowth,
    ProfitOverCost,
    ProfitPerTenant,
    Revenue,
    RevenueAdded,
    RevenueChange,
    RevenueDifference,
    RevenueMultiple,
    RevenuePerInfrastructureDollar(Tier),
    RevenuePerTenant,
    RevenueShare(Tier),
    SalesMarketing,
    Support,
    SupportChange,
    TenantPrice(String),
    TierNatCostAtListPrice(Tier),
    TierRevenue(Tier),
    TotalCosts,
    TotalCostsBeforeContingency,
    // Effort and time.
    ConfigLines,
    ConfigLinesAdded,
    ConfigLinesChange,
    ConfigurationTimeAdded,
    ConfigurationTimeChange,
    DeploymentEnd,
    DeploymentEndAdded,
    DeploymentEndChange,
    DeploymentTime,
    DeploymentTimeAdded,
    DeploymentTimeChange,
    DeploymentTimeSequential,
    OnboardingCapacityPerDay,
    OnboardingTime,
    OnboardingTimePerTenant,
    OnboardingTimeSequential,
    OnboardingWork,
    OnboardingWorkPerTenant,
    PostSetupTime,
    PostSetupTimeAdded,
    SupportHoursItemized,
    SupportLeverage,
    // What a plan holds.
    DistinctBlocks,
    InternetGateways,
    ItemizedResources,
    ItemizedResourcesAndOrganization,
    ResourcesPerTenant,
    RouteTables,
    SubnetBlock(String, String),
    VpcBlock(String),
    // What the library does not answer.
    AccountId(String),
    BlocksOfATier(Tier),
    BlocksWithoutOverlap,
    CriticalFixTime,
    FixesTotal,
    GoLiveTime,
    IdentityCenterFreeUsers,
    IssuesCritical,
    IssuesIdentifiedTotal,
    LogTierColdYears,
    MonitoredSeries,
    OperationsIssues,
    OuHierarchyLevels,
    OuHierarchyThreshold,
    OuNavigationComplexAt,
    ParallelSaving,
    #[serde(rename = "phase2_needed_before")]
    Phase2NeededBefore,
    PostDeploymentPhases,
    PostDeploymentTime,
    RevenuePatternPerTenant,
    SupportHoursPerWeek,
    SupportPeople,
    SupportPeoplePartTime,
    TimeToRevenue,
    Workday,
}

impl Metric {
    /// The words of its name, and what it is about in parentheses.
    pub(super) fn words(&self) -> (String, Option<String>) {
        let words = |text: &str| text.replace('_', " ");
        match serde_json::to_value(self).unwrap() {
            serde_json::Value::String(name) => (words(&name), None),
            serde_json::Value::Object(parts) => {
                let (name, about) = parts.into_iter().next().unwrap();
                let about = match about {
                    serde_json::Value::String(about) => words(&about),
                    other => other.to_string(),
                };
                (words(&name), Some(about))
            }
            other => panic!("a metric is a name or a name with what it is about: {other}"),
        }
    }
}
