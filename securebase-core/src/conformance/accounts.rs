//! Accounts: requests, their outcomes, moves.

use super::bench::{Bench, Verdict, ensure, id, reply};
use crate::cloud::account::{self, OneTimeCode};
use crate::cloud::organizations::{self, Account, AccountRequestState, AccountState, Operation as O};
use crate::cloud::{Reply, Target, sts};
use crate::model::{AccountId, Region, ResourceId};

fn accounts(reply: Reply) -> Option<crate::cloud::Page<Account>> {
    if let Reply::Organizations(organizations::Reply::Accounts(page)) = reply { Some(page) } else { None }
}

pub(super) async fn create(bench: &Bench<'_>) -> Verdict {
    let root = bench.root().await?;
    let account = bench.account("account").await?;
    let found = bench.all(&Target::Management, |page| O::ListAccounts { page }, accounts).await?;
    let Some(row) = found.iter().find(|row| row.id == account) else { return Err("it is not listed".into()) };
    ensure!(row.email == bench.email("account"), "its address is `{}`", row.email);
    ensure!(row.name == bench.name("account"), "its name is `{}`", row.name);
    ensure!(row.state == AccountState::Active, "it is {:?}", row.state);
    let parent = reply!(
        bench.org(O::ListParents { child: id(&account.to_string())? }).await,
        Organizations(organizations::Reply::Parent)
    );
    ensure!(parent == root, "it appears in `{parent}`");
    let page = |page| O::ListAccountsForParent { parent: root.clone(), page };
    let below = bench.all(&Target::Management, page, accounts).await?;
    ensure!(below.iter().any(|row| row.id == account), "it is not listed under the root");
    Ok(())
}

pub(super) async fn asynchronous(bench: &Bench<'_>) -> Verdict {
    bench.root().await?;
    let request = bench.request_account("account").await?;
    ensure!(request.state == AccountRequestState::InProgress, "the first answer is {:?}", request.state);
    bench.decided(&request).await.map(drop)
}

pub(super) async fn requests_listed(bench: &Bench<'_>) -> Verdict {
    bench.root().await?;
    let request = bench.request_account("account").await?;
    let take = |reply| {
        if let Reply::Organizations(organizations::Reply::AccountRequests(page)) = reply {
            Some(page)
        } else {
            None
        }
    };
    bench.decided(&request).await?;
    let all = |page| O::ListCreateAccountStatus { in_progress_only: false, page };
    let found = bench.all(&Target::Management, all, take).await?;
    let Some(listed) = found.iter().find(|row| row.id == request.id) else {
        return Err("the request is not listed".to_owned());
    };
    ensure!(listed.account_name == bench.name("account"), "it is listed as `{}`", listed.account_name);
    let describe = O::DescribeCreateAccountStatus { request: request.id.clone() };
    let described = reply!(bench.org(describe).await, Organizations(organizations::Reply::AccountRequest));
    ensure!(described == *listed, "it is listed as {listed:?} and described as {described:?}");
    let open = |page| O::ListCreateAccountStatus { in_progress_only: true, page };
    let found = bench.all(&Target::Management, open, take).await?;
    ensure!(found.iter().all(|row| row.id != request.id), "a decided request is listed as in progress");
    Ok(())
}

pub(super) async fn unknown_request(bench: &Bench<'_>) -> Verdict {
    bench.root().await?;
    let request = id("car-00000000000000000000000000000000")?;
    let describe = O::DescribeCreateAccountStatus { request };
    bench.org_refused(describe, "CreateAccountStatusNotFoundException", None).await
}

pub(super) async fn taken_email(bench: &Bench<'_>) -> Verdict {
    bench.account("account").await?;
    let email = bench.email("account").to_uppercase();
    let request = bench.request("somebody else", &email, "second").await?;
    let state = bench.decided(&request).await?;
    ensure!(
        state == AccountRequestState::Failed { reason: "EMAIL_ALREADY_EXISTS".into() },
        "the request ends as {state:?}"
    );
    Ok(())
}

pub(super) async fn repeated_request(bench: &Bench<'_>) -> Verdict {
    bench.root().await?;
    let first = bench.request_account("account").await?;
    let second = bench.request_account("account").await?;
    let (first, second) = (bench.decided(&first).await?, bench.decided(&second).await?);
    ensure!(matches!(first, AccountRequestState::Succeeded { .. }), "the first ends as {first:?}");
    let expected = ["CONCURRENT_ACCOUNT_MODIFICATION", "EMAIL_ALREADY_EXISTS"];
    match second {
        AccountRequestState::Failed { reason } if expected.contains(&reason.as_str()) => Ok(()),
        other => Err(format!("the second ends as {other:?}")),
    }
}

async fn refused(bench: &Bench<'_>, name: String, email: String) -> Verdict {
    bench.root().await?;
    let role = Bench::role()?;
    let operation = O::CreateAccount { name, email, role, tags: bench.tags("account") };
    bench.org_refused(operation, "InvalidInputException", None).await
}

pub(super) async fn bad_name(bench: &Bench<'_>) -> Verdict {
    refused(bench, "Zoë's".to_owned(), bench.email("a")).await?;
    refused(bench, "x".repeat(51), bench.email("b")).await
}

pub(super) async fn bad_email(bench: &Bench<'_>) -> Verdict {
    refused(bench, bench.name("a"), format!("{}@example.com", "x".repeat(60))).await?;
    refused(bench, bench.name("b"), "nowhere.example.com".to_owned()).await
}

