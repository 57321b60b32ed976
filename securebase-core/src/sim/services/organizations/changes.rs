//! What is done to accounts that exist: names, root addresses, closing.

use std::time::Duration;

use super::accounts::{check_email, check_name, invalid};
use super::units::constraint;
use super::{Event, FULL_ACCESS, Member, Org, target_id};
use crate::cloud::account::OneTimeCode;
use crate::cloud::organizations::{self, AccountState, Joined, JoinedHow};
use crate::cloud::{CLOSURES_IN_PROGRESS, CloudError, Reply};
use crate::model::{AccountId, Latency, Quota, Tags};
use crate::sim::schedule::chance::id;
use crate::sim::services::context::{Context, Outcome};
use crate::time::Time;

/// The service that may rename accounts once it is trusted.
const ACCOUNT_SERVICE: &str = "account.amazonaws.com";
/// The time over which AWS counts closed accounts.
const CLOSURES_OVER: Duration = Duration::from_secs(30 * 24 * 3600);
/// AWS lets this share of the members be closed within that time where it is more than the quota, up to the most.
const CLOSURE_SHARE: f64 = 0.2;
const CLOSURES_MAX: u64 = 1_000;

impl Org {
    pub(super) fn describe_account(&mut self, context: &Context<'_>, account: AccountId) -> Outcome {
        let member = self.visible(account, context.now)?;
        Ok(organizations::Reply::Account(member.account.clone()).into())
    }

    /// Gives an account another name.
    pub(in crate::sim::services) fn name_account(
        &mut self,
        context: &Context<'_>,
        account: AccountId,
        name: &str,
    ) -> Outcome {
        self.trusts_account_management()?;
        check_name(name)?;
        name.clone_into(&mut self.visible(account, context.now)?.account.name);
        Ok(Reply::Done)
    }

    /// Mails a code to an address that may become an account's.
    pub(in crate::sim::services) fn ask_for_email(
        &mut self,
        context: &Context<'_>,
        account: AccountId,
        email: &str,
    ) -> Outcome {
        self.trusts_account_management()?;
        self.visible(account, context.now)?;
        if check_email(email)? {
            return Err(invalid("INVALID_EMAIL", "AWS does not take this address"));
        }
        if self.emails.contains_key(&email.to_ascii_lowercase()) {
            return Err(CloudError::rejected("ConflictException", "the address is in use"));
        }
        let code = format!("{:06}", (context.draws.aftermath * 1e6).floor());
        self.mailed.insert(account, (email.to_owned(), code));
        Ok(Reply::Done)
    }

    /// Gives an account another root address, with the code that was mailed there.
    pub(in crate::sim::services) fn change_email(
        &mut self,
        context: &Context<'_>,
        account: AccountId,
        email: &str,
        code: &OneTimeCode,
    ) -> Outcome {
        self.trusts_account_management()?;
        let mailed = self.mailed.get(&account).filter(|(address, _)| address == email);
        if mailed.is_none_or(|(_, mailed)| mailed != code.expose()) {
            return Err(CloudError::rejected("ValidationException", "the code is not the one mailed"));
        }
        self.mailed.remove(&account);
        let member = self.visible(account, context.now)?;
        let former = std::mem::replace(&mut member.account.email, email.to_owned());
        self.emails.remove(&former.to_ascii_lowercase());
        self.emails.insert(email.to_ascii_lowercase(), account);
        Ok(Reply::Done)
    }

    fn trusts_account_management(&self) -> Result<(), CloudError> {
        if self.trusted.contains(ACCOUNT_SERVICE) {
            return Ok(());
        }
        Err(CloudError::rejected(
            "AccessDeniedException",
            "trusted access for AWS Account Management is not enabled in the organization",
        ))
    }

    fn visible(&mut self, account: AccountId, now: Time) -> Result<&mut Member, CloudError> {
        self.members.get_mut(&account).filter(|member| member.visible_from <= now).ok_or_else(|| {
            CloudError::rejected("AccountNotFoundException", format!("there is no account `{account}`"))
        })
    }

