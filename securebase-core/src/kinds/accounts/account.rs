//! A member account.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::refusal::{advice, put_off_by_decision, put_off_by_refusal};
use crate::cloud::organizations::{self, Account, AccountRequest, AccountRequestState, AccountState};
use crate::cloud::{CloudError, ErrorKind, Operation, PageToken, Reply, account};
use crate::kinds::Kind;
use crate::kinds::billing::{OnBill, Rate};
use crate::kinds::governance::retag;
use crate::kinds::info::{Facts, KindInfo, OrganizationQuota, Phase, Planned, PlannedStep};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{
    Acted, Action, Context, Decided, Found, Procedure, Progress, PutOff, Reaction, Requested, Settled,
    StepError, Until,
};
use crate::model::billing::{PriceId, Quantity};
use crate::model::{AccountId, Address, Email, Latency, Limits, Problem, Quota, ResourceId, Tags};
use crate::observe::ObservedOrganization;

/// What a member account must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountSpec {
    /// Its name.
    pub name: String,
    /// The address of its root user.
    pub email: Email,
    /// An existing account to take over instead of creating one.
    pub adopt: Option<AccountId>,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for AccountSpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        seen.account_of_tenant(self)
    }

    fn requested_as(&self) -> Option<(&str, &str)> {
        Some((&self.name, self.email.as_str()))
    }

    fn typical(&self, action: Action) -> Latency {
        match action {
            Action::Create => Latency::AccountCreation,
            _ => Latency::OrganizationsWrite,
        }
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(Procurement {
            spec: self,
            asked: false,
            among_requests: false,
            candidate: None,
            strangers: BTreeSet::new(),
            unseen: BTreeSet::new(),
            searched: false,
            failures: 0,
            trust: false,
            denials: 0,
        })
    }
}

/// The service of AWS that renames accounts, once the organization trusts it.
const ACCOUNT_SERVICE: &str = "account.amazonaws.com";
/// The reason of a refusal to close more accounts of an organization within thirty days.
const CLOSED_TOO_MANY: &str = "CLOSE_ACCOUNT_QUOTA_EXCEEDED";
/// How long after a refusal an account is closed again. A place becomes free thirty days after any earlier closure, and AWS
/// says of none when it was: a day is the share of the thirty that a plan can know nothing better about.
const CLOSED_AGAIN_AFTER: Duration = Duration::from_secs(24 * 3600);
/// How often a name is refused after the service was trusted, until that is taken for an answer.
const DENIALS_MAX: u32 = 10;
/// How often a request is made again that AWS failed to decide on.
const FAILURES_MAX: u32 = 5;

impl KindInfo for AccountSpec {
    const FACTS: Facts = Facts {
        is_requested: true,
        holds_data: true,
        on_bill: OnBill::Account(&[Rate::used(PriceId::WorkloadMonth, Quantity::Workload)]),
        is_billed_with: |_| true,
        organization_quota: Some(OrganizationQuota {
            quota: Quota::Accounts,
            found: |organization| {
                // The management account is there even where nothing was observed.
                organization.map_or(1, |found| (found.accounts.len() + found.other_account_count).max(1))
            },
        }),
        ..Facts::management(Phase::Account)
    };

    fn cautions(planned: Planned<'_>) -> Vec<Problem> {
        let (mut renamed, mut closed) = (Vec::new(), Vec::new());
        for PlannedStep { address, action, changes } in planned.steps {
            if changes.iter().any(|change| change.field == "name") {
                renamed.push(address);
            }
            if action == Action::Delete {
                closed.push(address);
            }
        }
        let closures = closures(&closed, planned.organization, planned.limits);
        renames(&renamed).into_iter().chain(closures).collect()
    }
}

/// Renaming accounts changes a setting of the whole organization where it has not been changed before.
fn renames(renamed: &[&Address]) -> Option<Problem> {
    let first = renamed.first()?;
    Some(Problem::warning(
        "account-rename-access",
        first.as_str(),
        format!(
            "{} account(s) are renamed; AWS lets the management account do that only where Account Management is trusted",
            renamed.len()
        ),
        "trusted access for `account.amazonaws.com` is enabled in the organization if it is not; nothing else changes by that",
    ))
}

