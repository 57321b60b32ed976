//! Explanations of a month's figures, line by line.
//!
//! Invariant, for every line of every figure: quantity × unit price + rounding = amount, with the signs as they stand, and the
//! amounts of the lines add up to the figure.

use std::str::FromStr;

use rust_decimal::Decimal;

use super::month::Month;
use crate::finance::error::Error;
use crate::finance::inputs::line::Category;
use crate::model::{MoneyError, unsigned_zero};
use crate::table::{Column, Table};

/// A figure of a month that [`Month::explain`] breaks down and [`Month::bridge`] compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Figure {
    /// What tenants pay.
    Revenue,
    /// The cost of one category.
    Cost(Category),
    /// All costs.
    TotalCost,
    /// Revenue less all costs.
    Profit,
    /// (revenue - infrastructure) / revenue.
    InfrastructureMargin,
    /// (revenue - infrastructure - support) / revenue.
    GrossMargin,
    /// (revenue - all costs) / revenue.
    OperatingMargin,
}

impl Figure {
    /// All of them, in the order of a profit and loss account.
    pub const ALL: [Self; 10] = [
        Self::Revenue,
        Self::Cost(Category::Infrastructure),
        Self::Cost(Category::Support),
        Self::Cost(Category::Sales),
        Self::Cost(Category::Other),
        Self::TotalCost,
        Self::Profit,
        Self::InfrastructureMargin,
        Self::GrossMargin,
        Self::OperatingMargin,
    ];

    /// The stable name, in snake_case, as tables spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Cost(category) => category.name(),
            Self::TotalCost => "total_cost",
            Self::Profit => "profit",
            Self::InfrastructureMargin => "infrastructure_margin",
            Self::GrossMargin => "gross_margin",
            Self::OperatingMargin => "operating_margin",
        }
    }

    /// Whether it is a fraction of revenue rather than an amount of money.
    pub fn is_margin(self) -> bool {
        matches!(self, Self::InfrastructureMargin | Self::GrossMargin | Self::OperatingMargin)
    }

    /// Whether it includes revenue, so that costs reduce it.
    pub(super) fn has_revenue(self) -> bool {
        !matches!(self, Self::Cost(_) | Self::TotalCost)
    }

    /// The sign with which a category of cost counts; `None` where it does not.
    pub(super) fn sign_of(self, category: Category) -> Option<Decimal> {
        let counts = match self {
            Self::Revenue => false,
            Self::Cost(own) => own == category,
            Self::TotalCost | Self::Profit | Self::OperatingMargin => true,
            Self::InfrastructureMargin => category == Category::Infrastructure,
            Self::GrossMargin => matches!(category, Category::Infrastructure | Category::Support),
        };
        counts.then(|| if self.has_revenue() { Decimal::NEGATIVE_ONE } else { Decimal::ONE })
    }

    /// The decimals of its amounts: whole cents, or ten for a fraction.
    pub(in crate::finance) fn digits(self) -> u8 {
        if self.is_margin() { DIGITS } else { 2 }
    }
}

impl FromStr for Figure {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || Error::unknown("figure", text, Self::ALL.map(Self::name));
        Self::ALL.into_iter().find(|figure| figure.name() == text).ok_or_else(unknown)
    }
}

/// The decimals of quantities, unit prices and fractions in tables.
const DIGITS: u8 = 10;

/// One line of a figure: quantity × unit price + rounding = amount.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FigureLine {
    /// `revenue`, or the name of a category of cost.
    pub category: &'static str,
    /// What it is.
    pub item: String,
    /// The quantity, at most ten decimals; negative where the line reduces the figure.
    pub quantity: Decimal,
    /// What a unit is; in a margin, the currency.
    pub unit: String,
    /// The price of a unit, at most ten decimals; in a margin, 1 / revenue.
    pub unit_price: Decimal,
    /// The effect of rounding to the decimals of the amount.
    pub rounding: Decimal,
    /// The line's part of the figure: money in whole cents; in a margin, a fraction of revenue with ten decimals.
    pub amount: Decimal,
    /// Where the price comes from.
    pub source: String,
}

