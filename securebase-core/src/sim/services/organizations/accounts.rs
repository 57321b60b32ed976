//! Accounts and the requests for them.

use std::ops::Bound;

use super::units::constraint;
use super::{Event, FULL_ACCESS, Member, Org, PAGE, Request, refusal, target_id};
use crate::cloud::organizations::{
    self, Account, AccountRequest, AccountRequestState, AccountState, Joined, JoinedHow,
};
use crate::cloud::{CloudError, PageToken, Reply};
use crate::model::{AccountId, Email, EmailError, Latency, Quota, ResourceId, RoleName, Tags};
use crate::sim::schedule::chance::{Chance, id};
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::page;
use crate::time::Time;

/// The share of the readiness time after which the access role can be assumed; services follow later.
const ASSUMABLE_SHARE: f64 = 0.4;

impl Org {
    /// A page of all accounts.
    pub(super) fn list_accounts(&self, context: &Context<'_>, page: Option<&PageToken>) -> Outcome {
        if let Some(blank) = page::blank(page, context.draws.blank) {
            return Ok(organizations::Reply::Accounts(blank).into());
        }
        let from = from::<AccountId>(page::start(page)?);
        let accounts = self
            .members
            .range((from, Bound::Unbounded))
            .filter(|(_, member)| member.visible_from <= context.now)
            .map(|(_, member)| member.account.clone());
        let page = page::page(accounts, PAGE, |account| account.id.to_string());
        Ok(organizations::Reply::Accounts(page).into())
    }

    /// The root or unit above an account or unit.
    pub(super) fn parent_of(&self, context: &Context<'_>, child: &ResourceId) -> Outcome {
        let now = context.now;
        let unit = self.units.get(child).filter(|unit| unit.visible_from <= now).map(|unit| &unit.parent);
        let parent = unit.or_else(|| self.account_named(child, now).map(|member| &member.parent));
        match parent {
            Some(parent) => Ok(organizations::Reply::Parent(parent.clone()).into()),
            None => {
                let message = format!("there is no account or unit `{child}`");
                Err(CloudError::rejected("ChildNotFoundException", message))
            }
        }
    }

    /// How a request for an account stands.
    pub(super) fn describe_request(&self, request: &ResourceId) -> Outcome {
        match self.requests.get(request) {
            Some(row) => Ok(organizations::Reply::AccountRequest(row.answer.clone()).into()),
            None => {
                let message = format!("there is no request `{request}`");
                Err(CloudError::rejected("CreateAccountStatusNotFoundException", message))
            }
        }
    }

    /// A page of the accounts in a root or unit.
    pub(super) fn list_accounts_in(
        &self,
        context: &Context<'_>,
        parent: &ResourceId,
        page: Option<&PageToken>,
    ) -> Outcome {
        self.depth(parent, context.now).ok_or_else(|| {
            CloudError::rejected(
                "ParentNotFoundException",
                format!("the organization has no root or unit `{parent}`"),
            )
        })?;
        if let Some(blank) = page::blank(page, context.draws.blank) {
            return Ok(organizations::Reply::Accounts(blank).into());
        }
        let from = from::<AccountId>(page::start(page)?);
        let accounts = self
            .accounts_in
            .get(parent)
            .into_iter()
            .flat_map(|accounts| accounts.range((from, Bound::Unbounded)))
            .filter_map(|account| self.members.get(account))
            .filter(|member| member.visible_from <= context.now)
            .map(|member| member.account.clone());
        Ok(Reply::Organizations(organizations::Reply::Accounts(page::page(accounts, PAGE, |account| {
            account.id.to_string()
        }))))
    }

    /// A page of the requests for accounts, without those that failed.
    pub(super) fn list_requests(
        &self,
        context: &Context<'_>,
        in_progress_only: bool,
        page: Option<&PageToken>,
    ) -> Outcome {
        if let Some(blank) = page::blank(page, context.draws.blank) {
            return Ok(organizations::Reply::AccountRequests(blank).into());
        }
        let from = from::<ResourceId>(page::start(page)?);
        let key = |request: &AccountRequest| request.id.to_string();
        let page = if in_progress_only {
            let requests = self.in_progress.range((from, Bound::Unbounded));
            page::page(
                requests.filter_map(|request| self.requests.get(request)).map(|row| row.answer.clone()),
                PAGE,
                key,
            )
        } else {
            let requests = self.requests.range((from, Bound::Unbounded)).map(|(_, row)| &row.answer);
            let wanted =
                |answer: &&AccountRequest| !matches!(answer.state, AccountRequestState::Failed { .. });
            page::page(requests.filter(wanted).cloned(), PAGE, key)
        };
        Ok(organizations::Reply::AccountRequests(page).into())
    }

