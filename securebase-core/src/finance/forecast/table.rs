//! A forecast as tables.

use rust_decimal::Decimal;

use super::{Cohort, Forecast, ForecastMonth};
use crate::finance::error::Error;
use crate::finance::inputs::line::Category;
use crate::table::{Column, Table};

impl Forecast {
    /// The months as a table, one row each: tenants, the bridge of recurring revenue, cost, margins and subscription metrics. Counts
    /// and amounts are expected values, ratios the ratios of these.
    ///
    /// # Errors
    /// [`Error::Table`] where a figure has too many digits.
    pub fn table(&self) -> Result<Table, Error> {
        let rows = &self.months;
        let mut columns = vec![Column::int64("month", rows.iter().map(|row| i64::from(row.month)))];
        let mut number = |name: &str, digits: u8, value: &dyn Fn(&ForecastMonth) -> Option<Decimal>| {
            columns.push(Column::decimal(name, digits, rows.iter().map(value))?);
            Ok::<(), Error>(())
        };
        number("tenants", 6, &|row| Some(row.tenants))?;
        for (place, tier) in self.tiers.iter().enumerate() {
            number(&format!("tenants_{}", tier.as_str().replace('-', "_")), 6, &|row| {
                Some(row.tenants_by_tier[place])
            })?;
        }
        number("tenants_new", 6, &|row| Some(row.tenants_new))?;
        number("tenants_churned", 6, &|row| Some(row.tenants_churned))?;
        number("mrr_opening", 2, &|row| Some(row.mrr_opening))?;
        number("mrr_new", 2, &|row| Some(row.mrr_new))?;
        number("mrr_expansion", 2, &|row| Some(row.mrr_expansion))?;
        number("mrr_contraction", 2, &|row| Some(row.mrr_contraction))?;
        number("mrr_churned", 2, &|row| Some(row.mrr_churned))?;
        number("mrr", 2, &|row| Some(row.mrr))?;
        number("arr", 2, &|row| Some(row.arr()))?;
        number("revenue", 2, &|row| Some(row.mrr))?;
        for category in Category::ALL {
            number(category.name(), 2, &|row| Some(row.costs[category as usize]))?;
        }
        number("cogs", 2, &|row| Some(row.cogs()))?;
        number("total_cost", 2, &|row| Some(row.total_cost()))?;
        number("profit", 2, &|row| Some(row.profit()))?;
        number("profit_cumulative", 2, &|row| Some(row.profit_cumulative))?;
        number("operating_loss", 2, &|row| Some(row.operating_loss()))?;
        number("infrastructure_margin", 10, &|row| row.margin(Category::Infrastructure))?;
        number("gross_margin", 10, &|row| row.margin(Category::Support))?;
        number("revenue_per_infrastructure_dollar", 10, &ForecastMonth::revenue_per_infrastructure_dollar)?;
        number("contribution_margin", 10, &ForecastMonth::contribution_margin)?;
        number("operating_margin", 10, &|row| row.margin(Category::Other))?;
        number("monthly_logo_churn", 10, &ForecastMonth::monthly_logo_churn)?;
        number("monthly_grr", 10, &ForecastMonth::monthly_grr)?;
        number("monthly_nrr", 10, &ForecastMonth::monthly_nrr)?;
        number("arpa", 2, &ForecastMonth::arpa)?;
        number("cac", 2, &ForecastMonth::cac)?;
        number("ltv", 2, &ForecastMonth::ltv)?;
        number("cac_payback_months", 6, &ForecastMonth::cac_payback_months)?;
        number("saas_quick_ratio", 6, &ForecastMonth::saas_quick_ratio)?;
        number("ltv_cac", 6, &ForecastMonth::ltv_cac)?;
        number("burn_multiple", 6, &ForecastMonth::burn_multiple)?;
        number("magic_number", 6, &|row| row.magic_number)?;
        number("rule_of_40", 6, &|row| row.rule_of_40)?;
        number("nrr_12m", 10, &|row| row.nrr_12m)?;
        number("grr_12m", 10, &|row| row.grr_12m)?;
        number("concentration", 10, &|row| row.concentration)?;
        number("hhi", 10, &|row| row.hhi)?;
        Ok(Table::new(columns)?)
    }

    /// The cohorts as a table, one row for each tier, start and month: how many remain, what they pay, and the share of
    /// the tenants at the start that remains.
    ///
    /// # Errors
    /// [`Error::Table`] where a figure has too many digits.
    pub fn cohorts_table(&self) -> Result<Table, Error> {
        let rows = &self.cohorts;
        let left = |row: &Cohort| row.tenants.checked_div(row.tenants_start);
        Ok(Table::new(vec![
            Column::utf8("tier", rows.iter().map(|row| self.tiers[row.tier].as_str()))?,
            Column::int64("start", rows.iter().map(|row| i64::from(row.start))),
            Column::int64("month", rows.iter().map(|row| i64::from(row.month))),
            Column::int64("age", rows.iter().map(|row| i64::from(row.month - row.start))),
            Column::decimal("tenants", 6, rows.iter().map(|row| row.tenants))?,
            Column::decimal("retention", 10, rows.iter().map(left))?,
            Column::decimal("mrr", 2, rows.iter().map(|row| row.mrr))?,
        ])?)
    }
}
