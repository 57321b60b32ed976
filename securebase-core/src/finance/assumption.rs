//! Every number of a set of assumptions by its path: what can be uncertain, and what a sensitivity moves.
//!
//! A path names one number, or several that move together (all lines of one name, all steps of one price). Six paths of one
//! word are factors on everything of a kind; they cost a simulation nothing. Any other path is applied to the assumptions
//! themselves, and the model is compiled anew for each trial.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use serde::Deserialize;

use super::Error;
use super::assumptions::{Basis, Category, Infrastructure};
use super::fast::Fast;
use super::growth::Growth;
use super::model::Model;
use super::prices::PriceId;
use super::uncertainty::Factor;
use super::usage::Quantity;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident, $what:literal: $($(#[$vdoc:meta])* $variant:ident = $text:literal;)*) => {
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

            fn parse(text: &str) -> Result<Self, Error> {
                Self::ALL.iter().copied().find(|known| known.name() == text)
                    .ok_or_else(|| Error::unknown($what, text, Self::ALL.iter().map(|known| known.name())))
            }
        }
    };
}

names! {
    /// A number that each tier has.
    TierFigure, "figure of a tier":
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
    GrowthFigure, "figure of growth":
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
    OrganizationFigure, "figure of the organization":
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
        let Some((head, rest)) = text.split_once('.') else { return text.parse().map(Self::Factor) };
        let unknown = || {
            let shapes =
                ["price.<tier>", "new.<tier>", "churn.<tier>", "expansion.<tier>", "contraction.<tier>"];
            let more =
                ["growth.<name>", "prices.<id>", "usage.<profile>.<quantity>", "lines.<category>.<item>"];
            Error::unknown("path of an assumption", text, shapes.into_iter().chain(more))
        };
        match head {
            "growth" => GrowthFigure::parse(rest).map(Self::Growth),
            "prices" if rest == "hours_per_month" => Ok(Self::HoursPerMonth),
            "prices" => rest.parse().map(Self::Price),
            "usage" => {
                let (profile, name) = rest.rsplit_once('.').ok_or_else(unknown)?;
                match profile {
                    "organization" => OrganizationFigure::parse(name).map(Self::Organization),
                    profile => Ok(Self::Usage(profile.to_owned(), name.parse()?)),
                }
            }
            "lines" => {
                let (category, item) = rest.split_once('.').ok_or_else(unknown)?;
                Ok(Self::Line(category.parse()?, item.to_owned()))
            }
            head => {
                let figure = TierFigure::parse(head).map_err(|_| unknown())?;
                Ok(Self::Tier(figure, rest.to_owned()))
            }
        }
    }
}

