//! The months of a forecast, in order.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::cohorts::{Cohorts, amount};
use super::expected::{Costs, Expected, at_means};
use super::{Forecast, ForecastMonth, MONTHS_MAX, yearly};
use crate::finance::business::curve::Curve;
use crate::finance::business::model::Model;
use crate::finance::business::model::until::Until;
use crate::finance::cost::demand::Age;
use crate::finance::error::Error;
use crate::finance::inputs::distribution::Factor;
use crate::finance::inputs::growth::Growth;
use crate::finance::inputs::line::Category;
use crate::finance::rounding::cents;
use crate::time::Interrupt;

impl Model {
    /// The expected values of the next `months` months under the assumptions about growth: the mean of a simulation in every
    /// count and amount. Uncertain factors enter with their whole distribution, other uncertain numbers with their mean.
    ///
    /// # Errors
    /// [`Error::Range`] for no months or more than 600, amounts that grow beyond a quadrillion, or a correlation that a forecast
    /// does not count: one of a factor with a number that it multiplies, such as `new` with `price.fintech`, or of two
    /// other numbers that are multiplied; [`Error::Invalid`] for growth out of range; [`Error::Unknown`] for a tier or path that names nothing; [`Error::Money`] for amounts with too
    /// many digits.
    pub fn forecast(&self, months: u32, growth: &Growth) -> Result<Forecast, Error> {
        self.until(&Interrupt::new()).forecast(months, growth)
    }

    fn forecast_of(
        &self,
        months: u32,
        growth: &Growth,
        paid: &[Decimal],
        interrupt: &Interrupt,
    ) -> Result<Forecast, Error> {
        let expected = Expected::compiled(self, growth, paid, months)?;
        let tiers = self.tiers.iter().map(|tier| growth.tier(tier.name.as_str())).collect();
        let prices = self.tiers.iter().map(|tier| tier.monthly_price.amount).collect();
        let there = self.tenants_by_tier();
        let mut cohorts = Cohorts::new(growth, tiers, &there, paid, prices, &expected, months)?;
        let exact = if expected.is_certain() { Some(Exact::new(self, &expected, growth)?) } else { None };
        let costs = if exact.is_some() { Vec::new() } else { expected.costs(1, interrupt)? };
        let mut forecast = Forecast {
            months: Vec::with_capacity(months as usize),
            cohorts: Vec::new(),
            tiers: self.tiers.iter().map(|tier| tier.name.clone()).collect(),
        };
        let mut mrr = cohorts.opening();
        let mut profit_cumulative = Decimal::ZERO;
        for month in 1..=months {
            interrupt.check()?;
            let mut row = ForecastMonth::opening(month, self.tiers.len(), mrr);
            cohorts.advance(&mut row, yearly(growth.price_change_yearly, month - 1)?)?;
            let inflation = yearly(growth.cost_inflation_yearly, month - 1)?;
            match (&exact, costs.get(month as usize - 1)) {
                (Some(exact), _) => exact.close(&mut row, inflation)?,
                (None, Some(costs)) => row.close(costs, inflation)?,
                (None, None) => {}
            }
            profit_cumulative = amount(Some(profit_cumulative + row.profit()), "profit_cumulative", month)?;
            row.profit_cumulative = profit_cumulative;
            row.look_back(&forecast.months);
            mrr = row.mrr;
            forecast.cohorts.extend(cohorts.rows(month));
            forecast.months.push(row);
        }
        Ok(forecast)
    }
}

impl Until<'_> {
    /// As [`Model::forecast`], until it is asked to end.
    ///
    /// # Errors
    /// As [`Model::forecast`], and [`Error::Interrupted`].
    pub fn forecast(&self, months: u32, growth: &Growth) -> Result<Forecast, Error> {
        let Self { model, interrupt } = self;
        if months == 0 || months > MONTHS_MAX {
            return Err(Error::range("number of months", &months, "use 1 to 600"));
        }
        model.check_growth(growth)?;
        if let Some(varied) = at_means(model, growth)? {
            return varied.model.forecast_of(months, &varied.growth, &varied.paid, interrupt);
        }
        let paid: Vec<Decimal> = (0..model.tiers.len()).map(|tier| model.average_price(tier)).collect();
        model.forecast_of(months, growth, &paid, interrupt)
    }
}

impl ForecastMonth {
    fn opening(month: u32, tiers: usize, mrr_opening: Decimal) -> Self {
        let zero = Decimal::ZERO;
        Self {
            month,
            tenants_by_tier: vec![zero; tiers],
            tenants: zero,
            tenants_new: zero,
            tenants_churned: zero,
            mrr_opening,
            mrr_new: zero,
            mrr_expansion: zero,
            mrr_contraction: zero,
            mrr_churned: zero,
            mrr: zero,
            costs: [zero; 4],
            variable_cost: zero,
            profit_cumulative: zero,
            nrr_12m: None,
            grr_12m: None,
            magic_number: None,
            rule_of_40: None,
            concentration: None,
            hhi: None,
        }
    }

