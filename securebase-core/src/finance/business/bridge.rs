//! Price-volume-mix bridges between the figures of two months, line by line.
//!
//! Lines of the two months that have one category and one item are the same line. Invariants: amounts before add up to the figure
//! before, amounts after to the figure after; for every line, volume effect + price effect + mix effect = difference = after - before.

use std::fmt;

use rust_decimal::Decimal;

use super::explain::{Figure, prices_paid};
use super::month::Month;
use crate::finance::cost::report::CostItem;
use crate::finance::error::Error;
use crate::finance::pricing::prices::PriceBand;
use crate::finance::rounding::{percent, thousands};
use crate::model::{Currency, MoneyError, unsigned_zero};
use crate::table::{Column, Table};

/// A line in one of the two months.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BridgeSide {
    /// The quantity, in units; negative where the line reduces the figure.
    pub quantity: Decimal,
    /// The price of a unit: the list price, or the average where it is graduated or tenants of a tier pay different prices.
    pub unit_price: Decimal,
    /// The line's part of the figure.
    pub amount: Decimal,
    /// Every step of a price that has more than one.
    steps: Option<Vec<PriceBand>>,
}

/// One line of a bridge.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BridgeLine {
    /// `revenue`, or the name of a category of cost.
    pub category: &'static str,
    /// What it is.
    pub item: String,
    /// What a unit is; in a margin, the currency.
    pub unit: String,
    /// The line in the month before; `None` where it is new.
    pub before: Option<BridgeSide>,
    /// The line in the month after; `None` where it is gone.
    pub after: Option<BridgeSide>,
    /// The effect of the change in quantity, at the price before. A line that is new or gone is all volume.
    pub volume_effect: Decimal,
    /// The effect of the change in price, at the quantity after.
    pub price_effect: Decimal,
    /// The remainder: usage that moves between the steps of a price, tenants that move between prices, and rounding.
    pub mix_effect: Decimal,
    /// What changed, as text: `quantity 2 → 3`.
    pub driver: String,
}

impl BridgeLine {
    /// Its part of the figure before.
    pub fn amount_before(&self) -> Decimal {
        self.before.as_ref().map_or(Decimal::ZERO, |side| side.amount)
    }

    /// Its part of the figure after.
    pub fn amount_after(&self) -> Decimal {
        self.after.as_ref().map_or(Decimal::ZERO, |side| side.amount)
    }

    /// After less before.
    pub fn difference(&self) -> Decimal {
        unsigned_zero(self.amount_after() - self.amount_before())
    }
}

/// A price-volume-mix bridge from a figure of one month to that of another, the largest differences first.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Bridge {
    /// Which figure.
    pub figure: Figure,
    /// Its value before: money, or for a margin a fraction with ten decimals.
    pub before: Decimal,
    /// Its value after.
    pub after: Decimal,
    /// The currency of the amounts behind it.
    pub currency: Currency,
    /// The lines of both months, the largest difference first, unchanged ones last.
    pub lines: Vec<BridgeLine>,
}

/// A line of one month: category, item, unit, and the rest.
type Part<'a> = (&'static str, String, &'a str, BridgeSide);