impl TryFrom<String> for Assumption {
    type Error = Error;
    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

/// The item of a line as its path writes it: `AWS support` is `aws_support`.
fn slug(item: &str) -> String {
    let words = item.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// A factor beyond which nothing is meant; it keeps products inside what a decimal holds.
const FACTOR_MAX: f64 = 1e6;

/// The model, its growth and what tenants pay now, with some of their numbers multiplied.
#[derive(Debug, Clone)]
pub(super) struct Varied {
    pub(super) model: Model,
    pub(super) growth: Growth,
    /// What the tenants there are pay on average, by tier.
    pub(super) paid: Vec<Decimal>,
    /// The places of the assumptions among the uncertain ones, and what their numbers are without a factor.
    numbers: Vec<(usize, Assumption, Vec<Decimal>)>,
}

impl Varied {
    /// # Errors
    /// [`Error::Unknown`] for a path that names nothing in this model.
    pub(super) fn new<'a>(
        model: &Model,
        growth: &Growth,
        assumptions: impl IntoIterator<Item = &'a Assumption>,
    ) -> Result<Self, Error> {
        let mut growth = growth.clone();
        // Every tier gets a row of its own, so that a path can move it alone.
        for tier in model.tiers() {
            let mut row = growth.tier(tier.name.as_str());
            tier.name.as_str().clone_into(&mut row.tier);
            growth.set_tier(row);
        }
        let paid = (0..model.tiers().len()).map(|tier| model.average_price(tier)).collect();
        let mut varied = Self { model: model.clone(), growth, paid, numbers: Vec::new() };
        for (place, assumption) in assumptions.into_iter().enumerate() {
            if matches!(assumption, Assumption::Factor(_)) {
                continue;
            }
            let mut numbers = Vec::new();
            varied.visit(assumption, &mut |number| numbers.push(*number))?;
            varied.numbers.push((place, assumption.clone(), numbers));
        }
        Ok(varied)
    }

    /// Whether any assumption is applied to the model itself.
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Multiplies the numbers by the factors of the uncertain assumptions, in their order.
    pub(super) fn apply(&mut self, factors: &[f64]) -> Result<(), Error> {
        let numbers = std::mem::take(&mut self.numbers);
        let result = numbers.iter().try_for_each(|(place, assumption, originals)| {
            let factor = Decimal::from_f64(factors[*place].clamp(0.0, FACTOR_MAX)).unwrap_or(Decimal::ONE);
            let factor = factor.round_dp(12);
            let mut originals = originals.iter();
            self.visit(assumption, &mut |number| {
                if let Some(original) = originals.next() {
                    *number = original.checked_mul(factor).unwrap_or(Decimal::MAX).round_dp(15);
                }
            })
        });
        self.numbers = numbers;
        result
    }

    /// The model with its numbers as they are now.
    pub(super) fn compiled(&self, months: u32) -> Result<Fast, Error> {
        Fast::with_paid(&self.model, &self.growth, months, &self.paid)
    }

    /// Every number a path names, in a fixed order. What must be whole, or a share, is made so again.
    fn visit(&mut self, path: &Assumption, change: &mut dyn FnMut(&mut Decimal)) -> Result<(), Error> {
        let Self { model, growth, paid, .. } = self;
        match path {
            Assumption::Factor(_) => Ok(()),
            Assumption::Tier(figure, name) => {
                let known = model.tiers.iter().position(|tier| tier.name.as_str() == name);
                let place = known.ok_or_else(|| super::model::unknown_tier(name, &model.tiers))?;
                let tier = &mut model.tiers[place];
                let row = growth.tiers.iter_mut().find(|row| row.tier == *name);
                match (figure, row) {
                    (TierFigure::Price, _) => {
                        change(&mut tier.monthly_price.amount);
                        change(&mut paid[place]);
                    }
                    (TierFigure::LogRetentionDays, _) => whole(&mut tier.log_retention_days, change),
                    (TierFigure::New, Some(row)) => change(&mut row.new),
                    (TierFigure::Churn, Some(row)) => share(&mut row.churn, change),
                    (TierFigure::Expansion, Some(row)) => share(&mut row.expansion, change),
                    (TierFigure::Contraction, Some(row)) => share(&mut row.contraction, change),
                    (_, None) => {}
                }
                Ok(())
            }
            Assumption::Growth(figure) => {
                match figure {
                    GrowthFigure::AcquisitionCost => change(&mut growth.acquisition_cost),
                    GrowthFigure::PriceChangeYearly => yearly(&mut growth.price_change_yearly, change),
                    GrowthFigure::CostInflationYearly => yearly(&mut growth.cost_inflation_yearly, change),
                    GrowthFigure::Discount => share(&mut growth.discount, change),
                    GrowthFigure::DiscountMonths => whole(&mut growth.discount_months, change),
                    GrowthFigure::RampMonths => whole(&mut growth.ramp_months, change),
                }
                Ok(())
            }
            Assumption::Line(category, item) => {
                let lines = model.assumptions.lines.iter_mut();
                let mut lines =
                    lines.filter(|line| line.category == *category && slug(&line.item) == *item).peekable();
                if lines.peek().is_none() {
                    drop(lines);
                    let known: Vec<String> =
                        model.assumptions.lines.iter().map(|line| path_of(line).to_string()).collect();
                    let shown = path.to_string();
                    return Err(Error::unknown("assumed line", &shown, known.iter().map(String::as_str)));
                }
                for line in lines {
                    match &mut line.basis {
                        Basis::Points(points) => points.iter_mut().for_each(|(_, amount)| change(amount)),
                        Basis::Organization | Basis::Tenant | Basis::Network => change(&mut line.price),
                    }
                }
                Ok(())
            }
            Assumption::Price(_)
            | Assumption::HoursPerMonth
            | Assumption::Usage(..)
            | Assumption::Organization(_) => catalogue(model, path, change),
        }
    }
}

/// The numbers of a path in price book and usage.
fn catalogue(
    model: &mut Model,
    path: &Assumption,
    change: &mut dyn FnMut(&mut Decimal),
) -> Result<(), Error> {
    let Infrastructure::Catalogue { prices, usage } = &mut model.assumptions.infrastructure else {
        let shown = path.to_string();
        return Err(Error::unknown(
            "assumption of a report without prices",
            &shown,
            ["lines.<category>.<item>"],
        ));
    };
    match path {
        Assumption::Price(id) => {
            Arc::make_mut(prices).entry(*id).steps.iter_mut().for_each(|step| change(&mut step.price));
        }
        Assumption::HoursPerMonth => change(Arc::make_mut(prices).hours_mut()),
        Assumption::Organization(figure) => {
            let usage = Arc::make_mut(usage);
            match figure {
                OrganizationFigure::CoreAccounts => whole(&mut usage.core_accounts, change),
                OrganizationFigure::Dashboards => change(&mut usage.dashboards),
                OrganizationFigure::DashboardsPerTier => change(&mut usage.dashboards_per_tier),
                OrganizationFigure::StateGb => change(&mut usage.state_gb),
                OrganizationFigure::StatePuts => change(&mut usage.state_puts),
            }
        }
        Assumption::Usage(name, quantity) => {
            let usage = Arc::make_mut(usage);
            let profile = if name == "core" {
                &mut usage.core
            } else if let Some(place) = usage.profiles.iter().position(|profile| profile.tier == *name) {
                &mut usage.profiles[place]
            } else {
                let known = usage.profiles.iter().map(|profile| profile.tier.as_str()).chain(["core"]);
                return Err(Error::unknown("usage profile", name, known));
            };
            let mut value = profile.get(*quantity);
            change(&mut value);
            profile.set(*quantity, value);
        }
        _ => {}
    }
    Ok(())
}

fn path_of(line: &super::assumptions::AssumedLine) -> Assumption {
    Assumption::Line(line.category, slug(&line.item))
}

fn whole(number: &mut u32, change: &mut dyn FnMut(&mut Decimal)) {
    let mut exact = Decimal::from(*number);
    change(&mut exact);
    *number = exact.round().to_u32().unwrap_or(u32::MAX);
}

fn share(number: &mut Decimal, change: &mut dyn FnMut(&mut Decimal)) {
    change(number);
    *number = (*number).clamp(Decimal::ZERO, Decimal::ONE);
}

/// A yearly change above -1: nothing becomes worth less than nothing.
fn yearly(number: &mut Decimal, change: &mut dyn FnMut(&mut Decimal)) {
    change(number);
    *number = (*number).clamp(Decimal::new(-99, 2), Decimal::TEN);
}

impl Model {
    /// Every number of its assumptions and of a growth that has a path, with its value: a price is that of its last step
    /// that costs something, a line by numbers of tenants its last point. Numbers that are zero are left out, because no
    /// factor moves them; so are the six factors, which are one.
    pub fn assumption_values(&self, growth: &Growth) -> Vec<(Assumption, Decimal)> {
        let tiers = self.tiers().iter().flat_map(|tier| {
            let name = tier.name.as_str().to_owned();
            TierFigure::ALL.iter().map(move |figure| Assumption::Tier(*figure, name.clone()))
        });
        let mut paths: Vec<Assumption> = tiers.collect();
        paths.extend(GrowthFigure::ALL.iter().map(|figure| Assumption::Growth(*figure)));
        let mut lines: Vec<Assumption> = self.assumptions().lines().iter().map(path_of).collect();
        lines.dedup();
        paths.extend(lines);
        if let Some(usage) = self.assumptions().usage() {
            paths.push(Assumption::HoursPerMonth);
            paths.extend(PriceId::ALL.iter().map(|id| Assumption::Price(*id)));
            paths.extend(OrganizationFigure::ALL.iter().map(|figure| Assumption::Organization(*figure)));
            let profiles = usage.profiles.iter().map(|profile| profile.tier.as_str()).chain(["core"]);
            paths.extend(profiles.flat_map(|profile| {
                Quantity::ALL.iter().map(|quantity| Assumption::Usage(profile.to_owned(), *quantity))
            }));
        }
        let Ok(mut varied) = Varied::new(self, growth, []) else { return Vec::new() };
        paths
            .into_iter()
            .filter_map(|path| {
                let mut numbers = Vec::new();
                varied.visit(&path, &mut |number| numbers.push(*number)).ok()?;
                let value = numbers.into_iter().rev().find(|number| !number.is_zero())?;
                Some((path, value.normalize()))
            })
            .collect()
    }
}
