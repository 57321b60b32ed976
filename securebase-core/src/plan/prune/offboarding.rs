//! Tenants that leave: in which order, and how far.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::kinds::step::Action;
use crate::model::{Address, LandingZone, Offboarding, Problem, ResourceId, TenantKey};
use crate::plan::desired::graph::{Dependency, DependencyReason, Resource, ResourceGraph};
use crate::plan::diff::{Index, account_id};
use crate::plan::step::{Site, Step};

/// Puts the steps of every offboarding in order: network down, account into the unit of those who left, account closed.
pub(in crate::plan) fn plan(
    zone: &LandingZone,
    graph: &ResourceGraph,
    index: &Index<'_>,
    known: &BTreeMap<Address, ResourceId>,
    steps: &mut IndexMap<Address, Step>,
) -> Vec<Problem> {
    let mut leaving: Vec<(&TenantKey, Offboarding)> =
        zone.tenants.iter().filter_map(|tenant| Some((&tenant.key, tenant.offboard?))).collect();
    leaving.sort();
    let mut warnings = Vec::new();
    for (key, offboarding) in leaving {
        let account = Address::tenant(key, "account");
        let Some(found) = account_id(known, &account).and_then(|id| index.account(id)) else {
            warnings.push(nothing(key));
            continue;
        };
        let mut before = last_deletions(key, steps);
        let placement = Address::tenant(key, "account/placement");
        if let Some(step) = steps.get_mut(&placement) {
            step.depends_on.append(&mut before);
            step.depends_on.sort();
            before.push(Dependency { on: placement, reason: DependencyReason::Placed });
        }
        if offboarding == Offboarding::Close && !found.is_closed() {
            let close = close(&account, graph, known, before, steps);
            steps.extend(close.map(|step| (step.address.clone(), step)));
        }
    }
    warnings
}

/// The waits for the deletions in a tenant's account that no other deletion waits for.
fn last_deletions(key: &TenantKey, steps: &IndexMap<Address, Step>) -> Vec<Dependency> {
    let deletions =
        || steps.values().filter(|step| step.action == Action::Delete && step.tenant.as_ref() == Some(key));
    let waited: BTreeSet<&Address> =
        deletions().flat_map(|step| &step.depends_on).map(|dependency| &dependency.on).collect();
    let last = deletions().map(|step| &step.address).filter(|address| !waited.contains(address));
    last.map(|on| Dependency { on: on.clone(), reason: DependencyReason::TornDown }).collect()
}

/// Closing the account: whatever else would be changed about it no longer matters.
fn close(
    address: &Address,
    graph: &ResourceGraph,
    known: &BTreeMap<Address, ResourceId>,
    before: Vec<Dependency>,
    steps: &mut IndexMap<Address, Step>,
) -> Option<Step> {
    let resource = graph.get(address)?;
    // Waiting for a change of an account that is closed anyway would be waiting for oneself.
    if steps.shift_remove(address).is_some() {
        for step in steps.values_mut() {
            step.depends_on.retain(|dependency| dependency.on != *address);
        }
    }
    Some(Step {
        address: address.clone(),
        kind: resource.kind(),
        action: Action::Delete,
        tenant: resource.tenant.clone(),
        site: Site::Management,
        spec: resource.spec.clone(),
        id: known.get(address).cloned(),
        changes: Vec::new(),
        look_first: false,
        depends_on: before,
    })
}

fn nothing(key: &TenantKey) -> Problem {
    Problem::warning(
        "offboard-nothing",
        format!("clients.\"{key}\".offboard"),
        format!("`{key}` leaves and has no account in the organization"),
        "take its entry out of the file: nothing is left of it",
    )
}

/// Whether a resource of the graph is still wanted when all is done: of a tenant that leaves, at most its account and place.
pub(in crate::plan) fn is_wanted(
    index: &Index<'_>,
    known: &BTreeMap<Address, ResourceId>,
    resource: &Resource,
) -> bool {
    let Some(key) = &resource.tenant else { return true };
    match index.offboarding(key.as_str()) {
        None => true,
        Some(Offboarding::Suspend) => known.contains_key(&Address::tenant(key, "account")),
        Some(Offboarding::Close) => false,
    }
}