    pub(super) fn request_account(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        email: &str,
        role: &RoleName,
        tags: &Tags,
    ) -> Outcome {
        check_name(name)?;
        let malformed = check_email(email)?;
        context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
        if self.unpaid {
            return Err(constraint(
                "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
                "the management account has no valid payment method",
            ));
        }
        if self.in_progress.len() as u64 >= context.limits.quota(Quota::AccountsInCreation) {
            return Err(CloudError::rejected(
                "TooManyRequestsException",
                "as many accounts are being created as can be at once",
            ));
        }
        let count = (self.members.len() + self.in_progress.len()) as u64;
        if count >= context.limits.quota(Quota::Accounts) {
            return Err(constraint(
                "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
                "the organization holds as many accounts as its quota allows",
            ));
        }
        let folded = email.to_ascii_lowercase();
        let rival = self
            .in_progress
            .iter()
            .filter_map(|request| self.requests.get(request))
            .find(|request| request.folded == folded && request.doom.is_none());
        let doom = if malformed {
            Some("INVALID_EMAIL")
        } else if self.emails.contains_key(&folded) {
            Some("EMAIL_ALREADY_EXISTS")
        } else if let Some(rival) = rival {
            let same = rival.answer.account_name == name;
            Some(if same { "CONCURRENT_ACCOUNT_MODIFICATION" } else { "EMAIL_ALREADY_EXISTS" })
        } else if context.fails_later() {
            Some("INTERNAL_FAILURE")
        } else {
            None
        };
        let request =
            context.chance.organizations_id("car", 32, &folded, |id| self.requests.contains_key(id));
        let readiness = context.latencies.at(Latency::AccountReadiness, context.draws.aftermath);
        let row = Request {
            answer: AccountRequest {
                id: request.clone(),
                account_name: name.to_owned(),
                state: AccountRequestState::InProgress,
            },
            email: email.to_owned(),
            folded,
            role: role.clone(),
            tags: tags.clone(),
            doom,
            visible_lag: context.visible_from() - context.now,
            readiness: (readiness.mul_f64(ASSUMABLE_SHARE), readiness),
        };
        let answer = row.answer.clone();
        self.requests.insert(request.clone(), row);
        self.in_progress.insert(request.clone());
        let decided = context.after(Latency::AccountCreation, context.draws.duration);
        context.agenda.put(decided, Event::AccountDecided { request }.into());
        Ok(organizations::Reply::AccountRequest(answer).into())
    }

    /// A request for an account is decided: the account appears in the root, or the request has failed.
    pub(in crate::sim) fn decide_account(&mut self, request: &ResourceId, now: Time, chance: &mut Chance) {
        if !self.in_progress.remove(request) {
            return;
        }
        let Some(row) = self.requests.get_mut(request) else { return };
        if let Some(reason) = row.doom {
            row.answer.state = AccountRequestState::Failed { reason: reason.to_owned() };
            return;
        }
        let account = chance.account_id(&row.folded, |account| {
            self.members.contains_key(&account) || account == self.organization.management_account
        });
        row.answer.state = AccountRequestState::Succeeded { account };
        let member = Member {
            account: Account {
                id: account,
                name: row.answer.account_name.clone(),
                email: row.email.clone(),
                state: AccountState::Active,
                joined: Some(Joined { at: now, how: JoinedHow::Created }),
            },
            parent: self.root.id.clone(),
            tags: row.tags.clone(),
            role: Some(row.role.clone()),
            exists_from: now,
            visible_from: now + row.visible_lag,
            assumable_from: now + row.readiness.0,
            ready_from: now + row.readiness.1,
        };
        self.insert_member(member);
        self.attach(&id(FULL_ACCESS), &target_id(account));
    }

