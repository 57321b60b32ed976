//! Accounts and the requests for them.

use std::time::Duration;

use aws_sdk_organizations::{Client, types as sdk};
use futures::TryFutureExt;

use super::{PAGE_SIZE, failure, sdk_tags};
use crate::aws::convert::{done, id, malformed, misrouted, parse, text};
use crate::aws::paginate;
use crate::cloud::organizations::{
    self, Account, AccountRequest, AccountRequestState, AccountState, Joined, JoinedHow, Operation,
};
use crate::cloud::{CloudError, Reply};
use crate::time::Time;

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::ListAccounts { page } => {
            let call = client.list_accounts().max_results(PAGE_SIZE).set_next_token(page);
            let sent = call.send().map_err(failure);
            let page = paginate::page(sent, |found| (found.accounts(), found.next_token()), account).await?;
            Ok(organizations::Reply::Accounts(page).into())
        }
        Operation::ListAccountsForParent { parent, page } => {
            let call = client
                .list_accounts_for_parent()
                .parent_id(parent.as_str())
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page = paginate::page(sent, |found| (found.accounts(), found.next_token()), account).await?;
            Ok(organizations::Reply::Accounts(page).into())
        }
        Operation::ListParents { child } => {
            let output = client.list_parents().child_id(child.as_str()).send().await.map_err(failure)?;
            let parent = output.parents().first().ok_or_else(|| malformed("Parents"))?;
            Ok(organizations::Reply::Parent(id(parent.id(), "Id")?).into())
        }
        Operation::CreateAccount { name, email, role, tags } => {
            let call = client
                .create_account()
                .account_name(name)
                .email(email)
                .role_name(role.as_str())
                .set_tags(sdk_tags(&tags)?);
            requested(call.send().await.map_err(failure)?.create_account_status())
        }
        Operation::DescribeCreateAccountStatus { request } => {
            let call = client.describe_create_account_status().create_account_request_id(request.as_str());
            requested(call.send().await.map_err(failure)?.create_account_status())
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
            let sent = call.send().map_err(failure);
            let page = paginate::page(
                sent,
                |found| (found.create_account_statuses(), found.next_token()),
                account_request,
            )
            .await?;
            Ok(organizations::Reply::AccountRequests(page).into())
        }
        Operation::DescribeAccount { account: wanted } => {
            let call = client.describe_account().account_id(wanted.to_string());
            let output = call.send().await.map_err(failure)?;
            Ok(organizations::Reply::Account(account(output.account().ok_or_else(|| malformed("Account"))?)?)
                .into())
        }
        Operation::CloseAccount { account } => {
            done(client.close_account().account_id(account.to_string()).send().map_err(failure)).await
        }
        Operation::MoveAccount { account, from, to } => {
            let call = client
                .move_account()
                .account_id(account.to_string())
                .source_parent_id(from.as_str())
                .destination_parent_id(to.as_str());
            done(call.send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}

fn requested(status: Option<&sdk::CreateAccountStatus>) -> Result<Reply, CloudError> {
    let status = status.ok_or_else(|| malformed("CreateAccountStatus"))?;
    Ok(organizations::Reply::AccountRequest(account_request(status)?).into())
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
        // A state that this crate does not know is not an end either.
        _ => AccountRequestState::InProgress,
    };
    Ok(AccountRequest {
        id: id(status.id(), "Id")?,
        account_name: status.account_name().unwrap_or_default().to_owned(),
        state,
    })
}
