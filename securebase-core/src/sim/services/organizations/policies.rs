//! Service control policies and where they are attached.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::units::constraint;
use super::{Org, PAGE, PolicyRow, refusal};
use crate::cloud::organizations::{self, ControlPolicy, PolicyTarget};
use crate::cloud::{CloudError, PageToken, Reply};
use crate::model::{Quota, ResourceId, Tags};
use crate::policy::PolicyText;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::page;
use crate::time::Time;

impl Org {
    /// A policy with its document.
    pub(super) fn describe_policy(&self, context: &Context<'_>, policy: &ResourceId) -> Outcome {
        let row = self.policy(policy, context.now)?;
        let policy = ControlPolicy { document: Some(row.document.clone()), ..row.policy.clone() };
        Ok(organizations::Reply::Policy(policy).into())
    }

    /// A page of the policies that are visible.
    pub(super) fn list_policies(&self, context: &Context<'_>, page: Option<&PageToken>) -> Outcome {
        if let Some(blank) = page::blank(page, context.draws.blank) {
            return Ok(organizations::Reply::Policies(blank).into());
        }
        let after: Option<ResourceId> = page::start(page)?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let policies = self
            .policies
            .range((from, Bound::Unbounded))
            .filter(|(_, row)| row.visible_from <= context.now)
            .map(|(_, row)| row.policy.clone());
        Ok(Reply::Organizations(organizations::Reply::Policies(page::page(policies, PAGE, |policy| {
            policy.id.to_string()
        }))))
    }

    /// Changes name, description and document of a policy.
    pub(super) fn update_policy(
        &mut self,
        context: &Context<'_>,
        policy: &ResourceId,
        name: &str,
        description: &str,
        document: &str,
    ) -> Outcome {
        check_text(name, description)?;
        if self.policy(policy, context.now)?.policy.aws_managed {
            return Err(immutable(policy));
        }
        let document = read_document(context, document)?;
        if self.policy_names.get(name).is_some_and(|holder| holder != policy) {
            return Err(duplicate(name));
        }
        if let Some(row) = self.policies.get_mut(policy) {
            self.policy_names.remove(&row.policy.name);
            self.policy_names.insert(name.to_owned(), policy.clone());
            name.clone_into(&mut row.policy.name);
            description.clone_into(&mut row.policy.description);
            row.document = document;
            self.epoch += 1;
        }
        Ok(Reply::Done)
    }

    /// Deletes a policy that is attached to nothing.
    pub(super) fn delete_policy(&mut self, policy: &ResourceId, now: Time) -> Outcome {
        let row = self.policy(policy, now)?;
        if row.policy.aws_managed {
            return Err(immutable(policy));
        }
        if !row.targets.is_empty() {
            return Err(CloudError::rejected(
                "PolicyInUseException",
                format!("`{policy}` is attached to {} targets", row.targets.len()),
            ));
        }
        self.drop_policy(policy);
        Ok(Reply::Done)
    }

    /// Detaches a policy from a target that keeps another one.
    pub(super) fn detach_policy(&mut self, policy: &ResourceId, target: &ResourceId, now: Time) -> Outcome {
        self.policy(policy, now)?;
        self.ensure_target(target, now)?;
        let attached = self.attached.get(target);
        if !attached.is_some_and(|policies| policies.contains(policy)) {
            return Err(CloudError::rejected(
                "PolicyNotAttachedException",
                format!("`{policy}` is not attached to `{target}`"),
            ));
        }
        if attached.is_some_and(|policies| policies.len() == 1) {
            return Err(constraint(
                "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                "a target keeps at least one service control policy",
            ));
        }
        self.detach(policy, target);
        Ok(Reply::Done)
    }

    /// A page of the targets that a policy is attached to.
    pub(super) fn list_targets(
        &self,
        context: &Context<'_>,
        policy: &ResourceId,
        page: Option<&PageToken>,
    ) -> Outcome {
        let row = self.policy(policy, context.now)?;
        if let Some(blank) = page::blank(page, context.draws.blank) {
            return Ok(organizations::Reply::PolicyTargets(blank).into());
        }
        let after: Option<ResourceId> = page::start(page)?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let targets = row.targets.range((from, Bound::Unbounded)).map(|id| PolicyTarget { id: id.clone() });
        Ok(Reply::Organizations(organizations::Reply::PolicyTargets(page::page(targets, PAGE, |target| {
            target.id.to_string()
        }))))
    }

    /// A page of the policies that are attached to a target.
    pub(super) fn list_attached(
        &self,
        context: &Context<'_>,
        target: &ResourceId,
        page: Option<&PageToken>,
    ) -> Outcome {
        self.ensure_target(target, context.now)?;
        if let Some(blank) = page::blank(page, context.draws.blank) {
            return Ok(organizations::Reply::Policies(blank).into());
        }
        let after: Option<ResourceId> = page::start(page)?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let attached = self.attached.get(target).into_iter();
        let attached = attached.flat_map(|policies| policies.range((from.clone(), Bound::Unbounded)));
        let policies = attached.filter_map(|id| Some(self.policies.get(id)?.policy.clone()));
        Ok(Reply::Organizations(organizations::Reply::Policies(page::page(policies, PAGE, |policy| {
            policy.id.to_string()
        }))))
    }

