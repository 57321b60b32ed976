//! Accounts: asking for one, moving it, and proving that it can be worked in.
//!
//! AWS gives an account request no client token, so the root e-mail address is its natural key, and after it the name,
//! by which requests are listed. An account that exists is never asked for again.

use std::time::Duration;

use crate::cloud::{Account, AccountRequest, AccountRequestState, AccountState, Operation, PageToken, Reply};
use crate::model::{AccountId, ResourceSpec, Tags};
use crate::plan::Action;
use crate::time::Time;

use super::{Context, Found, Program, Settled, Stage, changed_tags, changes_field, unexpected};

type Act = Result<Option<Operation>, String>;

pub(super) fn create(ctx: &Context<'_>, program: &Program, index: usize) -> Act {
    Ok(match (&ctx.step.spec, index) {
        (ResourceSpec::Account { name, email, tags, .. }, 0) => Some(Operation::CreateAccount {
            name: name.clone(),
            email: email.as_str().to_owned(),
            role: ctx.scope.access_role.clone(),
            tags: tags.clone(),
        }),
        (ResourceSpec::AccountPlacement { account, parent }, 0) => {
            let from = match &program.parent {
                Some(parent) => parent.clone(),
                None => ctx.id(&crate::model::Address::root())?,
            };
            Some(Operation::MoveAccount { account: ctx.account_id(account)?, from, to: ctx.id(parent)? })
        }
        // Twice, because a role that has just become assumable may for a moment not be everywhere.
        (ResourceSpec::AccountReadiness { .. }, 0 | 2) => Some(Operation::GetCallerIdentity),
        (ResourceSpec::AccountReadiness { .. }, 1 | 3) => {
            Some(Operation::DescribeVpcs { tags: Tags::new(), page: None })
        }
        _ => None,
    })
}

/// The service of AWS that renames accounts, once the organization trusts it.
const ACCOUNT_SERVICE: &str = "account.amazonaws.com";
/// How often a name is refused after the service was trusted, until that is taken for an answer.
const DENIALS_MAX: u32 = 10;

pub(super) fn update(ctx: &Context<'_>, program: &Program) -> Result<Vec<Operation>, String> {
    let mut operations = Vec::new();
    if let (ResourceSpec::Account { name, .. }, true) = (&ctx.step.spec, renames(ctx)) {
        if program.trust {
            operations.push(Operation::EnableAwsServiceAccess { service: ACCOUNT_SERVICE.to_owned() });
        }
        operations.push(Operation::PutAccountName { account: own(ctx)?, name: name.clone() });
    }
    let tags = changed_tags(ctx);
    if !tags.is_empty() {
        operations.push(Operation::TagResource { resource: ctx.own_id()?, tags });
    }
    Ok(operations)
}

/// Whether the step gives an account that exists another name.
pub(super) fn renames(ctx: &Context<'_>) -> bool {
    matches!(ctx.step.spec, ResourceSpec::Account { .. })
        && matches!(ctx.step.action, Action::Update | Action::Adopt)
        && changes_field(ctx, &["name"])
}

/// A name was refused. The first time the service is not trusted yet; after that it takes a moment until it is.
pub(super) fn untrusted(program: &mut Program) -> Result<(), ()> {
    if program.generation >= DENIALS_MAX {
        return Err(());
    }
    program.generation += 1;
    if program.trust {
        program.pause = Some(Duration::from_secs(3));
    }
    program.trust = true;
    Ok(())
}

pub(super) fn delete(ctx: &Context<'_>) -> Result<Vec<Operation>, String> {
    Ok(vec![Operation::CloseAccount { account: own(ctx)? }])
}

/// How an account that is being closed stands.
pub(super) fn closing(ctx: &Context<'_>) -> Result<Operation, String> {
    Ok(Operation::DescribeAccount { account: own(ctx)? })
}

pub(super) fn closed(account: &Account) -> Settled {
    match account.state {
        AccountState::Suspended | AccountState::Closed => Settled::Yes,
        _ => Settled::No,
    }
}

fn own(ctx: &Context<'_>) -> Result<AccountId, String> {
    ctx.own_id()?.as_str().parse().map_err(|error| format!("{error}"))
}

pub(super) fn look_up(ctx: &Context<'_>, program: &Program, page: Option<PageToken>) -> Act {
    Ok(match &ctx.step.spec {
        ResourceSpec::Account { .. } if program.second_list => {
            Some(Operation::ListCreateAccountStatus { in_progress_only: false, page })
        }
        ResourceSpec::Account { .. } => Some(Operation::ListAccounts { page }),
        ResourceSpec::AccountPlacement { account, .. } => {
            Some(Operation::ListParents { child: ctx.id(account)? })
        }
        _ => None,
    })
}

