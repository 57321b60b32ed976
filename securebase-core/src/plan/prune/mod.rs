//! What is ours and no longer wanted: deleted where nothing is lost, warned about where something would be.
//!
//! Accounts are never deleted here: leaving is an explicit act, because closing an account takes ninety days and its e-mail
//! address stays taken. Log groups are never deleted either: they hold the audit trail.

pub(super) mod elsewhere;
mod network;
pub(super) mod offboarding;
mod organization;
pub(super) mod record;
mod unclaimed;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::desired::graph::{Dependency, DependencyReason, ResourceGraph};
use super::diff::{Index, account_id};
use super::step::Step;
use crate::kinds::facts;
use crate::model::{Address, LandingZone, Problem, ResourceId, Tenant};
use crate::observe::Scope;

/// What to delete, and what to say about the rest.
#[derive(Default)]
pub(super) struct Pruned {
    pub(super) deletions: Vec<Step>,
    pub(super) warnings: Vec<Problem>,
}

/// What is ours and not in the graph. `steps` are those planned so far: what leaves a unit must have left it first.
pub(super) fn find(
    zone: &LandingZone,
    scope: &Scope,
    graph: &ResourceGraph,
    index: &Index<'_>,
    known: &BTreeMap<Address, ResourceId>,
    steps: &IndexMap<Address, Step>,
) -> Pruned {
    let mut pruned = Pruned::default();
    let mut tenants: Vec<&Tenant> = zone.tenants.iter().collect();
    tenants.sort_by(|a, b| a.key.cmp(&b.key));
    for tenant in tenants {
        let Some(account) = account_id(known, &Address::tenant(&tenant.key, "account")) else { continue };
        if let Some(member) = index.member(account, &tenant.region) {
            let deletions = network::find(tenant, graph, member, index.names(), &mut pruned.warnings);
            pruned.deletions.extend(chained(deletions));
        }
    }
    if let Some(organization) = index.organization() {
        organization::find(organization, index.names(), &zone.suspended_ou, graph, steps, &mut pruned);
        unclaimed::find(organization, zone, scope, index.names(), known, &mut pruned.warnings);
    }
    pruned
}

/// Sorts deletions so that each comes after those it must wait for, and makes it wait for the kinds before it.
fn chained(mut steps: Vec<Step>) -> Vec<Step> {
    let turn = |step: &Step| facts(step.kind).deletion_turn.unwrap_or(u8::MAX);
    steps.sort_by(|a, b| turn(a).cmp(&turn(b)).then_with(|| a.address.cmp(&b.address)));
    let mut before: Vec<Address> = Vec::new();
    let mut same: Vec<Address> = Vec::new();
    let mut kind = None;
    for step in &mut steps {
        if kind != Some(step.kind) {
            if !same.is_empty() {
                before = std::mem::take(&mut same);
            }
            kind = Some(step.kind);
        }
        step.depends_on =
            before.iter().map(|on| Dependency { on: on.clone(), reason: DependencyReason::Freed }).collect();
        step.depends_on.sort();
        same.push(step.address.clone());
    }
    steps
}
