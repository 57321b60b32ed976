//! The executor must not lock itself out: every call that the steps may make in a tenant's account is decided against the
//! policies that will be in force there, before anybody gets the plan: the zone's own, and whatever else is attached on the way.

use std::collections::{BTreeMap, BTreeSet};

use super::attached::Attached;
use super::calls::step_operations;
use crate::model::{Address, LandingZone, Problem, Tenant, TenantKey};
use crate::plan::step::{Plan, Step};
use crate::policy::{ExecutorIdentity, PlannedCall, check_calls, executor_calls};

/// The account id that stands for one not known yet: guardrails are the same for every account of a unit.
const ANY_ACCOUNT: &str = "111122223333";

/// What the guardrails would refuse the executor, one problem for the first step that needs each call.
pub(in crate::plan) fn problems(zone: &LandingZone, plan: &Plan) -> Vec<Problem> {
    let mut by_tenant: BTreeMap<&TenantKey, Vec<&Step>> = BTreeMap::new();
    for step in plan.steps() {
        if let Some(key) = &step.tenant {
            by_tenant.entry(key).or_default().push(step);
        }
    }
    if by_tenant.is_empty() {
        return Vec::new();
    }
    let attached = Attached::after(plan);
    // Tenants with one path and one region are bound by the same policies in the same way: one of them speaks for all, unless
    // its account has policies of its own.
    let mut groups: BTreeMap<(String, &str, Option<String>), Vec<&Tenant>> = BTreeMap::new();
    // By key: which step a problem names must not depend on the order of the file.
    let mut tenants: Vec<&Tenant> =
        zone.tenants.iter().filter(|tenant| by_tenant.contains_key(&tenant.key)).collect();
    tenants.sort_by(|a, b| a.key.cmp(&b.key));
    for tenant in tenants {
        let account = plan.known.get(&Address::tenant(&tenant.key, "account")).map(ToString::to_string);
        let own = account.filter(|id| attached.has_own(id));
        groups.entry((tenant.ou_path(), tenant.region.as_str(), own)).or_default().push(tenant);
    }
    let mut problems = Vec::new();
    for ((path, region, account), tenants) in groups {
        let (levels, unread) = attached.way(&path, account.as_deref()).with_warnings();
        let identity = ExecutorIdentity { account: ANY_ACCOUNT, region, role: zone.access_role.as_str() };
        let mut seen: BTreeSet<&'static str> = BTreeSet::new();
        let mut calls: Vec<PlannedCall> = Vec::new();
        let planned = tenants.iter().filter_map(|tenant| by_tenant.get(&tenant.key)).flatten();
        for step in planned {
            for operation in step_operations(step) {
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
        // What cannot be read might deny any of the calls: said, where there are calls that it could deny.
        if !calls.is_empty() {
            problems.extend(unread);
        }
        problems.extend(check_calls(&levels, &calls));
    }
    // A policy at the root or at a shared unit lies on several paths.
    let mut said: BTreeSet<(String, String)> = BTreeSet::new();
    problems.retain(|problem| {
        problem.code != "policy.unread" || said.insert((problem.path.clone(), problem.message.clone()))
    });
    problems
}
