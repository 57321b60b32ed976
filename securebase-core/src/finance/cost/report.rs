//! A cost report as text and tables.

use std::fmt;

use rust_decimal::Decimal;

use super::allocation::Allocation;
use super::bill::CostReport;
use super::demand::CostBasis;
use super::footprint::Standing;
use super::margin::Margin;
use crate::finance::error::Error;
use crate::finance::pricing::prices::Price;
use crate::finance::rounding::{percent, thousands};
use crate::model::{Money, TierName};
use crate::table::{Column, Table};

impl CostReport {
    /// Every line as a table: `tenant, tier, resource, price_id, item, quantity, unit, unit_price, amount, basis,
    /// grade, source, price_region`. `basis` is `planned`, `assumed` or `promised`: see [`CostBasis`].
    ///
    /// # Errors
    /// [`Error::Table`] where a quantity has too many digits.
    pub fn lines_table(&self) -> Result<Table, Error> {
        let lines: Vec<_> = self.lines().collect();
        let grades: Vec<String> = lines.iter().map(|line| line.confidence.to_string()).collect();
        Ok(Table::new(vec![
            Column::utf8("tenant", lines.iter().map(|line| line.tenant))?,
            Column::utf8("tier", lines.iter().map(|line| line.tier.map(TierName::as_str)))?,
            Column::utf8("resource", lines.iter().map(|line| line.kind.name()))?,
            Column::utf8("price_id", lines.iter().map(|line| line.id.name()))?,
            Column::utf8("item", lines.iter().map(|line| line.item))?,
            Column::decimal("quantity", 10, lines.iter().map(|line| line.quantity))?,
            Column::utf8("unit", lines.iter().map(|line| line.unit))?,
            Column::decimal("unit_price", 10, lines.iter().map(|line| line.unit_price))?,
            Column::decimal("amount", 2, lines.iter().map(|line| line.amount.amount))?,
            Column::utf8("basis", lines.iter().map(|line| line.basis.name()))?,
            Column::utf8("grade", grades.iter().map(String::as_str))?,
            Column::utf8("source", lines.iter().map(|line| line.source))?,
            Column::utf8("price_region", lines.iter().map(|line| line.price_region))?,
        ])?)
    }

    /// What each tenant costs and pays: `tenant, tier, revenue, direct, shared, total, infrastructure_margin`.
    ///
    /// # Errors
    /// [`Error::Money`] or [`Error::Table`] where amounts have too many digits.
    pub fn tenants_table(&self, rule: Allocation) -> Result<Table, Error> {
        let costs = self.per_tenant(rule)?;
        let margin = |revenue: Money, infrastructure: Money| Margin { revenue, infrastructure }.fraction();
        Ok(Table::new(vec![
            Column::utf8("tenant", costs.iter().map(|cost| cost.tenant.as_ref()))?,
            Column::utf8("tier", costs.iter().map(|cost| cost.tier.as_ref().map(TierName::as_str)))?,
            Column::decimal("revenue", 2, costs.iter().map(|cost| cost.revenue.amount))?,
            Column::decimal("direct", 2, costs.iter().map(|cost| cost.direct.amount))?,
            Column::decimal("shared", 2, costs.iter().map(|cost| cost.shared.amount))?,
            Column::decimal("total", 2, costs.iter().map(|cost| cost.total().amount))?,
            Column::decimal(
                "infrastructure_margin",
                10,
                costs.iter().map(|cost| margin(cost.revenue, cost.total())),
            )?,
        ])?)
    }

    /// The cost by item over the whole zone, in the order of the price book; an item with different prices in different
    /// regions has an entry for each price.
    pub fn items(&self) -> Vec<CostItem<'_>> {
        let mut items: Vec<CostItem<'_>> = Vec::new();
        for (prices, line) in self.priced_lines() {
            let price = prices.price(line.id);
            match items.iter_mut().find(|item| item.price == price) {
                Some(item) => {
                    item.quantity += line.quantity;
                    item.amount.amount += line.amount.amount;
                }
                None => items.push(CostItem {
                    price,
                    region: line.price_region,
                    quantity: line.quantity,
                    amount: line.amount,
                }),
            }
        }
        items.sort_by_key(|item| item.price.id);
        items
    }

    /// How this cost differs from an earlier one.
    pub fn since(&self, before: &Self) -> CostChange {
        CostChange {
            before: before.margin(),
            after: self.margin(),
            parts_before: before.parts(),
            parts_after: self.parts(),
        }
    }

    fn parts(&self) -> [Decimal; 3] {
        CostBasis::ALL.map(|basis| self.part(basis).amount)
    }
}

/// The total usage of one price in one region.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CostItem<'a> {
    /// The price.
    pub price: &'a Price,
    /// The region of the price, or `global`.
    pub region: &'a str,
    /// The number of units a month.
    pub quantity: Decimal,
    /// Their cost, in whole cents.
    pub amount: Money,
}

/// How one bill differs from an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CostChange {
    /// Revenue and infrastructure before.
    pub before: Margin,
    /// Revenue and infrastructure after.
    pub after: Margin,
    parts_before: [Decimal; 3],
    parts_after: [Decimal; 3],
}