/// A line of both months: category, item, unit, and what it is before and after.
type Pair = (&'static str, String, String, Option<BridgeSide>, Option<BridgeSide>);

impl Month {
    /// The bridge from a figure of the month `before` to that of this month, line by line. The two may be months of different
    /// models.
    ///
    /// The steps of a graduated price are one line, because usage that crosses a step changes only its price.
    ///
    /// # Errors
    /// [`Error::Money`] where the currencies differ or amounts have too many digits, [`Error::Range`] for a margin where one of the
    /// months has no revenue.
    pub fn bridge(&self, before: &Self, figure: Figure) -> Result<Bridge, Error> {
        let (left, right) = (before.revenue.currency, self.revenue.currency);
        if left != right {
            return Err(MoneyError::Currencies { left, right }.into());
        }
        let (old, new) = (before.bridge_parts(figure)?, self.bridge_parts(figure)?);
        let sum = |parts: &[Part<'_>]| unsigned_zero(parts.iter().map(|part| part.3.amount).sum());
        let (old_sum, new_sum) = (sum(&old), sum(&new));
        let mut pairs: Vec<Pair> = old
            .into_iter()
            .map(|(category, item, unit, side)| (category, item, unit.to_owned(), Some(side), None))
            .collect();
        for (category, item, unit, side) in new {
            match pairs.iter_mut().find(|pair| pair.0 == category && pair.1 == item) {
                Some(pair) => {
                    unit.clone_into(&mut pair.2);
                    pair.4 = Some(side);
                }
                None => pairs.push((category, item, unit.to_owned(), None, Some(side))),
            }
        }
        let mut lines = pairs
            .into_iter()
            .map(|(category, item, unit, before, after)| line(figure, category, item, unit, before, after))
            .collect::<Result<Vec<_>, _>>()?;
        lines.sort_by_key(|line| std::cmp::Reverse(line.difference().abs()));
        Ok(Bridge { figure, before: old_sum, after: new_sum, currency: right, lines })
    }

    /// The lines of a figure, the steps of a price and the prices of a tier put together.
    fn bridge_parts(&self, figure: Figure) -> Result<Vec<Part<'_>>, Error> {
        let mut parts: Vec<Part<'_>> = Vec::new();
        if figure.has_revenue() {
            for (tier, price, count) in prices_paid(self) {
                let quantity = Decimal::from(count);
                let side = BridgeSide { quantity, unit_price: price, amount: price * quantity, steps: None };
                add(&mut parts, ("revenue", self.model.tiers[tier].title.clone(), "tenant", side));
            }
        }
        if let Some(report) = self.report() {
            let category = crate::finance::inputs::line::Category::Infrastructure;
            for CostItem { price, quantity, amount, .. } in report.items() {
                let Some(sign) = figure.sign_of(category) else { break };
                let graduated = price.is_graduated().then(|| price.bands.clone());
                let average = || amount.amount.checked_div(quantity).unwrap_or_default();
                let side = BridgeSide {
                    quantity: quantity * sign,
                    unit_price: if graduated.is_some() { average() } else { price.list_price() },
                    amount: amount.amount * sign,
                    steps: graduated,
                };
                add(&mut parts, (category.name(), price.name.clone(), &price.unit, side));
            }
        }
        // The lines of the price book are those of the report.
        for line in self.lines().iter().filter(|line| line.basis.is_some()) {
            let Some(sign) = figure.sign_of(line.category) else { continue };
            let side = BridgeSide {
                quantity: line.quantity * sign,
                unit_price: line.unit_price,
                amount: line.amount.amount * sign,
                steps: None,
            };
            add(&mut parts, (line.category.name(), line.item.clone(), &line.unit, side));
        }
        if figure.is_margin() {
            let amounts: Vec<Decimal> = parts.iter().map(|part| part.3.amount).collect();
            let (per_unit, shares) = self.of_revenue(&amounts, figure)?;
            for (part, share) in parts.iter_mut().zip(shares) {
                part.2 = self.revenue.currency.code();
                part.3 =
                    BridgeSide { quantity: part.3.amount, unit_price: per_unit, amount: share, steps: None };
            }
        }
        for part in &mut parts {
            part.3.quantity = unsigned_zero(part.3.quantity);
            part.3.amount = unsigned_zero(part.3.amount);
        }
        Ok(parts)
    }
}

/// Adds a part, to the one of its category and item where there is one.
fn add<'a>(parts: &mut Vec<Part<'a>>, part: Part<'a>) {
    let Some((.., known)) = parts.iter_mut().find(|known| known.0 == part.0 && known.1 == part.1) else {
        parts.push(part);
        return;
    };
    let added = part.3;
    known.quantity += added.quantity;
    known.amount += added.amount;
    if known.unit_price != added.unit_price {
        known.unit_price = known.amount.checked_div(known.quantity).unwrap_or_default();
        known.steps.get_or_insert_default();
    }
}

fn line(
    figure: Figure,
    category: &'static str,
    item: String,
    unit: String,
    before: Option<BridgeSide>,
    after: Option<BridgeSide>,
) -> Result<BridgeLine, Error> {
    let mut line = BridgeLine {
        category,
        item,
        unit,
        before,
        after,
        volume_effect: Decimal::ZERO,
        price_effect: Decimal::ZERO,
        mix_effect: Decimal::ZERO,
        driver: String::new(),
    };
    let difference = line.difference();
    let (Some(before), Some(after)) = (&line.before, &line.after) else {
        (if line.before.is_none() { "new" } else { "gone" }).clone_into(&mut line.driver);
        line.volume_effect = difference;
        return Ok(line);
    };
    let digits = u32::from(figure.digits());
    let effect = |change: Decimal, of: Decimal| {
        change
            .checked_mul(of)
            .map(|effect| unsigned_zero(effect.round_dp(digits)))
            .ok_or(MoneyError::Overflow)
    };
    let more = after.quantity - before.quantity;
    // Of a graduated price the average moves by usage alone: only other steps are another price.
    let is_repriced = match (&before.steps, &after.steps) {
        (None, None) => before.unit_price != after.unit_price,
        (old, new) => old != new,
    };
    let dearer = if is_repriced { after.unit_price - before.unit_price } else { Decimal::ZERO };
    let (volume, price) = (effect(more, before.unit_price)?, effect(dearer, after.quantity)?);
    let moved = [
        (!more.is_zero()).then(|| quantities(figure, before, after)),
        is_repriced.then(|| prices(figure, before, after)),
    ];
    let moved: Vec<String> = moved.into_iter().flatten().collect();
    line.driver = match (moved.is_empty(), difference.is_zero()) {
        (false, _) => moved.join(", "),
        (true, true) => "unchanged".to_owned(),
        (true, false) => "rounding".to_owned(),
    };
    line.mix_effect = unsigned_zero(difference - volume - price);
    (line.volume_effect, line.price_effect) = (volume, price);
    Ok(line)
}

