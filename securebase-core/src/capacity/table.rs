//! The path as tables.

use super::{CapacityPlan, CapacityTarget, Error, Need, Raise};
use crate::table::{Column, Table};

impl CapacityPlan {
    /// One row a target: `tenants, month, accounts, organizational_units, policies, vpcs, steps, prefix_len, share_of_pool,
    /// blocks_left, quotas_to_raise, raise_when, support_people, staffing_band, support_hours_week, people_by_hours,
    /// deployment_minutes, deployment_minutes_p90, bound_by, claimed_minutes_from, claimed_minutes_to`, then revenue, costs,
    /// profit and the three margins of a month.
    ///
    /// # Errors
    /// [`Error::Table`] where a number has too many digits.
    pub fn table(&self) -> Result<Table, Error> {
        let rows = &self.targets;
        let raises = |text: fn(&Raise) -> String| {
            rows.iter()
                .map(|row| row.raises.iter().map(text).collect::<Vec<_>>().join("; "))
                .collect::<Vec<_>>()
        };
        let (to_raise, when) = (raises(ToString::to_string), raises(Raise::when));
        let count = |value: fn(&CapacityTarget) -> u32| rows.iter().map(move |row| i64::from(value(row)));
        let some =
            |value: fn(&CapacityTarget) -> Option<u32>| rows.iter().map(move |row| value(row).map(i64::from));
        let steps = rows.iter().map(|row| i64::try_from(row.steps).unwrap_or(i64::MAX));
        Ok(Table::new(vec![
            Column::int64("tenants", count(|row| row.tenants)),
            Column::int64("month", some(|row| row.month)),
            Column::int64("accounts", count(|row| row.accounts)),
            Column::int64("organizational_units", count(|row| row.organizational_units)),
            Column::int64("policies", count(|row| row.policies)),
            Column::int64("vpcs", count(|row| row.networks)),
            Column::int64("steps", steps),
            Column::int64("prefix_len", count(|row| row.prefix_len.into())),
            Column::decimal("share_of_pool", 10, rows.iter().map(|row| row.share_of_pool))?,
            Column::int64("blocks_left", rows.iter().map(|row| row.blocks_left)),
            Column::utf8("quotas_to_raise", to_raise.iter().map(String::as_str))?,
            Column::utf8("raise_when", when.iter().map(String::as_str))?,
            Column::int64("support_people", some(|row| row.support_people)),
            Column::utf8("staffing_band", rows.iter().map(|row| row.staffing_band.as_deref()))?,
            Column::decimal("support_hours_week", 2, rows.iter().map(|row| row.support_hours))?,
            Column::int64("people_by_hours", some(|row| row.people_by_hours)),
            Column::float64("deployment_minutes", rows.iter().map(|row| row.deployment.minutes)),
            Column::float64("deployment_minutes_p90", rows.iter().map(|row| row.deployment.minutes_p90)),
            Column::utf8("bound_by", rows.iter().map(|row| row.deployment.bound_by.as_deref()))?,
            Column::int64("claimed_minutes_from", some(|row| row.claimed_minutes.map(|claim| claim.0))),
            Column::int64("claimed_minutes_to", some(|row| row.claimed_minutes.map(|claim| claim.1))),
            Column::decimal("revenue", 2, rows.iter().map(|row| row.money.revenue.amount))?,
            Column::decimal("infrastructure", 2, rows.iter().map(|row| row.money.infrastructure.amount))?,
            Column::decimal("support", 2, rows.iter().map(|row| row.money.support.amount))?,
            Column::decimal("total_cost", 2, rows.iter().map(|row| row.money.total_cost().amount))?,
            Column::decimal("profit", 2, rows.iter().map(|row| row.money.profit().amount))?,
            Column::decimal(
                "infrastructure_margin",
                10,
                rows.iter().map(|row| row.money.infrastructure_margin()),
            )?,
            Column::decimal("gross_margin", 10, rows.iter().map(|row| row.money.gross_margin()))?,
            Column::decimal("operating_margin", 10, rows.iter().map(|row| row.money.operating_margin()))?,
        ])?)
    }

    /// One row a quota that tenants count against: `quota, unit, scope, granted, ceiling, need, reached_at_tenants, month,
    /// lead_days, request`. `need` is that of the largest target.
    ///
    /// # Errors
    /// [`Error::Table`] beyond 2 GiB of text.
    pub fn quotas_table(&self) -> Result<Table, Error> {
        let rows = &self.needs;
        let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let some = |value: fn(&Need) -> Option<u32>| rows.iter().map(move |row| value(row).map(i64::from));
        Ok(Table::new(vec![
            Column::utf8("quota", rows.iter().map(|row| row.quota.as_str()))?,
            Column::utf8("unit", rows.iter().map(|row| row.unit.as_str()))?,
            Column::utf8("scope", rows.iter().map(|row| row.scope.name()))?,
            Column::int64("granted", rows.iter().map(|row| whole(row.granted))),
            Column::int64("ceiling", rows.iter().map(|row| row.ceiling.map(whole))),
            Column::int64("need", rows.iter().map(|row| whole(row.need))),
            Column::int64("reached_at_tenants", some(|row| row.reached_at)),
            Column::int64("month", some(|row| row.month)),
            Column::int64("lead_days", rows.iter().map(|row| i64::from(row.lead_days))),
            Column::utf8("request", rows.iter().map(|row| row.request.as_deref()))?,
        ])?)
    }
}