impl FigureLine {
    fn new(line: &Priced<'_>, amount: Decimal) -> Result<Self, Error> {
        let digits = u32::from(DIGITS);
        let quantity = unsigned_zero(line.quantity.round_dp(digits));
        let unit_price = unsigned_zero(line.unit_price.round_dp(digits));
        let rounding = quantity.checked_mul(unit_price).and_then(|product| amount.checked_sub(product));
        Ok(Self {
            category: line.category,
            item: line.item.clone(),
            quantity,
            unit: line.unit.to_owned(),
            unit_price,
            rounding: unsigned_zero(rounding.ok_or(MoneyError::Overflow)?),
            amount: unsigned_zero(amount),
            source: line.source.clone(),
        })
    }
}

/// A line before rounding for a table.
struct Priced<'a> {
    category: &'static str,
    item: String,
    quantity: Decimal,
    unit: &'a str,
    unit_price: Decimal,
    amount: Decimal,
    source: String,
}

/// Revenue of a tier at one price: the index of the tier, the price, and the number of tenants that pay it.
pub(super) fn prices_paid(month: &Month) -> Vec<(usize, Decimal, u32)> {
    let mut prices: Vec<(usize, Decimal, u32)> = Vec::new();
    for tenant in month.model.tenants.iter() {
        let price = tenant.price.amount;
        match prices.iter_mut().find(|(tier, known, _)| *tier == tenant.tier && *known == price) {
            Some((.., count)) => *count += 1,
            None => prices.push((tenant.tier, price, 1)),
        }
    }
    prices.sort_by_key(|(tier, ..)| *tier);
    prices
}

/// Each amount as a fraction of a whole, rounded so that the fractions add up to the rounded fraction of the sum; `None` if the whole
/// is zero.
///
/// Running sums are divided, not amounts: the sum of separately rounded fractions would differ in the last decimals.
pub(in crate::finance) fn fractions(amounts: &[Decimal], whole: Decimal, digits: u8) -> Option<Vec<Decimal>> {
    let (mut sum, mut rounded) = (Decimal::ZERO, Decimal::ZERO);
    let next = |amount: &Decimal| {
        sum += *amount;
        let next = sum.checked_div(whole)?.round_dp(u32::from(digits));
        Some(unsigned_zero(next - std::mem::replace(&mut rounded, next)))
    };
    amounts.iter().map(next).collect()
}

impl Month {
    /// A figure's value: money, or for margins a fraction; `None` for a margin without revenue.
    pub fn figure(&self, figure: Figure) -> Option<Decimal> {
        match figure {
            Figure::Revenue => Some(self.revenue.amount),
            Figure::Cost(category) => Some(self.cost(category).amount),
            Figure::TotalCost => Some(self.total_cost().amount),
            Figure::Profit => Some(self.profit().amount),
            Figure::InfrastructureMargin => self.infrastructure_margin(),
            Figure::GrossMargin => self.gross_margin(),
            Figure::OperatingMargin => self.operating_margin(),
        }
    }

    /// The lines of a figure. Costs that reduce the figure have a negative quantity and a negative amount.
    ///
    /// In a margin, the quantity of a line is an amount of money, the unit price is 1 / revenue, and the amount is their product, a
    /// fraction of revenue.
    ///
    /// # Errors
    /// [`Error::Range`] for a margin of a month without revenue, [`Error::Money`] where amounts have too many digits.
    pub fn figure_lines(&self, figure: Figure) -> Result<Vec<FigureLine>, Error> {
        let lines = self.priced(figure);
        if !figure.is_margin() {
            return lines.iter().map(|line| FigureLine::new(line, line.amount)).collect();
        }
        let amounts: Vec<Decimal> = lines.iter().map(|line| line.amount).collect();
        let (per_unit, shares) = self.of_revenue(&amounts, figure)?;
        let currency = self.revenue.currency.to_string();
        let in_money = lines.into_iter().zip(shares).map(|(line, share)| {
            let line = Priced { quantity: line.amount, unit: &currency, unit_price: per_unit, ..line };
            FigureLine::new(&line, share)
        });
        in_money.collect()
    }

