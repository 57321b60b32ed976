//! Infrastructure as a function of how many tenants of each tier there are.
//!
//! The same arithmetic as a cost report, without its lines: what forecasts and simulations evaluate millions of times.
//! Invariant: for tenants of one make, [`Curve::infrastructure`] equals the report's total to the cent.

use rust_decimal::Decimal;

use crate::finance::cost::billed::of_tenant;
use crate::finance::cost::demand::{Age, Demand};
use crate::finance::cost::footprint::{BilledTenant, Counts};
use crate::finance::cost::is_pooled;
use crate::finance::cost::promised::{of_core_account, of_organization};
use crate::finance::cost::usage::Usage;
use crate::finance::error::Error;
use crate::finance::pricing::prices::{Price, PriceBook, PriceId};
use crate::finance::rounding::cents;
use crate::model::{ResourceKind, Tier};

/// What one tenant of a tier adds.
#[derive(Debug, Clone)]
pub(in crate::finance) struct TierCurve {
    /// Its lines priced alone, rounded one by one.
    pub(in crate::finance) each: Decimal,
    /// Whether it needs Shield Advanced.
    pub(in crate::finance) shield: bool,
}

/// A price whose steps the whole organization fills together.
#[derive(Debug, Clone)]
pub(in crate::finance) struct PooledCurve {
    pub(in crate::finance) price: Price,
    /// What the organization uses regardless of its tenants.
    pub(in crate::finance) base: Decimal,
    /// What each tier with tenants adds.
    pub(in crate::finance) per_present_tier: Decimal,
    /// What each tenant adds, by tier.
    pub(in crate::finance) per_tenant: Vec<Decimal>,
}

#[derive(Debug, Clone)]
pub(in crate::finance) struct Curve {
    pub(in crate::finance) tiers: Vec<TierCurve>,
    pub(in crate::finance) pooled: Vec<PooledCurve>,
    /// The organization's lines priced alone.
    pub(in crate::finance) base: Decimal,
    /// Shield Advanced, once.
    pub(in crate::finance) shield: Decimal,
}

impl Curve {
    /// The curve for tenants that all have these resources.
    pub(in crate::finance) fn new(
        tiers: &[Tier],
        counts: &Counts,
        prices: &PriceBook,
        usage: &Usage,
        age: Age,
    ) -> Result<Self, Error> {
        let mut curve = Self {
            tiers: Vec::with_capacity(tiers.len()),
            pooled: Vec::new(),
            base: Decimal::ZERO,
            shield: cents(prices.price(PriceId::ShieldAdvancedMonth).charge_for(Decimal::ONE)?),
        };
        let hours = prices.hours_per_month();
        for (index, tier) in tiers.iter().enumerate() {
            let profile = usage.profile(Some(tier));
            let mut each = Decimal::ZERO;
            let tenant = BilledTenant::with_counts(&tier.name, *counts);
            for demand in of_tenant(&tenant, profile, tier.log_retention_days, hours, age) {
                let price = prices.price(demand.id);
                if age.is_free(price) {
                    continue;
                }
                if is_pooled(price) {
                    curve.pooled(price, tiers.len()).per_tenant[index] += demand.quantity;
                } else {
                    each += cents(price.charge_for(demand.quantity)?);
                }
            }
            let shield = profile.shield_advanced && counts.of(ResourceKind::Account) > 0;
            curve.tiers.push(TierCurve { each, shield });
        }
        let copies = Decimal::from(usage.core_accounts);
        for demand in of_core_account(usage) {
            curve.add_base(prices.price(demand.id), age, demand, copies)?;
        }
        let none = of_organization(usage, 0);
        for demand in &none {
            curve.add_base(prices.price(demand.id), age, *demand, Decimal::ONE)?;
        }
        // What depends on how many tiers have tenants: dashboards.
        for demand in of_organization(usage, 1) {
            let known = none.iter().find(|other| other.id == demand.id).map_or(Decimal::ZERO, |d| d.quantity);
            let more = demand.quantity - known;
            let price = prices.price(demand.id);
            if !more.is_zero() && !age.is_free(price) {
                // A user's flat dashboard price is carried as a pool of one step.
                curve.pooled(price, tiers.len()).per_present_tier = more;
            }
        }
        Ok(curve)
    }

    fn pooled(&mut self, price: &Price, tiers: usize) -> &mut PooledCurve {
        let place = self.pooled.iter().position(|known| known.price.id == price.id).unwrap_or_else(|| {
            self.pooled.push(PooledCurve {
                price: price.clone(),
                base: Decimal::ZERO,
                per_present_tier: Decimal::ZERO,
                per_tenant: vec![Decimal::ZERO; tiers],
            });
            self.pooled.len() - 1
        });
        &mut self.pooled[place]
    }

    fn add_base(&mut self, price: &Price, age: Age, demand: Demand, copies: Decimal) -> Result<(), Error> {
        let tiers = self.tiers.len();
        if age.is_free(price) {
            return Ok(());
        }
        if is_pooled(price) {
            self.pooled(price, tiers).base += demand.quantity * copies;
        } else {
            self.base += cents(price.charge_for(demand.quantity)?) * copies;
        }
        Ok(())
    }

    /// The monthly cost of infrastructure with whole numbers of tenants, in the order of the tiers. A cost that changes in steps has no
    /// value at a fractional number of tenants; `expected` computes its mean.
    pub(in crate::finance) fn infrastructure(&self, tenants: &[Decimal]) -> Result<Decimal, Error> {
        let mut amount = self.base;
        let mut shield = false;
        let mut present = 0_u32;
        for (tier, count) in self.tiers.iter().zip(tenants) {
            amount += cents(tier.each * *count);
            shield |= tier.shield && !count.is_zero();
            present += u32::from(!count.is_zero());
        }
        for pool in &self.pooled {
            let tenants_use: Decimal =
                pool.per_tenant.iter().zip(tenants).map(|(each, count)| *each * *count).sum();
            let quantity = pool.base + pool.per_present_tier * Decimal::from(present) + tenants_use;
            amount += cents(pool.price.charge_for(quantity)?);
        }
        Ok(if shield { amount + self.shield } else { amount })
    }

    /// The part of it that would not grow with one more tenant of a tier that has some: core accounts and Shield Advanced.
    pub(in crate::finance) fn fixed(&self, tenants: &[Decimal]) -> Result<Decimal, Error> {
        let none = vec![Decimal::ZERO; tenants.len()];
        Ok(self.infrastructure(&none)? + self.shield_of(tenants))
    }

    /// The fee of Shield Advanced, where a tenant needs it.
    pub(in crate::finance) fn shield_of(&self, tenants: &[Decimal]) -> Decimal {
        let is_needed = self.tiers.iter().zip(tenants).any(|(tier, count)| tier.shield && !count.is_zero());
        if is_needed { self.shield } else { Decimal::ZERO }
    }
}
