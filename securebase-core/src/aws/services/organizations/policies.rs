//! Service control policies.

use aws_sdk_organizations::{Client, types as sdk};
use futures::TryFutureExt;

use super::{PAGE_SIZE, failure, sdk_tags};
use crate::aws::convert::{created, done, id, malformed, misrouted, text};
use crate::aws::paginate;
use crate::cloud::organizations::{self, ControlPolicy, Operation, PolicyTarget};
use crate::cloud::{CloudError, Reply};
use crate::policy::PolicyText;

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::ListPolicies { page } => {
            let call = client
                .list_policies()
                .filter(sdk::PolicyType::ServiceControlPolicy)
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page = paginate::page(sent, |found| (found.policies(), found.next_token()), listed).await?;
            Ok(organizations::Reply::Policies(page).into())
        }
        Operation::ListPoliciesForTarget { target, page } => {
            let call = client
                .list_policies_for_target()
                .target_id(target.as_str())
                .filter(sdk::PolicyType::ServiceControlPolicy)
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page = paginate::page(sent, |found| (found.policies(), found.next_token()), listed).await?;
            Ok(organizations::Reply::Policies(page).into())
        }
        Operation::ListTargetsForPolicy { policy, page } => {
            let call = client
                .list_targets_for_policy()
                .policy_id(policy.as_str())
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page =
                paginate::page(sent, |found| (found.targets(), found.next_token()), policy_target).await?;
            Ok(organizations::Reply::PolicyTargets(page).into())
        }
        Operation::DescribePolicy { policy: wanted } => {
            let call = client.describe_policy().policy_id(wanted.as_str());
            let output = call.send().await.map_err(failure)?;
            let found = output.policy().ok_or_else(|| malformed("Policy"))?;
            let summary = found.policy_summary().ok_or_else(|| malformed("PolicySummary"))?;
            Ok(organizations::Reply::Policy(policy(summary, found.content())?).into())
        }
        Operation::CreatePolicy { name, description, document, tags } => {
            let call = client
                .create_policy()
                .name(name)
                .description(description)
                .content(document)
                .r#type(sdk::PolicyType::ServiceControlPolicy)
                .set_tags(sdk_tags(&tags)?);
            let sent = call.send().map_err(failure);
            created(sent, |made| made.policy()?.policy_summary()?.id(), "Id").await
        }
        Operation::UpdatePolicy { policy, name, description, document } => {
            let call = client
                .update_policy()
                .policy_id(policy.as_str())
                .name(name)
                .description(description)
                .content(document);
            done(call.send().map_err(failure)).await
        }
        Operation::DeletePolicy { policy } => {
            done(client.delete_policy().policy_id(policy.as_str()).send().map_err(failure)).await
        }
        Operation::AttachPolicy { policy, target } => {
            let call = client.attach_policy().policy_id(policy.as_str()).target_id(target.as_str());
            done(call.send().map_err(failure)).await
        }
        Operation::DetachPolicy { policy, target } => {
            let call = client.detach_policy().policy_id(policy.as_str()).target_id(target.as_str());
            done(call.send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}

/// A policy of a list, which leaves its document out.
fn listed(summary: &sdk::PolicySummary) -> Result<ControlPolicy, CloudError> {
    policy(summary, None)
}

fn policy(summary: &sdk::PolicySummary, document: Option<&str>) -> Result<ControlPolicy, CloudError> {
    Ok(ControlPolicy {
        id: id(summary.id(), "Id")?,
        name: text(summary.name(), "Name")?,
        description: summary.description().unwrap_or_default().to_owned(),
        aws_managed: summary.aws_managed(),
        document: document.map(PolicyText::read),
    })
}

fn policy_target(target: &sdk::PolicyTargetSummary) -> Result<PolicyTarget, CloudError> {
    Ok(PolicyTarget { id: id(target.target_id(), "TargetId")? })
}