/// A number for display: thousands separated, no trailing zeros, at most six decimals.
fn plain(value: Decimal) -> String {
    let value = value.round_dp(6).normalize();
    thousands(value, usize::try_from(value.scale()).unwrap_or(0))
}

fn quantities(figure: Figure, before: &BridgeSide, after: &BridgeSide) -> String {
    if figure.is_margin() {
        let [before, after] = [before, after].map(|side| thousands(side.quantity.abs(), 2));
        return format!("amount {before} → {after}");
    }
    format!("quantity {} → {}", plain(before.quantity.abs()), plain(after.quantity.abs()))
}

fn prices(figure: Figure, before: &BridgeSide, after: &BridgeSide) -> String {
    if figure.is_margin() {
        let revenue = |side: &BridgeSide| Decimal::ONE.checked_div(side.unit_price).unwrap_or_default();
        let [before, after] = [before, after].map(|side| thousands(revenue(side), 2));
        return format!("revenue {before} → {after}");
    }
    let kind = if before.steps.is_some() || after.steps.is_some() { "average price" } else { "price" };
    format!("{kind} {} → {}", plain(before.unit_price), plain(after.unit_price))
}

impl Bridge {
    /// After less before.
    pub fn difference(&self) -> Decimal {
        unsigned_zero(self.after - self.before)
    }

    /// The lines as a table: `category, item, unit, before, after, difference, volume_effect, price_effect, mix_effect,
    /// quantity_before, quantity_after, unit_price_before, unit_price_after, driver`. The table has no totals row: the sum of
    /// `before` is the figure before, and the sum of `after` the figure after.
    ///
    /// # Errors
    /// [`Error::Table`] where a number has too many digits.
    pub fn table(&self) -> Result<Table, Error> {
        let (lines, digits) = (&self.lines, self.figure.digits());
        let amounts = |name: &str, amount: fn(&BridgeLine) -> Decimal| {
            Column::decimal(name, digits, lines.iter().map(amount))
        };
        let before =
            |value: fn(&BridgeSide) -> Decimal| lines.iter().map(move |line| line.before.as_ref().map(value));
        let after =
            |value: fn(&BridgeSide) -> Decimal| lines.iter().map(move |line| line.after.as_ref().map(value));
        Ok(Table::new(vec![
            Column::utf8("category", lines.iter().map(|line| line.category))?,
            Column::utf8("item", lines.iter().map(|line| line.item.as_str()))?,
            Column::utf8("unit", lines.iter().map(|line| line.unit.as_str()))?,
            amounts("before", BridgeLine::amount_before)?,
            amounts("after", BridgeLine::amount_after)?,
            amounts("difference", BridgeLine::difference)?,
            amounts("volume_effect", |line| line.volume_effect)?,
            amounts("price_effect", |line| line.price_effect)?,
            amounts("mix_effect", |line| line.mix_effect)?,
            Column::decimal("quantity_before", 10, before(|side| side.quantity))?,
            Column::decimal("quantity_after", 10, after(|side| side.quantity))?,
            Column::decimal("unit_price_before", 10, before(|side| side.unit_price))?,
            Column::decimal("unit_price_after", 10, after(|side| side.unit_price))?,
            Column::utf8("driver", lines.iter().map(|line| line.driver.as_str()))?,
        ])?)
    }
}

/// The number of lines that the text names; it gives the number and the sum of the others.
const LINES_NAMED: usize = 8;

/// `374.00 → 3,852.63: Shield Advanced + 3,000.00, GuardDuty flow and DNS logs + 100.00, …`; a margin in percent and its lines in
/// percentage points.
impl fmt::Display for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_margin = self.figure.is_margin();
        let total = |value| if is_margin { percent(value, 2) } else { thousands(value, 2) };
        write!(f, "{} → {}: ", total(self.before), total(self.after))?;
        let moved: Vec<(&str, Decimal)> = self
            .lines
            .iter()
            .map(|line| (line.item.as_str(), line.difference()))
            .filter(|(_, difference)| !difference.is_zero())
            .collect();
        if moved.is_empty() {
            return f.write_str("no line has changed");
        }
        let change = |difference: Decimal| {
            let sign = if difference.is_sign_negative() { '-' } else { '+' };
            let shown = if is_margin { difference * Decimal::ONE_HUNDRED } else { difference };
            format!("{sign} {}", thousands(shown.abs(), 2))
        };
        // A single line that is left is shorter by its name than as a count.
        let named = if moved.len() == LINES_NAMED + 1 { moved.len() } else { LINES_NAMED.min(moved.len()) };
        let (first, rest) = moved.split_at(named);
        let mut texts: Vec<String> =
            first.iter().map(|(item, difference)| format!("{item} {}", change(*difference))).collect();
        if !rest.is_empty() {
            let sum: Decimal = rest.iter().map(|(_, difference)| *difference).sum();
            texts.push(format!("{} other lines {}", rest.len(), change(sum)));
        }
        write!(f, "{}{}", texts.join(", "), if is_margin { " percentage points" } else { "" })
    }
}
