//! What a plan's resources cost, what the plan changes about it, and which step brings how much.
//!
//! Invariant: the monthly costs of the steps add up to the cost after the plan less the cost before it, to the cent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::finance::{
    self, CostChange, CostReport, PriceBook, PriceId, Quantity, Usage, UsageProfile, cost_of,
};
use crate::model::{Address, Latencies, Money, ResourceKind, Tier};

use super::Error;
use super::step::{Action, Plan, Site, Step};

/// What one step brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepCost {
    /// How much more (or, negative, less) is paid every month because of it.
    pub monthly: Money,
    /// What is paid once for carrying it out.
    pub one_off: Money,
    /// How long it usually takes by itself.
    pub duration: Duration,
}

impl StepCost {
    /// How long it usually takes by itself, in minutes.
    pub fn minutes(&self) -> f64 {
        self.duration.as_secs_f64() / 60.0
    }
}

/// What a plan changes about the cost of its zone.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanCost {
    before: CostReport,
    after: CostReport,
    steps: BTreeMap<Address, StepCost>,
    shield: Money,
}

impl PlanCost {
    /// What exists already costs a month, of all the zone wants to exist or no longer wants.
    pub fn before(&self) -> &CostReport {
        &self.before
    }

    /// What everything costs a month once the plan is applied.
    pub fn after(&self) -> &CostReport {
        &self.after
    }

    /// The difference the plan makes, with both margins.
    pub fn difference(&self) -> CostChange {
        self.after.since(&self.before)
    }

    /// What a step brings; `None` for an address the plan has no step for.
    pub fn step(&self, address: &Address) -> Option<&StepCost> {
        self.steps.get(address)
    }

    /// How much of the difference is the organization's one fee for Shield Advanced, which AWS sells by the year.
    pub fn shield_advanced(&self) -> Money {
        self.shield
    }

    /// What is paid once for carrying the plan out.
    pub fn one_off(&self) -> Money {
        let zero = Money::zero(self.after.currency());
        Money { amount: self.steps.values().map(|step| step.one_off.amount).sum(), ..zero }
    }
}

/// A margin below which a plan is refused: revenue less infrastructure, over revenue, once the plan is applied.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginFloor {
    least: Decimal,
    prices: Arc<PriceBook>,
    usage: Arc<Usage>,
}

impl MarginFloor {
    /// The least margin that is accepted, as a fraction such as 0.95, at AWS's list prices and the shipped usage.
    pub fn new(least: Decimal) -> Self {
        Self::priced(least, PriceBook::shipped().clone(), Usage::shipped().clone())
    }

    /// The same with prices and usage of one's own.
    pub fn priced(least: Decimal, prices: PriceBook, usage: Usage) -> Self {
        Self { least, prices: Arc::new(prices), usage: Arc::new(usage) }
    }

    /// Refuses a plan that leaves less. A plan that changes nothing is never refused.
    ///
    /// # Errors
    /// [`Error::Cost`] with the margin, the amounts behind it and what would mend them.
    pub fn check(&self, plan: &Plan) -> Result<(), Error> {
        if plan.is_empty() {
            return Ok(());
        }
        Ok(plan.cost(&self.prices, &self.usage)?.margin().ensure_at_least(self.least)?)
    }
}

/// A tenant, its tier, and the kind of one of its resources; neither of the first two for the organization's own.
type Priced<'a> = (Option<&'a str>, Option<&'a str>, ResourceKind);

impl Plan {
    /// The name of each tenant's tier, by the tenant's key.
    fn tier_names(&self) -> BTreeMap<&str, &str> {
        self.tenants.iter().map(|tenant| (tenant.key.as_str(), tenant.tier.as_str())).collect()
    }

    /// The tenant, its tier, and the kind of everything the zone wants to exist, whether it exists already or not.
    pub fn priced_inventory(&self) -> impl Iterator<Item = (Option<&str>, Option<&str>, ResourceKind)> {
        let tiers = self.tier_names();
        self.inventory.iter().map(move |(address, kind)| priced(&tiers, address, *kind))
    }