impl CostChange {
    /// The change in the monthly cost of infrastructure: the sum of the three parts.
    ///
    /// # Errors
    /// [`Error::Money`] where the two bills are in different currencies.
    pub fn infrastructure(&self) -> Result<Money, Error> {
        Ok(self.after.infrastructure.checked_sub(self.before.infrastructure)?)
    }

    /// The change in the part of the cost on a basis.
    ///
    /// # Errors
    /// [`Error::Money`] where the two bills are in different currencies.
    pub fn part(&self, basis: CostBasis) -> Result<Money, Error> {
        let side = |margin: Margin, parts: [Decimal; 3]| Money {
            amount: parts[basis as usize],
            ..margin.infrastructure
        };
        Ok(side(self.after, self.parts_after).checked_sub(side(self.before, self.parts_before))?)
    }
}

/// `+ $94.10 a month, infrastructure margin 98.1 → 97.9 %`.
impl fmt::Display for CostChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.infrastructure() {
            Ok(more) => write!(f, "{} a month", signed(more, 2))?,
            Err(_) => write!(f, "{} → {} a month", self.before.infrastructure, self.after.infrastructure)?,
        }
        match (self.before.fraction(), self.after.fraction()) {
            (Some(before), Some(after)) => {
                let before = percent(before, 1);
                write!(f, ", infrastructure margin {} → {}", before.trim_end_matches(" %"), percent(after, 1))
            }
            (None, Some(after)) => write!(f, ", infrastructure margin {}", percent(after, 1)),
            (_, None) => Ok(()),
        }
    }
}

/// An amount with its sign and the sign of its currency: `+ $94.10`.
pub(crate) fn signed(amount: Money, digits: usize) -> String {
    let sign = if amount.amount.is_sign_negative() && !amount.is_zero() { '-' } else { '+' };
    format!("{sign} {}{}", amount.currency.symbol(), thousands(amount.amount.abs(), digits))
}

impl fmt::Display for CostReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prices = self.prices();
        let currency = self.currency();
        writeln!(
            f,
            "cost a month in {currency}, list prices of {} as of {}, {} hours",
            prices.origin(),
            prices.as_of(),
            prices.hours_per_month()
        )?;
        writeln!(f)?;
        writeln!(f, "{:<38} {:>14}  {:<15} {:>10} {:>12}", "item", "quantity", "unit", "price", "amount")?;
        for CostItem { price, region, quantity, amount } in self.items() {
            let mark = if price.is_borrowed() { format!(" of {region}") } else { String::new() };
            let graded = format!("{} [{}{mark}]", price.name, price.confidence);
            let each = if price.is_graduated() {
                let whole = price.charge_for(quantity).unwrap_or_default();
                let average = whole.checked_div(quantity).unwrap_or_default().round_dp(5).normalize();
                if average == price.list_price() { average.to_string() } else { format!("~{average}") }
            } else {
                price.list_price().normalize().to_string()
            };
            writeln!(
                f,
                "{graded:<38} {:>14}  {:<15} {each:>10} {:>12}",
                thousands(quantity, 2),
                price.unit,
                thousands(amount.amount, 2)
            )?;
        }
        writeln!(f)?;
        let mut tiers: Vec<(&str, usize, Decimal, Decimal)> = Vec::new();
        for group in &self.groups {
            let name = group.tier.as_ref().map_or("no tier", TierName::as_str);
            let direct: Decimal = (0..group.tenants.len()).map(|index| group.direct(index)).sum();
            let revenue = group.price.amount * Decimal::from(group.tenants.len());
            let served = if group.standing == Standing::Served { group.tenants.len() } else { 0 };
            match tiers.iter_mut().find(|(known, ..)| *known == name) {
                Some(tier) => {
                    tier.1 += served;
                    tier.2 += revenue;
                    tier.3 += direct;
                }
                None => tiers.push((name, served, revenue, direct)),
            }
        }
        writeln!(f, "{:<24} {:>8} {:>16} {:>16}", "", "tenants", "revenue", "cost")?;
        for (name, tenants, revenue, direct) in tiers {
            let (revenue, direct) = (thousands(revenue, 2), thousands(direct, 2));
            writeln!(f, "{name:<24} {tenants:>8} {revenue:>16} {direct:>16}")?;
        }
        let shared = thousands(self.shared_total().amount, 2);
        writeln!(f, "{:<24} {:>8} {:>16} {shared:>16}", "organization", "", "")?;
        let (revenue, total) = (thousands(self.revenue().amount, 2), thousands(self.total().amount, 2));
        writeln!(f, "{:<24} {:>8} {revenue:>16} {total:>16}", "total", self.tenant_count())?;
        writeln!(f)?;
        writeln!(
            f,
            "planned {}, assumed {}, promised (not built) {}",
            thousands(self.planned().amount, 2),
            thousands(self.assumed().amount, 2),
            thousands(self.promised().amount, 2)
        )?;
        writeln!(
            f,
            "first month {}, before stored logs have grown",
            thousands(self.first_month().amount, 2)
        )?;
        match self.margin().fraction() {
            Some(margin) => writeln!(f, "infrastructure margin {}", percent(margin, 2)),
            None => writeln!(f, "no revenue, no margin"),
        }
    }
}
