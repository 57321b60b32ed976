//! Accounts that AWS is still deciding on: one shared look instead of a poller each.
//!
//! Every few seconds one list of the requests in progress serves all that wait. Those no longer in it are asked for one by
//! one, as fast as the rate allows: only that reply says what was decided, and why.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::cloud::{
    AccountRequest, AccountRequestState, CloudError, ErrorKind, Operation, PageToken, Reply, Target,
};
use crate::model::ResourceId;
use crate::time::Time;

use super::lane::{Lanes, StepIndex};

/// How often requests for accounts are looked at.
const LOOK: Duration = Duration::from_secs(5);

const DESCRIBE: &str = "organizations:DescribeCreateAccountStatus";

/// What to ask AWS next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Question {
    /// Which requests are in progress.
    List(Option<PageToken>),
    /// What became of one.
    Describe(ResourceId),
}

impl Question {
    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::List(page) => {
                Operation::ListCreateAccountStatus { in_progress_only: true, page: page.clone() }
            }
            Self::Describe(request) => Operation::DescribeCreateAccountStatus { request: request.clone() },
        }
    }
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// AWS has decided.
    Decided(AccountRequest),
    /// AWS has forgotten the request: whether it made the account has to be found out otherwise.
    Lost,
}

/// The requests that steps wait for, and the look that is under way.
#[derive(Debug, Default)]
pub(super) struct Requests {
    waiting: BTreeMap<ResourceId, StepIndex>,
    next_look: Option<Time>,
    looking: bool,
    in_progress: BTreeSet<ResourceId>,
    describe: VecDeque<ResourceId>,
    /// When the rate lets the next of these be asked for.
    next_describe: Option<Time>,
}

impl Requests {
    /// A step waits for a request from now on.
    pub(super) fn add(&mut self, now: Time, request: ResourceId, step: StepIndex) {
        if self.waiting.insert(request, step).is_none() {
            let look = now + LOOK;
            self.next_look = Some(self.next_look.map_or(look, |at| at.min(look)));
        }
    }

    /// When there will be something to ask, `None` while a reply is awaited or nobody waits.
    pub(super) fn next_due(&self) -> Option<Time> {
        let look = if self.looking { None } else { self.next_look };
        [look, self.next_describe].into_iter().flatten().min()
    }

    /// What to ask now.
    pub(super) fn due(&mut self, now: Time, lanes: &mut Lanes) -> Option<Question> {
        if self.next_describe.is_some_and(|at| at <= now) {
            self.next_describe = None;
            return self.next(now, lanes);
        }
        if self.waiting.is_empty() {
            self.next_look = None;
        }
        if self.looking || self.next_look.is_none_or(|at| at > now) {
            return None;
        }
        self.looking = true;
        self.next_look = None;
        self.in_progress.clear();
        Some(Question::List(None))
    }

    /// The list, or a page of it, is there.
    pub(super) fn listed(
        &mut self,
        now: Time,
        result: Result<Reply, CloudError>,
        lanes: &mut Lanes,
    ) -> Option<Question> {
        let Ok(Reply::AccountRequests(page)) = result else {
            // Whatever is wrong, the next look will tell.
            self.look_again(now);
            return None;
        };
        self.in_progress.extend(page.items.into_iter().map(|request| request.id));
        if page.next.is_some() {
            return Some(Question::List(page.next));
        }
        self.describe = self.waiting.keys().filter(|id| !self.in_progress.contains(*id)).cloned().collect();
        self.next(now, lanes)
    }

    /// The reply about one request is there: the step that waits for it may go on. [`Requests::next`] is to be asked then.
    pub(super) fn described(
        &mut self,
        request: &ResourceId,
        result: Result<Reply, CloudError>,
    ) -> Option<(StepIndex, Answer)> {
        let answer = match result {
            Ok(Reply::AccountRequest(found)) if found.state != AccountRequestState::InProgress => {
                Answer::Decided(found)
            }
            Err(error) if error.kind == ErrorKind::NotFound => Answer::Lost,
            // Not decided after all, or no answer: the next look will ask again.
            _ => return None,
        };
        Some((self.waiting.remove(request)?, answer))
    }

