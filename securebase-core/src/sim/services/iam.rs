//! Roles of one account.

use std::collections::BTreeMap;

use super::context::{Context, Outcome};
use super::organizations::unknown;
use crate::cloud::{CloudError, Operation, Reply, Role};
use crate::model::{AccountId, RoleName, Tags};
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

/// The ARN of a role.
fn arn(account: AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

/// Carries out an IAM operation.
pub(in crate::sim) fn execute(
    roles: &mut Roles,
    account: AccountId,
    context: &mut Context<'_>,
    operation: &Operation,
) -> Outcome {
    let now = context.now;
    match operation {
        Operation::GetRole { name } => Ok(Reply::Role(find(roles, name, now)?.role.clone())),
        Operation::CreateRole { name, trust, tags } => {
            context.check_tags(&Tags::new(), tags).map_err(|fault| fault.iam())?;
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
            Ok(Reply::Role(role))
        }
        Operation::GetRolePolicy { role, name } => match find(roles, role, now)?.policies.get(name) {
            Some(document) => Ok(Reply::RolePolicy(document.clone())),
            None => Err(missing("role policy", name)),
        },
        Operation::PutRolePolicy { role, name, document } => {
            check_document(document)?;
            find(roles, role, now)?.policies.insert(name.clone(), document.clone());
            Ok(Reply::Done)
        }
        Operation::TagRole { role, tags } => {
            let present = &mut find(roles, role, now)?.role.tags;
            context.check_tags(present, tags).map_err(|fault| fault.iam())?;
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
        other => Err(unknown(other)),
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