    /// The same of what exists before the plan is applied.
    fn priced_existing(&self) -> impl Iterator<Item = Priced<'_>> {
        let tiers = self.tier_names();
        let later = self.tier_names();
        // Whoever's account is only being made or taken over has nothing yet, whatever else is planned for it.
        let new: BTreeSet<&str> = self
            .steps()
            .filter(|step| step.kind == ResourceKind::Account && begins(step.action))
            .filter_map(|step| step.address.tenant_key())
            .collect();
        let kept = self.inventory.iter().filter(move |(address, _)| {
            let begun = self.step(address).is_some_and(|step| begins(step.action));
            !begun && !address.tenant_key().is_some_and(|key| new.contains(key))
        });
        let going = self.steps().filter(|step| step.action == Action::Delete);
        kept.map(move |(address, kind)| priced(&tiers, address, *kind)).chain(
            going
                .filter(|step| !self.inventory.contains_key(&step.address))
                .map(move |step| priced(&later, &step.address, step.kind)),
        )
    }

    /// What everything the zone wants to exist costs a month, once the plan is applied.
    ///
    /// # Errors
    /// [`finance::Error::Money`] where the prices and the tiers are in different currencies.
    pub fn cost(&self, prices: &PriceBook, usage: &Usage) -> Result<CostReport, finance::Error> {
        cost_of(self.priced_inventory(), &self.tiers, prices, usage)
    }

    /// What the plan changes about the cost, as a whole and step by step.
    ///
    /// A step brings what its resource costs by itself. What it changes elsewhere (a dashboard for a tier that is new, free
    /// allowances used up by one more tenant) is shared equally by the steps that make or close accounts; Shield Advanced
    /// by those whose tier needs it.
    ///
    /// # Errors
    /// As [`Plan::cost`].
    pub fn priced(&self, prices: &PriceBook, usage: &Usage) -> Result<PlanCost, finance::Error> {
        let after = self.cost(prices, usage)?;
        let before = cost_of(self.priced_existing(), &self.tiers, prices, usage)?;
        let attribution = Attribution::new(self, usage, &before, &after);
        let shield = Money::new(attribution.shield, after.currency());
        let monthly = attribution.monthly()?;
        let latencies = Latencies::default();
        let profiles = Profiles::new(self, usage);
        let item = prices.price(PriceId::ConfigItem).list_price();
        let steps = self
            .steps()
            .zip(monthly)
            .map(|(step, monthly)| {
                let items = if profiles.is_recorded(step) { item } else { Decimal::ZERO };
                let one_off = Money::new(items, after.currency());
                let duration = step.typical_duration(&latencies);
                (step.address.clone(), StepCost { monthly, one_off, duration })
            })
            .collect();
        Ok(PlanCost { before, after, steps, shield })
    }
}

/// Whether what the step is about is the zone's only once it is done.
fn begins(action: Action) -> bool {
    matches!(action, Action::Create | Action::Adopt)
}

fn priced<'a>(tiers: &BTreeMap<&'a str, &'a str>, address: &'a Address, kind: ResourceKind) -> Priced<'a> {
    let tenant = address.tenant_key();
    (tenant, tenant.and_then(|key| tiers.get(key).copied()), kind)
}

/// The usage profile of each tenant.
struct Profiles<'a>(BTreeMap<&'a str, &'a UsageProfile>);

impl<'a> Profiles<'a> {
    fn new(plan: &'a Plan, usage: &'a Usage) -> Self {
        let tier =
            |name: &str| -> Option<&Tier> { plan.tiers.iter().find(|tier| tier.name.as_str() == name) };
        let profile = |name: &str| usage.profile(tier(name));
        Self(plan.tenants.iter().map(|tenant| (tenant.key.as_str(), profile(tenant.tier.as_str()))).collect())
    }

    fn of(&self, step: &Step) -> Option<&'a UsageProfile> {
        self.0.get(step.tenant.as_ref()?.as_str()).copied()
    }

    /// Whether AWS Config writes an item, and bills it, when the step is done: for every change inside an account in which
    /// it records. One item is the least; resources that are related to a changed one may get some too.
    fn is_recorded(&self, step: &Step) -> bool {
        let changes = matches!(step.action, Action::Create | Action::Update | Action::Delete);
        let inside = matches!(step.site, Site::Member { .. }) && step.kind != ResourceKind::AccountReadiness;
        let records = self.of(step).is_some_and(|profile| !profile.get(Quantity::ConfigItems).is_zero());
        changes && inside && records
    }
}