    /// Puts an account where it says it sits.
    pub(in crate::sim) fn insert_member(&mut self, member: Member) {
        let account = member.account.id;
        self.emails.insert(member.account.email.to_ascii_lowercase(), account);
        self.accounts_in.entry(member.parent.clone()).or_default().insert(account);
        self.members.insert(account, member);
    }

    /// Takes an account out of the organization; its e-mail address stays taken. Answers whether there was one.
    pub(in crate::sim) fn drop_member(&mut self, account: AccountId) -> bool {
        let Some(member) = self.members.remove(&account) else { return false };
        if let Some(accounts) = self.accounts_in.get_mut(&member.parent) {
            accounts.remove(&account);
        }
        self.detach_all(&target_id(account));
        true
    }

    pub(super) fn move_account(
        &mut self,
        account: AccountId,
        from: &ResourceId,
        to: &ResourceId,
        now: Time,
    ) -> Outcome {
        let fail = |code: &str, message: String| Err(CloudError::rejected(code, message));
        let Some(member) = self.members.get(&account).filter(|member| member.visible_from <= now) else {
            return fail("AccountNotFoundException", format!("there is no account `{account}`"));
        };
        if self.depth(from, now).is_none() {
            return fail(
                "SourceParentNotFoundException",
                format!("the organization has no root or unit `{from}`"),
            );
        }
        if self.depth(to, now).is_none() {
            return fail(
                "DestinationParentNotFoundException",
                format!("the organization has no root or unit `{to}`"),
            );
        }
        if member.parent == *to {
            return fail("DuplicateAccountException", format!("`{account}` is in `{to}` already"));
        }
        if member.parent != *from {
            return fail("SourceParentNotFoundException", format!("`{account}` is not in `{from}`"));
        }
        self.place_member(account, to);
        Ok(Reply::Done)
    }

    /// Moves an account that exists to a parent that exists.
    pub(in crate::sim) fn place_member(&mut self, account: AccountId, to: &ResourceId) {
        if let Some(member) = self.members.get_mut(&account) {
            if let Some(accounts) = self.accounts_in.get_mut(&member.parent) {
                accounts.remove(&account);
            }
            member.parent = to.clone();
            self.accounts_in.entry(to.clone()).or_default().insert(account);
        }
    }
}

fn from<K>(after: Option<K>) -> Bound<K> {
    after.map_or(Bound::Unbounded, Bound::Excluded)
}

pub(super) fn invalid(reason: &str, message: &str) -> CloudError {
    CloudError::rejected_because("InvalidInputException", reason, message)
}

pub(super) fn check_name(name: &str) -> Result<(), CloudError> {
    if name.is_empty() {
        return Err(invalid("MIN_LENGTH_EXCEEDED", "an account's name has 1 to 50 characters"));
    }
    if name.chars().count() > 50 {
        return Err(invalid("MAX_LENGTH_EXCEEDED", "an account's name has 1 to 50 characters"));
    }
    if !name.chars().all(|c| matches!(c, ' '..='~')) {
        return Err(invalid("INVALID_PATTERN", "an account's name is printable ASCII"));
    }
    Ok(())
}

/// Refuses what the shape of the field refuses; answers whether the rest is going to be refused later.
pub(super) fn check_email(email: &str) -> Result<bool, CloudError> {
    let length = email.chars().count();
    if length < 6 {
        return Err(invalid("MIN_LENGTH_EXCEEDED", "an e-mail address has 6 to 64 characters"));
    }
    if length > 64 {
        return Err(invalid("MAX_LENGTH_EXCEEDED", "an e-mail address has 6 to 64 characters"));
    }
    let shaped = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.contains('@')
            && domain.split_once('.').is_some_and(|(host, rest)| !host.is_empty() && !rest.is_empty())
    });
    if !shaped || email.chars().any(char::is_whitespace) {
        return Err(invalid("INVALID_PATTERN", "an e-mail address is `local@domain.tld`"));
    }
    // AWS takes a domain no mail can be delivered to; whoever uses it finds out years later.
    Ok(!matches!(email.parse::<Email>(), Ok(_) | Err(EmailError::Undeliverable)))
}