    /// The next request to ask for, as soon as the rate allows: after a long pause many are decided at once.
    pub(super) fn next(&mut self, now: Time, lanes: &mut Lanes) -> Option<Question> {
        let due = lanes.ready_at(DESCRIBE, &Target::Management, now);
        if due > now && !self.describe.is_empty() {
            self.next_describe = Some(due);
            return None;
        }
        let Some(request) = self.describe.pop_front() else {
            self.look_again(now);
            return None;
        };
        lanes.spend(DESCRIBE, &Target::Management, now);
        Some(Question::Describe(request))
    }

    fn look_again(&mut self, now: Time) {
        self.looking = false;
        self.next_look = Some(now + LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Page;
    use crate::model::Limits;

    fn at(seconds: u64) -> Time {
        Time::from_micros(seconds * 1_000_000)
    }

    fn id(text: &str) -> ResourceId {
        text.parse().unwrap()
    }

    fn request(text: &str, state: AccountRequestState) -> AccountRequest {
        AccountRequest { id: id(text), account_name: text.to_owned(), state }
    }

    fn list(requests: &[&str], next: Option<&str>) -> Result<Reply, CloudError> {
        let items = requests.iter().map(|text| request(text, AccountRequestState::InProgress)).collect();
        Ok(Reply::AccountRequests(Page { items, next: next.map(str::to_owned) }))
    }

    #[test]
    fn one_list_serves_all_and_only_the_decided_are_asked_for() {
        let (mut requests, mut lanes) = (Requests::default(), Lanes::new(Limits::default()));
        assert_eq!((requests.next_due(), requests.due(at(0), &mut lanes)), (None, None));
        for (step, name) in ["car-1", "car-2", "car-3"].into_iter().enumerate() {
            requests.add(at(0), id(name), step);
        }
        assert_eq!(requests.next_due(), Some(at(5)));
        assert_eq!(requests.due(at(4), &mut lanes), None);
        assert_eq!(requests.due(at(5), &mut lanes), Some(Question::List(None)));
        assert_eq!(requests.due(at(6), &mut lanes), None, "a look is under way");
        let more = requests.listed(at(6), list(&["car-1"], Some("2")), &mut lanes);
        assert!(matches!(more, Some(Question::List(Some(_)))), "{more:?}");
        let ask = requests.listed(at(7), list(&[], None), &mut lanes);
        assert_eq!(ask, Some(Question::Describe(id("car-2"))));
        let decided = request("car-2", AccountRequestState::Failed { reason: "INTERNAL_FAILURE".to_owned() });
        let answer = requests.described(&id("car-2"), Ok(Reply::AccountRequest(decided.clone())));
        assert_eq!(answer, Some((1, Answer::Decided(decided))));
        assert_eq!(requests.next(at(7), &mut lanes), Some(Question::Describe(id("car-3"))));
        let lost = CloudError::rejected("CreateAccountStatusNotFoundException", "");
        assert_eq!(requests.described(&id("car-3"), Err(lost)), Some((2, Answer::Lost)));
        assert_eq!(requests.next(at(8), &mut lanes), None);
        assert_eq!(requests.next_due(), Some(at(13)), "the first still waits");
    }

    #[test]
    fn a_reply_that_says_nothing_is_followed_by_another_look() {
        let (mut requests, mut lanes) = (Requests::default(), Lanes::new(Limits::default()));
        requests.add(at(0), id("car-1"), 7);
        assert!(requests.due(at(5), &mut lanes).is_some());
        let throttled = || CloudError::rejected("TooManyRequestsException", "");
        assert_eq!(requests.listed(at(6), Err(throttled()), &mut lanes), None);
        assert_eq!(requests.next_due(), Some(at(11)));
        assert!(requests.due(at(11), &mut lanes).is_some());
        assert!(requests.listed(at(12), list(&[], None), &mut lanes).is_some());
        assert_eq!(requests.described(&id("car-1"), Err(throttled())), None);
        assert_eq!(requests.next(at(12), &mut lanes), None);
        assert_eq!(requests.next_due(), Some(at(17)), "it is not forgotten");
    }
}
