//! What there is already of accounts, before the first one is asked for.
//!
//! A run that gave an account up in doubt, or that nobody resumed, may have made a request whose account is in no list yet,
//! and asking for it again would be asking twice. So two lists are read once before the first account, no faster than their
//! rates: the accounts by e-mail address, where the run goes on after a break and nobody has surveyed for it, and the
//! requests by name. A step whose account is among them takes it, or waits for it, instead of asking for one.

use std::collections::BTreeMap;

use crate::cloud::organizations::{self, Account, AccountRequest, AccountRequestState};
use crate::cloud::{CloudError, ErrorKind, Operation, PageToken, Reply, Target};
use crate::exec::WaitReason;
use crate::exec::engine::lane::Lanes;
use crate::model::ResourceId;
use crate::pacing::{Failing, Pages};
use crate::time::{Seed, Time};

/// What there is of an account that a step is about to ask for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::exec) enum Existing {
    /// The account.
    Account(Account),
    /// A request for an account of that name, in progress or done. Whose it is, only the account's e-mail address says.
    Request(AccountRequest),
}

/// What a survey has found just before the run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exec) enum Found {
    /// No organization, so that there can be neither accounts nor requests.
    Nothing,
    /// The accounts there are.
    Accounts,
    /// Nobody has surveyed: the run goes on after a break.
    Unknown,
}

/// Which list is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Reading {
    #[default]
    Nothing,
    Accounts,
    Requests,
    Done,
}

/// What is known of them.
#[derive(Debug, Default)]
pub(in crate::exec) struct Earlier {
    reading: Reading,
    page: Option<PageToken>,
    /// The pages of the list that is being read.
    pages: Pages,
    next: Option<Time>,
    failing: Failing,
    /// That the list does not come takes long, and is to be said.
    long: Option<WaitReason>,
    restarted: bool,
    /// By e-mail address, in lower case.
    accounts: BTreeMap<String, Account>,
    /// By the name of the account.
    requests: BTreeMap<String, Vec<AccountRequest>>,
}

impl Earlier {
    /// Begins to read what a survey has not just told.
    pub(in crate::exec) fn begin(&mut self, now: Time, found: Found) {
        self.reading = match found {
            Found::Nothing => Reading::Done,
            Found::Accounts => Reading::Requests,
            Found::Unknown => Reading::Accounts,
        };
        self.next = (self.reading != Reading::Done).then_some(now);
    }

    /// When there will be something to ask, `None` while a reply is awaited or all is known.
    pub(in crate::exec) fn next_due(&self) -> Option<Time> {
        self.next
    }

    /// What to ask now.
    pub(in crate::exec) fn due(&mut self, now: Time, lanes: &mut Lanes) -> Option<Operation> {
        if self.next.is_none_or(|at| at > now) {
            return None;
        }
        let page = self.page.clone();
        let operation: Operation = match self.reading {
            Reading::Accounts => organizations::Operation::ListAccounts { page }.into(),
            Reading::Requests => {
                organizations::Operation::ListCreateAccountStatus { in_progress_only: false, page }.into()
            }
            Reading::Nothing | Reading::Done => return None,
        };
        let ready = lanes.ready_at(operation.action(), &Target::Management, now);
        if ready > now {
            self.next = Some(ready);
            return None;
        }
        lanes.spend(operation.action(), &Target::Management, now);
        self.next = None;
        Some(operation)
    }

    /// Whether all is known, so that accounts may be asked for.
    pub(super) fn is_known(&self) -> bool {
        self.reading == Reading::Done
    }

    /// A page is there.
    ///
    /// # Errors
    /// The last failure, where it is time to give up: what there is cannot be known, and so no account can be asked for.
    pub(in crate::exec) fn listed(
        &mut self,
        now: Time,
        result: Result<Reply, CloudError>,
        seed: Seed,
    ) -> Result<(), CloudError> {
        let next = match result {
            Ok(Reply::Organizations(organizations::Reply::Accounts(page))) => {
                let found = page.items.into_iter();
                self.accounts.extend(found.map(|account| (account.email.to_ascii_lowercase(), account)));
                page.next
            }
            Ok(Reply::Organizations(organizations::Reply::AccountRequests(page))) => {
                for request in page.items {
                    if !matches!(request.state, AccountRequestState::Failed { .. }) {
                        self.requests.entry(request.account_name.clone()).or_default().push(request);
                    }
                }
                page.next
            }
            Ok(other) => {
                return Err(CloudError::unknown("UnexpectedReply", format!("it was {}", other.shape())));
            }
            // There is no organization yet in which anything could have been asked for.
            Err(error) if error.kind == ErrorKind::NotFound && self.page.is_none() => {
                self.reading = Reading::Done;
                return Ok(());
            }
            Err(error) => return self.failed(now, error, seed),
        };
        self.failing = Failing::default();
        self.page = next.map(|next| self.pages.turn(next)).transpose()?;
        if self.page.is_none() {
            self.pages = Pages::default();
            self.reading = match self.reading {
                Reading::Accounts => Reading::Requests,
                _ => Reading::Done,
            };
        }
        self.next = (self.reading != Reading::Done).then_some(now);
        Ok(())
    }