    /// The expected costs, with inflation, in whole cents.
    fn close(&mut self, expected: &Costs, inflation: Decimal) -> Result<(), Error> {
        let month = self.month;
        let whole = |value: f64, figure: &str| {
            let with = Decimal::from_f64(value).and_then(|cost| cost.checked_mul(inflation));
            Ok::<_, Error>(cents(amount(with, figure, month)?))
        };
        for (category, cost) in Category::ALL.into_iter().zip(expected.costs) {
            self.costs[category as usize] = whole(cost, category.name())?;
        }
        self.variable_cost = whole(expected.variable, "variable_cost")?;
        Ok(())
    }

    /// The figures that compare with earlier months.
    fn look_back(&mut self, before: &[Self]) {
        let row = |ago: usize| before.len().checked_sub(ago).and_then(|place| before.get(place));
        let sales = |ago: usize| row(ago).map(|row| row.costs[Category::Sales as usize]);
        self.magic_number = (|| {
            let spent = sales(3)? + sales(4)? + sales(5)?;
            ((self.mrr - row(3)?.mrr) * Decimal::from(12)).checked_div(spent)
        })();
        self.rule_of_40 = (|| {
            let year_ago = row(12)?.mrr;
            let growth = (self.mrr - year_ago).checked_div(year_ago)?;
            growth.checked_add(self.margin(Category::Other)?)?.checked_mul(Decimal::ONE_HUNDRED)
        })();
    }
}

/// Costs where every number of tenants is certain: those of the month's own lines, to the cent.
struct Exact<'a> {
    model: &'a Model,
    curve: Option<Curve>,
    acquisition_cost: Decimal,
    /// The factors on the categories of cost.
    factors: [Decimal; 4],
    /// The costs of departed tenants, by month.
    departed: Vec<f64>,
}

impl<'a> Exact<'a> {
    fn new(model: &'a Model, expected: &Expected, growth: &Growth) -> Result<Self, Error> {
        let has_sales = !model.assumed(Category::Sales, 1).is_zero();
        let factor = |factor: Factor| {
            let mean = expected.factor(factor);
            // A sum of weights is one but for its last digits.
            let exact = Decimal::from_f64(mean).map(|mean| mean.round_dp(12));
            exact.ok_or_else(|| Error::range("uncertain factor", &mean, "use factors below a million"))
        };
        let other = factor(Factor::Other)?;
        Ok(Self {
            model,
            curve: model.curve(Age::Steady)?,
            acquisition_cost: if has_sales { Decimal::ZERO } else { growth.acquisition_cost },
            factors: [factor(Factor::Infrastructure)?, factor(Factor::Support)?, other, other],
            departed: expected.departed(),
        })
    }

    fn close(&self, row: &mut ForecastMonth, inflation: Decimal) -> Result<(), Error> {
        let month = row.month;
        let whole = rust_decimal::prelude::ToPrimitive::to_u32(&row.tenants.round());
        let whole = whole.ok_or(crate::model::MoneyError::Overflow)?;
        let (mut infrastructure, mut shield, mut fixed) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        if let Some(curve) = &self.curve {
            shield = curve.shield_of(&row.tenants_by_tier);
            infrastructure = curve.infrastructure(&row.tenants_by_tier)? - shield;
            fixed = curve.fixed(&row.tenants_by_tier)? - shield;
        }
        let departed = self.departed.get(month as usize - 1).copied().and_then(Decimal::from_f64);
        let departed = cents(departed.unwrap_or_default());
        // What is left of former tenants does not grow with one more.
        (infrastructure, fixed) = (infrastructure + departed, fixed + departed);
        let mut variable = Some(Decimal::ZERO);
        for (category, factor) in Category::ALL.into_iter().zip(self.factors) {
            let own = if category == Category::Infrastructure { infrastructure } else { Decimal::ZERO };
            let own_fixed = if category == Category::Infrastructure { fixed } else { Decimal::ZERO };
            let won = if category == Category::Sales {
                self.acquisition_cost * row.tenants_new
            } else {
                Decimal::ZERO
            };
            let fee = if category == Category::Infrastructure { shield } else { Decimal::ZERO };
            let by = |cost: Decimal, fee: Decimal| {
                cost.checked_mul(factor)
                    .and_then(|cost| cost.checked_add(fee))
                    .and_then(|cost| cost.checked_mul(inflation))
            };
            let cost = by(own + self.model.assumed(category, whole) + won, fee);
            row.costs[category as usize] = cents(amount(cost, category.name(), month)?);
            let each = self.model.assumed_per_tenant(category) * row.tenants + own - own_fixed;
            variable = variable.zip(by(each, Decimal::ZERO)).and_then(|(sum, part)| sum.checked_add(part));
        }
        row.variable_cost = cents(amount(variable, "variable_cost", month)?);
        Ok(())
    }
}
