//! A model and its growth with some of their numbers changed, each named by its path.
//!
//! The six factors cost a simulation nothing. Any other path is applied to the assumptions themselves, and the model is
//! compiled anew, in exact arithmetic, from the assumptions as they then are.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::Model;
use crate::finance::error::Error;
use crate::finance::inputs::assumption::{Assumption, GrowthFigure, OrganizationFigure, TierFigure};
use crate::finance::inputs::assumptions::Infrastructure;
use crate::finance::inputs::growth::Growth;
use crate::finance::inputs::line::{AssumedLine, CostDriver};
use crate::finance::pricing::prices::PriceId;
use crate::model::billing::Quantity;

/// The item of a line as its path writes it: `AWS support` is `aws_support`.
fn slug(item: &str) -> String {
    let words = item.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// A factor beyond which nothing is meant; it keeps products inside what a decimal holds.
const FACTOR_MAX: f64 = 1e6;

/// The model, its growth and what tenants pay now, with some of their numbers multiplied.
#[derive(Debug, Clone)]
pub(in crate::finance) struct Varied {
    pub(in crate::finance) model: Model,
    pub(in crate::finance) growth: Growth,
    /// What the tenants there are pay on average, by tier.
    pub(in crate::finance) paid: Vec<Decimal>,
    /// The places of the assumptions among the uncertain ones, and what their numbers are without a factor.
    numbers: Vec<(usize, Assumption, Vec<Decimal>)>,
}

impl Varied {
    /// # Errors
    /// [`Error::Unknown`] for a path that names nothing in this model.
    pub(in crate::finance) fn new<'a>(
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
    pub(in crate::finance) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Multiplies the numbers by the factors of the uncertain assumptions, in their order.
    pub(in crate::finance) fn apply(&mut self, factors: &[f64]) -> Result<(), Error> {
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

    /// Puts a path at a value: the number that [`Model::assumption_values`] shows becomes it, others of the path move in
    /// proportion; where all are nothing, all become it.
    pub(in crate::finance) fn set(&mut self, path: &Assumption, value: Decimal) -> Result<(), Error> {
        let mut numbers = Vec::new();
        self.visit(path, &mut |number| numbers.push(*number))?;
        let shown = numbers.iter().rev().find(|number| !number.is_zero()).copied();
        let factor = shown.and_then(|shown| value.checked_div(shown));
        self.visit(path, &mut |number| {
            *number = match (shown, factor) {
                (Some(shown), _) if *number == shown => value,
                (Some(_), Some(factor)) => number.checked_mul(factor).unwrap_or(Decimal::MAX).round_dp(15),
                (Some(_), None) | (None, _) => value,
            };
        })
    }

    /// Every number a path names, in a fixed order. What must be whole, or a share, is made so again.
    fn visit(&mut self, path: &Assumption, change: &mut dyn FnMut(&mut Decimal)) -> Result<(), Error> {
        let Self { model, growth, paid, .. } = self;
        match path {
            Assumption::Factor(_) => Ok(()),
            Assumption::Tier(figure, name) => {
                let known = model.tiers.iter().position(|tier| tier.name.as_str() == name);
                let Some(place) = known else {
                    let tiers =
                        model.tiers.iter().map(|tier| Assumption::Tier(*figure, tier.name.to_string()));
                    return Err(missing(path, tiers));
                };
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
                    return Err(missing(path, model.assumptions.lines.iter().map(path_of)));
                }
                for line in lines {
                    match &mut line.driver {
                        CostDriver::Points(points) => {
                            points.iter_mut().for_each(|(_, amount)| change(amount));
                        }
                        CostDriver::Organization
                        | CostDriver::Tenant
                        | CostDriver::Network
                        | CostDriver::People(_) => {
                            change(&mut line.price);
                        }
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
        return Err(missing(path, model.assumptions.lines.iter().map(path_of)));
    };
    match path {
        Assumption::Price(id) => {
            Arc::make_mut(prices).entry(*id).bands.iter_mut().for_each(|step| change(&mut step.price));
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
                let profiles = usage.profiles.iter().map(|profile| profile.tier.as_str()).chain(["core"]);
                let known = profiles.map(|profile| Assumption::Usage(profile.to_owned(), *quantity));
                return Err(missing(path, known));
            };
            let mut value = profile.get(*quantity);
            change(&mut value);
            profile.set(*quantity, value);
        }
        _ => {}
    }
    Ok(())
}

/// A path that leads nowhere in this model, beside those that might have been meant.
fn missing(path: &Assumption, known: impl IntoIterator<Item = Assumption>) -> Error {
    let known: Vec<String> = known.into_iter().map(|path| path.to_string()).collect();
    Error::unknown("assumption of this model", &path.to_string(), known.iter().map(String::as_str))
}

pub(in crate::finance) fn path_of(line: &AssumedLine) -> Assumption {
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