fn moved(account: AccountId, from: &ResourceId, to: &ResourceId) -> O {
    O::MoveAccount { account, from: from.clone(), to: to.clone() }
}

pub(super) async fn moves(bench: &Bench<'_>) -> Verdict {
    let (root, unit) = (bench.root().await?, bench.unit("unit").await?);
    let account = bench.account("account").await?;
    bench.org(moved(account, &root, &unit)).await?;
    let parent = reply!(
        bench.org(O::ListParents { child: id(&account.to_string())? }).await,
        Organizations(organizations::Reply::Parent)
    );
    ensure!(parent == unit, "it sits in `{parent}`");
    let page = |page| O::ListAccountsForParent { parent: unit.clone(), page };
    let below = bench.all(&Target::Management, page, accounts).await?;
    ensure!(below.len() == 1 && below[0].id == account, "the unit holds {} accounts", below.len());
    let absent: AccountId = "999999999999".parse().map_err(|error| format!("{error}"))?;
    bench.org_refused(moved(absent, &root, &unit), "AccountNotFoundException", None).await
}

pub(super) async fn move_from_elsewhere(bench: &Bench<'_>) -> Verdict {
    let (unit, other) = (bench.unit("unit").await?, bench.unit("other").await?);
    let account = bench.account("account").await?;
    bench.org_refused(moved(account, &other, &unit), "SourceParentNotFoundException", None).await
}

pub(super) async fn move_again(bench: &Bench<'_>) -> Verdict {
    let (root, unit) = (bench.root().await?, bench.unit("unit").await?);
    let account = bench.account("account").await?;
    bench.org(moved(account, &root, &unit)).await?;
    bench.org_refused(moved(account, &unit, &unit), "DuplicateAccountException", None).await
}

async fn described(bench: &Bench<'_>, account: AccountId) -> Result<Account, String> {
    Ok(reply!(bench.org(O::DescribeAccount { account }).await, Organizations(organizations::Reply::Account)))
}

async fn trust(bench: &Bench<'_>) -> Verdict {
    // Twice: it is on already in a shared organization, and that is no error.
    for _ in 0..2 {
        bench.org(O::EnableAwsServiceAccess { service: "account.amazonaws.com".to_owned() }).await?;
    }
    Ok(())
}

pub(super) async fn rename(bench: &Bench<'_>) -> Verdict {
    let account = bench.account("account").await?;
    trust(bench).await?;
    bench.org(account::Operation::PutAccountName { account, name: "Another Name".to_owned() }).await?;
    let name = described(bench, account).await?.name;
    ensure!(name == "Another Name", "its name is `{name}`");
    Ok(())
}

/// Only who owns the mailbox has the code, so a suite can see no more than that a guess is refused.
pub(super) async fn root_address(bench: &Bench<'_>) -> Verdict {
    let account = bench.account("account").await?;
    trust(bench).await?;
    let email = bench.email("another");
    bench.org(account::Operation::StartPrimaryEmailUpdate { account, email: email.clone() }).await?;
    let accept =
        account::Operation::AcceptPrimaryEmailUpdate { account, email, code: OneTimeCode::new("no code") };
    bench.org_refused(accept, "ValidationException", None).await?;
    let email = described(bench, account).await?.email;
    ensure!(email == bench.email("account"), "its address is `{email}`");
    Ok(())
}

pub(super) async fn close(bench: &Bench<'_>) -> Verdict {
    let account = bench.account("account").await?;
    bench.org(O::CloseAccount { account }).await?;
    bench
        .eventually("the end of the account", async || {
            let state = described(bench, account).await?.state;
            Ok(matches!(state, AccountState::Suspended | AccountState::Closed).then_some(()))
        })
        .await
}

pub(super) async fn close_again(bench: &Bench<'_>) -> Verdict {
    let account = bench.account("account").await?;
    bench.org(O::CloseAccount { account }).await?;
    bench
        .eventually("the end of the account", async || {
            Ok((described(bench, account).await?.state == AccountState::Suspended).then_some(()))
        })
        .await?;
    bench.org_refused(O::CloseAccount { account }, "AccountAlreadyClosedException", None).await
}

pub(super) async fn identity(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let Target::Member { account, .. } = &target else { return Err("not a member".into()) };
    let identity =
        reply!(bench.call(&target, sts::Operation::GetCallerIdentity).await, Sts(sts::Reply::CallerIdentity));
    ensure!(identity == *account, "the caller is `{identity}`");
    Ok(())
}

pub(super) async fn no_such_account(bench: &Bench<'_>) -> Verdict {
    bench.root().await?;
    let account = "999999999999".parse().map_err(|error| format!("{error}"))?;
    let target = Target::Member { account, region: Region::us_east_1(), role: Bench::role()? };
    bench.refused(&target, sts::Operation::GetCallerIdentity, &["AccessDenied"]).await.map(drop)
}

pub(super) async fn no_such_role(bench: &Bench<'_>) -> Verdict {
    let Target::Member { account, region, .. } = bench.member().await? else {
        return Err("not a member".into());
    };
    let role = "NobodyMadeThisRole".parse().map_err(|error| format!("{error}"))?;
    let target = Target::Member { account, region, role };
    bench.refused(&target, sts::Operation::GetCallerIdentity, &["AccessDenied"]).await.map(drop)
}
