//! The monthly bill before and after a plan, the difference in three parts, and the part of each step.
//!
//! Each bill covers what exists at that moment, on the terms in force then: a tenant that moves to another tier is billed by
//! the old tier before and by the new one after; a log group that remains stays on the bill, and so does an account that the
//! file no longer claims. Pricing the new file twice does not work, because it hides every change of terms.
//!
//! Invariant: the monthly costs of the steps add up to the difference of the planned and assumed parts, to the cent. The
//! difference of the promised part is listed by tier, on no step.

mod attribution;
mod bill;
mod counted;
mod floor;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::finance::{
    self, Age, CostBasis, CostChange, CostReport, Footprint, PriceBook, Usage, cost_of_footprint,
};
use crate::model::{Address, Latencies, Money, Tier, TierName};
use crate::table::{Column, Table};

use super::step::Plan;
use attribution::Attribution;
use bill::Bills;

pub(super) use bill::{BilledAccount, accounts_after};
pub use floor::MarginFloor;

/// The cost and duration of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepCost {
    /// The change in the planned and assumed monthly cost that it causes.
    pub monthly: Money,
    /// What AWS charges once for the step: zero for every current kind of resource.
    pub one_time: Money,
    /// How long it usually takes by itself.
    pub duration: Duration,
}

impl StepCost {
    /// How long it usually takes by itself, in minutes.
    pub fn minutes(&self) -> f64 {
        self.duration.as_secs_f64() / 60.0
    }
}

/// A plan's change to the promised costs of one tier.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromisedChange {
    /// The tier by name; `None` for the organization's own promised costs, except Shield Advanced.
    pub tier: Option<TierName>,
    /// The change in the monthly cost.
    pub monthly: Money,
}

/// What a plan changes about the bill of its zone.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanCost {
    before: CostReport,
    after: CostReport,
    steps: BTreeMap<Address, StepCost>,
    promised: Vec<PromisedChange>,
    shield: Money,
}

impl PlanCost {
    /// The bill before the plan is applied: what exists, on the terms it has.
    pub fn before(&self) -> &CostReport {
        &self.before
    }

    /// The bill once the plan is applied.
    pub fn after(&self) -> &CostReport {
        &self.after
    }

    /// The bill after less the bill before, in three parts, with both infrastructure margins.
    pub fn difference(&self) -> CostChange {
        self.after.since(&self.before)
    }

    /// The cost of a step; `None` for an address without a step in the plan.
    pub fn step(&self, address: &Address) -> Option<&StepCost> {
        self.steps.get(address)
    }

    /// The difference of the promised part, one entry for each tier in which it changes; the entries add up to the promised
    /// part of the difference. The tiers whose tenants need Shield Advanced bear its fee.
    pub fn promised(&self) -> &[PromisedChange] {
        &self.promised
    }

    /// The changes of [`PlanCost::promised`] as a table: `tier, monthly`.
    ///
    /// # Errors
    /// [`finance::Error::Table`] where an amount has too many digits.
    pub fn promised_table(&self) -> Result<Table, finance::Error> {
        Ok(Table::new(vec![
            Column::utf8(
                "tier",
                self.promised.iter().map(|change| change.tier.as_ref().map(TierName::as_str)),
            )?,
            Column::decimal("monthly", 2, self.promised.iter().map(|change| change.monthly.amount))?,
        ])?)
    }

    /// The part of the difference that is the organization's fee for Shield Advanced, which AWS sells by the year.
    pub fn shield_advanced(&self) -> Money {
        self.shield
    }

    /// What AWS charges once for applying the plan.
    pub fn one_time(&self) -> Money {
        let zero = Money::zero(self.after.currency());
        Money { amount: self.steps.values().map(|step| step.one_time.amount).sum(), ..zero }
    }
}

impl Plan {
    /// The monthly cost of everything once the plan is applied.
    ///
    /// # Errors
    /// [`finance::Error::Money`] where the prices and the tiers are in different currencies.
    pub fn cost(&self, prices: &PriceBook, usage: &Usage) -> Result<CostReport, finance::Error> {
        usage.check_tiers(&self.tiers)?;
        report(&Bills::of(self).after, prices, usage)
    }

    /// What the plan changes about the bill, as a whole and step by step.
    ///
    /// Each step carries the planned and assumed lines of its resource. When a change of terms affects a line whose resource
    /// has no step (a tier with another usage profile), the line goes to the step that moves the tenant. When a graduated
    /// price changes the cost of tenants without a step, the steps for that kind of resource share the change.
    ///
    /// # Errors
    /// As [`Plan::cost`].
    pub fn priced(&self, prices: &PriceBook, usage: &Usage) -> Result<PlanCost, finance::Error> {
        usage.check_tiers(&self.tiers)?;
        let Bills { before, after } = Bills::of(self);
        let before = report(&before, prices, usage)?;
        let after = report(&after, prices, usage)?;
        let attribution = Attribution::new(self, &before, &after);
        let latencies = Latencies::default();
        let once = Money::zero(after.currency());
        let steps = self
            .steps()
            .zip(attribution.monthly()?)
            .map(|(step, monthly)| {
                let duration = step.typical_duration(&latencies);
                (step.address.clone(), StepCost { monthly, one_time: once, duration })
            })
            .collect();
        let (promised, shield) = (attribution.promised(), attribution.shield());
        Ok(PlanCost { before, after, steps, promised, shield })
    }
}

fn report(
    (footprint, tiers): &(Footprint, Vec<Tier>),
    prices: &PriceBook,
    usage: &Usage,
) -> Result<CostReport, finance::Error> {
    cost_of_footprint(footprint, tiers, prices, usage, Age::Steady)
}

/// Whether a step can carry a line.
fn is_on_steps(basis: CostBasis) -> bool {
    basis != CostBasis::Promised
}