/// Shares the difference between two reports among the steps that make it.
struct Attribution<'a> {
    plan: &'a Plan,
    currency: crate::model::Currency,
    /// What each owner's resources of a kind cost before and after, and how many there are.
    owned: BTreeMap<(Option<&'a str>, ResourceKind), Owned>,
    shield: Decimal,
    difference: Decimal,
    profiles: Profiles<'a>,
}

#[derive(Default)]
struct Owned {
    before: (Decimal, u32),
    after: (Decimal, u32),
}

impl<'a> Attribution<'a> {
    fn new(plan: &'a Plan, usage: &'a Usage, before: &'a CostReport, after: &'a CostReport) -> Self {
        let mut owned: BTreeMap<(Option<&str>, ResourceKind), Owned> = BTreeMap::new();
        for (tenant, _, kind) in plan.priced_inventory() {
            owned.entry((tenant, kind)).or_default().after.1 += 1;
        }
        for (tenant, _, kind) in plan.priced_existing() {
            owned.entry((tenant, kind)).or_default().before.1 += 1;
        }
        let mut shield = Decimal::ZERO;
        for (report, sign) in [(before, -Decimal::ONE), (after, Decimal::ONE)] {
            for line in report.lines() {
                if line.id == PriceId::ShieldAdvancedMonth {
                    shield += line.amount.amount * sign;
                    continue;
                }
                let owned = owned.entry((line.tenant, line.kind)).or_default();
                let side = if sign.is_sign_negative() { &mut owned.before } else { &mut owned.after };
                side.0 += line.amount.amount;
            }
        }
        Self {
            plan,
            currency: after.currency(),
            owned,
            shield,
            difference: after.total().amount - before.total().amount,
            profiles: Profiles::new(plan, usage),
        }
    }

    /// What the step's own resource costs: negative where it goes.
    fn own(&self, step: &Step) -> Decimal {
        let tenant = step.address.tenant_key();
        let Some(owned) = self.owned.get(&(tenant, step.kind)) else { return Decimal::ZERO };
        let each = |(amount, count): (Decimal, u32)| {
            let each = amount.checked_div(Decimal::from(count)).unwrap_or_default();
            crate::model::Rounding::HalfEven.apply(each, self.currency.minor_digits())
        };
        match step.action {
            Action::Delete => -each(owned.before),
            action if begins(action) => each(owned.after),
            _ => Decimal::ZERO,
        }
    }

    /// What each step brings a month, in the order of the plan.
    fn monthly(&self) -> Result<Vec<Money>, finance::Error> {
        let mut amounts: Vec<Decimal> = self.plan.steps().map(|step| self.own(step)).collect();
        let accounts = |step: &Step| {
            step.kind == ResourceKind::Account && (begins(step.action) || step.action == Action::Delete)
        };
        let shielded = |step: &Step| {
            accounts(step) && self.profiles.of(step).is_some_and(|profile| profile.shield_advanced)
        };
        let left = self.difference - self.shield - amounts.iter().sum::<Decimal>();
        let rest = self.share(self.shield, &mut amounts, &[&shielded, &accounts])?;
        let priced = |step: &Step| !self.own(step).is_zero();
        self.share(left + rest, &mut amounts, &[&accounts, &priced, &|_| true])?;
        Ok(amounts.into_iter().map(|amount| Money::new(amount, self.currency)).collect())
    }

    /// Shares an amount equally among the steps of the first group that has any; returns what nobody took.
    fn share(
        &self,
        amount: Decimal,
        amounts: &mut [Decimal],
        groups: &[&dyn Fn(&Step) -> bool],
    ) -> Result<Decimal, finance::Error> {
        if amount.is_zero() {
            return Ok(Decimal::ZERO);
        }
        for group in groups {
            let bearers: Vec<usize> = self
                .plan
                .steps()
                .enumerate()
                .filter(|(_, step)| group(step))
                .map(|(place, _)| place)
                .collect();
            if bearers.is_empty() {
                continue;
            }
            let parts = Money::new(amount, self.currency).split(bearers.len())?;
            for (place, part) in bearers.into_iter().zip(parts) {
                amounts[place] += part.amount;
            }
            return Ok(Decimal::ZERO);
        }
        Ok(amount)
    }
}
