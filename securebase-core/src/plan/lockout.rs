//! The executor must not lock itself out: every call that the steps may make in a tenant's account is decided against the
//! policies that will be in force there, before there is a plan.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::model::{Address, LandingZone, Problem, ResourceSpec, Tenant};
use crate::policy::{
    ExecutorIdentity, Level, PlannedCall, Policy, PolicyDocument, check_calls, executor_calls,
};

use super::calls::member_operations;
use super::graph::ResourceGraph;
use super::step::Step;

/// The account id that stands for one not known yet: guardrails are the same for every account of a unit.
const ANY_ACCOUNT: &str = "111122223333";

/// What the guardrails would refuse the executor, one problem for the first step that needs each call.
pub(super) fn problems(
    zone: &LandingZone,
    graph: &ResourceGraph,
    steps: &IndexMap<Address, Step>,
) -> Vec<Problem> {
    let attached = attached_policies(graph);
    // Tenants with one path and one region are bound by the same policies in the same way: one of them speaks for all.
    let mut groups: BTreeMap<(String, &str), Vec<&Tenant>> = BTreeMap::new();
    for tenant in &zone.tenants {
        groups.entry((tenant.ou_path(), tenant.region.as_str())).or_default().push(tenant);
    }
    let mut by_tenant: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in steps.values() {
        if let Some(key) = &step.tenant {
            by_tenant.entry(key.as_str()).or_default().push(step);
        }
    }
    let mut problems = Vec::new();
    for ((path, region), tenants) in groups {
        let levels = levels(&path, &attached);
        let identity = ExecutorIdentity { account: ANY_ACCOUNT, region, role: zone.access_role.as_str() };
        let mut seen: BTreeSet<&'static str> = BTreeSet::new();
        let mut calls: Vec<PlannedCall> = Vec::new();
        let planned = tenants.iter().filter_map(|tenant| by_tenant.get(tenant.key.as_str())).flatten();
        for step in planned {
            for operation in member_operations(step.kind, step.action) {
                if !seen.insert(operation) {
                    continue;
                }
                let Some((service, name)) = operation.split_once(':') else { continue };
                match executor_calls(step.address.as_str(), service, name, identity, &[]) {
                    Ok(found) => calls.extend(found),
                    Err(error) => problems.push(Problem::error(
                        "policy.unknown-call",
                        step.address.as_str(),
                        error.to_string(),
                        "describe the call in data/guardrails/permissions.toml",
                    )),
                }
            }
        }
        problems.extend(check_calls(&levels, &calls));
    }
    problems
}

/// The documents attached to each unit, by the unit's address.
fn attached_policies(graph: &ResourceGraph) -> BTreeMap<&Address, Vec<Policy>> {
    let mut documents: BTreeMap<&Address, Policy> = BTreeMap::new();
    let mut attached: BTreeMap<&Address, Vec<Policy>> = BTreeMap::new();
    for resource in graph.iter() {
        match &resource.spec {
            ResourceSpec::ServiceControlPolicy { name, document, .. } => {
                if let Ok(parsed) = PolicyDocument::parse(document) {
                    documents.insert(&resource.address, Policy::new(name.clone(), parsed));
                }
            }
            ResourceSpec::PolicyAttachment { policy, target } => {
                if let Some(policy) = documents.get(policy) {
                    attached.entry(target).or_default().push(policy.clone());
                }
            }
            _ => {}
        }
    }
    attached
}

/// The levels from the root to an account below `path`. AWS attaches `FullAWSAccess` to each.
fn levels(path: &str, attached: &BTreeMap<&Address, Vec<Policy>>) -> Vec<Level> {
    let mut levels = vec![Level::new("root", vec![Policy::full_access()])];
    let mut so_far = String::new();
    for name in path.split('/') {
        if !so_far.is_empty() {
            so_far.push('/');
        }
        so_far.push_str(name);
        let mut policies = vec![Policy::full_access()];
        policies.extend(attached.get(&Address::organizational_unit(&so_far)).into_iter().flatten().cloned());
        levels.push(Level::new(so_far.clone(), policies));
    }
    levels.push(Level::new("account", vec![Policy::full_access()]));
    levels
}
