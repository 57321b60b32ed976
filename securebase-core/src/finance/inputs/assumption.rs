//! The path of every number of a set of assumptions: what can be uncertain, turned by hand, and searched.
//!
//! A path names one number, or several that move together (all lines of one name, all steps of one price). Six paths of one
//! word are factors on everything of a kind. `varied` knows where the numbers of a path are.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::distribution::Factor;
use super::line::Category;
use crate::finance::error::Error;
use crate::finance::pricing::prices::PriceId;
use crate::model::billing::Quantity;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident: $($(#[$vdoc:meta])* $variant:ident = $text:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable name, in snake_case.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == text)
            }
        }
    };
}

names! {
    /// A number that each tier has.
    TierFigure:
    /// What a tenant pays a month.
    Price = "price";
    /// Tenants won a month.
    New = "new";
    /// The share of tenants that leave in a month.
    Churn = "churn";
    /// The share by which what a staying tenant pays grows in a month.
    Expansion = "expansion";
    /// The share by which it shrinks.
    Contraction = "contraction";
    /// Days for which CloudWatch keeps flow logs.
    LogRetentionDays = "log_retention_days";
}

names! {
    /// A number of the assumptions about growth.
    GrowthFigure:
    /// What each tenant won costs, once.
    AcquisitionCost = "acquisition_cost";
    /// By how much prices change in a year.
    PriceChangeYearly = "price_change_yearly";
    /// By how much costs change in a year.
    CostInflationYearly = "cost_inflation_yearly";
    /// The share off the price in a tenant's first months.
    Discount = "discount";
    /// How many months the discount lasts.
    DiscountMonths = "discount_months";
    /// Months until a new tenant pays the full price.
    RampMonths = "ramp_months";
}

names! {
    /// A number of what the organization uses once.
    OrganizationFigure:
    /// Accounts beside the tenants'.
    CoreAccounts = "core_accounts";
    /// Dashboards.
    Dashboards = "dashboards";
    /// Dashboards of each tier that has tenants.
    DashboardsPerTier = "dashboards_per_tier";
    /// GB of state.
    StateGb = "state_gb";
    /// Writes of state.
    StatePuts = "state_puts";
}

/// A number of a set of assumptions, by its path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum Assumption {
    /// A factor on everything of a kind: `new`, `churn`, `price`, `infrastructure`, `support`, `other`.
    Factor(Factor),
    /// A number of one tier: `price.fintech`, `new.fintech`, `churn.fintech`, `expansion.fintech`,
    /// `contraction.fintech`, `log_retention_days.fintech`.
    Tier(TierFigure, String),
    /// A number of growth: `growth.acquisition_cost`.
    Growth(GrowthFigure),
    /// A price, all its steps together: `prices.nat_gateway_hour`.
    Price(PriceId),
    /// Hours of a month: `prices.hours_per_month`.
    HoursPerMonth,
    /// A quantity of a usage profile, or of the core accounts: `usage.fintech.nat_gb`, `usage.core.alarms`.
    Usage(String, Quantity),
    /// What the organization uses: `usage.organization.dashboards`.
    Organization(OrganizationFigure),
    /// The assumed lines of a category and an item: `lines.support.customer_support`.
    Line(Category, String),
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Factor(factor) => f.write_str(factor.name()),
            Self::Tier(figure, tier) => write!(f, "{}.{tier}", figure.name()),
            Self::Growth(figure) => write!(f, "growth.{}", figure.name()),
            Self::Price(id) => write!(f, "prices.{}", id.name()),
            Self::HoursPerMonth => f.write_str("prices.hours_per_month"),
            Self::Usage(profile, quantity) => write!(f, "usage.{profile}.{}", quantity.name()),
            Self::Organization(figure) => write!(f, "usage.organization.{}", figure.name()),
            Self::Line(category, item) => write!(f, "lines.{}.{item}", category.name()),
        }
    }
}

impl FromStr for Assumption {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        parsed(text).ok_or_else(|| unknown(text))
    }
}

fn parsed(text: &str) -> Option<Assumption> {
    let Some((head, rest)) = text.split_once('.') else { return text.parse().ok().map(Assumption::Factor) };
    Some(match head {
        "growth" => Assumption::Growth(GrowthFigure::named(rest)?),
        "prices" if rest == "hours_per_month" => Assumption::HoursPerMonth,
        "prices" => Assumption::Price(rest.parse().ok()?),
        "usage" => match rest.rsplit_once('.')? {
            ("organization", name) => Assumption::Organization(OrganizationFigure::named(name)?),
            (profile, name) => Assumption::Usage(profile.to_owned(), name.parse().ok()?),
        },
        "lines" => {
            let (category, item) = rest.split_once('.')?;
            Assumption::Line(category.parse().ok()?, item.to_owned())
        }
        figure => Assumption::Tier(TierFigure::named(figure)?, rest.to_owned()),
    })
}

/// The text beside every path that might have been meant, whatever tiers, profiles and lines there are.
fn unknown(text: &str) -> Error {
    let name = |place: &str, name: &str| format!("{place}.{name}");
    let (head, last) = text.split_once('.').unwrap_or((text, ""));
    let tier = if last.is_empty() { "<tier>" } else { last };
    let profile = last.rsplit_once('.').map_or("<profile>", |(profile, _)| profile);
    let mut known: Vec<String> = Factor::ALL.iter().map(|factor| factor.name().to_owned()).collect();
    // What begins as a path of a price does not name a tier.
    if !["growth", "prices", "usage", "lines"].contains(&head) {
        known.extend(TierFigure::ALL.iter().map(|figure| name(figure.name(), tier)));
    }
    known.extend(GrowthFigure::ALL.iter().map(|figure| name("growth", figure.name())));
    known.push("prices.hours_per_month".to_owned());
    known.extend(PriceId::ALL.iter().map(|id| name("prices", id.name())));
    let organization = OrganizationFigure::ALL.iter();
    known.extend(organization.map(|figure| name("usage.organization", figure.name())));
    if head == "usage" && profile != "organization" {
        let quantities = Quantity::ALL.iter();
        known.extend(quantities.map(|quantity| format!("usage.{profile}.{}", quantity.name())));
    }
    let item = last.split_once('.').map_or("<item>", |(_, item)| item);
    known.extend(Category::ALL.iter().map(|category| format!("lines.{}.{item}", category.name())));
    Error::unknown("path of an assumption", text, known.iter().map(String::as_str))
}

impl TryFrom<String> for Assumption {
    type Error = Error;
    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl Assumption {
    /// What a number of this path may be, and the rule in words.
    pub(in crate::finance) fn range(&self) -> (f64, f64, &'static str) {
        match self {
            Self::Tier(TierFigure::Churn | TierFigure::Expansion | TierFigure::Contraction, _)
            | Self::Growth(GrowthFigure::Discount) => (0.0, 1.0, "use a share from 0 to 1"),
            Self::Tier(TierFigure::New, _) => (0.0, 100_000.0, "use 0 to 100,000 tenants a month"),
            Self::Growth(GrowthFigure::PriceChangeYearly | GrowthFigure::CostInflationYearly) => {
                (-0.99, 10.0, "use a fraction above -1, such as 0.03 for 3 %")
            }
            Self::Growth(GrowthFigure::DiscountMonths | GrowthFigure::RampMonths) => {
                (0.0, 600.0, "use 0 to 600 months")
            }
            Self::HoursPerMonth => (1.0, 744.0, "use 1 to 744 hours"),
            _ => (0.0, 1e15, "use a number from 0 to a quadrillion"),
        }
    }
}
