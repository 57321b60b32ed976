//! The figures that simulations and searches look at.

use super::outcome::Outcome;
use crate::finance::error::Error;
use crate::finance::inputs::line::Category;

/// A figure whose spread a simulation reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Tenants at the end of the month.
    Tenants,
    /// Recurring revenue of the month.
    Revenue,
    /// Revenue less all costs.
    Profit,
    /// (revenue - infrastructure) / revenue.
    InfrastructureMargin,
    /// (revenue - infrastructure - support) / revenue.
    GrossMargin,
    /// Profit over revenue.
    OperatingMargin,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Tenants,
        Self::Revenue,
        Self::Profit,
        Self::InfrastructureMargin,
        Self::GrossMargin,
        Self::OperatingMargin,
    ];

    /// The stable name, in snake_case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tenants => "tenants",
            Self::Revenue => "revenue",
            Self::Profit => "profit",
            Self::InfrastructureMargin => "infrastructure_margin",
            Self::GrossMargin => "gross_margin",
            Self::OperatingMargin => "operating_margin",
        }
    }

    /// Whether it is a share of revenue, which a month without revenue does not have.
    pub(in crate::finance) fn is_margin(self) -> bool {
        match self {
            Self::Tenants | Self::Revenue | Self::Profit => false,
            Self::InfrastructureMargin | Self::GrossMargin | Self::OperatingMargin => true,
        }
    }

    pub(in crate::finance) fn of(self, outcome: &Outcome) -> f64 {
        match self {
            Self::Tenants => outcome.tenants,
            Self::Revenue => outcome.revenue,
            Self::Profit => outcome.profit(),
            Self::InfrastructureMargin => outcome.margin(Category::Infrastructure),
            Self::GrossMargin => outcome.margin(Category::Support),
            Self::OperatingMargin => outcome.margin(Category::Other),
        }
    }
}

impl std::str::FromStr for Metric {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|metric| metric.name() == text)
            .ok_or_else(|| Error::unknown("metric", text, Self::ALL.map(Self::name)))
    }
}
