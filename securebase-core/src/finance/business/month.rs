//! A month's profit and loss.
//!
//! Three margins, each a fraction of revenue: `infrastructure_margin` after infrastructure, `gross_margin` after cost of revenue
//! (infrastructure and support), `operating_margin` after everything.

mod lines;
mod statement;
mod tables;

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::model::Model;
use crate::finance::cost::{Bearer, CostReport, TenantCost, share};
use crate::finance::error::Error;
use crate::finance::inputs::line::Category;
use crate::model::{Money, TierName, unsigned_zero};
use crate::table::{Column, Table};

/// One line of a month's cost: a price times a quantity, and where both come from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MonthLine {
    /// The kind of cost.
    pub category: Category,
    /// What it is.
    pub item: String,
    /// Whether each tenant causes its part; `None` for lines of the price book, whose report knows who caused what.
    pub(in crate::finance) basis: Option<bool>,
    pub(in crate::finance) networked_only: bool,
    /// Whether every month brings it.
    pub recurring: bool,
    /// How many units.
    pub quantity: Decimal,
    /// What a unit is.
    pub unit: String,
    /// The price of a unit, an average where it is graduated.
    pub unit_price: Decimal,
    /// Quantity times price, whole cents.
    pub amount: Money,
    /// Where it comes from.
    pub source: String,
}

/// What a month brings and takes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Month {
    /// What tenants pay.
    pub revenue: Money,
    /// What AWS is paid.
    pub infrastructure: Money,
    /// What the people cost who keep tenants running.
    pub support: Money,
    /// What winning tenants costs.
    pub sales: Money,
    /// Everything else.
    pub other: Money,
    /// The part of all costs that a month may or may not bring, such as a contingency.
    pub contingent: Money,
    lines: Vec<MonthLine>,
    report: Option<CostReport>,
    pub(in crate::finance) model: Model,
}

/// One tenant's month.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TenantMonth {
    /// Its key.
    pub tenant: Arc<str>,
    /// The place of its tier among the model's tiers.
    pub tier: usize,
    /// What it pays.
    pub revenue: Money,
    /// Its cost by category, in the order of [`Category::ALL`].
    pub costs: [Money; 4],
}

/// One tier's month.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TierMonth {
    /// Its name.
    pub tier: TierName,
    /// How many tenants it serves.
    pub tenants: usize,
    /// What they pay together.
    pub revenue: Money,
    /// Their cost by category, in the order of [`Category::ALL`].
    pub costs: [Money; 4],
}

/// How one figure of a month differs from another month's.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FigureChange {
    /// The figure, with the name it has in [`Month`].
    pub figure: &'static str,
    /// Its value before: money, or a fraction for margins.
    pub before: Option<Decimal>,
    /// Its value after.
    pub after: Option<Decimal>,
}

impl FigureChange {
    /// After less before: money, or for margins a difference of fractions (a hundredth is a percentage point).
    pub fn absolute(&self) -> Option<Decimal> {
        self.after?.checked_sub(self.before?).map(unsigned_zero)
    }

    /// The difference as a fraction of the value before; `None` where that is zero or absent.
    pub fn relative(&self) -> Option<Decimal> {
        self.absolute()?.checked_div(self.before?).map(unsigned_zero)
    }
}

/// How a figure is read off a month.
type Figure = fn(&Month) -> Option<Decimal>;

fn fraction(part: Decimal, revenue: Decimal) -> Option<Decimal> {
    part.checked_div(revenue).map(unsigned_zero)
}

impl Month {
    pub(in crate::finance) fn new(
        model: Model,
        revenue: Money,
        lines: Vec<MonthLine>,
        report: Option<CostReport>,
    ) -> Self {
        let of = |wanted: &dyn Fn(&MonthLine) -> bool| {
            let amounts = lines.iter().filter(|line| wanted(line)).map(|line| line.amount.amount);
            Money::new(amounts.sum::<Decimal>(), model.currency())
        };
        let [infrastructure, support, sales, other] =
            Category::ALL.map(|category| of(&|line| line.category == category));
        let contingent = of(&|line| !line.recurring);
        Self { revenue, infrastructure, support, sales, other, contingent, lines, report, model }
    }

