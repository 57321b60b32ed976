//! The executor: a state machine without I/O.
//!
//! Inputs: [`Machine::handle_reply`], [`Machine::handle_stop`]. Output: [`Machine::poll`], which must be called after every
//! input and at the moment it asked to be woken. The caller must make [`Output::entries`] durable *before* it sends
//! [`Output::calls`]; that order is all the crash safety there is.

mod accounts;
mod ends;
mod waits;
mod zones;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use indexmap::IndexMap;

use super::identity::RunIdentity;
use super::known::Known;
use super::lane::{Lanes, StepIndex};
use super::output::{Dispatch, Output};
use super::steps::{Slot, Status, Steps};
use crate::cloud::{
    Call, CloudError, Delivery, ErrorKind, Operation, Reply, Target, Ticket, ec2, organizations,
};
use crate::exec::CallReport;
use crate::exec::accounts::admission::{Admission, Admitted};
use crate::exec::accounts::earlier::Found;
use crate::exec::accounts::exhausted;
use crate::exec::accounts::requests::Question;
use crate::exec::step::{StepRun, Want};
use crate::exec::{Event, EventKind, WaitReason};
use crate::kinds::{advice_on_refusal, facts};
use crate::model::{Address, Latencies, Limits, ResourceId};
use crate::pacing::{Contact, Failing, of_new_organization};
use crate::plan::{Action, Plan, Site, Step};
use crate::state::{CallOutcome, Entry, FORMAT_VERSION, Fact, Replay, RunStatus, StepStatus};
use crate::time::{Seed, Time};

/// A call that is under way.
struct Flight {
    sent: Time,
    report: CallReport,
    purpose: Purpose,
}

/// Who waits for a reply.
enum Purpose {
    Step {
        step: StepIndex,
        lane: usize,
        operation: Operation,
    },
    Question(Question),
    /// What was asked for before this run.
    Earlier,
}

/// The executor of one run. See the module's documentation for how to drive it.
pub struct Machine<'a> {
    known: Known<'a>,
    steps: Steps<'a>,
    seed: Seed,
    lanes: Lanes,
    timers: BTreeSet<(Time, StepIndex)>,
    asking: zones::Asking,
    flights: BTreeMap<Ticket, Flight>,
    next_ticket: u64,
    admission: Admission,
    seq: u64,
    who: String,
    fingerprint: String,
    fresh: bool,
    entries: Vec<Entry>,
    events: Vec<Event>,
    reports: Vec<CallReport>,
    calls: Vec<Dispatch>,
    stopping: bool,
    paused: bool,
    said_to_want_room: bool,
    ended: Option<RunStatus>,
    began: bool,
}

impl<'a> Machine<'a> {
    /// A machine for a plan, from its beginning or from where a journal left off.
    ///
    /// `known` are ids besides the plan's own (the organization's and its root's, which a plan against an empty organization
    /// cannot know).
    pub fn new(
        plan: &'a Plan,
        limits: Limits,
        latencies: Latencies,
        known: BTreeMap<Address, ResourceId>,
        replay: Option<&Replay>,
        RunIdentity { who, fingerprint, token_salt }: RunIdentity,
    ) -> Self {
        let mut ids = IndexMap::from_iter(known);
        for (address, record) in replay.iter().flat_map(|replay| &replay.steps) {
            if let (StepStatus::Done, Some(_), Some(id)) = (record.status, plan.step(address), &record.id) {
                ids.insert(address.clone(), id.clone());
            }
        }
        Self {
            steps: Steps::new(plan, &latencies, replay),
            seed: Seed::new(salted(&token_salt)),
            known: Known {
                plan,
                ids,
                zones: replay.map(|replay| replay.zones.clone()).unwrap_or_default(),
                latencies,
                token_salt,
            },
            admission: Admission::new(&limits),
            lanes: Lanes::new(limits),
            timers: BTreeSet::new(),
            asking: zones::Asking::default(),
            flights: BTreeMap::new(),
            next_ticket: 0,
            seq: replay.map_or(0, |replay| replay.last_seq),
            who,
            fingerprint,
            // A run that crashed before its first entry begins now.
            fresh: replay.is_none_or(|replay| replay.last_seq == 0),
            entries: Vec::new(),
            events: Vec::new(),
            reports: Vec::new(),
            calls: Vec::new(),
            stopping: false,
            paused: false,
            said_to_want_room: false,
            ended: None,
            began: false,
        }
    }