    pub(super) fn create_policy(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        description: &str,
        document: &str,
        tags: &Tags,
    ) -> Outcome {
        check_text(name, description)?;
        context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
        let document = read_document(context, document)?;
        if self.policy_names.contains_key(name) {
            return Err(duplicate(name));
        }
        // AWS's own policy does not count.
        if self.policies.len() as u64 > context.limits.quota(Quota::Policies) {
            return Err(constraint(
                "POLICY_NUMBER_LIMIT_EXCEEDED",
                "there are as many policies as there can be",
            ));
        }
        let id = context.chance.organizations_id("p", 8, name, |id| self.policies.contains_key(id));
        let row = PolicyRow {
            policy: ControlPolicy {
                id: id.clone(),
                name: name.to_owned(),
                description: description.to_owned(),
                aws_managed: false,
                document: None,
            },
            document,
            targets: BTreeSet::new(),
            tags: tags.clone(),
            visible_from: context.visible_from(),
        };
        self.insert_policy(row);
        Ok(Reply::Created(id))
    }

    /// Puts a policy in its place, attached where it says.
    pub(in crate::sim) fn insert_policy(&mut self, row: PolicyRow) {
        for target in &row.targets {
            self.attached.entry(target.clone()).or_default().insert(row.policy.id.clone());
        }
        self.policy_names.insert(row.policy.name.clone(), row.policy.id.clone());
        self.policies.insert(row.policy.id.clone(), row);
    }

    /// Takes a policy away, with its attachments if it has any.
    pub(in crate::sim) fn drop_policy(&mut self, policy: &ResourceId) {
        if let Some(row) = self.policies.remove(policy) {
            self.epoch += 1;
            self.policy_names.remove(&row.policy.name);
            for target in &row.targets {
                if let Some(policies) = self.attached.get_mut(target) {
                    policies.remove(policy);
                }
            }
        }
    }

    pub(super) fn attach_policy(
        &mut self,
        context: &Context<'_>,
        policy: &ResourceId,
        target: &ResourceId,
    ) -> Outcome {
        self.policy(policy, context.now)?;
        self.ensure_target(target, context.now)?;
        if !self.root.service_control_policies {
            return Err(CloudError::rejected(
                "PolicyTypeNotEnabledException",
                "service control policies are not enabled in this root",
            ));
        }
        let attached = self.attached.get(target);
        if attached.is_some_and(|policies| policies.contains(policy)) {
            return Err(CloudError::rejected(
                "DuplicatePolicyAttachmentException",
                format!("`{policy}` is attached to `{target}` already"),
            ));
        }
        if attached.map_or(0, BTreeSet::len) as u64 >= context.limits.quota(Quota::PoliciesPerTarget) {
            return Err(constraint(
                "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                "the target carries as many service control policies as it can",
            ));
        }
        self.attach(policy, target);
        self.epoch += 1;
        Ok(Reply::Done)
    }

    fn policy(&self, policy: &ResourceId, now: Time) -> Result<&PolicyRow, CloudError> {
        self.policies.get(policy).filter(|row| row.visible_from <= now).ok_or_else(|| {
            CloudError::rejected("PolicyNotFoundException", format!("there is no policy `{policy}`"))
        })
    }

    fn ensure_target(&self, target: &ResourceId, now: Time) -> Result<(), CloudError> {
        if self.depth(target, now).is_some() || self.account_named(target, now).is_some() {
            return Ok(());
        }
        Err(CloudError::rejected("TargetNotFoundException", format!("there is no target `{target}`")))
    }
}

fn check_text(name: &str, description: &str) -> Result<(), CloudError> {
    let fail = |reason: &str, message: &str| {
        Err(CloudError::rejected_because("InvalidInputException", reason, message))
    };
    match (name.chars().count(), description.chars().count()) {
        (0, _) => fail("MIN_LENGTH_EXCEEDED", "a policy's name has 1 to 128 characters"),
        (129.., _) => fail("MAX_LENGTH_EXCEEDED", "a policy's name has 1 to 128 characters"),
        (_, 513..) => fail("MAX_LENGTH_EXCEEDED", "a policy's description has at most 512 characters"),
        _ => Ok(()),
    }
}

fn read_document(context: &Context<'_>, document: &str) -> Result<PolicyText, CloudError> {
    if document.chars().count() as u64 > context.limits.quota(Quota::PolicySize) {
        return Err(constraint(
            "POLICY_CONTENT_LIMIT_EXCEEDED",
            "the document is longer than a policy can be",
        ));
    }
    let document = PolicyText::read(document);
    match document.document() {
        Ok(_) => Ok(document),
        Err(unreadable) => {
            Err(CloudError::rejected("MalformedPolicyDocumentException", unreadable.to_string()))
        }
    }
}

fn duplicate(name: &str) -> CloudError {
    CloudError::rejected("DuplicatePolicyException", format!("there is a policy `{name}`"))
}

fn immutable(policy: &ResourceId) -> CloudError {
    CloudError::rejected_because(
        "InvalidInputException",
        "IMMUTABLE_POLICY",
        format!("`{policy}` is AWS's own and cannot be changed"),
    )
}