    /// 1 / revenue, and each amount as a fraction of revenue.
    pub(super) fn of_revenue(
        &self,
        amounts: &[Decimal],
        figure: Figure,
    ) -> Result<(Decimal, Vec<Decimal>), Error> {
        let revenue = self.revenue.amount;
        let rule = "use a month with revenue, or the figure `profit`";
        Decimal::ONE
            .checked_div(revenue)
            .zip(fractions(amounts, revenue, figure.digits()))
            .ok_or_else(|| Error::range("figure of a month without revenue", &figure.name(), rule))
    }

    fn priced(&self, figure: Figure) -> Vec<Priced<'_>> {
        let mut lines = Vec::new();
        if figure.has_revenue() {
            lines.extend(prices_paid(self).into_iter().map(|(tier, price, count)| {
                let quantity = Decimal::from(count);
                Priced {
                    category: "revenue",
                    item: self.model.tiers[tier].title.clone(),
                    quantity,
                    unit: "tenant",
                    unit_price: price,
                    amount: price * quantity,
                    source: "monthly price of the tier".to_owned(),
                }
            }));
        }
        lines.extend(self.lines().iter().filter_map(|line| {
            let sign = figure.sign_of(line.category)?;
            Some(Priced {
                category: line.category.name(),
                item: line.item.clone(),
                quantity: line.quantity * sign,
                unit: &line.unit,
                unit_price: line.unit_price,
                amount: line.amount.amount * sign,
                source: line.source.clone(),
            })
        }));
        lines
    }

    /// The lines of a figure: `category, item, quantity, unit, unit_price, rounding, amount, source`. Figures are `revenue`,
    /// the categories of cost, `total_cost`, `profit`, and the three margins.
    ///
    /// In every row, quantity × unit price + rounding = amount, and the amounts add up to the figure. Where a cost reduces the
    /// figure, its quantity and its amount are negative. Each tenant's line is rounded to the cent separately, so a line over many
    /// tenants can differ from the product by some cents. A price with steps has a row for each step used.
    ///
    /// In a margin, `quantity` is an amount of money, `unit` the currency, `unit_price` is 1 / revenue, and `amount` is a fraction
    /// of revenue with ten decimals.
    ///
    /// # Errors
    /// [`Error::Unknown`] for another figure, [`Error::Range`] for a margin of a month without revenue, [`Error::Money`] or
    /// [`Error::Table`] where amounts have too many digits.
    pub fn explain(&self, figure: &str) -> Result<Table, Error> {
        let figure: Figure = figure.parse()?;
        let lines = self.figure_lines(figure)?;
        Ok(Table::new(vec![
            Column::utf8("category", lines.iter().map(|line| line.category))?,
            Column::utf8("item", lines.iter().map(|line| line.item.as_str()))?,
            Column::decimal("quantity", DIGITS, lines.iter().map(|line| line.quantity))?,
            Column::utf8("unit", lines.iter().map(|line| line.unit.as_str()))?,
            Column::decimal("unit_price", DIGITS, lines.iter().map(|line| line.unit_price))?,
            // Twice the decimals of its factors, so that the identity holds to the last digit.
            Column::decimal("rounding", 2 * DIGITS, lines.iter().map(|line| line.rounding))?,
            Column::decimal("amount", figure.digits(), lines.iter().map(|line| line.amount))?,
            Column::utf8("source", lines.iter().map(|line| line.source.as_str()))?,
        ])?)
    }
}
