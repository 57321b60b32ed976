//! When an account may be asked for: once it is known what there is of it already, and no more at a time than AWS decides on.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use super::earlier::{Earlier, Existing, Found};
use super::requests::{Answer, Blind, Question, Requests};
use crate::cloud::{CloudError, Operation, Reply};
use crate::exec::WaitReason;
use crate::exec::engine::lane::{Lanes, StepIndex};
use crate::model::{Limits, Quota, ResourceId};
use crate::time::{Seed, Time};

/// What becomes of a step that wants to ask for an account.
pub(in crate::exec) enum Admitted {
    /// There is something already, to be taken instead.
    Existing(Existing),
    /// It waits for its turn; [`Admission::next`] says when.
    Waits,
    /// No account can be asked for in this run.
    Never(String),
}

/// No account can be asked for: what these steps have waited for.
pub(in crate::exec) struct Refused {
    pub(in crate::exec) steps: Vec<StepIndex>,
    pub(in crate::exec) error: String,
}

/// Who waits to ask, who has asked, and what AWS decides on.
#[derive(Debug)]
pub(in crate::exec) struct Admission {
    earlier: Earlier,
    requests: Requests,
    /// Why no account can be asked for, if none can.
    refused: Option<String>,
    /// Why AWS makes no more accounts, if it has said so. What there is already can still be taken.
    exhausted: Option<String>,
    /// The most urgent first.
    waiting: BTreeSet<(Reverse<Duration>, StepIndex)>,
    /// Who counts against what AWS decides on at a time.
    in_creation: BTreeSet<StepIndex>,
    in_creation_max: usize,
}

impl Admission {
    pub(in crate::exec) fn new(limits: &Limits) -> Self {
        Self {
            earlier: Earlier::default(),
            requests: Requests::default(),
            refused: None,
            exhausted: None,
            waiting: BTreeSet::new(),
            in_creation: BTreeSet::new(),
            in_creation_max: usize::try_from(limits.quota(Quota::AccountsInCreation))
                .unwrap_or(usize::MAX)
                .max(1),
        }
    }

    /// Accounts are going to be asked for; `found` is what a survey has just found.
    pub(in crate::exec) fn begin(&mut self, now: Time, found: Found) {
        self.earlier.begin(now, found);
    }

    /// When there will be something to ask, `None` while a reply is awaited or nobody waits.
    pub(in crate::exec) fn next_due(&self) -> Option<Time> {
        [self.earlier.next_due(), self.requests.next_due()].into_iter().flatten().min()
    }

    /// What to ask now of what there is already.
    pub(in crate::exec) fn due_earlier(&mut self, now: Time, lanes: &mut Lanes) -> Option<Operation> {
        self.earlier.due(now, lanes)
    }

    /// What to ask now of the requests that are waited for.
    pub(in crate::exec) fn due_question(&mut self, now: Time, lanes: &mut Lanes) -> Option<Question> {
        self.requests.due(now, lanes)
    }

    /// A step wants to ask for the account of that name and address.
    pub(in crate::exec) fn ask(
        &mut self,
        step: StepIndex,
        urgency: Duration,
        name: &str,
        email: &str,
    ) -> Admitted {
        // What was in doubt has been looked up.
        self.in_creation.remove(&step);
        if let Some(error) = &self.refused {
            return Admitted::Never(error.clone());
        }
        if let Some(existing) = self.earlier.take(name, email) {
            return Admitted::Existing(existing);
        }
        self.waiting.insert((Reverse(urgency), step));
        Admitted::Waits
    }

    /// The next step whose request may leave now.
    pub(in crate::exec) fn next(&mut self, now: Time) -> Option<StepIndex> {
        if !self.earlier.is_known() {
            return None;
        }
        let others = self.requests.other_count();
        if self.in_creation.len() + others < self.in_creation_max {
            let (_, step) = self.waiting.pop_first()?;
            self.in_creation.insert(step);
            return Some(step);
        }
        if others > 0 && !self.waiting.is_empty() {
            self.requests.want_room(now);
        }
        None
    }

    /// Whether steps wait for nothing but that AWS decides on the requests of others.
    pub(in crate::exec) fn wants_room(&self) -> bool {
        self.earlier.is_known() && !self.waiting.is_empty()
    }

    /// What takes long and is to be said.
    pub(in crate::exec) fn take_long(&mut self) -> Option<WaitReason> {
        self.earlier.take_long().or_else(|| self.requests.take_long())
    }

    /// AWS makes no more accounts for this organization.
    pub(in crate::exec) fn exhaust(&mut self, error: &str) {
        let why = || format!("it was not asked for, because AWS makes no more accounts: {error}");
        self.exhausted.get_or_insert_with(why);
    }

    /// Those who would ask in vain, once it is known that there is nothing of theirs already.
    pub(in crate::exec) fn turned_away(&mut self) -> Option<Refused> {
        let error = self.exhausted.clone().filter(|_| self.earlier.is_known() && !self.waiting.is_empty())?;
        let steps = std::mem::take(&mut self.waiting).into_iter().map(|(_, step)| step);
        Some(Refused { steps: steps.collect(), error })
    }

    /// The request of a step has ended, or there was none.
    pub(in crate::exec) fn release(&mut self, step: StepIndex) -> bool {
        self.in_creation.remove(&step)
    }

    /// A step waits for a request. Whoever made it, it counts.
    pub(in crate::exec) fn follow(&mut self, now: Time, step: StepIndex, request: ResourceId) {
        self.earlier.forget(&request);
        self.in_creation.insert(step);
        self.requests.add(now, request, step);
    }

    /// A page of what there is already has come. Once all is known, answers the steps that find theirs in it; `account` says
    /// the name and the address of the account of a step.
    ///
    /// # Errors
    /// The steps that waited, and why they never can ask.
    pub(in crate::exec) fn earlier_listed<'a>(
        &mut self,
        now: Time,
        result: Result<Reply, CloudError>,
        seed: Seed,
        account: impl Fn(StepIndex) -> Option<(&'a str, &'a str)>,
    ) -> Result<Vec<(StepIndex, Existing)>, Refused> {
        if let Err(error) = self.earlier.listed(now, result, seed) {
            let error = format!("what was asked for before could not be listed: {error}");
            self.refused = Some(error.clone());
            let steps = std::mem::take(&mut self.waiting).into_iter().map(|(_, step)| step);
            return Err(Refused { steps: steps.collect(), error });
        }
        if !self.earlier.is_known() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for (urgency, step) in std::mem::take(&mut self.waiting) {
            match account(step).and_then(|(name, email)| self.earlier.take(name, email)) {
                Some(existing) => found.push((step, existing)),
                None => drop(self.waiting.insert((urgency, step))),
            }
        }
        self.requests.add_others(self.earlier.others());
        Ok(found)
    }

    /// The list of requests in progress, or a page of it, has come. Answers what to ask next.
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
        self.requests.listed(now, result, lanes, seed)
    }

    /// The reply about one request has come. Answers which step may go on; [`Admission::next_question`] is to be asked then.
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
        self.requests.described(now, request, result, seed)
    }

    /// What to ask after a reply about one request.
    pub(in crate::exec) fn next_question(&mut self, now: Time, lanes: &mut Lanes) -> Option<Question> {
        self.requests.next(now, lanes)
    }
}
