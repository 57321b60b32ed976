//! Guardrails on calls: service control policies bind what the access role may do in a member account.
//!
//! Decided with the context that is known of a call (principal, account, region, transport); a policy that depends on
//! something else, such as the tags of a request, lets it pass.

use std::collections::{BTreeMap, BTreeSet};

use super::services::manners;
use super::services::organizations::{Org, target_id};
use crate::cloud::{CloudError, Operation, Service};
use crate::model::{AccountId, Region, ResourceId, RoleName};
use crate::policy::{
    Decision, ExecutorIdentity, Level, Policy, PolicyKind, PolicyPath, Unreadable, executor_calls,
};

/// What was decided of an operation: the reason it is denied, if it is.
type Verdicts = BTreeMap<(&'static str, Region, RoleName, Option<AccountId>), Option<String>>;

/// The policies along one path, made ready, and what they have decided so far.
#[derive(Debug)]
struct Ready {
    path: Option<PolicyPath>,
    /// The accounts that documents on the path name: what was decided for others does not hold for these.
    named: BTreeSet<String>,
    verdicts: Verdicts,
}

/// All paths that were asked about since a policy or attachment last changed.
#[derive(Debug, Default)]
pub(super) struct Guard {
    epoch: u64,
    paths: BTreeMap<ResourceId, Ready>,
}

impl Guard {
    /// Refuses a call in a member account that a service control policy denies.
    pub(super) fn check(
        &mut self,
        org: &Org,
        account: AccountId,
        region: &Region,
        role: &RoleName,
        operation: &Operation,
    ) -> Result<(), CloudError> {
        // Whoever has credentials may ask whose they are.
        if !org.root.service_control_policies || operation.service() == Service::Sts {
            return Ok(());
        }
        if self.epoch != org.epoch {
            *self = Self { epoch: org.epoch, paths: BTreeMap::new() };
        }
        let Some(member) = org.members.get(&account) else { return Ok(()) };
        let own = target_id(account);
        // Accounts of one unit share a path, unless one has policies of its own.
        let has_own = org.attached.get(&own).is_none_or(|policies| policies.len() != 1);
        let place = if has_own { own } else { member.parent.clone() };
        let ready = self.paths.entry(place).or_insert_with(|| ready(org, account));
        let Some(path) = &ready.path else { return Ok(()) };
        let named = ready.named.contains(&account.to_string()).then_some(account);
        let denied = ready
            .verdicts
            .entry((operation.action(), region.clone(), role.clone(), named))
            .or_insert_with(|| denial(path, account, region, role, operation));
        match denied {
            None => Ok(()),
            Some(why) => Err(refusal(operation, why)),
        }
    }
}

/// The policies from the root down to an account.
fn ready(org: &Org, account: AccountId) -> Ready {
    let mut targets = vec![target_id(account)];
    let mut above = org.members.get(&account).map(|member| &member.parent);
    while let Some(target) = above {
        targets.push(target.clone());
        above = org.units.get(target).map(|unit| &unit.parent);
    }
    targets.reverse();
    let mut named = BTreeSet::new();
    let levels: Vec<Level> = targets
        .iter()
        .map(|target| {
            let rows = org.attached.get(target).into_iter().flatten().filter_map(|id| org.policies.get(id));
            let policies = rows.filter_map(|row| {
                named.extend(account_ids(row.document.as_str()));
                match row.document.document() {
                    Ok(document) => Some(Policy::new(row.policy.name.clone(), document.clone())),
                    // An observed policy may hold what no create call would have let through. The plan says so; a simulated cloud
                    // cannot say what it denies.
                    Err(Unreadable { .. }) => None,
                }
            });
            Level::new(target.as_str(), policies.collect())
        })
        .collect();
    let path = PolicyPath::new(PolicyKind::ServiceControl, &levels).ok();
    Ready { path, named, verdicts: Verdicts::new() }
}

/// Every run of exactly twelve digits.
fn account_ids(document: &str) -> impl Iterator<Item = String> + '_ {
    document.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 12).map(str::to_owned)
}

fn denial(
    path: &PolicyPath,
    account: AccountId,
    region: &Region,
    role: &RoleName,
    operation: &Operation,
) -> Option<String> {
    let account = account.to_string();
    let identity = ExecutorIdentity { account: &account, region: region.as_str(), role: role.as_str() };
    let calls = executor_calls("", operation.service().name(), operation.name(), identity, &[]).ok()?;
    calls.iter().find_map(|call| match path.decide(&call.request) {
        Decision::ExplicitDeny | Decision::ImplicitDeny => {
            let cause = path.explain(&call.request).decided_by;
            Some(cause.map_or_else(|| "no policy allows it".to_owned(), |cause| cause.to_string()))
        }
        Decision::Allowed | Decision::Exempt(_) | Decision::Undecided => None,
    })
}

fn refusal(operation: &Operation, why: &str) -> CloudError {
    let code = manners(operation.service()).denied;
    CloudError::rejected(code, format!("a service control policy denies `{}`: {why}", operation.action()))
}