/// The most accounts that AWS lets be closed within thirty days, whatever the size of the organization.
const CLOSURES_MAX: u64 = 1_000;

/// More accounts are closed than AWS lets be closed in a month: the rest fails, and is closed by a later plan.
fn closures(
    closed: &[&Address],
    organization: Option<&ObservedOrganization>,
    limits: &Limits,
) -> Option<Problem> {
    let first = closed.first()?;
    let planned = closed.len() as u64;
    let accounts = || organization.iter().flat_map(|organization| &organization.accounts);
    // Closed accounts list for ninety days and say not since when: some of them may no longer count.
    let gone = |state: AccountState| {
        matches!(state, AccountState::PendingClosure | AccountState::Suspended | AccountState::Closed)
    };
    let recent = accounts().filter(|found| gone(found.account.state)).count() as u64;
    let other = organization.map_or(0, |organization| organization.other_account_count);
    let members = (accounts().count() + other).saturating_sub(1) as u64;
    let granted = limits.quota(Quota::AccountClosures).max((members / 5).min(CLOSURES_MAX));
    (planned + recent > granted).then(|| {
        Problem::warning(
            "closure-quota",
            first.as_str(),
            format!(
                "the plan closes {planned} accounts and {recent} are closed already; AWS lets {granted} be closed within \
                 30 days"
            ),
            "suspend some of them now (`offboard = \"suspend\"`) and close those next month",
        )
    })
}

/// An account on its way.
///
/// AWS gives a request for an account no client token, so the root e-mail address is its natural key, and after it the name,
/// by which requests are listed. An account that exists is never asked for again.
#[derive(Debug)]
struct Procurement<'a> {
    spec: &'a AccountSpec,
    /// Whether the request is one that this step has made, and not one of the same name that was found.
    asked: bool,
    /// Accounts show nothing: requests are looked at.
    among_requests: bool,
    /// A request of the same name that has succeeded, and its account, whose owner must be looked up.
    candidate: Option<(ResourceId, AccountId)>,
    /// Requests of the same name for accounts of others.
    strangers: BTreeSet<ResourceId>,
    /// Requests whose account does not show, in this look-up.
    unseen: BTreeSet<ResourceId>,
    /// Whether an existing address was already answered by a look-up.
    searched: bool,
    failures: u32,
    /// The service that renames accounts must be trusted by the organization first.
    trust: bool,
    denials: u32,
}

impl Procurement<'_> {
    /// Whether the step gives an account that exists another name.
    fn renames(cx: &Context<'_>) -> bool {
        matches!(cx.action, Action::Update | Action::Adopt) && cx.changes_any(&["name"])
    }

    fn is_ours(&self, account: &Account) -> bool {
        account.email.eq_ignore_ascii_case(self.spec.email.as_str())
    }

    /// A request was refused. AWS says so only some time after the call has succeeded.
    fn turned_down(&mut self, reason: &str) -> Result<Decided, StepError> {
        let refused = || StepError::AccountRefused { reason: reason.to_owned(), advice: advice(reason) };
        match reason {
            // Before it is asked for again, it is looked for.
            "INTERNAL_FAILURE" if self.failures < FAILURES_MAX => {
                self.failures += 1;
                self.look_again();
                let after = Some(Duration::from_secs(30));
                Ok(Decided::LookUp { in_doubt: false, after, else_fails: None })
            }
            // An attempt whose reply was lost may have made the account, or be making it: find it.
            "EMAIL_ALREADY_EXISTS" | "CONCURRENT_ACCOUNT_MODIFICATION" if !self.searched => {
                self.searched = true;
                self.look_again();
                Ok(Decided::LookUp { in_doubt: true, after: None, else_fails: Some(refused()) })
            }
            _ => put_off_by_decision(reason).map(Decided::PutOff).ok_or_else(refused),
        }
    }
}

