//! Planning again: what an earlier plan has found unchanged is not compared once more.
//!
//! A tenant is *settled* where nothing that decides about it has changed: it is written as it was, in a zone that is
//! otherwise the same, against the very same observation, and the earlier plan had nothing to do or to say about it. Its part
//! of the plan is then the earlier one, and everything else is planned as always, so that the result is the same plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::account_id;
use super::applied::Past;
use crate::model::{AccountId, Address, Cidr, LandingZone, ResourceId, ResourceKind, Tenant, TenantKey};
use crate::observe::{Observed, Scope, ScopedTenant};
use crate::plan::saved::fingerprint;
use crate::plan::step::Plan;

/// The zone a plan was made from; a plan that was loaded, or is a part of another, has none.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct Basis(Option<Arc<Made>>);

#[derive(Debug)]
struct Made {
    /// All of it that concerns every tenant.
    frame: LandingZone,
    tenants: Vec<Tenant>,
    past: Past,
}

/// Where two plans come from makes no difference between them.
impl PartialEq for Basis {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Basis {
    pub(in crate::plan) fn of(zone: &LandingZone, past: Past) -> Self {
        Self(Some(Arc::new(Made { frame: frame(zone), tenants: zone.tenants.clone(), past })))
    }
}

/// The zone without its tenants, and without what is no part of what it wants.
fn frame(zone: &LandingZone) -> LandingZone {
    let LandingZone {
        name,
        environment,
        region,
        network,
        tags,
        tiers,
        tenants: _,
        pool,
        links,
        suspended_ou,
        access_role,
        limits,
        latencies,
        warnings: _,
        acknowledged: _,
        document: _,
    } = zone;
    LandingZone {
        name: name.clone(),
        environment: environment.clone(),
        region: region.clone(),
        network: *network,
        tags: tags.clone(),
        tiers: tiers.clone(),
        tenants: Vec::new(),
        pool: pool.clone(),
        links: links.clone(),
        suspended_ou: suspended_ou.clone(),
        access_role: access_role.clone(),
        limits: limits.clone(),
        latencies: latencies.clone(),
        warnings: Vec::new(),
        acknowledged: Vec::new(),
        document: serde_json::Value::Null,
    }
}

/// An earlier plan against the very same observation, of a zone that is the same but for its tenants.
pub(in crate::plan) struct Earlier<'a> {
    plan: &'a Plan,
    tenants: &'a [Tenant],
    past: &'a Past,
}

impl<'a> Earlier<'a> {
    /// The plan, where it is one of those.
    pub(in crate::plan) fn of(plan: &'a Plan, zone: &LandingZone, observed: &Observed) -> Option<Self> {
        let Made { frame: before, tenants, past } = plan.basis.0.as_deref()?;
        let same_cloud = || std::ptr::eq(plan.observed.as_ref(), observed) || *plan.observed == *observed;
        (*before == frame(zone) && same_cloud()).then_some(Self { plan, tenants, past })
    }
}

/// What of an earlier plan still holds.
#[derive(Default)]
pub(in crate::plan) struct Settled<'a> {
    plan: Option<&'a Plan>,
    keys: BTreeSet<&'a str>,
    accounts: BTreeSet<AccountId>,
}

impl<'a> Settled<'a> {
    /// Finds the tenants about whom nothing has changed.
    pub(in crate::plan) fn since(
        earlier: Option<&Earlier<'a>>,
        zone: &'a LandingZone,
        past: &Past,
        scope: &Scope,
        blocks: &BTreeMap<TenantKey, Cidr>,
    ) -> Self {
        let Some(Earlier { plan, tenants, past: past_then }) = earlier else { return Self::default() };
        if renames(scope) != renames(&plan.scope) {
            return Self::default();
        }
        let before: BTreeMap<&TenantKey, &Tenant> =
            tenants.iter().map(|tenant| (&tenant.key, tenant)).collect();
        let scoped: BTreeMap<&TenantKey, &ScopedTenant> =
            plan.scope.tenants.iter().map(|tenant| (&tenant.key, tenant)).collect();
        let planned: BTreeMap<&TenantKey, Option<Cidr>> =
            plan.tenants.iter().map(|tenant| (&tenant.key, tenant.vpc_cidr)).collect();
        let now: BTreeMap<&TenantKey, &ScopedTenant> =
            scope.tenants.iter().map(|tenant| (&tenant.key, tenant)).collect();
        let busy: BTreeSet<&TenantKey> = plan.steps().filter_map(|step| step.tenant.as_ref()).collect();
        let unchanged = zone.tenants.iter().filter(|tenant| {
            let key = &tenant.key;
            tenant.offboard.is_none()
                && before.get(key) == Some(tenant)
                && scoped.get(key) == now.get(key)
                && planned.get(key) == Some(&blocks.get(key).copied())
                && !busy.contains(key)
                && past.agrees_with(past_then, key)
                && now
                    .get(key)
                    .and_then(|tenant| tenant.former_key.as_ref())
                    .is_none_or(|former| past.agrees_with(past_then, former))
        });
        let mut keys: BTreeSet<&str> = unchanged.map(|tenant| tenant.key.as_str()).collect();
        // What the file deserves a warning for, it does whatever is planned.
        let of_file = crate::plan::check::warnings::of_file(zone);
        let of_the_plan = plan.warnings.iter().filter(|warning| !of_file.contains(warning));
        for named in of_the_plan.filter_map(|warning| tenant_in(&warning.path)) {
            keys.remove(named);
        }
        let accounts = keys
            .iter()
            .filter_map(|key| account_id(&plan.known, &Address::new(format!("tenant/{key}/account"))))
            .collect();
        Self { plan: Some(plan), keys, accounts }
    }