    /// A reply has come.
    pub fn handle_reply(&mut self, now: Time, ticket: Ticket, result: Result<Reply, CloudError>) {
        let Some(Flight { sent, mut report, purpose }) = self.flights.remove(&ticket) else { return };
        report.took = now.since(sent);
        report.code = result.as_ref().err().map(|error| error.code.clone());
        self.reports.push(report);
        match purpose {
            Purpose::Step { step, lane, operation } => match result {
                Ok(reply) => self.step_succeeded(now, step, &operation, &reply),
                Err(error) => self.step_failed(now, step, lane, &operation, &error),
            },
            Purpose::Question(question) => self.answered(now, &question, result),
            Purpose::Earlier => self.earlier_listed(now, result),
        }
    }

    /// No new call leaves from now on; those under way are waited for.
    pub fn handle_stop(&mut self) {
        self.stopping = true;
    }

    /// No new call leaves while the run is paused.
    pub fn handle_pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// What to do now.
    pub fn poll(&mut self, now: Time) -> Output {
        if !self.began {
            self.begin(now);
        }
        if !self.stopping && !self.paused {
            while let Some(&(at, step)) = self.timers.first() {
                if at > now {
                    break;
                }
                self.timers.pop_first();
                self.advance(now, step);
            }
            if let Some(operation) = self.admission.due_earlier(now, &mut self.lanes) {
                self.fly(now, Purpose::Earlier, None, Call { target: Target::Management, operation });
            }
            let question = self.admission.due_question(now, &mut self.lanes);
            self.ask(now, question);
            while let Some(step) = self.lanes.pop(now) {
                self.dispatch(now, step);
            }
        }
        if self.steps.left() == 0 && self.ended.is_none() && self.flights.is_empty() {
            let status = self.steps.status();
            self.record(now, Fact::Ended { status });
            self.tell(now, EventKind::Ended { status });
            self.ended = Some(status);
        }
        let wake = if self.stopping || self.paused { None } else { self.next_wake(now) };
        Output {
            entries: std::mem::take(&mut self.entries),
            calls: std::mem::take(&mut self.calls),
            events: std::mem::take(&mut self.events),
            reports: std::mem::take(&mut self.reports),
            wake,
            ended: self.ended,
            stopped: self.stopping && self.flights.is_empty() && self.ended.is_none(),
        }
    }

    fn next_wake(&self, now: Time) -> Option<Time> {
        let timer = self.timers.first().map(|(at, _)| *at);
        let lane = self.lanes.next_due();
        [timer, lane, self.admission.next_due()].into_iter().flatten().min().map(|at| at.max(now))
    }

    fn record(&mut self, now: Time, fact: Fact) {
        self.seq += 1;
        self.entries.push(Entry { seq: self.seq, at: now, fact });
    }

    fn tell(&mut self, now: Time, kind: EventKind) {
        self.events.push(Event { at: now, kind });
    }

    fn begin(&mut self, now: Time) {
        self.began = true;
        // Both were asked for a moment ago, to learn what the run begins with; the first shares its rate with units.
        for action in ["organizations:DescribeOrganization", "organizations:ListRoots"] {
            self.lanes.spend(action, &Target::Management, now);
        }
        let who = self.who.clone();
        let fact = if self.fresh {
            let plan = self.fingerprint.clone();
            Fact::Begun { format_version: FORMAT_VERSION, who, plan, organization: self.known.home() }
        } else {
            Fact::Resumed { who }
        };
        self.record(now, fact);
        let (step_count, done_count) = (self.steps.len(), self.steps.len() - self.steps.left());
        self.tell(now, EventKind::Begun { step_count, done_count });
        let asks_for_account = |(step, slot): (&Step, &Slot<'_>)| {
            facts(step.kind).is_requested && step.action == Action::Create && slot.status != Status::Done
        };
        if self.known.plan.steps().zip(self.steps.iter()).any(asks_for_account) {
            // The survey a moment ago found no organization in which anything could have been asked for.
            let found = if self.fresh && self.makes_organization() {
                Found::Nothing
            } else if self.fresh {
                Found::Accounts
            } else {
                Found::Unknown
            };
            self.admission.begin(now, found);
        }
        for step in self.steps.ready() {
            self.start(now, step);
        }
    }