impl Procedure for Procurement<'_> {
    fn look_up(&self, _: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(match &self.candidate {
            Some((_, account)) => organizations::Operation::DescribeAccount { account: *account }.into(),
            None if self.among_requests => {
                organizations::Operation::ListCreateAccountStatus { in_progress_only: false, page }.into()
            }
            None => organizations::Operation::ListAccounts { page }.into(),
        }))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        match reply {
            Reply::Organizations(organizations::Reply::Accounts(page)) => {
                Ok(match (page.items.iter().find(|found| self.is_ours(found)), &page.next) {
                    (Some(account), _) => present(account)?,
                    (None, Some(page)) => Found::More(Some(page.clone())),
                    (None, None) => {
                        self.among_requests = true;
                        Found::More(None)
                    }
                })
            }
            Reply::Organizations(organizations::Reply::AccountRequests(page)) => {
                let found = page.items.iter().find(|request| {
                    request.account_name == self.spec.name
                        && !matches!(request.state, AccountRequestState::Failed { .. })
                        && !self.strangers.contains(&request.id)
                        && !self.unseen.contains(&request.id)
                });
                Ok(match (found.map(|request| (request.id.clone(), &request.state)), &page.next) {
                    (Some((request, AccountRequestState::Succeeded { account })), _) => {
                        self.candidate = Some((request, *account));
                        Found::More(None)
                    }
                    (Some((request, _)), _) => {
                        self.asked = false;
                        Found::Requested(request)
                    }
                    (None, Some(page)) => Found::More(Some(page.clone())),
                    (None, None) => {
                        self.unseen.clear();
                        Found::Absent
                    }
                })
            }
            // A request does not say for which address it was made; its account does.
            Reply::Organizations(organizations::Reply::Account(account)) if self.is_ours(account) => {
                present(account)
            }
            Reply::Organizations(organizations::Reply::Account(_)) => {
                self.strangers.extend(self.candidate.take().map(|(request, _)| request));
                self.among_requests = true;
                Ok(Found::More(None))
            }
            other => Err(StepError::unexpected(other)),
        }
    }

    /// The account of a request that has succeeded does not show: not yet, or no longer.
    fn not_found(&mut self) -> Found {
        match self.candidate.take() {
            Some((request, _)) => {
                self.unseen.insert(request);
                self.among_requests = true;
                Found::Hidden
            }
            None => {
                self.unseen.clear();
                Found::Absent
            }
        }
    }

    fn look_again(&mut self) {
        self.among_requests = false;
        self.candidate = None;
    }

    /// A second account cannot be undone: look longer.
    fn doubts(&self) -> u32 {
        6
    }

    fn create(&self, cx: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        Ok((index == 0).then(|| {
            organizations::Operation::CreateAccount {
                name: self.spec.name.clone(),
                email: self.spec.email.as_str().to_owned(),
                role: cx.access_role.clone(),
                tags: self.spec.tags.clone(),
            }
            .into()
        }))
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        let mut operations = Vec::new();
        if Self::renames(cx) {
            if self.trust {
                operations.push(
                    organizations::Operation::EnableAwsServiceAccess { service: ACCOUNT_SERVICE.to_owned() }
                        .into(),
                );
            }
            let (account, name) = (cx.own_account()?, self.spec.name.clone());
            operations.push(account::Operation::PutAccountName { account, name }.into());
        }
        operations.extend(retag(cx, &cx.own_id()?));
        Ok(operations)
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![organizations::Operation::CloseAccount { account: cx.own_account()? }.into()])
    }

    fn read_act(&mut self, _: &Context<'_>, _: usize, reply: &Reply) -> Result<Acted, StepError> {
        match reply {
            Reply::Organizations(organizations::Reply::AccountRequest(request)) => {
                self.asked = true;
                self.decided(request).map(Acted::Requested)
            }
            _ => Ok(Acted::Next),
        }
    }

    fn refused(&mut self, cx: &Context<'_>, error: &CloudError) -> Reaction {
        if cx.action == Action::Delete && error.reason.as_deref() == Some(CLOSED_TOO_MANY) {
            return Reaction::PutOff(PutOff {
                until: Until::After(CLOSED_AGAIN_AFTER),
                reason: "AWS closes a limited number of accounts within thirty days".to_owned(),
                probe: "organizations:CloseAccount",
            });
        }
        match error.kind {
            _ if cx.action == Action::Create => {
                put_off_by_refusal(error).map_or(Reaction::Unhandled, Reaction::PutOff)
            }
            ErrorKind::AlreadyExists if cx.action == Action::Delete => Reaction::Done,
            // The first time the service that renames is not trusted yet; after that it takes a moment until it is.
            ErrorKind::NotReady if Self::renames(cx) && self.denials < DENIALS_MAX => {
                self.denials += 1;
                let after = self.trust.then_some(Duration::from_secs(3));
                self.trust = true;
                Reaction::Again { after }
            }
            _ => Reaction::Unhandled,
        }
    }

    fn settle(&self, cx: &Context<'_>, _: &Progress) -> Result<Option<Operation>, StepError> {
        match cx.action {
            Action::Delete => {
                Ok(Some(organizations::Operation::DescribeAccount { account: cx.own_account()? }.into()))
            }
            _ => Ok(None),
        }
    }

    fn read_settle(&self, _: &Context<'_>, _: &Progress, reply: &Reply) -> Result<Settled, StepError> {
        match reply {
            Reply::Organizations(organizations::Reply::Account(account)) => Ok(match account.state {
                AccountState::Suspended | AccountState::Closed => Settled::Yes,
                _ => Settled::No,
            }),
            other => Err(StepError::unexpected(other)),
        }
    }

    fn latency(&self, action: Action) -> Option<Latency> {
        (action == Action::Delete).then_some(Latency::AccountClosure)
    }

    fn requested(&mut self) -> Option<&mut dyn Requested> {
        Some(self)
    }
}

