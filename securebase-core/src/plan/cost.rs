//! What a plan's resources cost.

use std::collections::BTreeMap;

use crate::finance::{self, CostReport, PriceBook, Usage, cost_of};
use crate::model::ResourceKind;

use super::step::Plan;

impl Plan {
    /// The tenant, its tier, and the kind of everything the zone wants to exist, whether it exists already or not.
    pub fn priced_inventory(&self) -> impl Iterator<Item = (Option<&str>, Option<&str>, ResourceKind)> {
        let tiers: BTreeMap<&str, &str> =
            self.tenants.iter().map(|tenant| (tenant.key.as_str(), tenant.tier.as_str())).collect();
        self.inventory.iter().map(move |(address, kind)| {
            let tenant = address.tenant_key();
            (tenant, tenant.and_then(|key| tiers.get(key).copied()), *kind)
        })
    }

    /// What everything the zone wants to exist costs a month, once the plan is applied.
    ///
    /// # Errors
    /// [`finance::Error::Money`] where the prices and the tiers are in different currencies.
    pub fn cost(&self, prices: &PriceBook, usage: &Usage) -> Result<CostReport, finance::Error> {
        cost_of(self.priced_inventory(), &self.tiers, prices, usage)
    }
}
