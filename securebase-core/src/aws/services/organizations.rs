//! AWS Organizations.

use std::time::Duration;

use aws_sdk_organizations::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_organizations::{Client, types as sdk};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::aws::convert::{each, id, malformed, misrouted, parse, text};
use crate::aws::error;
use crate::cloud::organizations::{
    self, Account, AccountRequest, AccountRequestState, AccountState, ControlPolicy, Joined, JoinedHow,
    Operation, Organization, OrganizationalUnit, PolicyTarget, Root,
};
use crate::cloud::{CloudError, Page, Reply};
use crate::model::Tags;
use crate::time::Time;

/// The most items Organizations answers a call.
const PAGE_SIZE: i32 = 20;

pub(in crate::aws) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    use Operation as O;
    match operation {
        O::DescribeOrganization
        | O::CreateOrganization
        | O::ListRoots
        | O::EnablePolicyType { .. }
        | O::EnableAwsServiceAccess { .. }
        | O::ListOrganizationalUnitsForParent { .. }
        | O::CreateOrganizationalUnit { .. }
        | O::UpdateOrganizationalUnit { .. }
        | O::DeleteOrganizationalUnit { .. } => units(client, operation).await,
        O::ListAccounts { .. }
        | O::ListAccountsForParent { .. }
        | O::ListParents { .. }
        | O::CreateAccount { .. }
        | O::DescribeCreateAccountStatus { .. }
        | O::ListCreateAccountStatus { .. }
        | O::MoveAccount { .. }
        | O::DescribeAccount { .. }
        | O::CloseAccount { .. } => accounts(client, operation).await,
        O::ListTagsForResource { .. } | O::TagResource { .. } | O::UntagResource { .. } => {
            tags(client, operation).await
        }
        O::ListPolicies { .. } | O::ListPoliciesForTarget { .. } | O::ListTargetsForPolicy { .. } => {
            policy_lists(client, operation).await
        }
        other => policies(client, other).await,
    }
}