    fn money(&self, amount: Decimal) -> Money {
        Money::new(amount, self.revenue.currency)
    }

    /// How many tenants there are.
    pub fn tenants(&self) -> usize {
        self.model.tenants.len()
    }

    /// The cost of a category.
    pub fn cost(&self, category: Category) -> Money {
        match category {
            Category::Infrastructure => self.infrastructure,
            Category::Support => self.support,
            Category::Sales => self.sales,
            Category::Other => self.other,
        }
    }

    /// All costs.
    pub fn total_cost(&self) -> Money {
        self.money(Category::ALL.map(|category| self.cost(category).amount).into_iter().sum())
    }

    /// Revenue less all costs.
    pub fn profit(&self) -> Money {
        self.money(self.revenue.amount - self.total_cost().amount)
    }

    /// (revenue - infrastructure) / revenue, unrounded; `None` without revenue.
    pub fn infrastructure_margin(&self) -> Option<Decimal> {
        fraction(self.revenue.amount - self.infrastructure.amount, self.revenue.amount)
    }

    /// (revenue - infrastructure - support) / revenue, unrounded; `None` without revenue.
    pub fn gross_margin(&self) -> Option<Decimal> {
        let left = self.revenue.amount - self.infrastructure.amount - self.support.amount;
        fraction(left, self.revenue.amount)
    }

    /// (revenue - all costs) / revenue, unrounded; `None` without revenue.
    pub fn operating_margin(&self) -> Option<Decimal> {
        fraction(self.profit().amount, self.revenue.amount)
    }

    /// The operating margin without the contingency.
    pub fn operating_margin_before_contingency(&self) -> Option<Decimal> {
        fraction(self.profit().amount + self.contingent.amount, self.revenue.amount)
    }

    /// Revenue over infrastructure; `None` where infrastructure is free.
    pub fn revenue_per_infrastructure_dollar(&self) -> Option<Decimal> {
        fraction(self.revenue.amount, self.infrastructure.amount)
    }

    /// Revenue for each tenant, unrounded; `None` without tenants.
    pub fn revenue_per_tenant(&self) -> Option<Decimal> {
        self.revenue.amount.checked_div(Decimal::from(self.tenants()))
    }

    /// The lines of cost.
    pub fn lines(&self) -> &[MonthLine] {
        &self.lines
    }

    /// The cost report behind the infrastructure, where there is one.
    pub fn report(&self) -> Option<&CostReport> {
        self.report.as_ref()
    }

