//! Accounts: asking for one, moving it, and proving that it can be worked in.
//!
//! AWS gives an account request no client token, so the root e-mail address is its natural key, and after it the name,
//! by which requests are listed. An account that exists is never asked for again.

use std::time::Duration;

use crate::cloud::{
    Account, AccountRequest, AccountRequestState, AccountState, CloudError, ErrorKind, Operation, PageToken,
    Reply,
};
use crate::model::{AccountId, ResourceSpec, Tags};
use crate::plan::Action;
use crate::time::Time;

use super::{Context, Found, Program, Settled, Stage, changes_field, organization, unexpected};
use crate::exec::accounts::exhausted;
use crate::exec::pages::Pages;

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
    operations.extend(organization::retag(ctx, &ctx.own_id()?));
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
        ResourceSpec::Account { .. } => Some(match &program.candidate {
            Some((_, account)) => Operation::DescribeAccount { account: *account },
            None if program.second_list => {
                Operation::ListCreateAccountStatus { in_progress_only: false, page }
            }
            None => Operation::ListAccounts { page },
        }),
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
                (Some(account), _) => present(account)?,
                (None, Some(page)) => Found::More(Some(page.clone())),
                (None, None) => {
                    program.second_list = true;
                    Found::More(None)
                }
            })
        }
        (ResourceSpec::Account { name, .. }, Reply::AccountRequests(page)) => {
            let found = page.items.iter().find(|request| {
                request.account_name == *name
                    && !matches!(request.state, AccountRequestState::Failed { .. })
                    && !program.strangers.contains(&request.id)
                    && !program.unseen.contains(&request.id)
            });
            Ok(match (found.map(|request| (request.id.clone(), &request.state)), &page.next) {
                (Some((request, AccountRequestState::Succeeded { account })), _) => {
                    program.candidate = Some((request, *account));
                    Found::More(None)
                }
                (Some((request, _)), _) => {
                    program.asked = false;
                    Found::Requested(request)
                }
                (None, Some(page)) => Found::More(Some(page.clone())),
                (None, None) => Found::Absent,
            })
        }
        // A request does not say for which address it was made; its account does.
        (ResourceSpec::Account { email, .. }, Reply::Account(account)) => {
            if account.email.eq_ignore_ascii_case(email.as_str()) {
                return present(account);
            }
            program.strangers.extend(program.candidate.take().map(|(request, _)| request));
            program.second_list = true;
            Ok(Found::More(None))
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

/// An account with the step's root e-mail address: the step's, unless it is lost.
fn present(account: &Account) -> Result<Found, String> {
    usable(account)?;
    Ok(Found::Present { id: crate::plan::id_from(account.id), acts_done: 1 })
}

/// Whether anything can be done in an account.
pub(super) fn usable(account: &Account) -> Result<(), String> {
    match account.state {
        AccountState::Suspended | AccountState::PendingClosure | AccountState::Closed => Err(format!(
            "`{}` belongs to account `{}`, which is being closed or suspended; use another address, or have AWS reopen it",
            account.email, account.id
        )),
        AccountState::Active | AccountState::PendingActivation | AccountState::Unknown => Ok(()),
    }
}

/// The account of a request that has succeeded does not show: not yet, or no longer.
pub(super) fn not_shown(program: &mut Program, now: Time) {
    program.unseen.extend(program.candidate.take().map(|(request, _)| request));
    program.doubt_since.get_or_insert(now);
    program.second_list = true;
    program.page = None;
    program.pages = Pages::default();
}

/// AWS has decided, or not yet decided, on a request.
pub(super) fn decided(program: &mut Program, request: &AccountRequest, now: Time) -> Result<(), String> {
    match &request.state {
        AccountRequestState::InProgress => {
            program.request = Some(request.id.clone());
            program.stage = Stage::Decision;
            Ok(())
        }
        AccountRequestState::Succeeded { account } if program.asked => {
            program.id = Some(crate::plan::id_from(*account));
            program.stage = Stage::Act(1);
            Ok(())
        }
        AccountRequestState::Succeeded { account } => {
            program.request = None;
            program.look_from_the_start();
            program.candidate = Some((request.id.clone(), *account));
            Ok(())
        }
        // What became of somebody else's request is no answer to a request of one's own.
        AccountRequestState::Failed { .. } if !program.asked => {
            program.request = None;
            program.look_from_the_start();
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
        // Before it is asked for again, it is looked for.
        "INTERNAL_FAILURE" if program.generation < 5 => {
            program.generation += 1;
            program.pause = Some(Duration::from_secs(30));
            program.look_from_the_start();
            Ok(())
        }
        // An attempt whose reply was lost may have made the account, or be making it: find it.
        "EMAIL_ALREADY_EXISTS" | "CONCURRENT_ACCOUNT_MODIFICATION" if program.exists.is_none() => {
            program.exists = Some(format!("AWS refused the account: {reason}; {}", advice(reason)));
            program.look_from_the_start();
            program.doubt_since = Some(now);
            Ok(())
        }
        other => Err(format!("AWS refused the account: {other}; {}", advice(other))),
    }
}

/// What to do where AWS refuses accounts for good; empty where the refusal says it itself.
pub(in crate::exec) fn advice_on_refusal(error: &CloudError) -> &'static str {
    match error.reason.as_deref() {
        Some("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED") => {
            "; AWS makes no more accounts for this organization today: plan again tomorrow"
        }
        Some("MASTER_ACCOUNT_MISSING_CONTACT_INFO") => {
            "; complete the management account's contact information, then plan again"
        }
        Some("MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED") => {
            "; complete the management account's payment information, then plan again"
        }
        _ if error.kind == ErrorKind::Quota => "; raise the quota, then plan again",
        _ => "",
    }
}

pub(in crate::exec) fn advice(reason: &str) -> &'static str {
    match reason {
        exhausted::DECIDED_TOO_MANY => "ask for a higher quota of accounts in Service Quotas",
        "EMAIL_ALREADY_EXISTS" => {
            "the root e-mail address belongs to another AWS account: invite that one into the organization, or choose \
             another address"
        }
        "INVALID_EMAIL" => "AWS does not take this root e-mail address: choose another one",
        "CONCURRENT_ACCOUNT_MODIFICATION" => {
            "somebody else has asked for the same account, and it does not show: plan again in a few minutes"
        }
        "INVALID_ADDRESS"
        | "MISSING_BUSINESS_VALIDATION"
        | "FAILED_BUSINESS_VALIDATION"
        | "PENDING_BUSINESS_VALIDATION"
        | "UNKNOWN_BUSINESS_VALIDATION"
        | "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION" => {
            "complete the management account's contact information, or wait until AWS has validated it"
        }
        "MISSING_PAYMENT_INSTRUMENT" | "INVALID_PAYMENT_INSTRUMENT" => {
            "complete the management account's payment information"
        }
        "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED" => {
            "the organization's resource policy and the account's tags do not go together: change that policy"
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
