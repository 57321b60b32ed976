//! Accounts that AWS is still deciding on: one shared look instead of a poller each.
//!
//! Every few seconds one list of the requests in progress serves all that wait. Those no longer in it are asked for one by
//! one, as fast as the rate allows: only that reply says what was decided, and why. The same list tells which requests of
//! others are still in progress: AWS decides on a few at a time, whoever made them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::cloud::organizations::{self, AccountRequest, AccountRequestState};
use crate::cloud::{CloudError, ErrorKind, Operation, PageToken, Reply, Target};
use crate::exec::WaitReason;
use crate::exec::engine::lane::{Lanes, StepIndex};
use crate::model::ResourceId;
use crate::pacing::{Failing, Pages};
use crate::time::{Seed, Time};

/// How often requests for accounts are looked at.
const LOOK: Duration = Duration::from_secs(5);

const LIST: &str = "organizations:ListCreateAccountStatus";
const DESCRIBE: &str = "organizations:DescribeCreateAccountStatus";

/// What to ask AWS next.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::exec) enum Question {
    /// Which requests are in progress.
    List(Option<PageToken>),
    /// What became of one.
    Describe(ResourceId),
}

impl Question {
    pub(in crate::exec) fn operation(&self) -> Operation {
        match self {
            Self::List(page) => organizations::Operation::ListCreateAccountStatus {
                in_progress_only: true,
                page: page.clone(),
            }
            .into(),
            Self::Describe(request) => {
                organizations::Operation::DescribeCreateAccountStatus { request: request.clone() }.into()
            }
        }
    }
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::exec) enum Answer {
    /// AWS has decided.
    Decided(AccountRequest),
    /// AWS has forgotten the request: whether it made the account has to be found out otherwise.
    Lost,
}

/// Nobody can say any more what becomes of the requests that these steps wait for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::exec) struct Blind {
    pub(in crate::exec) steps: Vec<StepIndex>,
    pub(in crate::exec) error: CloudError,
}

/// The requests that steps wait for, and the look that is under way.
#[derive(Debug, Default)]
pub(in crate::exec) struct Requests {
    waiting: BTreeMap<ResourceId, StepIndex>,
    /// Requests in progress that are nobody's here.
    others: BTreeSet<ResourceId>,
    /// Somebody waits for those to become fewer.
    room_wanted: bool,
    next_look: Option<Time>,
    looking: bool,
    /// The pages of the list that is being read.
    pages: Pages,
    failing: Failing,
    /// That nothing can be learned takes long, and is to be said.
    long: Option<WaitReason>,
    in_progress: BTreeSet<ResourceId>,
    describe: VecDeque<ResourceId>,
    /// When the rate lets the next of these be asked for.
    next_describe: Option<Time>,
}

impl Requests {
    /// A step waits for a request from now on.
    pub(in crate::exec) fn add(&mut self, now: Time, request: ResourceId, step: StepIndex) {
        self.others.remove(&request);
        if self.waiting.insert(request, step).is_none() {
            self.look_soon(now);
        }
    }

    fn look_soon(&mut self, now: Time) {
        let look = now + LOOK;
        self.next_look = Some(self.next_look.map_or(look, |at| at.min(look)));
    }