async fn units(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeOrganization => {
            let output = client.describe_organization().send().await.map_err(failure)?;
            organization(output.organization())
        }
        Operation::CreateOrganization => {
            let call = client.create_organization().feature_set(sdk::OrganizationFeatureSet::All);
            organization(call.send().await.map_err(failure)?.organization())
        }
        Operation::ListRoots => {
            let output = client.list_roots().send().await.map_err(failure)?;
            Ok(Reply::Organizations(organizations::Reply::Roots(each(output.roots(), root_of)?)))
        }
        Operation::EnablePolicyType { root } => {
            let call = client
                .enable_policy_type()
                .root_id(root.as_str())
                .policy_type(sdk::PolicyType::ServiceControlPolicy);
            let output = call.send().await.map_err(failure)?;
            Ok(Reply::Organizations(organizations::Reply::Roots(
                output.root().map(root_of).transpose()?.into_iter().collect(),
            )))
        }
        Operation::EnableAwsServiceAccess { service } => {
            let call = client.enable_aws_service_access().service_principal(service);
            call.send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        Operation::ListOrganizationalUnitsForParent { parent, page } => {
            let output = client
                .list_organizational_units_for_parent()
                .parent_id(parent.as_str())
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(failure)?;
            let items = each(output.organizational_units(), |unit| {
                Ok(OrganizationalUnit { id: id(unit.id(), "Id")?, name: text(unit.name(), "Name")? })
            })?;
            Ok(Reply::Organizations(organizations::Reply::OrganizationalUnits(Page {
                items,
                next: output.next_token,
            })))
        }
        Operation::CreateOrganizationalUnit { parent, name, tags } => {
            let call = client
                .create_organizational_unit()
                .parent_id(parent.as_str())
                .name(name)
                .set_tags(sdk_tags(&tags)?);
            let output = call.send().await.map_err(failure)?;
            let unit = output.organizational_unit().ok_or_else(|| malformed("OrganizationalUnit"))?;
            Ok(Reply::Created(id(unit.id(), "Id")?))
        }
        Operation::UpdateOrganizationalUnit { unit, name } => {
            let call = client.update_organizational_unit().organizational_unit_id(unit.as_str()).name(name);
            call.send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        Operation::DeleteOrganizationalUnit { unit } => {
            let call = client.delete_organizational_unit().organizational_unit_id(unit.as_str());
            call.send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        other => Err(misrouted(other.action())),
    }
}

async fn accounts(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::ListAccounts { page } => {
            let call = client.list_accounts().max_results(PAGE_SIZE).set_next_token(page);
            let output = call.send().await.map_err(failure)?;
            let items = each(output.accounts(), account)?;
            Ok(Reply::Organizations(organizations::Reply::Accounts(Page { items, next: output.next_token })))
        }
        Operation::ListAccountsForParent { parent, page } => {
            let output = client
                .list_accounts_for_parent()
                .parent_id(parent.as_str())
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(failure)?;
            let items = each(output.accounts(), account)?;
            Ok(Reply::Organizations(organizations::Reply::Accounts(Page { items, next: output.next_token })))
        }
        Operation::ListParents { child } => {
            let output = client.list_parents().child_id(child.as_str()).send().await.map_err(failure)?;
            let parent = output.parents().first().ok_or_else(|| malformed("Parents"))?;
            Ok(Reply::Organizations(organizations::Reply::Parent(id(parent.id(), "Id")?)))
        }
        Operation::CreateAccount { name, email, role, tags } => {
            let output = client
                .create_account()
                .account_name(name)
                .email(email)
                .role_name(role.as_str())
                .set_tags(sdk_tags(&tags)?)
                .send()
                .await
                .map_err(failure)?;
            let status = output.create_account_status().ok_or_else(|| malformed("CreateAccountStatus"))?;
            Ok(Reply::Organizations(organizations::Reply::AccountRequest(account_request(status)?)))
        }
        Operation::DescribeCreateAccountStatus { request } => {
            let call = client.describe_create_account_status().create_account_request_id(request.as_str());
            let output = call.send().await.map_err(failure)?;
            let status = output.create_account_status().ok_or_else(|| malformed("CreateAccountStatus"))?;
            Ok(Reply::Organizations(organizations::Reply::AccountRequest(account_request(status)?)))
        }
        Operation::ListCreateAccountStatus { in_progress_only, page } => {
            let mut states = vec![sdk::CreateAccountState::InProgress];
            if !in_progress_only {
                states.push(sdk::CreateAccountState::Succeeded);
            }
            let call = client
                .list_create_account_status()
                .set_states(Some(states))
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let output = call.send().await.map_err(failure)?;
            let items = each(output.create_account_statuses(), account_request)?;
            Ok(Reply::Organizations(organizations::Reply::AccountRequests(Page {
                items,
                next: output.next_token,
            })))
        }
        Operation::DescribeAccount { account: wanted } => {
            let call = client.describe_account().account_id(wanted.to_string());
            let output = call.send().await.map_err(failure)?;
            Ok(Reply::Organizations(organizations::Reply::Account(account(
                output.account().ok_or_else(|| malformed("Account"))?,
            )?)))
        }
        Operation::CloseAccount { account } => {
            client.close_account().account_id(account.to_string()).send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        Operation::MoveAccount { account, from, to } => {
            let call = client
                .move_account()
                .account_id(account.to_string())
                .source_parent_id(from.as_str())
                .destination_parent_id(to.as_str());
            call.send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        other => Err(misrouted(other.action())),
    }
}

async fn policies(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribePolicy { policy: wanted } => {
            let call = client.describe_policy().policy_id(wanted.as_str());
            let output = call.send().await.map_err(failure)?;
            let found = output.policy().ok_or_else(|| malformed("Policy"))?;
            let summary = found.policy_summary().ok_or_else(|| malformed("PolicySummary"))?;
            Ok(Reply::Organizations(organizations::Reply::Policy(policy(summary, found.content())?)))
        }
        Operation::CreatePolicy { name, description, document, tags } => {
            let output = client
                .create_policy()
                .name(name)
                .description(description)
                .content(document)
                .r#type(sdk::PolicyType::ServiceControlPolicy)
                .set_tags(sdk_tags(&tags)?)
                .send()
                .await
                .map_err(failure)?;
            let summary = output.policy().and_then(|policy| policy.policy_summary());
            Ok(Reply::Created(id(summary.and_then(|summary| summary.id()), "Id")?))
        }
        Operation::UpdatePolicy { policy, name, description, document } => {
            let call = client
                .update_policy()
                .policy_id(policy.as_str())
                .name(name)
                .description(description)
                .content(document);
            call.send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        Operation::DeletePolicy { policy } => {
            client.delete_policy().policy_id(policy.as_str()).send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        Operation::AttachPolicy { policy, target } => {
            let call = client.attach_policy().policy_id(policy.as_str()).target_id(target.as_str());
            call.send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        Operation::DetachPolicy { policy, target } => {
            let call = client.detach_policy().policy_id(policy.as_str()).target_id(target.as_str());
            call.send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        other => Err(misrouted(other.action())),
    }
}

async fn policy_lists(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::ListPolicies { page } => {
            let output = client
                .list_policies()
                .filter(sdk::PolicyType::ServiceControlPolicy)
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(failure)?;
            let items = each(output.policies(), |summary| policy(summary, None))?;
            Ok(Reply::Organizations(organizations::Reply::Policies(Page { items, next: output.next_token })))
        }
        Operation::ListPoliciesForTarget { target, page } => {
            let output = client
                .list_policies_for_target()
                .target_id(target.as_str())
                .filter(sdk::PolicyType::ServiceControlPolicy)
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(failure)?;
            let items = each(output.policies(), |summary| policy(summary, None))?;
            Ok(Reply::Organizations(organizations::Reply::Policies(Page { items, next: output.next_token })))
        }
        Operation::ListTargetsForPolicy { policy, page } => {
            let output = client
                .list_targets_for_policy()
                .policy_id(policy.as_str())
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(failure)?;
            let items = each(output.targets(), |target| {
                Ok(PolicyTarget { id: id(target.target_id(), "TargetId")? })
            })?;
            Ok(Reply::Organizations(organizations::Reply::PolicyTargets(Page {
                items,
                next: output.next_token,
            })))
        }
        other => Err(misrouted(other.action())),
    }
}

async fn tags(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::ListTagsForResource { resource, page } => {
            let call = client.list_tags_for_resource().resource_id(resource.as_str()).set_next_token(page);
            let output = call.send().await.map_err(failure)?;
            let tags =
                output.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
            Ok(Reply::Tags(tags, output.next_token))
        }
        Operation::TagResource { resource, tags } => {
            let call = client.tag_resource().resource_id(resource.as_str()).set_tags(sdk_tags(&tags)?);
            call.send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        Operation::UntagResource { resource, keys } => {
            let call = client.untag_resource().resource_id(resource.as_str()).set_tag_keys(Some(keys));
            call.send().await.map_err(failure)?;
            Ok(Reply::Done)
        }
        other => Err(misrouted(other.action())),
    }
}

fn organization(organization: Option<&sdk::Organization>) -> Result<Reply, CloudError> {
    let organization = organization.ok_or_else(|| malformed("Organization"))?;
    Ok(Reply::Organizations(organizations::Reply::Organization(Organization {
        id: id(organization.id(), "Id")?,
        management_account: parse(organization.master_account_id(), "MasterAccountId")?,
        all_features: organization.feature_set() == Some(&sdk::OrganizationFeatureSet::All),
    })))
}

fn root_of(root: &sdk::Root) -> Result<Root, CloudError> {
    let enabled = root.policy_types().iter().any(|policy_type| {
        policy_type.r#type() == Some(&sdk::PolicyType::ServiceControlPolicy)
            && policy_type.status() == Some(&sdk::PolicyTypeStatus::Enabled)
    });
    Ok(Root { id: id(root.id(), "Id")?, service_control_policies: enabled })
}

fn account(account: &sdk::Account) -> Result<Account, CloudError> {
    Ok(Account {
        id: parse(account.id(), "Id")?,
        name: text(account.name(), "Name")?,
        email: text(account.email(), "Email")?,
        state: account_state(account),
        joined: joined(account),
    })
}

fn joined(account: &sdk::Account) -> Option<Joined> {
    let how = match account.joined_method()? {
        sdk::AccountJoinedMethod::Created => JoinedHow::Created,
        sdk::AccountJoinedMethod::Invited => JoinedHow::Invited,
        _ => return None,
    };
    let seconds = u64::try_from(account.joined_timestamp()?.secs()).ok()?;
    Some(Joined { at: Time::ZERO + Duration::from_secs(seconds), how })
}

/// `State` has taken the place of `Status`, which endpoints that lag behind still answer alone.
fn account_state(account: &sdk::Account) -> AccountState {
    let text =
        account.state().map(sdk::AccountState::as_str).or(account.status().map(sdk::AccountStatus::as_str));
    match text {
        Some("PENDING_ACTIVATION") => AccountState::PendingActivation,
        Some("ACTIVE") => AccountState::Active,
        Some("SUSPENDED") => AccountState::Suspended,
        Some("PENDING_CLOSURE") => AccountState::PendingClosure,
        Some("CLOSED") => AccountState::Closed,
        _ => AccountState::Unknown,
    }
}

fn account_request(status: &sdk::CreateAccountStatus) -> Result<AccountRequest, CloudError> {
    let state = match status.state() {
        Some(sdk::CreateAccountState::Succeeded) => {
            AccountRequestState::Succeeded { account: parse(status.account_id(), "AccountId")? }
        }
        Some(sdk::CreateAccountState::Failed) => AccountRequestState::Failed {
            reason: status.failure_reason().map_or("UNKNOWN", |reason| reason.as_str()).to_owned(),
        },
        // A state nobody knows yet is not an end either.
        _ => AccountRequestState::InProgress,
    };
    Ok(AccountRequest {
        id: id(status.id(), "Id")?,
        account_name: status.account_name().unwrap_or_default().to_owned(),
        state,
    })
}

fn policy(summary: &sdk::PolicySummary, document: Option<&str>) -> Result<ControlPolicy, CloudError> {
    Ok(ControlPolicy {
        id: id(summary.id(), "Id")?,
        name: text(summary.name(), "Name")?,
        description: summary.description().unwrap_or_default().to_owned(),
        aws_managed: summary.aws_managed(),
        document: document.map(str::to_owned),
    })
}

fn sdk_tags(tags: &Tags) -> Result<Option<Vec<sdk::Tag>>, CloudError> {
    let tags: Vec<_> = tags.iter().collect();
    let tags = each(&tags, |(key, value)| {
        sdk::Tag::builder()
            .key(*key)
            .value(*value)
            .build()
            .map_err(|e| CloudError::not_sent("InvalidRequest", e.to_string()))
    })?;
    Ok((!tags.is_empty()).then_some(tags))
}

/// Like [`error::failure`], with the `Reason` that several of this service's errors carry.
fn failure<E>(error: SdkError<E, HttpResponse>) -> CloudError
where
    E: std::error::Error + ProvideErrorMetadata + Into<aws_sdk_organizations::Error> + 'static,
{
    let classified = error::failure(&error);
    let reason = match error {
        SdkError::ServiceError(service) => reason(&service.into_err().into()),
        _ => None,
    };
    error::with_reason(classified, reason)
}

fn reason(error: &aws_sdk_organizations::Error) -> Option<String> {
    use aws_sdk_organizations::Error as E;
    let reason = match error {
        E::ConstraintViolationException(error) => error.reason()?.as_str(),
        E::InvalidInputException(error) => error.reason()?.as_str(),
        E::AccessDeniedForDependencyException(error) => error.reason()?.as_str(),
        _ => return None,
    };
    Some(reason.to_owned())
}
