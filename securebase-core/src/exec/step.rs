//! One step under way: asks its kind's procedure for the next call and hands it the replies.
//!
//! The skeleton is the same for every kind: look up, act, await. What a kind does at each of these is its
//! [`Procedure`]; what is retried, discarded, looked for again and given up is decided here.

use std::time::Duration;

use super::accounts::earlier::Existing;
use crate::cloud::organizations::AccountRequest;
use crate::cloud::{CloudError, ErrorKind, Operation, PageToken, Reply};
use crate::kinds::ResourceSpec;
use crate::kinds::step::{
    Acted, Action, Context, Decided, Deferral, Found, Procedure, Progress, Reaction, Settled, StepError,
};
use crate::model::{Latencies, Latency, ResourceId};
use crate::pacing::Pages;
use crate::time::Time;

/// What a step wants next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Want {
    /// A call.
    Call(Operation),
    /// To be asked again after a while.
    Pause(Duration),
    /// A wake-up once AWS has decided on this request for an account.
    Decision(ResourceId),
    /// Nothing more: it is done.
    Done(ResourceId),
    /// Nothing more: it cannot be done.
    Failed(String),
    /// Nothing more for now: it cannot be done before time has passed or a person has acted.
    Deferred(Deferral),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    LookUp,
    Act(usize),
    Decision,
    Await,
    Discard,
    Finished,
}

/// Generations of an asynchronous resource that failed before a step gives up.
const GENERATIONS_MAX: u32 = 3;

/// How long a change may take to settle: half as long again as AWS's own waiters wait.
const SETTLE_MAX: Duration = Duration::from_secs(900);

/// How long to wait before a look-up that showed nothing is repeated.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The progress of one step.
#[derive(Debug)]
pub(super) struct StepRun<'p> {
    procedure: Box<dyn Procedure + 'p>,
    stage: Stage,
    progress: Progress,
    request: Option<ResourceId>,
    page: Option<PageToken>,
    /// The pages of the list that is being read.
    pages: Pages,
    /// Since when an effect is in doubt.
    doubt_since: Option<Time>,
    /// AWS says that it exists: not finding it is then this failure.
    exists: Option<StepError>,
    pause: Option<Duration>,
    polls: u32,
    awaited_since: Option<Time>,
    failure: Option<StepError>,
    deferral: Option<Deferral>,
}

impl<'p> StepRun<'p> {
    /// A step that has not called anything yet.
    pub(super) fn fresh(spec: &'p ResourceSpec, cx: &Context<'_>) -> Self {
        let procedure = spec.as_kind().procedure();
        let stage = if procedure.looks_first(cx) { Stage::LookUp } else { Stage::Act(0) };
        Self {
            procedure,
            stage,
            progress: Progress::default(),
            request: None,
            page: None,
            pages: Pages::default(),
            doubt_since: None,
            exists: None,
            pause: None,
            polls: 0,
            awaited_since: None,
            failure: None,
            deferral: None,
        }
    }

    /// A step after a crash: what an earlier attempt has done is looked up first.
    pub(super) fn resumed(
        spec: &'p ResourceSpec,
        cx: &Context<'_>,
        request: Option<ResourceId>,
        now: Time,
    ) -> Self {
        let mut run = Self::fresh(spec, cx);
        run.request = request;
        if run.request.is_some() {
            if let Some(requested) = run.procedure.requested() {
                requested.has_asked();
            }
            run.stage = Stage::Decision;
        } else if run.has_look_up(cx) {
            run.stage = Stage::LookUp;
            run.doubt_since = Some(now);
        }
        run
    }

    /// Whether an earlier attempt could be found again by a natural key.
    fn has_look_up(&self, cx: &Context<'_>) -> bool {
        matches!(cx.action, Action::Create | Action::Move | Action::Update | Action::Verify)
            && matches!(self.look_up(cx), Ok(Some(_)))
    }

    fn look_up(&self, cx: &Context<'_>) -> Result<Option<Operation>, StepError> {
        // What is changed or deleted is known by its id: a second attempt needs no look-up.
        if matches!(cx.action, Action::Create | Action::Move) || self.procedure.looks_first(cx) {
            self.procedure.look_up(cx, self.page.clone())
        } else {
            Ok(None)
        }
    }

    fn act(&self, cx: &Context<'_>, index: usize) -> Result<Option<Operation>, StepError> {
        let nth = |mut operations: Vec<Operation>| {
            (index < operations.len()).then(|| operations.swap_remove(index))
        };
        match cx.action {
            Action::Create | Action::Move | Action::Verify => {
                self.procedure.create(cx, &self.progress, index)
            }
            Action::Update | Action::Adopt => self.procedure.update(cx, &self.progress).map(nth),
            Action::Delete => self.procedure.delete(cx).map(nth),
            Action::NoOp => Ok(None),
        }
    }

