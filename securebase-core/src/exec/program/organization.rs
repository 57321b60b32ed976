//! The organization, its root, units, policies and attachments.

use crate::cloud::{Operation, PageToken, Reply};
use crate::model::{ResourceId, ResourceSpec};

use super::{Context, Found, Program, changes_field, tagging, unexpected};

type Act = Result<Option<Operation>, String>;

pub(super) fn create(ctx: &Context<'_>, program: &Program, index: usize) -> Act {
    if index > 0 {
        return Ok(None);
    }
    Ok(Some(match &ctx.step.spec {
        ResourceSpec::Organization => Operation::CreateOrganization,
        ResourceSpec::OrganizationalUnit { name, parent, tags } => Operation::CreateOrganizationalUnit {
            parent: ctx.id(parent)?,
            name: name.clone(),
            tags: tags.clone(),
        },
        ResourceSpec::ServiceControlPolicy { name, description, document, tags } => Operation::CreatePolicy {
            name: name.clone(),
            description: description.clone(),
            document: document.clone(),
            tags: tags.clone(),
        },
        ResourceSpec::PolicyAttachment { policy, target } => {
            Operation::AttachPolicy { policy: ctx.id(policy)?, target: ctx.id(target)? }
        }
        _ => return update(ctx, program).map(|mut operations| operations.pop()),
    }))
}

pub(super) fn update(ctx: &Context<'_>, program: &Program) -> Result<Vec<Operation>, String> {
    let mut operations = Vec::new();
    if ctx.step.spec == ResourceSpec::OrganizationRoot {
        let root = program.id.clone().map_or_else(|| ctx.own_id(), Ok)?;
        return Ok(vec![Operation::EnablePolicyType { root }]);
    }
    let id = ctx.own_id()?;
    if let ResourceSpec::ServiceControlPolicy { name, description, document, .. } = &ctx.step.spec
        && changes_field(ctx, &["document", "description"])
    {
        operations.push(Operation::UpdatePolicy {
            policy: id.clone(),
            name: name.clone(),
            description: description.clone(),
            document: document.clone(),
        });
    }
    operations.extend(retag(ctx, &id));
    Ok(operations)
}

/// The calls that bring the tags of a unit, a policy or an account up to date.
pub(super) fn retag(ctx: &Context<'_>, id: &ResourceId) -> Vec<Operation> {
    tagging(
        ctx,
        |keys| Operation::UntagResource { resource: id.clone(), keys },
        |tags| Operation::TagResource { resource: id.clone(), tags },
    )
}

pub(super) fn delete(ctx: &Context<'_>) -> Result<Vec<Operation>, String> {
    let id = ctx.own_id()?;
    Ok(vec![match &ctx.step.spec {
        ResourceSpec::PolicyAttachment { .. } => {
            let (policy, target) = id.as_str().split_once('/').ok_or("an attachment's id has two parts")?;
            let parse = |text: &str| text.parse().map_err(|error: crate::model::NameError| error.to_string());
            Operation::DetachPolicy { policy: parse(policy)?, target: parse(target)? }
        }
        ResourceSpec::OrganizationalUnit { .. } => Operation::DeleteOrganizationalUnit { unit: id },
        _ => Operation::DeletePolicy { policy: id },
    }])
}

pub(super) fn look_up(ctx: &Context<'_>, page: Option<PageToken>) -> Act {
    Ok(match &ctx.step.spec {
        ResourceSpec::Organization => Some(Operation::DescribeOrganization),
        ResourceSpec::OrganizationalUnit { parent, .. } => {
            Some(Operation::ListOrganizationalUnitsForParent { parent: ctx.id(parent)?, page })
        }
        ResourceSpec::ServiceControlPolicy { .. } => Some(Operation::ListPolicies { page }),
        // Attaching twice is refused by name, which is as good as done.
        _ => None,
    })
}

pub(super) fn read_look_up(ctx: &Context<'_>, reply: &Reply) -> Result<Found, String> {
    let (found, next) = match (&ctx.step.spec, reply) {
        (ResourceSpec::Organization, Reply::Organization(organization)) => {
            (Some(organization.id.clone()), &None)
        }
        (ResourceSpec::OrganizationRoot, Reply::Roots(roots)) => {
            let root = roots.first().ok_or("the organization has no root")?;
            let acts_done = usize::from(root.service_control_policies);
            return Ok(Found::Present { id: root.id.clone(), acts_done });
        }
        (ResourceSpec::OrganizationalUnit { name, .. }, Reply::OrganizationalUnits(page)) => {
            let unit = page.items.iter().find(|unit| unit.name == *name);
            (unit.map(|unit| unit.id.clone()), &page.next)
        }
        (ResourceSpec::ServiceControlPolicy { name, .. }, Reply::Policies(page)) => {
            let policy = page.items.iter().find(|policy| policy.name == *name);
            (policy.map(|policy| policy.id.clone()), &page.next)
        }
        (_, other) => return Err(unexpected(other)),
    };
    Ok(match (found, next) {
        (Some(id), _) => Found::Present { id, acts_done: 1 },
        (None, Some(page)) => Found::More(Some(page.clone())),
        (None, None) => Found::Absent,
    })
}
