//! The scaling path: what so many tenants take, beside what they bring.

use rust_decimal::Decimal;

use super::Error;
use super::model::Model;
use crate::model::{Limits, Money};
use crate::table::{Column, Table};

/// Blocks of /16 in 10.0.0.0/8, the usual pool.
const BITS_OF_POOL: u8 = 8;

/// What one target number of tenants takes and brings.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    tenants: u32,
    accounts: u32,
    units: u32,
    networks: u32,
    raises: String,
    share_of_pool: Decimal,
    people: Option<u32>,
    band: Option<String>,
    minutes: Option<f64>,
    claim: Option<(u32, u32)>,
    revenue: Money,
    infrastructure: Money,
    total_cost: Money,
    profit: Money,
    margins: [Option<Decimal>; 3],
}

impl Model {
    /// What each of the target numbers of tenants takes, at the mix of tiers there is now: accounts, organizational units,
    /// VPCs, quotas to raise, address space, people, deployment time, cost and margin. One row a target.
    ///
    /// `prefix_len` is the size of a tenant's block out of 10.0.0.0/8. `minutes` are deployment times somebody has worked
    /// out, by number of tenants (a plan's timeline does); what the assumptions' report claims stands beside them.
    ///
    /// # Errors
    /// [`Error::Range`] for a zone without tenants, whose mix is unknown, or a block larger than the pool.
    pub fn capacity_plan(
        &self,
        targets: &[u32],
        limits: &Limits,
        prefix_len: u8,
        minutes: &[(u32, f64)],
    ) -> Result<Table, Error> {
        if self.tenants.is_empty() {
            return Err(Error::range("zone to scale", &"no tenants", "give it tenants, their mix is kept"));
        }
        if !(BITS_OF_POOL..=28).contains(&prefix_len) {
            return Err(Error::range("prefix length", &prefix_len, "use 8 to 28"));
        }
        let rows = targets
            .iter()
            .map(|target| self.capacity(*target, limits, prefix_len, minutes))
            .collect::<Result<Vec<_>, _>>()?;
        let int = |value: u32| i64::from(value);
        Ok(Table::new(vec![
            Column::int64("tenants", rows.iter().map(|row| int(row.tenants))),
            Column::int64("accounts", rows.iter().map(|row| int(row.accounts))),
            Column::int64("organizational_units", rows.iter().map(|row| int(row.units))),
            Column::int64("vpcs", rows.iter().map(|row| int(row.networks))),
            Column::utf8("quotas_to_raise", rows.iter().map(|row| row.raises.as_str()))?,
            Column::decimal("share_of_10_0_0_0_8", 10, rows.iter().map(|row| row.share_of_pool))?,
            Column::int64("support_people", rows.iter().map(|row| row.people.map(int))),
            Column::utf8("staffing_band", rows.iter().map(|row| row.band.as_deref()))?,
            Column::float64("deployment_minutes", rows.iter().map(|row| row.minutes)),
            Column::int64("claimed_minutes_from", rows.iter().map(|row| row.claim.map(|claim| int(claim.0)))),
            Column::int64("claimed_minutes_to", rows.iter().map(|row| row.claim.map(|claim| int(claim.1)))),
            Column::decimal("revenue", 2, rows.iter().map(|row| row.revenue.amount))?,
            Column::decimal("infrastructure", 2, rows.iter().map(|row| row.infrastructure.amount))?,
            Column::decimal("total_cost", 2, rows.iter().map(|row| row.total_cost.amount))?,
            Column::decimal("profit", 2, rows.iter().map(|row| row.profit.amount))?,
            Column::decimal("gross_margin", 10, rows.iter().map(|row| row.margins[0]))?,
            Column::decimal("margin_with_support", 10, rows.iter().map(|row| row.margins[1]))?,
            Column::decimal("net_margin", 10, rows.iter().map(|row| row.margins[2]))?,
        ])?)
    }

    fn capacity(
        &self,
        target: u32,
        limits: &Limits,
        prefix_len: u8,
        minutes: &[(u32, f64)],
    ) -> Result<Row, Error> {
        let model = self.with_counts(&self.scaled(target)?)?;
        let (structure, month) = (model.structure(), model.month()?);
        let core = self.assumptions.usage().map_or(1, |usage| usage.core_accounts);
        let accounts = structure.accounts.saturating_add(core);
        let needs = [("accounts", accounts), ("organizational_units", structure.organizational_units)];
        let raises: Vec<String> = needs
            .into_iter()
            .filter_map(|(name, need)| {
                let limit = limits.get(name)?;
                (f64::from(need) > limit.value).then(|| match limit.ceiling {
                    Some(ceiling) if f64::from(need) > ceiling => {
                        format!("{name} {} to {need}, beyond the {ceiling} AWS grants", limit.value)
                    }
                    _ => format!("{name} {} to {need}", limit.value),
                })
            })
            .collect();
        let operations = self.assumptions.operations();
        let blocks = Decimal::from(1_u64 << (prefix_len - BITS_OF_POOL));
        Ok(Row {
            tenants: target,
            accounts,
            units: structure.organizational_units,
            networks: structure.networks,
            raises: raises.join("; "),
            share_of_pool: Decimal::from(structure.networks) / blocks,
            people: operations
                .support_people
                .iter()
                .find(|(bound, _)| target <= *bound)
                .or(operations.support_people.last())
                .map(|(_, people)| *people),
            band: operations.band(target).map(str::to_owned),
            minutes: minutes.iter().find(|(tenants, _)| *tenants == target).map(|(_, minutes)| *minutes),
            claim: operations.deployment_minutes(target),
            revenue: month.revenue,
            infrastructure: month.infrastructure,
            total_cost: month.total_cost(),
            profit: month.profit(),
            margins: [month.gross_margin(), month.margin_with_support(), month.net_margin()],
        })
    }

    /// So many tenants at the mix of tiers there is now, by largest remainder.
    fn scaled(&self, target: u32) -> Result<Vec<u32>, Error> {
        let counts = self.tenants_by_tier();
        let whole: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let share = |count: u32| {
            let product = u64::from(count) * u64::from(target);
            (product / whole, product % whole)
        };
        let mut scaled: Vec<(u64, u64)> = counts.iter().map(|count| share(*count)).collect();
        let left = u64::from(target) - scaled.iter().map(|(count, _)| count).sum::<u64>();
        let mut order: Vec<usize> = (0..scaled.len()).collect();
        order.sort_by_key(|tier| std::cmp::Reverse(scaled[*tier].1));
        for tier in order.into_iter().take(usize::try_from(left).unwrap_or_default()) {
            scaled[tier].0 += 1;
        }
        scaled
            .into_iter()
            .map(|(count, _)| u32::try_from(count).map_err(|_| crate::model::MoneyError::Overflow.into()))
            .collect()
    }
}