    pub(super) fn close_account(&mut self, context: &mut Context<'_>, account: AccountId) -> Outcome {
        if account == self.organization.management_account {
            return Err(constraint(
                "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
                "the management account cannot be closed",
            ));
        }
        match self.visible(account, context.now)?.account.state {
            AccountState::PendingClosure => {
                return Err(CloudError::rejected("ConflictException", "the account is being closed"));
            }
            AccountState::Suspended | AccountState::Closed => {
                return Err(CloudError::rejected(
                    "AccountAlreadyClosedException",
                    "the account is closed already",
                ));
            }
            AccountState::Active | AccountState::PendingActivation | AccountState::Unknown => {}
        }
        let members = self.members.values();
        let closing = members.filter(|member| member.account.state == AccountState::PendingClosure).count();
        if closing as u64 >= context.limits.quota(Quota::AccountsInClosure) {
            return Err(constraint(
                CLOSURES_IN_PROGRESS,
                "as many accounts are being closed as can be at once",
            ));
        }
        let recent =
            self.closures.values().filter(|asked| context.now.since(**asked) < CLOSURES_OVER).count();
        if recent as u64 >= self.closures_max(context.limits.quota(Quota::AccountClosures)) {
            return Err(constraint(
                "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
                "as many accounts were closed in 30 days as can be",
            ));
        }
        self.closures.insert(account, context.now);
        self.visible(account, context.now)?.account.state = AccountState::PendingClosure;
        let closed = context.after(Latency::AccountClosure, context.draws.duration);
        context.agenda.put(closed, Event::AccountClosed { account }.into());
        Ok(Reply::Done)
    }

    /// How many accounts may be closed within thirty days.
    fn closures_max(&self, quota: u64) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a fifth of a count is a count"
        )]
        let share = ((self.members.len().saturating_sub(1)) as f64 * CLOSURE_SHARE) as u64;
        quota.max(share.min(CLOSURES_MAX))
    }

    /// An account that was being closed is suspended now.
    pub(in crate::sim) fn finish_closure(&mut self, account: AccountId) {
        self.change_state(account, &[AccountState::PendingClosure], AccountState::Suspended);
    }

    /// Gives an account in one of those states another one; answers whether it was.
    pub(in crate::sim) fn change_state(
        &mut self,
        account: AccountId,
        from: &[AccountState],
        to: AccountState,
    ) -> bool {
        let member = self.members.get_mut(&account).filter(|member| from.contains(&member.account.state));
        member.map(|member| member.account.state = to).is_some()
    }

    /// Takes an account out of the organization; answers whether it was in.
    pub(in crate::sim) fn expel_member(&mut self, account: AccountId) -> bool {
        let expelled = self.members.get(&account).cloned();
        let found = expelled.is_some();
        self.expelled.extend(expelled);
        self.drop_member(account);
        found
    }

    /// Takes the expelled in again; answers how many. What the organization knew of them is gone.
    pub(in crate::sim) fn readmit_members(&mut self) -> usize {
        let members = std::mem::take(&mut self.expelled);
        let count = members.len();
        for mut member in members {
            let account = member.account.id;
            let invited = |joined| Joined { how: JoinedHow::Invited, ..joined };
            member.account.joined = member.account.joined.map(invited);
            self.insert_member(Member { parent: self.root.id.clone(), tags: Tags::new(), ..member });
            self.attach(&id(FULL_ACCESS), &target_id(account));
        }
        count
    }

    /// The code that was mailed to that address, if a change of root address waits for it.
    pub(in crate::sim) fn mailed_code(&self, email: &str) -> Option<String> {
        let mut mailed = self.mailed.values();
        mailed.find(|(address, _)| address.eq_ignore_ascii_case(email)).map(|(_, code)| code.clone())
    }
}