    /// These requests are in progress, and nobody's here.
    pub(super) fn add_others<'a>(&mut self, others: impl Iterator<Item = &'a ResourceId>) {
        self.others.extend(others.cloned());
    }

    /// How many requests of others are in progress, as of the last look.
    pub(super) fn other_count(&self) -> usize {
        self.others.len()
    }

    /// Somebody waits for the requests of others to become fewer.
    pub(super) fn want_room(&mut self, now: Time) {
        if !std::mem::replace(&mut self.room_wanted, true) {
            self.look_soon(now);
        }
    }

    /// When there will be something to ask, `None` while a reply is awaited or nobody waits.
    pub(in crate::exec) fn next_due(&self) -> Option<Time> {
        let look = if self.looking { None } else { self.next_look };
        [look, self.next_describe].into_iter().flatten().min()
    }

    /// What to ask now.
    pub(in crate::exec) fn due(&mut self, now: Time, lanes: &mut Lanes) -> Option<Question> {
        if self.next_describe.is_some_and(|at| at <= now) {
            self.next_describe = None;
            return self.next(now, lanes);
        }
        if self.waiting.is_empty() && !self.room_wanted {
            self.next_look = None;
        }
        if self.looking || self.next_look.is_none_or(|at| at > now) {
            return None;
        }
        self.looking = true;
        self.next_look = None;
        self.in_progress.clear();
        self.pages = Pages::default();
        Some(Question::List(None))
    }

    /// The list, or a page of it, is there.
    ///
    /// # Errors
    /// Where it is time to give up.
    pub(in crate::exec) fn listed(
        &mut self,
        now: Time,
        result: Result<Reply, CloudError>,
        lanes: &mut Lanes,
        seed: Seed,
    ) -> Result<Option<Question>, Blind> {
        let page = match result {
            Ok(Reply::Organizations(organizations::Reply::AccountRequests(page))) => page,
            // The next look will tell.
            Ok(_) => {
                self.look_again(now);
                return Ok(None);
            }
            Err(error) => {
                self.failed(now, LIST, error, seed)?;
                self.look_again(now);
                return Ok(None);
            }
        };
        self.in_progress.extend(page.items.into_iter().map(|request| request.id));
        if let Some(next) = page.next {
            return match self.pages.turn(next) {
                Ok(next) => Ok(Some(Question::List(Some(next)))),
                Err(error) => {
                    self.failed(now, LIST, error, seed)?;
                    self.look_again(now);
                    Ok(None)
                }
            };
        }
        self.room_wanted = false;
        self.others.retain(|id| self.in_progress.contains(id));
        self.describe = self.waiting.keys().filter(|id| !self.in_progress.contains(*id)).cloned().collect();
        if self.describe.is_empty() {
            self.failing = Failing::default();
        }
        Ok(self.next(now, lanes))
    }

    /// The reply about one request is there: the step that waits for it may go on. [`Requests::next`] is to be asked then.
    ///
    /// # Errors
    /// Where it is time to give up.
    pub(in crate::exec) fn described(
        &mut self,
        now: Time,
        request: &ResourceId,
        result: Result<Reply, CloudError>,
        seed: Seed,
    ) -> Result<Option<(StepIndex, Answer)>, Blind> {
        let answer = match result {
            Ok(Reply::Organizations(organizations::Reply::AccountRequest(found)))
                if found.state != AccountRequestState::InProgress =>
            {
                Answer::Decided(found)
            }
            Err(error) if error.kind == ErrorKind::NotFound => Answer::Lost,
            Err(error) => {
                self.failed(now, DESCRIBE, error, seed)?;
                return Ok(None);
            }
            // Not decided after all: the next look will ask again.
            Ok(_) => return Ok(None),
        };
        self.failing = Failing::default();
        Ok(self.waiting.remove(request).map(|step| (step, answer)))
    }

    /// What takes long and is to be said.
    pub(in crate::exec) fn take_long(&mut self) -> Option<WaitReason> {
        self.long.take()
    }

    /// A failure that passes is followed by the next look. Of any other, and of too many in a row, nobody learns anything.
    fn failed(&mut self, now: Time, call: &str, error: CloudError, seed: Seed) -> Result<(), Blind> {
        if self.failing.again_in_management(now, &error, seed, "account requests").is_some() {
            if self.failing.becomes_long(now + LOOK) {
                let error = error.to_string();
                self.long = Some(WaitReason::Failing { call: call.to_owned(), error });
            }
            return Ok(());
        }
        self.describe.clear();
        self.look_again(now);
        Err(Blind { steps: std::mem::take(&mut self.waiting).into_values().collect(), error })
    }

    /// The next request to ask for, as soon as the rate allows: after a long pause many are decided at once.
    pub(in crate::exec) fn next(&mut self, now: Time, lanes: &mut Lanes) -> Option<Question> {
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

    fn seed() -> Seed {
        Seed::new(1)
    }

    fn id(text: &str) -> ResourceId {
        text.parse().unwrap()
    }

    fn request(text: &str, state: AccountRequestState) -> AccountRequest {
        AccountRequest { id: id(text), account_name: text.to_owned(), state }
    }

    fn list(requests: &[&str], next: Option<&str>) -> Result<Reply, CloudError> {
        let items = requests.iter().map(|text| request(text, AccountRequestState::InProgress)).collect();
        Ok(Reply::Organizations(organizations::Reply::AccountRequests(Page {
            items,
            next: next.map(str::to_owned),
        })))
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
        let more = requests.listed(at(6), list(&["car-1"], Some("2")), &mut lanes, seed()).unwrap();
        assert!(matches!(more, Some(Question::List(Some(_)))), "{more:?}");
        let ask = requests.listed(at(7), list(&[], None), &mut lanes, seed()).unwrap();
        assert_eq!(ask, Some(Question::Describe(id("car-2"))));
        let decided = request("car-2", AccountRequestState::Failed { reason: "INTERNAL_FAILURE".to_owned() });
        let answer = requests.described(
            at(7),
            &id("car-2"),
            Ok(Reply::Organizations(organizations::Reply::AccountRequest(decided.clone()))),
            seed(),
        );
        assert_eq!(answer, Ok(Some((1, Answer::Decided(decided)))));
        assert_eq!(requests.next(at(7), &mut lanes), Some(Question::Describe(id("car-3"))));
        let lost = CloudError::rejected("CreateAccountStatusNotFoundException", "");
        assert_eq!(requests.described(at(7), &id("car-3"), Err(lost), seed()), Ok(Some((2, Answer::Lost))));
        assert_eq!(requests.next(at(8), &mut lanes), None);
        assert_eq!(requests.next_due(), Some(at(13)), "the first still waits");
    }

    #[test]
    fn a_reply_that_says_nothing_is_followed_by_another_look() {
        let (mut requests, mut lanes) = (Requests::default(), Lanes::new(Limits::default()));
        requests.add(at(0), id("car-1"), 7);
        assert!(requests.due(at(5), &mut lanes).is_some());
        let throttled = || CloudError::rejected("TooManyRequestsException", "");
        assert_eq!(requests.listed(at(6), Err(throttled()), &mut lanes, seed()), Ok(None));
        assert_eq!(requests.next_due(), Some(at(11)));
        assert!(requests.due(at(11), &mut lanes).is_some());
        assert!(requests.listed(at(12), list(&[], None), &mut lanes, seed()).unwrap().is_some());
        assert_eq!(requests.described(at(12), &id("car-1"), Err(throttled()), seed()), Ok(None));
        assert_eq!(requests.next(at(12), &mut lanes), None);
        assert_eq!(requests.next_due(), Some(at(17)), "it is not forgotten");
    }

    #[test]
    fn what_is_not_allowed_is_not_looked_at_for_ever() {
        let (mut requests, mut lanes) = (Requests::default(), Lanes::new(Limits::default()));
        requests.add(at(0), id("car-1"), 7);
        requests.add(at(0), id("car-2"), 3);
        assert!(requests.due(at(5), &mut lanes).is_some());
        let denied = CloudError::rejected("AccessDeniedException", "");
        let blind = requests.listed(at(6), Err(denied.clone()), &mut lanes, seed());
        assert_eq!(blind, Err(Blind { steps: vec![7, 3], error: denied }));
        assert_eq!(requests.due(at(60), &mut lanes), None, "nobody waits any more");
    }

    #[test]
    fn requests_of_others_are_looked_at_while_they_are_in_the_way() {
        let (mut requests, mut lanes) = (Requests::default(), Lanes::new(Limits::default()));
        let (one, two) = (id("car-1"), id("car-2"));
        requests.add_others([&one, &two].into_iter());
        assert_eq!((requests.other_count(), requests.next_due()), (2, None));
        requests.want_room(at(0));
        requests.want_room(at(3));
        assert_eq!(requests.next_due(), Some(at(5)));
        assert_eq!(requests.due(at(5), &mut lanes), Some(Question::List(None)));
        assert_eq!(requests.listed(at(6), list(&["car-2", "car-9"], None), &mut lanes, seed()), Ok(None));
        assert_eq!(requests.other_count(), 1);
        assert_eq!(requests.due(at(60), &mut lanes), None, "nobody wants room");
        requests.add(at(60), id("car-2"), 0);
        assert_eq!(requests.other_count(), 0, "it is waited for");
    }
}
