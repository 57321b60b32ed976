//! Requests for accounts that were being decided on when the run began.
//!
//! A run that gave an account up in doubt, or that nobody resumed, may have made a request. Its account is in no list yet,
//! and asking for it again would be asking twice: so the requests in progress are asked for once, before the first account,
//! and a step whose account is among them waits for that request instead of making one.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cloud::{AccountRequest, AccountRequestState, CloudError, ErrorKind, Operation, PageToken, Reply};
use crate::model::ResourceId;
use crate::time::Time;

/// How soon they are asked for again after a failure.
const AGAIN: Duration = Duration::from_secs(2);

/// What is known of them.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// By the name of the account; `None` until all pages are there.
    by_name: Option<BTreeMap<String, ResourceId>>,
    pages: BTreeMap<String, ResourceId>,
    next: Option<Time>,
}

impl Earlier {
    /// What to ask.
    pub(super) fn question(page: Option<PageToken>) -> Operation {
        Operation::ListCreateAccountStatus { in_progress_only: true, page }
    }

    /// When to ask, where a reply was none.
    pub(super) fn next_due(&self) -> Option<Time> {
        self.next
    }

    /// Whether it is time to ask again.
    pub(super) fn is_due(&mut self, now: Time) -> bool {
        self.next.take_if(|at| *at <= now).is_some()
    }

    /// Whether they are known, so that accounts may be asked for.
    pub(super) fn is_known(&self) -> bool {
        self.by_name.is_some()
    }

    /// A page is there; answers with the next one to ask for.
    pub(super) fn listed(&mut self, now: Time, result: Result<Reply, CloudError>) -> Option<PageToken> {
        match result {
            Ok(Reply::AccountRequests(page)) => {
                self.pages.extend(page.items.into_iter().map(|request| (request.account_name, request.id)));
                if page.next.is_some() {
                    return page.next;
                }
                self.by_name = Some(std::mem::take(&mut self.pages));
            }
            // There is no organization yet in which anything could have been asked for.
            Err(error) if error.kind == ErrorKind::NotFound => self.by_name = Some(BTreeMap::new()),
            _ => {
                self.pages.clear();
                self.next = Some(now + AGAIN);
            }
        }
        None
    }

    /// The request for the account of that name, to wait for. It is offered once.
    pub(super) fn take(&mut self, name: &str) -> Option<AccountRequest> {
        let id = self.by_name.as_mut()?.remove(name)?;
        Some(AccountRequest { id, account_name: name.to_owned(), state: AccountRequestState::InProgress })
    }

    /// A step waits for a request that it knows itself.
    pub(super) fn forget(&mut self, request: &ResourceId) {
        if let Some(by_name) = &mut self.by_name {
            by_name.retain(|_, known| known != request);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Page;

    fn page(name: &str, next: Option<&str>) -> Result<Reply, CloudError> {
        let id = format!("car-{name}").parse().unwrap();
        let item =
            AccountRequest { id, account_name: name.to_owned(), state: AccountRequestState::InProgress };
        Ok(Reply::AccountRequests(Page { items: vec![item], next: next.map(str::to_owned) }))
    }

    #[test]
    fn nothing_is_known_before_the_last_page_and_each_request_is_offered_once() {
        let mut earlier = Earlier::default();
        assert!(earlier.listed(Time::ZERO, page("a", Some("2"))).is_some());
        assert!(!earlier.is_known() && earlier.take("a").is_none());
        let lost = CloudError::unknown("RequestTimeout", "");
        assert!(earlier.listed(Time::ZERO, Err(lost)).is_none());
        assert!(!earlier.is_known() && !earlier.is_due(Time::ZERO));
        assert!(earlier.is_due(Time::ZERO + AGAIN));
        assert!(earlier.listed(Time::ZERO, page("a", Some("2"))).is_some());
        assert!(earlier.listed(Time::ZERO, page("b", None)).is_none());
        assert!(earlier.is_known());
        assert_eq!(earlier.take("a").unwrap().id.as_str(), "car-a");
        assert!(earlier.take("a").is_none());
        earlier.forget(&"car-b".parse().unwrap());
        assert!(earlier.take("b").is_none());
    }
}