    /// Each tenant's month, in the order of the zone, then the departed tenants that still have costs; these pay nothing and bear
    /// no shared cost. The columns add up exactly to this month's figures.
    ///
    /// # Errors
    /// [`Error::Money`] where amounts have too many digits.
    pub fn per_tenant(&self) -> Result<Vec<TenantMonth>, Error> {
        let zero = self.money(Decimal::ZERO);
        let tenants = self.model.tenants.iter().chain(self.model.departed.iter());
        let mut rows: Vec<TenantMonth> = tenants
            .map(|tenant| TenantMonth {
                tenant: tenant.key.clone(),
                tier: tenant.tier,
                revenue: tenant.price,
                costs: [zero; 4],
            })
            .collect();
        if rows.is_empty() {
            return Ok(rows);
        }
        let rule = self.model.assumptions.allocation;
        let infrastructure = Category::Infrastructure as usize;
        let mut direct = vec![Decimal::ZERO; rows.len()];
        if let Some(report) = &self.report {
            let mut costs: BTreeMap<Arc<str>, TenantCost> =
                report.per_tenant(rule)?.into_iter().map(|cost| (cost.tenant.clone(), cost)).collect();
            for (row, direct) in rows.iter_mut().zip(&mut direct) {
                if let Some(cost) = costs.remove(&row.tenant) {
                    *direct = cost.direct.amount;
                    row.costs[infrastructure] = cost.total();
                }
            }
        }
        for line in self.lines.iter().filter(|line| line.basis == Some(true)) {
            let bearers: Vec<usize> = (0..self.tenants())
                .filter(|tenant| !line.networked_only || self.model.is_networked(&rows[*tenant].tenant))
                .collect();
            for (share, tenant) in line.amount.split(bearers.len())?.into_iter().zip(bearers) {
                direct[tenant] += share.amount;
                let cost = &mut rows[tenant].costs[line.category as usize];
                *cost = cost.checked_add(share)?;
            }
        }
        for category in Category::ALL {
            let lines =
                self.lines.iter().filter(|line| line.basis == Some(false) && line.category == category);
            let amount = Money::sum(self.revenue.currency, lines.map(|line| line.amount))?;
            if amount.is_zero() {
                continue;
            }
            // Without a tenant that is served, those that have left are all there is to bear it.
            let served = if self.tenants() > 0 { self.tenants() } else { rows.len() };
            let bearers: Vec<Bearer<'_>> = rows[..served]
                .iter()
                .zip(&direct)
                .map(|(row, direct)| Bearer {
                    tier: Some(&self.model.tiers[row.tier].name),
                    revenue: row.revenue.amount,
                    direct: *direct,
                })
                .collect();
            for (share, row) in share(amount, rule, &bearers)?.into_iter().zip(&mut rows) {
                let cost = &mut row.costs[category as usize];
                *cost = cost.checked_add(share)?;
            }
        }
        Ok(rows)
    }

    /// Each tier's month, in the order of the zone's tiers; those with neither a tenant nor a cost are left out.
    ///
    /// # Errors
    /// [`Error::Money`] where amounts have too many digits.
    pub fn per_tier(&self) -> Result<Vec<TierMonth>, Error> {
        let zero = self.money(Decimal::ZERO);
        let mut tiers: Vec<TierMonth> = self
            .model
            .tiers
            .iter()
            .map(|tier| TierMonth { tier: tier.name.clone(), tenants: 0, revenue: zero, costs: [zero; 4] })
            .collect();
        for tenant in self.model.tenants.iter() {
            tiers[tenant.tier].tenants += 1;
        }
        for row in self.per_tenant()? {
            let tier = &mut tiers[row.tier];
            tier.revenue = tier.revenue.checked_add(row.revenue)?;
            for (sum, cost) in tier.costs.iter_mut().zip(row.costs) {
                *sum = sum.checked_add(cost)?;
            }
        }
        tiers.retain(|tier| tier.tenants > 0 || tier.costs.iter().any(|cost| !cost.is_zero()));
        Ok(tiers)
    }

    /// [`Self::per_tenant`] as a table: `tenant, tier, revenue, infrastructure, support, sales, other, total_cost, profit,
    /// infrastructure_margin, gross_margin, operating_margin`.
    ///
    /// # Errors
    /// [`Error::Money`] or [`Error::Table`] where amounts have too many digits.
    pub fn tenants_table(&self) -> Result<Table, Error> {
        let rows = self.per_tenant()?;
        let mut columns = vec![
            Column::utf8("tenant", rows.iter().map(|row| row.tenant.as_ref()))?,
            Column::utf8("tier", rows.iter().map(|row| self.model.tiers[row.tier].name.as_str()))?,
        ];
        money_columns(&mut columns, &rows.iter().map(|row| (row.revenue, row.costs)).collect::<Vec<_>>())?;
        Ok(Table::new(columns)?)
    }