    /// What the step wants next.
    pub(super) fn want(&mut self, cx: &Context<'_>) -> Want {
        if let Some(failure) = self.failure.take() {
            return Want::Failed(failure.to_string());
        }
        if let Some(deferral) = self.deferral.take() {
            return Want::Deferred(deferral);
        }
        if let Some(pause) = self.pause.take() {
            return Want::Pause(pause);
        }
        let wanted = match self.stage {
            Stage::LookUp => self.look_up(cx),
            Stage::Act(index) => match self.act(cx, index) {
                Ok(None) => {
                    self.stage = Stage::Await;
                    self.procedure.settle(cx, &self.progress)
                }
                act => act,
            },
            Stage::Decision => {
                return match &self.request {
                    Some(request) => Want::Decision(request.clone()),
                    None => Want::Failed(StepError::NoRequest.to_string()),
                };
            }
            Stage::Await => self.procedure.settle(cx, &self.progress),
            Stage::Discard => self.procedure.discard(cx, &self.progress).map(Some),
            Stage::Finished => Ok(None),
        };
        let wanted = wanted.and_then(|wanted| match wanted {
            Some(operation) => Ok(Want::Call(operation)),
            None => self.procedure.id(cx, &self.progress).map(Want::Done),
        });
        wanted.unwrap_or_else(|error| Want::Failed(error.to_string()))
    }

    /// Since when the change has been waited for to settle, where it is.
    pub(super) fn settling_since(&self) -> Option<Time> {
        self.awaited_since.filter(|_| self.stage == Stage::Await)
    }

    /// The request for an account that was made, if one was.
    pub(super) fn request(&self) -> Option<&ResourceId> {
        self.request.as_ref()
    }

    /// A call succeeded.
    pub(super) fn succeeded(&mut self, cx: &Context<'_>, latencies: &Latencies, reply: &Reply, now: Time) {
        let result = match self.stage {
            Stage::LookUp => {
                self.procedure.read_look_up(cx, reply).map(|found| self.found(latencies, found, now))
            }
            Stage::Act(index) => {
                self.procedure.read_act(cx, index, reply).map(|acted| self.acted(index, acted, now))
            }
            Stage::Await => self
                .procedure
                .read_settle(cx, &self.progress, reply)
                .map(|settled| self.settled(cx, latencies, settled, now)),
            Stage::Discard => {
                self.discarded();
                Ok(())
            }
            Stage::Decision | Stage::Finished => Ok(()),
        };
        if let Err(error) = result {
            self.failure = Some(error);
        }
    }

    fn found(&mut self, latencies: &Latencies, found: Found, now: Time) {
        self.page = None;
        let mut pages = std::mem::take(&mut self.pages);
        match found {
            Found::Present { id, acts_done } => {
                self.progress.made = Some(id);
                self.doubt_since = None;
                self.stage = Stage::Act(acts_done);
            }
            Found::Requested(request) => {
                self.request = Some(request);
                self.doubt_since = None;
                self.stage = Stage::Decision;
            }
            Found::More(None) => {}
            Found::More(Some(page)) => match pages.turn(page) {
                Ok(page) => (self.page, self.pages) = (Some(page), pages),
                Err(error) => self.failure = Some(StepError::EndlessList(error)),
            },
            Found::Hidden => {
                self.doubt_since.get_or_insert(now);
            }
            Found::Ready => {
                self.doubt_since = None;
                self.absent(latencies, now);
            }
            Found::Absent => self.absent(latencies, now),
        }
    }

    fn absent(&mut self, latencies: &Latencies, now: Time) {
        let visibility = latencies.max(Latency::Visibility).max(Duration::from_secs(5));
        let window = visibility * self.procedure.doubts();
        if self.doubt_since.is_some_and(|since| now.since(since) < window) {
            // What was made a moment ago may not show yet.
            self.pause = Some(LOOK_AGAIN);
            self.look_from_the_start();
        } else if let Some(error) = self.exists.take() {
            self.failure = Some(error);
        } else {
            self.doubt_since = None;
            self.procedure.look_again();
            self.stage = Stage::Act(0);
        }
    }

    fn acted(&mut self, index: usize, acted: Acted, now: Time) {
        match acted {
            Acted::Next => self.stage = Stage::Act(index + 1),
            Acted::Made(id) => {
                self.progress.made = Some(id);
                self.stage = Stage::Act(index + 1);
            }
            Acted::Again => {}
            Acted::Settled => self.stage = Stage::Finished,
            Acted::Requested(decided) => self.decide(decided, now),
        }
    }

    fn discarded(&mut self) {
        self.progress.made = None;
        self.progress.generation += 1;
        self.stage = Stage::Act(0);
    }

    fn settled(&mut self, cx: &Context<'_>, latencies: &Latencies, settled: Settled, now: Time) {
        match settled {
            Settled::Yes => self.stage = Stage::Finished,
            // What is waited for may have been deleted by hand, and then it never comes.
            Settled::No if now.since(*self.awaited_since.get_or_insert(now)) >= SETTLE_MAX => {
                self.failure = Some(StepError::NotSettled { minutes: SETTLE_MAX.as_secs() / 60 });
            }
            Settled::No => {
                self.pause = Some(self.poll_pause(cx.action, latencies));
                self.polls += 1;
            }
            Settled::Failed(error) if self.progress.generation + 1 >= GENERATIONS_MAX => {
                self.failure = Some(error);
            }
            Settled::Failed(_) => {
                self.polls = 0;
                self.awaited_since = None;
                self.stage = Stage::Discard;
            }
        }
    }