    /// Whether nothing about a tenant has changed.
    pub(in crate::plan) fn holds(&self, key: &TenantKey) -> bool {
        self.keys.contains(key.as_str())
    }

    /// Whether an account is a settled tenant's.
    pub(in crate::plan) fn has(&self, account: AccountId) -> bool {
        self.accounts.contains(&account)
    }

    /// The ids of what settled tenants have, and what they want.
    pub(in crate::plan) fn kept(&self) -> (BTreeMap<Address, ResourceId>, BTreeMap<Address, ResourceKind>) {
        let Some(plan) = self.plan else { return Default::default() };
        rayon::join(|| self.of_settled(&plan.known), || self.of_settled(&plan.inventory))
    }

    /// What was observed, to be kept with a plan, and its fingerprint.
    pub(in crate::plan) fn observation(&self, observed: &Observed, scope: &Scope) -> (Arc<Observed>, String) {
        match self.plan {
            Some(plan) if plan.scope == *scope => {
                (Arc::clone(&plan.observed), plan.observed_fingerprint.clone())
            }
            Some(plan) => (Arc::clone(&plan.observed), fingerprint(observed, scope)),
            None => (Arc::new(observed.clone()), fingerprint(observed, scope)),
        }
    }

    fn of_settled<V: Clone>(&self, all: &BTreeMap<Address, V>) -> BTreeMap<Address, V> {
        if self.keys.is_empty() {
            return BTreeMap::new();
        }
        // Most are kept: to copy the tree as it is and take some out compares hardly any addresses.
        let mut kept = all.clone();
        // The addresses of a tenant stand together, so each key is looked up once.
        let mut last: Option<(&str, bool)> = None;
        for address in all.keys() {
            let holds = match (address.tenant_key(), last) {
                (None, _) => false,
                (Some(key), Some((seen, holds))) if seen == key => holds,
                (Some(key), _) => {
                    let holds = self.keys.contains(key);
                    last = Some((key, holds));
                    holds
                }
            };
            if !holds {
                kept.remove(address);
            }
        }
        kept
    }
}

/// Who had which key before: another tenant's may be what a resource is tagged with.
fn renames(scope: &Scope) -> Vec<(&TenantKey, &TenantKey)> {
    scope.tenants.iter().filter_map(|tenant| Some((tenant.former_key.as_ref()?, &tenant.key))).collect()
}

/// The tenant that the path of a warning names.
fn tenant_in(path: &str) -> Option<&str> {
    match path.strip_prefix("clients.\"") {
        Some(rest) => rest.split('"').next(),
        None => path.strip_prefix("tenant/")?.split('/').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::{self, ApplyOptions};
    use crate::plan::Planner;
    use crate::sim::SimulatedCloud;
    use crate::state::{MemoryStore, State};

    fn ten() -> LandingZone {
        let text = include_str!("../../../../examples/ten-tenants.client.auto.tfvars");
        LandingZone::parse(text, crate::input::Format::Tfvars, None).unwrap()
    }

    fn settled(zone: &LandingZone, observed: &Observed, earlier: &Plan) -> usize {
        let (scope, blocks) = (Scope::of(zone), zone.tenants.iter());
        let blocks = blocks.filter_map(|tenant| Some((tenant.key.clone(), tenant.vpc_cidr?))).collect();
        Settled::since(Earlier::of(earlier, zone, observed).as_ref(), zone, &Past::default(), &scope, &blocks)
            .keys
            .len()
    }

    #[test]
    fn whoever_did_not_change_is_settled() {
        let mut zone = ten();
        let cloud = SimulatedCloud::new(0);
        let fresh = Planner::new(&zone).plan().unwrap();
        assert_eq!(settled(&zone, &Observed::empty(), &fresh), 0, "all of them have steps");
        let state = State::new(MemoryStore::new());
        futures::executor::block_on(exec::apply(&fresh, &cloud, &state, ApplyOptions::new())).unwrap();
        let mut observed = cloud.observe();
        let plan = Planner::new(&zone).observed(&observed).plan().unwrap();
        assert_eq!(settled(&zone, &observed, &plan), 10);
        zone.tenants[3].tags.insert("CostCenter".to_owned(), "4711".to_owned());
        assert_eq!(settled(&zone, &observed, &plan), 9);
        observed.members.pop_first();
        assert_eq!(settled(&zone, &observed, &plan), 0, "another observation");
        zone.tags.insert("Owner".to_owned(), "ops".to_owned());
        assert_eq!(settled(&zone, &plan.observed, &plan), 0, "tags of the zone are everybody's");
    }
}