    fn failed(&mut self, now: Time, error: CloudError, seed: Seed) -> Result<(), CloudError> {
        match self.failing.again_in_management(now, &error, seed, "earlier requests") {
            Some(wait) => {
                self.next = Some(now + wait);
                if self.failing.becomes_long(now + wait) {
                    let call = match self.reading {
                        Reading::Accounts => "organizations:ListAccounts",
                        _ => "organizations:ListCreateAccountStatus",
                    };
                    self.long = Some(WaitReason::Failing { call: call.to_owned(), error: error.to_string() });
                }
            }
            // The name of a page may have run out: once more from the first.
            None if self.page.is_some() && !std::mem::replace(&mut self.restarted, true) => {
                self.page = None;
                self.pages = Pages::default();
                self.requests.clear();
                self.next = Some(now);
            }
            None => return Err(error),
        }
        Ok(())
    }

    /// What takes long and is to be said.
    pub(in crate::exec) fn take_long(&mut self) -> Option<WaitReason> {
        self.long.take()
    }

    /// What there is of an account. Each thing is offered once.
    pub(in crate::exec) fn take(&mut self, name: &str, email: &str) -> Option<Existing> {
        if let Some(account) = self.accounts.remove(&email.to_ascii_lowercase()) {
            return Some(Existing::Account(account));
        }
        let requests = self.requests.get_mut(name)?;
        // What is still being decided on is the latest.
        let in_progress =
            requests.iter().position(|request| request.state == AccountRequestState::InProgress);
        let at = in_progress.or_else(|| requests.len().checked_sub(1))?;
        Some(Existing::Request(requests.remove(at)))
    }

    /// A step waits for a request that it knows itself.
    pub(super) fn forget(&mut self, request: &ResourceId) {
        for requests in self.requests.values_mut() {
            requests.retain(|known| known.id != *request);
        }
    }