    /// How long to wait before the next poll: not before it can possibly have settled, then often enough.
    fn poll_pause(&self, action: Action, latencies: &Latencies) -> Duration {
        match self.procedure.latency(action).map(|latency| latencies.get(latency)) {
            Some(latency) if self.polls == 0 => Duration::from_secs_f64(latency.min.max(1.0)),
            Some(_) => Duration::from_secs(5),
            None => Duration::from_secs(2),
        }
    }

    /// A call failed for sure, in a way that is not simply tried again. Says whether the step goes on.
    pub(super) fn refused(
        &mut self,
        cx: &Context<'_>,
        latencies: &Latencies,
        error: &CloudError,
        now: Time,
    ) -> bool {
        let not_found = error.kind == ErrorKind::NotFound;
        match self.stage {
            Stage::LookUp if not_found => {
                let found = self.procedure.not_found();
                self.found(latencies, found, now);
                true
            }
            Stage::Discard if not_found => {
                self.discarded();
                true
            }
            Stage::Await if not_found && cx.action == Action::Delete => {
                self.stage = Stage::Finished;
                true
            }
            Stage::Act(index) if not_found && cx.action == Action::Delete => {
                self.stage = Stage::Act(index + 1);
                true
            }
            Stage::Act(index) => {
                let reaction = match self.procedure.refused(cx, error) {
                    Reaction::Unhandled if error.kind == ErrorKind::AlreadyExists => Reaction::Exists,
                    reaction => reaction,
                };
                self.react(cx, index, reaction, error, now)
            }
            _ => false,
        }
    }

    fn react(
        &mut self,
        cx: &Context<'_>,
        index: usize,
        reaction: Reaction,
        error: &CloudError,
        now: Time,
    ) -> bool {
        match reaction {
            Reaction::Done => self.stage = Stage::Act(index + 1),
            Reaction::Again { after } => self.pause = after,
            Reaction::LookUp => self.stage = Stage::LookUp,
            Reaction::Exists if self.has_look_up(cx) && self.exists.is_none() => {
                self.exists = Some(StepError::NotShown { refusal: error.to_string() });
                self.look_from_the_start();
                self.doubt_since = Some(now);
            }
            Reaction::PutOff(put_off) => self.deferral = Some(put_off.at(now)),
            Reaction::Exists | Reaction::Unhandled => return false,
        }
        true
    }

    /// Whether the last call had its effect is not known. Says whether the step will look it up; if not, its calls are such
    /// that calling again is harmless.
    pub(super) fn in_doubt(&mut self, cx: &Context<'_>, now: Time) -> bool {
        let looks_up = matches!(self.stage, Stage::Act(0)) && self.has_look_up(cx);
        if looks_up {
            self.look_from_the_start();
            self.doubt_since = Some(now);
        }
        looks_up
    }

    fn look_from_the_start(&mut self) {
        self.procedure.look_again();
        self.begin_look_up();
    }

    fn begin_look_up(&mut self) {
        self.stage = Stage::LookUp;
        self.page = None;
        self.pages = Pages::default();
    }

    /// The request for the resource was decided on.
    pub(super) fn decided(&mut self, request: &AccountRequest, now: Time) {
        if let Some(requested) = self.procedure.requested() {
            let decided = requested.decided(request);
            self.take(decided, now);
        }
    }

    /// The resource is there already, or was asked for before: nothing must be asked for.
    pub(super) fn exists_already(&mut self, existing: &Existing, now: Time) {
        let Some(requested) = self.procedure.requested() else { return };
        let decided = match existing {
            Existing::Request(request) => requested.found_request(request),
            Existing::Account(account) => requested.found(account).map(Decided::Made),
        };
        self.take(decided, now);
    }

    /// AWS no longer knows the request.
    pub(super) fn request_lost(&mut self, now: Time) {
        self.request = None;
        self.look_from_the_start();
        self.doubt_since = Some(now);
    }

    fn take(&mut self, decided: Result<Decided, StepError>, now: Time) {
        match decided {
            Ok(decided) => self.decide(decided, now),
            Err(error) => {
                self.request = None;
                self.failure = Some(error);
            }
        }
    }

    fn decide(&mut self, decided: Decided, now: Time) {
        match decided {
            Decided::Waiting(request) => {
                self.request = Some(request);
                self.stage = Stage::Decision;
            }
            Decided::Made(id) => {
                self.progress.made = Some(id);
                self.stage = Stage::Act(1);
            }
            Decided::LookUp { in_doubt, after, else_fails } => {
                self.request = None;
                self.pause = after;
                if else_fails.is_some() {
                    self.exists = else_fails;
                }
                self.begin_look_up();
                if in_doubt {
                    self.doubt_since = Some(now);
                }
            }
            Decided::PutOff(put_off) => {
                self.request = None;
                self.deferral = Some(put_off.at(now));
            }
        }
    }
}
