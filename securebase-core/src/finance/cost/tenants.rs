//! What each tenant costs: its direct cost and its share of the shared costs.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::allocation::{Allocation, Bearer, share};
use super::bill::CostReport;
use super::footprint::Standing;
use crate::finance::error::Error;
use crate::model::{Money, TierName};

/// What one tenant costs a month.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TenantCost {
    /// Its key.
    pub tenant: Arc<str>,
    /// Its tier.
    pub tier: Option<TierName>,
    /// What it pays.
    pub revenue: Money,
    /// What it causes by itself.
    pub direct: Money,
    /// Its share of the shared costs.
    pub shared: Money,
}

impl TenantCost {
    fn bearer(&self) -> Bearer<'_> {
        Bearer { tier: self.tier.as_ref(), revenue: self.revenue.amount, direct: self.direct.amount }
    }

    /// Direct cost and share together.
    pub fn total(&self) -> Money {
        Money { amount: self.direct.amount + self.shared.amount, ..self.direct }
    }
}

impl CostReport {
    /// What each tenant costs a month: its direct cost and its share of the shared costs. Shield Advanced is borne by
    /// the tenants whose tier needs it, everything else by the served tenants. The shares add up exactly to [`Self::shared_total`].
    ///
    /// # Errors
    /// [`Error::Money`] where the amounts have too many digits.
    pub fn per_tenant(&self, rule: Allocation) -> Result<Vec<TenantCost>, Error> {
        let mut costs: Vec<TenantCost> = self
            .order
            .iter()
            .map(|(tenant, place, index)| {
                let group = &self.groups[*place];
                TenantCost {
                    tenant: tenant.clone(),
                    tier: group.tier.clone(),
                    revenue: group.price,
                    direct: self.money(group.direct(*index)),
                    shared: self.money(Decimal::ZERO),
                }
            })
            .collect();
        for shield in [false, true] {
            let lines = self.shared.iter().filter(|line| line.shield == shield);
            let amount = self.money(lines.map(|line| line.amount).sum());
            let group_of = |tenant: usize| &self.groups[self.order[tenant].1];
            let served = |tenant: &usize| group_of(*tenant).standing == Standing::Served;
            let mut bearers: Vec<usize> = (0..costs.len()).filter(served).collect();
            if bearers.is_empty() {
                bearers = (0..costs.len()).collect();
            }
            bearers.retain(|tenant| !shield || group_of(*tenant).shield);
            if amount.is_zero() || bearers.is_empty() {
                continue;
            }
            let weighed: Vec<Bearer<'_>> = bearers.iter().map(|tenant| costs[*tenant].bearer()).collect();
            let shares = share(amount, rule, &weighed)?;
            for (tenant, share) in bearers.into_iter().zip(shares) {
                costs[tenant].shared = costs[tenant].shared.checked_add(share)?;
            }
        }
        Ok(costs)
    }
}
