//! The order of the steps, once all of them are there.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use petgraph::graph::DiGraph;

use crate::kinds::guardrail_role::GuardrailRole;
use crate::kinds::step::Action;
use crate::model::{AccountId, Address, ResourceId};
use crate::observe::{Observed, unit_paths};
use crate::plan::Error;
use crate::plan::desired::graph::{Dependency, DependencyReason, ResourceGraph, in_order};
use crate::plan::step::Step;

/// Lets policies change only after the accounts that leave them, where that is possible, and puts each step after all it
/// waits for.
///
/// A tier's policy names the regions of its tenants. Changed too early, it would deny an account that is about to leave
/// what it still uses.
///
/// # Errors
/// [`Error::Cycle`] where steps wait for each other.
pub(in crate::plan) fn arrange(
    graph: &ResourceGraph,
    observed: &Observed,
    steps: &mut IndexMap<Address, Step>,
) -> Result<(), Error> {
    let waits = departures(graph, observed, steps);
    if !waits.is_empty() {
        let before: Vec<(Address, Vec<Dependency>)> = waits
            .keys()
            .filter_map(|policy| Some((policy.clone(), steps.get(policy)?.depends_on.clone())))
            .collect();
        for (policy, moves) in waits {
            if let Some(step) = steps.get_mut(&policy) {
                step.depends_on.extend(moves);
                step.depends_on.sort();
                step.depends_on.dedup();
            }
        }
        // Two tenants that change places wait for each other's policies: then the policies come first.
        if order(steps).is_err() {
            for (policy, depends_on) in before {
                if let Some(step) = steps.get_mut(&policy) {
                    step.depends_on = depends_on;
                }
            }
        }
    }
    let in_place = steps.values().enumerate().all(|(index, step)| {
        let before = |dependency: &Dependency| steps.get_index_of(&dependency.on).is_none_or(|on| on < index);
        step.depends_on.iter().all(before)
    });
    if in_place {
        return Ok(());
    }
    let order = order(steps).map_err(|circle| Error::Cycle {
        path: circle.into_iter().filter_map(|index| Some(steps.get_index(index)?.0.clone())).collect(),
    })?;
    let mut slots: Vec<Option<(Address, Step)>> = std::mem::take(steps).into_iter().map(Some).collect();
    steps.extend(order.into_iter().filter_map(|index| slots[index].take()));
    Ok(())
}

/// For every policy that is to change, the moves of accounts out of the units it is attached to.
fn departures(
    graph: &ResourceGraph,
    observed: &Observed,
    steps: &IndexMap<Address, Step>,
) -> BTreeMap<Address, Vec<Dependency>> {
    let Some(organization) = &observed.organization else { return BTreeMap::new() };
    let moves = || steps.values().filter(|step| step.action == Action::Move);
    let changed = |address: &Address| steps.get(address).is_some_and(|step| step.action == Action::Update);
    if moves().next().is_none() {
        return BTreeMap::new();
    }
    let paths = unit_paths(organization);
    let parents: BTreeMap<AccountId, &ResourceId> =
        organization.accounts.iter().map(|account| (account.account.id, &account.parent)).collect();
    let leaving: Vec<(&Step, &str, &str)> = moves()
        .filter_map(|step| {
            let account: AccountId = step.id.as_ref()?.as_str().parse().ok()?;
            let Some(GuardrailRole::Placement { unit }) = step.spec.as_kind().guardrail_role() else {
                return None;
            };
            let to = unit.as_str().strip_prefix("organization/ou/")?;
            Some((step, paths.get(*parents.get(&account)?)?.as_str(), to))
        })
        .collect();
    let under = |path: &str, unit: &str| {
        path.strip_prefix(unit).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut waits: BTreeMap<Address, Vec<Dependency>> = BTreeMap::new();
    for resource in graph.iter() {
        let Some(GuardrailRole::Attachment { policy, target }) = resource.spec.as_kind().guardrail_role()
        else {
            continue;
        };
        let Some(unit) = target.as_str().strip_prefix("organization/ou/").filter(|_| changed(policy)) else {
            continue;
        };
        for (step, from, to) in &leaving {
            if under(from, unit) && !under(to, unit) {
                let left = Dependency { on: step.address.clone(), reason: DependencyReason::Left };
                waits.entry(policy.clone()).or_default().push(left);
            }
        }
    }
    waits
}

/// The indices of the steps, each after all it waits for, otherwise in their order; or a circle.
fn order(steps: &IndexMap<Address, Step>) -> Result<Vec<usize>, Vec<usize>> {
    let mut graph = DiGraph::<usize, ()>::with_capacity(steps.len(), steps.len() * 3);
    let nodes: Vec<_> = (0..steps.len()).map(|index| graph.add_node(index)).collect();
    for (index, step) in steps.values().enumerate() {
        for on in step.depends_on.iter().filter_map(|dependency| steps.get_index_of(&dependency.on)) {
            graph.add_edge(nodes[on], nodes[index], ());
        }
    }
    in_order(&graph)
}