    /// [`Self::per_tier`] as a table: `tier, tenants, tenant_share, monthly_price, revenue_share`, the columns of
    /// [`Self::tenants_table`] from `revenue` on, `revenue_per_infrastructure_dollar` and `break_even_tenants`.
    ///
    /// # Errors
    /// [`Error::Money`] or [`Error::Table`] where amounts have too many digits.
    pub fn tiers_table(&self) -> Result<Table, Error> {
        let rows = self.per_tier()?;
        let all = Decimal::from(self.tenants());
        let price = |name: &TierName| {
            let tier = self.model.tiers.iter().find(|tier| tier.name == *name);
            tier.map(|tier| tier.monthly_price.amount)
        };
        let break_even = rows
            .iter()
            .map(|row| self.model.break_even_tenants(row.tier.as_str()).map(|tenants| tenants.map(i64::from)))
            .collect::<Result<Vec<_>, _>>()?;
        let count = |row: &TierMonth| i64::try_from(row.tenants).unwrap_or(i64::MAX);
        let share = |row: &TierMonth| fraction(Decimal::from(row.tenants), all);
        let revenue_share = |row: &TierMonth| fraction(row.revenue.amount, self.revenue.amount);
        let mut columns = vec![
            Column::utf8("tier", rows.iter().map(|row| row.tier.as_str()))?,
            Column::int64("tenants", rows.iter().map(count)),
            Column::decimal("tenant_share", 10, rows.iter().map(share))?,
            Column::decimal("monthly_price", 2, rows.iter().map(|row| price(&row.tier)))?,
            Column::decimal("revenue_share", 10, rows.iter().map(revenue_share))?,
        ];
        money_columns(&mut columns, &rows.iter().map(|row| (row.revenue, row.costs)).collect::<Vec<_>>())?;
        let returns = rows.iter().map(|row| fraction(row.revenue.amount, row.costs[0].amount));
        columns.push(Column::decimal("revenue_per_infrastructure_dollar", 10, returns)?);
        columns.push(Column::int64("break_even_tenants", break_even));
        Ok(Table::new(columns)?)
    }

    /// How every figure differs from another month's.
    pub fn since(&self, before: &Self) -> Vec<FigureChange> {
        let figures: [(&'static str, Figure); 12] = [
            ("tenants", |month| Some(Decimal::from(month.tenants()))),
            ("revenue", |month| Some(month.revenue.amount)),
            ("revenue_per_tenant", Self::revenue_per_tenant),
            ("infrastructure", |month| Some(month.infrastructure.amount)),
            ("support", |month| Some(month.support.amount)),
            ("sales", |month| Some(month.sales.amount)),
            ("other", |month| Some(month.other.amount)),
            ("total_cost", |month| Some(month.total_cost().amount)),
            ("profit", |month| Some(month.profit().amount)),
            ("infrastructure_margin", Self::infrastructure_margin),
            ("gross_margin", Self::gross_margin),
            ("operating_margin", Self::operating_margin),
        ];
        figures
            .into_iter()
            .map(|(figure, value)| FigureChange { figure, before: value(before), after: value(self) })
            .collect()
    }
}

fn money_columns(columns: &mut Vec<Column>, rows: &[(Money, [Money; 4])]) -> Result<(), Error> {
    let cost = |row: &(Money, [Money; 4]), upto: usize| -> Decimal {
        row.1.iter().take(upto).map(|cost| cost.amount).sum()
    };
    let margin = |row: &(Money, [Money; 4]), upto| fraction(row.0.amount - cost(row, upto), row.0.amount);
    columns.push(Column::decimal("revenue", 2, rows.iter().map(|row| row.0.amount))?);
    for category in Category::ALL {
        let amounts = rows.iter().map(|row| row.1[category as usize].amount);
        columns.push(Column::decimal(category.name(), 2, amounts)?);
    }
    columns.push(Column::decimal("total_cost", 2, rows.iter().map(|row| cost(row, 4)))?);
    columns.push(Column::decimal("profit", 2, rows.iter().map(|row| row.0.amount - cost(row, 4)))?);
    for (name, upto) in [("infrastructure_margin", 1), ("gross_margin", 2), ("operating_margin", 4)] {
        columns.push(Column::decimal(name, 10, rows.iter().map(|row| margin(row, upto)))?);
    }
    Ok(())
}
