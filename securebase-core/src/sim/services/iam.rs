//! Roles of one account.

use std::collections::BTreeMap;

use serde_json::json;

use super::Manners;
use super::context::{Context, Outcome, TagFault};
use crate::cloud::iam::{self, Operation, Role};
use crate::cloud::{CloudError, Reply};
use crate::model::{AccountId, Latency, ResourceId, ResourceKind, RoleName, Tags};
use crate::observe::{ObservedMember, ObservedRolePolicy};
use crate::sim::holdings::{Holding, Holdings, Site};
use crate::sim::key::Subject;
use crate::sim::view::Snapshot;
use crate::time::Time;

#[derive(Debug, Clone)]
pub(in crate::sim) struct RoleRow {
    pub(in crate::sim) role: Role,
    /// Its inline policies.
    pub(in crate::sim) policies: BTreeMap<String, String>,
    pub(in crate::sim) visible_from: Time,
    /// From when on other services can assume it.
    pub(in crate::sim) accepted_from: Time,
}

/// The roles of an account, by name.
pub(in crate::sim) type Roles = BTreeMap<String, RoleRow>;

pub(super) const MANNERS: Manners = Manners {
    throttled: "Throttling",
    contended: |_| Some("ConcurrentModification"),
    failed: "ServiceFailure",
    expired: "ExpiredToken",
    denied: "AccessDenied",
    off: None,
    answers_early: true,
    write: Latency::IamWrite,
};

pub(super) fn name(operation: &Operation, subject: &mut Subject<'_>) {
    use Operation as O;
    match operation {
        O::GetRole { name } | O::CreateRole { name, .. } | O::DeleteRole { name } => subject.add(name),
        O::GetRolePolicy { role, .. }
        | O::PutRolePolicy { role, .. }
        | O::TagRole { role, .. }
        | O::UntagRole { role, .. }
        | O::DeleteRolePolicy { role, .. } => subject.add(role),
    }
}

pub(super) fn serve(
    holdings: &mut Holdings,
    site: &Site,
    context: &mut Context<'_>,
    operation: &Operation,
) -> Outcome {
    let held = holdings.accounts.entry(site.account).or_default();
    execute(&mut held.roles, site.account, context, operation)
}

impl Holding for Roles {
    fn import(&mut self, member: &ObservedMember) {
        for role in &member.roles {
            let policies = member.role_policies.iter().filter(|policy| policy.role == role.name);
            let row = RoleRow {
                role: role.clone(),
                policies: policies.map(|policy| (policy.name.clone(), policy.document.clone())).collect(),
                visible_from: Time::ZERO,
                accepted_from: Time::ZERO,
            };
            self.insert(role.name.clone(), row);
        }
    }

    fn observe(&self, member: &mut ObservedMember) {
        member.roles = self.values().map(|row| row.role.clone()).collect();
        member.role_policies = self.values().flat_map(RoleRow::observed_policies).collect();
    }

    fn list(&self, snapshot: &mut Snapshot, site: &Site) {
        for RoleRow { role, policies, .. } in self.values() {
            let more = json!({"name": role.name, "arn": role.arn, "trust": role.trust, "policies": policies});
            snapshot.add(ResourceKind::FlowLogRole, site, &role.arn, Some(&role.tags), more);
        }
    }

    fn count(&self) -> usize {
        self.len()
    }

    fn tags_mut(&mut self, resource: &ResourceId) -> Option<&mut Tags> {
        let row = self.values_mut().find(|row| row.is_called(resource))?;
        Some(&mut row.role.tags)
    }

    fn remove(&mut self, resource: &ResourceId) {
        self.retain(|_, row| !row.is_called(resource));
    }
}

impl RoleRow {
    /// Whether that is its name or its ARN.
    fn is_called(&self, text: &ResourceId) -> bool {
        [&self.role.name, &self.role.arn].into_iter().any(|own| own == text.as_str())
    }

    fn observed_policies(&self) -> impl Iterator<Item = ObservedRolePolicy> + '_ {
        self.policies.iter().map(|(name, document)| ObservedRolePolicy {
            role: self.role.name.clone(),
            name: name.clone(),
            document: document.clone(),
        })
    }
}

/// The ARN of a role.
fn arn(account: AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

/// Carries out an operation.
fn execute(
    roles: &mut Roles,
    account: AccountId,
    context: &mut Context<'_>,
    operation: &Operation,
) -> Outcome {
    let now = context.now;
    match operation {
        Operation::GetRole { name } => Ok(iam::Reply::Role(find(roles, name, now)?.role.clone()).into()),
        Operation::CreateRole { name, trust, tags } => {
            context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
            if name.parse::<RoleName>().is_err() {
                return Err(CloudError::rejected("ValidationError", format!("`{name}` cannot name a role")));
            }
            check_document(trust)?;
            if roles.contains_key(name) {
                return Err(CloudError::rejected("EntityAlreadyExists", format!("there is a role `{name}`")));
            }
            let role = Role {
                name: name.clone(),
                arn: arn(account, name),
                trust: trust.clone(),
                tags: tags.clone(),
            };
            let row = RoleRow {
                role: role.clone(),
                policies: BTreeMap::new(),
                visible_from: context.visible_from(),
                accepted_from: context.accepted_from(),
            };
            roles.insert(name.clone(), row);
            Ok(iam::Reply::Role(role).into())
        }
        Operation::GetRolePolicy { role, name } => match find(roles, role, now)?.policies.get(name) {
            Some(document) => Ok(iam::Reply::RolePolicy(document.clone()).into()),
            None => Err(missing("role policy", name)),
        },
        Operation::PutRolePolicy { role, name, document } => {
            check_document(document)?;
            find(roles, role, now)?.policies.insert(name.clone(), document.clone());
            Ok(Reply::Done)
        }
        Operation::TagRole { role, tags } => {
            let present = &mut find(roles, role, now)?.role.tags;
            context.check_tags(present, tags).map_err(|fault| refusal(&fault))?;
            present.extend(tags.clone());
            Ok(Reply::Done)
        }
        Operation::UntagRole { role, keys } => {
            find(roles, role, now)?.role.tags.retain(|key, _| !keys.contains(key));
            Ok(Reply::Done)
        }
        Operation::DeleteRolePolicy { role, name } => match find(roles, role, now)?.policies.remove(name) {
            Some(_) => Ok(Reply::Done),
            None => Err(missing("role policy", name)),
        },
        Operation::DeleteRole { name } => {
            if !find(roles, name, now)?.policies.is_empty() {
                return Err(CloudError::rejected("DeleteConflict", format!("`{name}` has inline policies")));
            }
            roles.remove(name);
            Ok(Reply::Done)
        }
    }
}

fn find<'a>(roles: &'a mut Roles, name: &str, now: Time) -> Result<&'a mut RoleRow, CloudError> {
    roles.get_mut(name).filter(|row| row.visible_from <= now).ok_or_else(|| missing("role", name))
}

fn missing(what: &str, name: &str) -> CloudError {
    CloudError::rejected("NoSuchEntity", format!("there is no {what} `{name}`"))
}

fn check_document(document: &str) -> Result<(), CloudError> {
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(document) {
        Ok(_) => Ok(()),
        Err(error) => Err(CloudError::rejected("MalformedPolicyDocument", error.to_string())),
    }
}

/// What tags are refused with.
fn refusal(fault: &TagFault) -> CloudError {
    let code = if matches!(fault, TagFault::TooMany(_)) { "LimitExceeded" } else { "InvalidInput" };
    CloudError::rejected(code, fault.message())
}
