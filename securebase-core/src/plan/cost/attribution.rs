//! Attribution of the difference: planned and assumed lines by step, promised lines by tier.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::finance::{self, CostReport, PriceId};
use crate::kinds::billing::OnBill;
use crate::kinds::facts;
use crate::model::{Currency, Money, ResourceKind, TierName};
use crate::plan::step::{Plan, Step};

use super::{PromisedChange, is_on_steps};

/// The tenant by key, `None` for the organization's own.
type Owner<'a> = Option<&'a str>;

/// The difference between two reports, by owner.
pub(super) struct Attribution<'a> {
    plan: &'a Plan,
    currency: Currency,
    /// The change of an owner's planned and assumed lines, by kind of resource.
    owned: BTreeMap<(Owner<'a>, ResourceKind), Decimal>,
    /// The change of a tier's promised lines.
    promised: BTreeMap<Option<TierName>, Decimal>,
    shield: Decimal,
}

impl<'a> Attribution<'a> {
    pub(super) fn new(plan: &'a Plan, before: &'a CostReport, after: &'a CostReport) -> Self {
        let mut owned: BTreeMap<(Owner<'a>, ResourceKind), Decimal> = BTreeMap::new();
        let mut promised: BTreeMap<Option<TierName>, Decimal> = BTreeMap::new();
        let mut shield = Decimal::ZERO;
        for (report, sign) in [(before, -Decimal::ONE), (after, Decimal::ONE)] {
            let bearers = report.shield_tiers();
            for line in report.lines() {
                let amount = line.amount.amount * sign;
                if is_on_steps(line.basis) {
                    *owned.entry((line.tenant, line.kind)).or_default() += amount;
                    continue;
                }
                let mut tier = line.tier;
                if line.id == PriceId::ShieldAdvancedMonth {
                    shield += amount;
                    tier = bearers.first().copied();
                }
                *promised.entry(tier.cloned()).or_default() += amount;
            }
        }
        owned.retain(|_, amount| !amount.is_zero());
        promised.retain(|_, amount| !amount.is_zero());
        Self { plan, currency: after.currency(), owned, promised, shield }
    }

    pub(super) fn shield(&self) -> Money {
        Money::new(self.shield, self.currency)
    }

    /// The difference of the promised part, by tier; the organization's own comes last.
    pub(super) fn promised(&self) -> Vec<PromisedChange> {
        let mut changes: Vec<PromisedChange> = self
            .promised
            .iter()
            .map(|(tier, amount)| PromisedChange {
                tier: tier.clone(),
                monthly: Money::new(*amount, self.currency),
            })
            .collect();
        changes.sort_by_key(|change| change.tier.is_none());
        changes
    }

    /// The monthly cost of each step, in the order of the plan.
    pub(super) fn monthly(&self) -> Result<Vec<Money>, finance::Error> {
        let steps: Vec<&Step> = self.plan.steps().collect();
        let mut places: BTreeMap<(Owner<'_>, ResourceKind), Vec<usize>> = BTreeMap::new();
        let mut of_kind: BTreeMap<ResourceKind, Vec<usize>> = BTreeMap::new();
        let mut of_owner: BTreeMap<Owner<'_>, Vec<usize>> = BTreeMap::new();
        let mut terms: BTreeMap<Owner<'_>, Vec<usize>> = BTreeMap::new();
        let mut accounts: BTreeMap<Owner<'_>, Vec<usize>> = BTreeMap::new();
        for (place, step) in steps.iter().enumerate() {
            let owner = step.address.tenant_key();
            places.entry((owner, step.kind)).or_default().push(place);
            of_kind.entry(step.kind).or_default().push(place);
            of_owner.entry(owner).or_default().push(place);
            match &facts(step.kind).on_bill {
                OnBill::Terms => terms.entry(owner).or_default().push(place),
                OnBill::Account(_) => accounts.entry(owner).or_default().push(place),
                OnBill::Nothing | OnBill::Counted(_) | OnBill::Stored(_) => {}
            }
        }
        let mut amounts = vec![Decimal::ZERO; steps.len()];
        for (&(owner, kind), amount) in &self.owned {
            // The resource's own steps; else the step that moves or adopts the tenant's account, which changes the terms; else,
            // where other tenants changed a graduated price, the steps for that kind of resource.
            let bearers = places
                .get(&(owner, kind))
                .or_else(|| terms.get(&owner))
                .or_else(|| accounts.get(&owner))
                .or_else(|| of_owner.get(&owner))
                .or_else(|| of_kind.get(&kind));
            let all: Vec<usize>;
            let bearers = match bearers {
                Some(bearers) => bearers,
                None => {
                    all = (0..steps.len()).collect();
                    &all
                }
            };
            if bearers.is_empty() {
                continue;
            }
            let parts = Money::new(*amount, self.currency).split(bearers.len())?;
            for (place, part) in bearers.iter().zip(parts) {
                amounts[*place] += part.amount;
            }
        }
        Ok(amounts.into_iter().map(|amount| Money::new(amount, self.currency)).collect())
    }
}