impl Requested for Procurement<'_> {
    fn has_asked(&mut self) {
        self.asked = true;
    }

    fn decided(&mut self, request: &AccountRequest) -> Result<Decided, StepError> {
        match &request.state {
            AccountRequestState::InProgress => Ok(Decided::Waiting(request.id.clone())),
            AccountRequestState::Succeeded { account } if self.asked => Ok(Decided::Made((*account).into())),
            AccountRequestState::Succeeded { account } => {
                self.look_again();
                self.candidate = Some((request.id.clone(), *account));
                Ok(Decided::LookUp { in_doubt: false, after: None, else_fails: None })
            }
            // What became of another process's request says nothing about this step's.
            AccountRequestState::Failed { .. } if !self.asked => {
                self.look_again();
                Ok(Decided::LookUp { in_doubt: false, after: None, else_fails: None })
            }
            AccountRequestState::Failed { reason } => self.turned_down(reason),
        }
    }

    fn found_request(&mut self, request: &AccountRequest) -> Result<Decided, StepError> {
        self.asked = false;
        self.decided(request)
    }

    fn found(&mut self, account: &Account) -> Result<ResourceId, StepError> {
        usable(account)?;
        Ok(account.id.into())
    }
}

/// An account with the step's root e-mail address: the step's, unless it is lost.
fn present(account: &Account) -> Result<Found, StepError> {
    usable(account)?;
    Ok(Found::Present { id: account.id.into(), acts_done: 1 })
}

/// Whether anything can be done in an account.
fn usable(account: &Account) -> Result<(), StepError> {
    match account.state {
        AccountState::Suspended | AccountState::PendingClosure | AccountState::Closed => {
            Err(StepError::AccountLost { email: account.email.clone(), account: account.id })
        }
        AccountState::Active | AccountState::PendingActivation | AccountState::Unknown => Ok(()),
    }
}
