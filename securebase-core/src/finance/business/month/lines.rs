//! What a month's infrastructure is made of, down to each step of each price.

use rust_decimal::Decimal;

use super::MonthLine;
use crate::finance::cost::report::CostItem;
use crate::finance::cost::{CostReport, is_pooled};
use crate::finance::error::Error;
use crate::finance::inputs::line::Category;
use crate::finance::pricing::prices::Price;
use crate::model::{Money, MoneyError};

/// The lines of a cost report by item, in the order of the price book; an item whose use reaches into several steps of its
/// price has a line for each of them.
pub(in crate::finance) fn infrastructure(report: &CostReport) -> Result<Vec<MonthLine>, Error> {
    let mut lines = Vec::new();
    let items = report.items();
    for CostItem { price, region, quantity, amount } in &items {
        // The same item at two prices: the region tells them apart.
        let twice = items.iter().filter(|other| other.price.id == price.id).count() > 1;
        let place = if twice { format!(" in {region}") } else { String::new() };
        lines.extend(parts(price, *quantity, *amount)?.into_iter().map(|part| MonthLine {
            category: Category::Infrastructure,
            item: format!("{}{place}{}", price.name, part.which),
            basis: None,
            networked_only: false,
            recurring: true,
            quantity: part.quantity,
            unit: price.unit.clone(),
            unit_price: part.unit_price,
            amount: part.amount,
            source: source(price),
        }));
    }
    Ok(lines)
}

/// The grade and the source of a price, and the region it is borrowed from.
fn source(price: &Price) -> String {
    let borrowed = price.borrowed_from.as_ref().map(|region| format!(" of {region}")).unwrap_or_default();
    format!("[{}{borrowed}] {}", price.confidence, price.source)
}

/// What one step of a price takes of an item.
struct Part {
    /// Which of the units, behind the item's name; empty where they all cost the same.
    which: String,
    quantity: Decimal,
    unit_price: Decimal,
    amount: Money,
}

fn parts(price: &Price, quantity: Decimal, amount: Money) -> Result<Vec<Part>, Error> {
    let whole = |unit_price| vec![Part { which: String::new(), quantity, unit_price, amount }];
    if !price.is_graduated() {
        return Ok(whole(price.list_price()));
    }
    if !is_pooled(price) {
        // Each account fills the steps alone: only the average is the price of all.
        let average = amount.amount.checked_div(quantity).unwrap_or_default();
        return Ok(whole(average.round_dp(10).normalize()));
    }
    let mut from = Decimal::ZERO;
    let mut used = Vec::new();
    for step in &price.bands {
        let to = step.up_to.map_or(quantity, |bound| bound.min(quantity));
        if to > from {
            used.push((from, step.up_to, to - from, step.price));
            from = to;
        }
    }
    if let [(.., unit_price)] = used.as_slice() {
        return Ok(whole(*unit_price));
    }
    let exact =
        used.iter().map(|(.., quantity, price)| quantity.checked_mul(*price).ok_or(MoneyError::Overflow));
    let shares = amount.allocate(&exact.collect::<Result<Vec<_>, _>>()?)?;
    let part = |((from, to, quantity, unit_price), amount): ((Decimal, Option<Decimal>, _, _), _)| Part {
        which: match to {
            Some(to) if from.is_zero() => format!(", the first {}", to.normalize()),
            Some(to) => format!(", {} to {}", from.normalize(), to.normalize()),
            None => format!(", above {}", from.normalize()),
        },
        quantity,
        unit_price,
        amount,
    };
    Ok(used.into_iter().zip(shares).map(part).collect())
}