    /// Whether the organization is made by this plan.
    fn makes_organization(&self) -> bool {
        self.known.plan.step(&Address::organization()).is_some_and(|step| step.action == Action::Create)
    }

    /// Everything a step waits for is done.
    fn start(&mut self, now: Time, step: StepIndex) {
        let record = self.steps[step].record.take();
        let Step { spec, look_first, .. } = self.known.step(step);
        let run = self.known.with_context(step, |cx| match record {
            None | Some((StepStatus::Untouched, _)) if *look_first => StepRun::resumed(spec, cx, None, now),
            None | Some((StepStatus::Untouched, _)) => StepRun::fresh(spec, cx),
            Some((_, request)) => StepRun::resumed(spec, cx, request, now),
        });
        self.steps[step].status = Status::Running;
        self.steps[step].run = Some(run);
        self.advance(now, step);
    }

    /// Asks a running step what it wants, and arranges it.
    fn advance(&mut self, now: Time, step: StepIndex) {
        let Some(mut run) = self.steps[step].run.take() else { return };
        let want = self.known.with_context(step, |cx| run.want(cx));
        self.steps[step].run = Some(run);
        match want {
            Want::Call(Operation::Ec2(ec2::Operation::DescribeAvailabilityZones)) => {
                self.want_zones(now, step);
            }
            Want::Call(operation) => self.queue(now, step, operation),
            Want::Pause(pause) => {
                self.settling(now, step, pause);
                self.timers.insert((now + pause, step));
            }
            Want::Decision(request) => {
                self.waiting(now, Some(step), WaitReason::Decision);
                self.await_decision(now, step, request);
            }
            Want::Done(id) => self.done(now, step, id),
            Want::Failed(error) => self.give_up(now, step, &error),
            Want::Deferred(deferral) => self.put_off(now, step, deferral),
        }
    }

    fn queue(&mut self, now: Time, step: StepIndex, operation: Operation) {
        let target = match self.known.target(step) {
            Ok(target) => target,
            Err(error) => return self.give_up(now, step, &error),
        };
        let asked = match &operation {
            Operation::Organizations(organizations::Operation::CreateAccount { name, email, .. }) => {
                Some(self.admission.ask(step, self.steps[step].urgency, name, email))
            }
            _ => None,
        };
        let lane = self.lanes.of(operation.action(), &target);
        self.steps[step].queued = Some((operation, lane));
        match asked {
            None => self.line_up(now, step, lane),
            Some(Admitted::Waits) => self.admit_accounts(now),
            Some(Admitted::Existing(existing)) => self.take(now, step, &existing),
            Some(Admitted::Never(error)) => self.give_up(now, step, &error),
        }
    }

    fn dispatch(&mut self, now: Time, step: StepIndex) {
        let Some((operation, lane)) = self.steps[step].queued.take() else { return };
        let target = match self.known.target(step) {
            Ok(target) => target,
            Err(error) => return self.give_up(now, step, &error),
        };
        let planned = self.known.step(step);
        let (address, kind, action) = (planned.address.clone(), planned.kind, planned.action);
        if !self.steps[step].started {
            self.steps[step].started = true;
            self.tell(now, EventKind::Started { address: address.clone(), kind, action });
        }
        if operation.is_mutating() {
            self.record(now, Fact::Intent { address: address.clone(), call: operation.action().to_owned() });
        }
        let call = Call { target, operation: operation.clone() };
        self.fly(now, Purpose::Step { step, lane, operation }, Some(address), call);
    }

