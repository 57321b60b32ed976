//! What flow logs need in an account: the delivery role and the log group.

use crate::cloud::{Operation, PageToken, Reply};
use crate::model::ResourceSpec;
use crate::plan::{FLOW_LOG_POLICY, FLOW_LOG_POLICY_NAME, FLOW_LOG_TRUST, Site};

use super::{Context, Found, changes_field, tagging, unexpected};

pub(super) fn create(ctx: &Context<'_>, index: usize) -> Result<Option<Operation>, String> {
    Ok(match (&ctx.step.spec, index) {
        (ResourceSpec::FlowLogRole { name, tags }, 0) => Some(Operation::CreateRole {
            name: name.clone(),
            trust: FLOW_LOG_TRUST.to_owned(),
            tags: tags.clone(),
        }),
        (ResourceSpec::FlowLogRole { name, .. }, 1) => Some(put_policy(name)),
        (ResourceSpec::LogGroup { name, tags, .. }, 0) => {
            Some(Operation::CreateLogGroup { name: name.clone(), tags: tags.clone() })
        }
        (ResourceSpec::LogGroup { name, retention_days, .. }, 1) => {
            Some(Operation::PutRetentionPolicy { group: name.clone(), days: *retention_days })
        }
        _ => None,
    })
}

pub(super) fn update(ctx: &Context<'_>) -> Result<Vec<Operation>, String> {
    let mut operations = Vec::new();
    match &ctx.step.spec {
        ResourceSpec::FlowLogRole { name, .. } => {
            if changes_field(ctx, &["policy"]) {
                operations.push(put_policy(name));
            }
            operations.extend(tagging(
                ctx,
                |keys| Operation::UntagRole { role: name.clone(), keys },
                |tags| Operation::TagRole { role: name.clone(), tags },
            ));
        }
        ResourceSpec::LogGroup { name, retention_days, .. } => {
            if changes_field(ctx, &["retention_days"]) {
                operations.push(Operation::PutRetentionPolicy { group: name.clone(), days: *retention_days });
            }
            let arn = log_group_arn(ctx, name)?;
            operations.extend(tagging(
                ctx,
                |keys| Operation::UntagLogGroup { arn: arn.clone(), keys },
                |tags| Operation::TagLogGroup { arn: arn.clone(), tags },
            ));
        }
        _ => {}
    }
    Ok(operations)
}

fn put_policy(role: &str) -> Operation {
    Operation::PutRolePolicy {
        role: role.to_owned(),
        name: FLOW_LOG_POLICY_NAME.to_owned(),
        document: FLOW_LOG_POLICY.to_owned(),
    }
}

fn log_group_arn(ctx: &Context<'_>, name: &str) -> Result<String, String> {
    match (&ctx.step.site, ctx.account) {
        (Site::Member { region, .. }, Some(account)) => {
            Ok(format!("arn:aws:logs:{region}:{account}:log-group:{name}"))
        }
        _ => Err("the account of the log group is not known".to_owned()),
    }
}

pub(super) fn delete(ctx: &Context<'_>) -> Result<Vec<Operation>, String> {
    Ok(match &ctx.step.spec {
        ResourceSpec::FlowLogRole { name, .. } => vec![
            Operation::DeleteRolePolicy { role: name.clone(), name: FLOW_LOG_POLICY_NAME.to_owned() },
            Operation::DeleteRole { name: name.clone() },
        ],
        ResourceSpec::LogGroup { name, .. } => vec![Operation::DeleteLogGroup { name: name.clone() }],
        _ => Vec::new(),
    })
}

pub(super) fn look_up(ctx: &Context<'_>, page: Option<PageToken>) -> Option<Operation> {
    match &ctx.step.spec {
        ResourceSpec::FlowLogRole { name, .. } => Some(Operation::GetRole { name: name.clone() }),
        ResourceSpec::LogGroup { name, .. } => {
            Some(Operation::DescribeLogGroups { prefix: name.clone(), page })
        }
        _ => None,
    }
}

pub(super) fn read_look_up(ctx: &Context<'_>, reply: &Reply) -> Result<Found, String> {
    match (&ctx.step.spec, reply) {
        (_, Reply::Role(role)) => {
            let id = role.arn.parse().map_err(|error: crate::model::NameError| error.to_string())?;
            Ok(Found::Present { id, acts_done: 1 })
        }
        (ResourceSpec::LogGroup { name, .. }, Reply::LogGroups(page)) => {
            Ok(match (page.items.iter().find(|group| group.name == *name), &page.next) {
                (Some(group), _) => {
                    let id =
                        group.name.parse().map_err(|error: crate::model::NameError| error.to_string())?;
                    Found::Present { id, acts_done: 1 }
                }
                (None, Some(page)) => Found::More(Some(page.clone())),
                (None, None) => Found::Absent,
            })
        }
        (_, other) => Err(unexpected(other)),
    }
}