pub(super) fn read_look_up(ctx: &Context<'_>, program: &mut Program, reply: &Reply) -> Result<Found, String> {
    match (&ctx.step.spec, reply) {
        (ResourceSpec::Account { email, .. }, Reply::Accounts(page)) => {
            let found = page.items.iter().find(|account| account.email.eq_ignore_ascii_case(email.as_str()));
            Ok(match (found, &page.next) {
                (Some(account), _) => Found::Present { id: crate::plan::id_from(account.id), acts_done: 1 },
                (None, Some(page)) => Found::More(Some(page.clone())),
                (None, None) => {
                    program.second_list = true;
                    Found::More(None)
                }
            })
        }
        (ResourceSpec::Account { name, .. }, Reply::AccountRequests(page)) => {
            for request in page.items.iter().filter(|request| request.account_name == *name) {
                match &request.state {
                    AccountRequestState::InProgress => return Ok(Found::Requested(request.id.clone())),
                    AccountRequestState::Succeeded { account } => {
                        return Ok(Found::Present { id: crate::plan::id_from(*account), acts_done: 1 });
                    }
                    AccountRequestState::Failed { .. } => {}
                }
            }
            Ok(page.next.clone().map_or(Found::Absent, |page| Found::More(Some(page))))
        }
        (ResourceSpec::AccountPlacement { parent, .. }, Reply::Parent(found)) => {
            if *found == ctx.id(parent)? {
                let ResourceSpec::AccountPlacement { account, .. } = &ctx.step.spec else {
                    return Err(unexpected(reply));
                };
                return Ok(Found::Present { id: ctx.id(account)?, acts_done: 1 });
            }
            program.parent = Some(found.clone());
            program.doubt_since = None;
            Ok(Found::Absent)
        }
        (_, other) => Err(unexpected(other)),
    }
}

/// AWS has decided, or not yet decided, on a request.
pub(super) fn decided(program: &mut Program, request: &AccountRequest, now: Time) -> Result<(), String> {
    match &request.state {
        AccountRequestState::InProgress => {
            program.request = Some(request.id.clone());
            program.stage = Stage::Decision;
            Ok(())
        }
        AccountRequestState::Succeeded { account } => {
            program.id = Some(crate::plan::id_from(*account));
            program.stage = Stage::Act(1);
            Ok(())
        }
        AccountRequestState::Failed { reason } => {
            program.request = None;
            refused(program, reason, now)
        }
    }
}

/// A request was refused. AWS says so only some time after the call has succeeded.
fn refused(program: &mut Program, reason: &str, now: Time) -> Result<(), String> {
    match reason {
        "INTERNAL_FAILURE" if program.generation < 5 => {
            program.generation += 1;
            program.pause = Some(Duration::from_secs(30));
            program.stage = Stage::Act(0);
            Ok(())
        }
        // An attempt whose reply was lost may have made the account, or be making it: find it.
        "EMAIL_ALREADY_EXISTS" | "CONCURRENT_ACCOUNT_MODIFICATION" if program.exists.is_none() => {
            program.exists = Some(advice(reason).to_owned());
            program.stage = Stage::LookUp;
            program.second_list = false;
            program.doubt_since = Some(now);
            Ok(())
        }
        other => Err(format!("AWS refused the account: {other}; {}", advice(other))),
    }
}

fn advice(reason: &str) -> &'static str {
    match reason {
        "ACCOUNT_LIMIT_EXCEEDED" => "ask for a higher quota of accounts in Service Quotas",
        "EMAIL_ALREADY_EXISTS" => {
            "the root e-mail address belongs to another AWS account: choose another one"
        }
        "INVALID_EMAIL" => "AWS does not take this root e-mail address: choose another one",
        "CONCURRENT_ACCOUNT_MODIFICATION" => "the same account was asked for twice",
        "INVALID_ADDRESS" | "MISSING_BUSINESS_VALIDATION" | "FAILED_BUSINESS_VALIDATION" => {
            "complete the management account's contact information"
        }
        "MISSING_PAYMENT_INSTRUMENT" | "INVALID_PAYMENT_INSTRUMENT" => {
            "complete the management account's payment information"
        }
        _ => "see the failure reasons of CreateAccount in AWS's documentation",
    }
}

/// The account that answers must be the tenant's.
pub(super) fn same(ctx: &Context<'_>, found: AccountId) -> Result<(), String> {
    match ctx.account {
        Some(account) if account == found => Ok(()),
        _ => Err(format!("the access role leads into account `{found}`, which is not the tenant's")),
    }
}