    fn fly(&mut self, now: Time, purpose: Purpose, address: Option<Address>, call: Call) {
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        let account = match &call.target {
            Target::Management => None,
            Target::Member { account, .. } => Some(*account),
        };
        let report = CallReport {
            call: call.operation.action(),
            address: address.clone(),
            account,
            code: None,
            took: Duration::ZERO,
        };
        self.flights.insert(ticket, Flight { sent: now, report, purpose });
        self.calls.push(Dispatch { ticket, address, call });
    }

    fn step_succeeded(&mut self, now: Time, step: StepIndex, operation: &Operation, reply: &Reply) {
        let slot = &mut self.steps[step];
        *slot.failing.of(operation) = Failing::default();
        let Some(mut run) = slot.run.take() else { return };
        let waiting = self.zones_answered(now, step, reply);
        let latencies = &self.known.latencies;
        self.known.with_context(step, |cx| run.succeeded(cx, latencies, reply, now));
        let request = run.request().cloned();
        self.steps[step].run = Some(run);
        if operation.is_mutating() {
            let address = self.steps[step].address.clone();
            self.record(now, Fact::Outcome { address, outcome: CallOutcome::Ok, request: request.clone() });
        }
        if matches!(operation, Operation::Organizations(organizations::Operation::CreateAccount { .. }))
            && request.is_none()
        {
            self.release_account(now, step);
        }
        self.advance(now, step);
        for other in waiting {
            self.advance(now, other);
        }
    }

    fn step_failed(
        &mut self,
        now: Time,
        step: StepIndex,
        lane: usize,
        operation: &Operation,
        error: &CloudError,
    ) {
        let address = self.steps[step].address.clone();
        if operation.is_mutating() {
            let outcome = CallOutcome::Failed { code: error.code.clone(), delivery: error.delivery };
            self.record(now, Fact::Outcome { address: address.clone(), outcome, request: None });
        }
        let in_doubt = error.delivery == Delivery::Unknown && operation.is_mutating();
        // A request in doubt may be in progress: it counts until a look-up has found what became of it.
        if matches!(operation, Operation::Organizations(organizations::Operation::CreateAccount { .. }))
            && !in_doubt
        {
            self.release_account(now, step);
        }
        if error.kind == ErrorKind::Throttled {
            self.lanes.throttled(lane, now);
        }
        let Some(mut run) = self.steps[step].run.take() else { return };
        let latencies = &self.known.latencies;
        let handled = if in_doubt {
            if self.known.with_context(step, |cx| run.in_doubt(cx, now)) {
                let call = operation.action().to_owned();
                self.tell(now, EventKind::ReadingBack { address: address.clone(), call });
            }
            false
        } else {
            self.known.with_context(step, |cx| run.refused(cx, latencies, error, now))
        };
        self.steps[step].run = Some(run);
        if handled {
            return self.advance(now, step);
        }
        let meant = if self.makes_organization() { of_new_organization(error) } else { error.clone() };
        let management = self.known.step(step).site == Site::Management;
        let seed = self.seed;
        let failing = self.steps[step].failing.of(operation);
        let wait = if management {
            failing.again_in_management(now, &meant, seed, address.as_str())
        } else {
            failing.again(now, &meant, Contact::Made, seed, address.as_str())
        };
        match wait {
            Some(wait) => {
                self.timers.insert((now + wait, step));
                let long = failing.becomes_long(now + wait);
                self.tell(
                    now,
                    EventKind::Retrying {
                        address,
                        call: operation.action().to_owned(),
                        code: error.code.clone(),
                        wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                    },
                );
                if long {
                    self.failing_long(now, step, operation, error);
                }
            }
            None => {
                let advice = advice_on_refusal(error);
                let text = format!("{} answered {error}{advice}", operation.action());
                if matches!(
                    operation,
                    Operation::Organizations(organizations::Operation::CreateAccount { .. })
                ) && exhausted::by_refusal(error)
                {
                    self.accounts_exhausted(now, &text);
                }
                self.give_up(now, step, &text);
            }
        }
    }
}

/// A seed for the pauses of a run: the same when it is resumed, another for every other run.
fn salted(salt: &str) -> u64 {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(salt.as_bytes());
    digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