    /// The requests in progress that no step has taken: they count against what AWS decides on at a time.
    pub(in crate::exec) fn others(&self) -> impl Iterator<Item = &ResourceId> {
        let all = self.requests.values().flatten();
        all.filter(|request| request.state == AccountRequestState::InProgress).map(|request| &request.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Page;
    use crate::cloud::organizations::AccountState;
    use crate::model::Limits;

    const SEED: fn() -> Seed = || Seed::new(1);

    fn request(id: &str, name: &str, state: AccountRequestState) -> AccountRequest {
        AccountRequest { id: id.parse().unwrap(), account_name: name.to_owned(), state }
    }

    fn requests(items: Vec<AccountRequest>, next: Option<&str>) -> Result<Reply, CloudError> {
        Ok(Reply::Organizations(organizations::Reply::AccountRequests(Page {
            items,
            next: next.map(str::to_owned),
        })))
    }

    fn in_progress(name: &str, next: Option<&str>) -> Result<Reply, CloudError> {
        requests(vec![request(&format!("car-{name}"), name, AccountRequestState::InProgress)], next)
    }

    fn page_asked_for(operation: Option<Operation>) -> Option<PageToken> {
        match operation {
            Some(Operation::Organizations(organizations::Operation::ListCreateAccountStatus {
                in_progress_only: false,
                page,
            })) => page,
            other => panic!("{other:?}"),
        }
    }

    fn taken(earlier: &mut Earlier, name: &str) -> Option<String> {
        match earlier.take(name, &format!("{name}@example.com"))? {
            Existing::Request(request) => Some(request.id.to_string()),
            Existing::Account(account) => Some(account.id.to_string()),
        }
    }

    #[test]
    fn nothing_is_known_before_the_last_page_and_each_request_is_offered_once() {
        let (mut earlier, mut lanes) = (Earlier::default(), Lanes::new(Limits::default()));
        assert_eq!((earlier.due(Time::ZERO, &mut lanes), earlier.next_due()), (None, None));
        earlier.begin(Time::ZERO, Found::Accounts);
        assert_eq!(page_asked_for(earlier.due(Time::ZERO, &mut lanes)), None);
        assert_eq!(earlier.due(Time::ZERO, &mut lanes), None, "a reply is awaited");
        earlier.listed(Time::ZERO, in_progress("a", Some("2")), SEED()).unwrap();
        assert!(!earlier.is_known());
        assert_eq!(page_asked_for(earlier.due(Time::ZERO, &mut lanes)).as_deref(), Some("2"));
        let lost = CloudError::unknown("RequestTimeout", "");
        earlier.listed(Time::ZERO, Err(lost), SEED()).unwrap();
        assert_eq!(earlier.due(Time::ZERO, &mut lanes), None, "it pauses");
        let again = earlier.next_due().unwrap();
        assert_eq!(page_asked_for(earlier.due(again, &mut lanes)).as_deref(), Some("2"), "the same page");
        earlier.listed(again, in_progress("b", None), SEED()).unwrap();
        assert!(earlier.is_known() && earlier.next_due().is_none());
        assert_eq!(earlier.others().count(), 2);
        assert_eq!(taken(&mut earlier, "a").as_deref(), Some("car-a"));
        assert_eq!(taken(&mut earlier, "a"), None);
        earlier.forget(&"car-b".parse().unwrap());
        assert_eq!((taken(&mut earlier, "b"), earlier.others().count()), (None, 0));
    }

    #[test]
    fn a_run_that_goes_on_asks_for_the_accounts_first() {
        let (mut earlier, mut lanes) = (Earlier::default(), Lanes::new(Limits::default()));
        earlier.begin(Time::ZERO, Found::Unknown);
        assert_eq!(
            earlier.due(Time::ZERO, &mut lanes),
            Some(Operation::Organizations(organizations::Operation::ListAccounts { page: None }))
        );
        let account = Account {
            id: "111122223333".parse().unwrap(),
            name: "another name".to_owned(),
            email: "A@Example.com".to_owned(),
            state: AccountState::Active,
            joined: None,
        };
        let page = Page { items: vec![account.clone()], next: None };
        earlier
            .listed(Time::ZERO, Ok(Reply::Organizations(organizations::Reply::Accounts(page))), SEED())
            .unwrap();
        assert!(!earlier.is_known());
        assert_eq!(page_asked_for(earlier.due(Time::ZERO, &mut lanes)), None);
        earlier.listed(Time::ZERO, in_progress("a", None), SEED()).unwrap();
        // The file may write the address in another case than AWS keeps it in.
        assert_eq!(earlier.take("a", "a@EXAMPLE.com"), Some(Existing::Account(account)));
    }

    #[test]
    fn the_second_list_may_name_its_pages_as_the_first_does() {
        let mut earlier = Earlier::default();
        earlier.begin(Time::ZERO, Found::Unknown);
        for next in [Some("2".to_owned()), None] {
            let page = Page { items: Vec::new(), next };
            earlier
                .listed(Time::ZERO, Ok(Reply::Organizations(organizations::Reply::Accounts(page))), SEED())
                .unwrap();
        }
        earlier.listed(Time::ZERO, in_progress("a", Some("2")), SEED()).unwrap();
        earlier.listed(Time::ZERO, in_progress("b", None), SEED()).unwrap();
        assert!(earlier.is_known());
        assert_eq!(earlier.others().count(), 2);
    }

    #[test]
    fn what_has_failed_is_nothing_and_what_is_decided_on_comes_first() {
        let mut earlier = Earlier::default();
        earlier.begin(Time::ZERO, Found::Accounts);
        let done = AccountRequestState::Succeeded { account: "111122223333".parse().unwrap() };
        let failed = AccountRequestState::Failed { reason: "INTERNAL_FAILURE".to_owned() };
        let all = vec![
            request("car-1", "a", failed),
            request("car-2", "a", done.clone()),
            request("car-3", "a", AccountRequestState::InProgress),
            request("car-4", "a", done),
        ];
        earlier.listed(Time::ZERO, requests(all, None), SEED()).unwrap();
        let order: Vec<_> = std::iter::from_fn(|| taken(&mut earlier, "a")).collect();
        assert_eq!(order, ["car-3", "car-4", "car-2"]);
    }

    #[test]
    fn pages_come_no_faster_than_their_rate() {
        let (mut earlier, mut lanes) = (Earlier::default(), Lanes::new(Limits::default()));
        earlier.begin(Time::ZERO, Found::Accounts);
        let mut now = Time::ZERO;
        for page in 0..50 {
            while earlier.due(now, &mut lanes).is_none() {
                now = earlier.next_due().unwrap();
            }
            earlier
                .listed(now, in_progress(&format!("t{page}"), Some(&format!("page {page}"))), SEED())
                .unwrap();
        }
        // Eight at once, then five a second.
        assert!(now.as_secs_f64() >= (50.0 - 8.0) / 5.0, "{now}");
    }

    #[test]
    fn what_is_not_allowed_is_not_asked_for_ever() {
        let (mut earlier, mut lanes) = (Earlier::default(), Lanes::new(Limits::default()));
        earlier.begin(Time::ZERO, Found::Accounts);
        assert!(earlier.due(Time::ZERO, &mut lanes).is_some());
        let denied = CloudError::rejected("AccessDeniedException", "");
        assert!(earlier.listed(Time::ZERO, Err(denied), SEED()).is_err());
        assert!(!earlier.is_known());
        // The name of a page that has run out is no such thing.
        let mut earlier = Earlier::default();
        earlier.begin(Time::ZERO, Found::Accounts);
        earlier.listed(Time::ZERO, in_progress("a", Some("2")), SEED()).unwrap();
        let invalid =
            || Err(CloudError::rejected_because("InvalidInputException", "INVALID_PAGINATION_TOKEN", ""));
        earlier.listed(Time::ZERO, invalid(), SEED()).unwrap();
        assert_eq!(page_asked_for(earlier.due(Time::ZERO, &mut lanes)), None, "from the first page");
        earlier.listed(Time::ZERO, in_progress("a", Some("2")), SEED()).unwrap();
        assert_eq!(earlier.others().count(), 1, "nothing is there twice");
        assert!(earlier.listed(Time::ZERO, invalid(), SEED()).is_err());
    }
}
