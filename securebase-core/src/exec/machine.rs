//! The executor: a state machine without I/O.
//!
//! Inputs: [`Machine::handle_reply`], [`Machine::handle_stop`]. Output: [`Machine::poll`], which must be called after every
//! input and at the moment it asked to be woken. The caller must make [`Output::entries`] durable *before* it sends
//! [`Output::calls`]; that order is all the crash safety there is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::cloud::{Call, CloudError, Delivery, ErrorKind, Operation, Reply, Target};
use crate::model::{AccountId, Address, Latencies, Limits, ResourceId, ResourceKind, ResourceSpec};
use crate::plan::{Action, Plan, Site, Step};
use crate::state::{CallOutcome, Entry, FORMAT_VERSION, Fact, Replay, RunStatus, StepStatus};
use crate::time::{Seed, Time};

use super::call_report::CallReport;
use super::earlier::{Earlier, Existing};
use super::event::{Event, EventKind};
use super::lane::{Lanes, StepIndex};
use super::program::{Context, Program, Want, advice_on_refusal};
use super::requests::{Answer, Blind, Question, Requests};
use super::retry::{Failing, of_new_organization};

/// Names a call that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// A call to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispatch {
    /// Its name, for the reply.
    pub ticket: Ticket,
    /// The step it serves, `None` for the shared look at account requests.
    pub address: Option<Address>,
    /// The call.
    pub call: Call,
}

/// What the machine wants done.
#[derive(Debug, Default)]
#[must_use]
pub struct Output {
    /// To be made durable before anything else.
    pub entries: Vec<Entry>,
    /// To be sent after that.
    pub calls: Vec<Dispatch>,
    /// To be told to whoever watches.
    pub events: Vec<Event>,
    /// The calls whose replies were taken up.
    pub reports: Vec<CallReport>,
    /// When to poll again at the latest, `None` to wait for replies only.
    pub wake: Option<Time>,
    /// Whether the run has ended, and how.
    pub ended: Option<RunStatus>,
    /// Whether the run has stopped because it was asked to, with work left.
    pub stopped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Waiting,
    Running,
    Done,
    Failed,
    Blocked,
}

/// What the machine knows of one step.
struct Slot {
    status: Status,
    waits_for: usize,
    waited_for_by: Vec<StepIndex>,
    urgency: Duration,
    program: Option<Program>,
    /// The operation that stands in a lane, and the lane.
    queued: Option<(Operation, usize)>,
    /// Failures in a row of its reads and of its changes. Apart, because a look-up that succeeds between two attempts at a
    /// change does not make the change any more likely to.
    failing: [Failing; 2],
    started: bool,
    /// Whether it counts against the requests for accounts that AWS decides on at a time.
    in_creation: bool,
    /// What a journal says of it, from before a crash.
    record: Option<(StepStatus, Option<ResourceId>)>,
}

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
    plan: &'a Plan,
    addresses: Vec<Address>,
    slots: Vec<Slot>,
    index: BTreeMap<Address, StepIndex>,
    ids: BTreeMap<Address, ResourceId>,
    latencies: Latencies,
    seed: Seed,
    token_salt: String,
    lanes: Lanes,
    timers: BTreeSet<(Time, StepIndex)>,
    flights: BTreeMap<Ticket, Flight>,
    next_ticket: u64,
    requests: Requests,
    earlier: Earlier,
    /// Why no account can be asked for, if none can.
    no_accounts: Option<String>,
    accounts_in_creation_max: usize,
    accounts_in_creation: usize,
    accounts_waiting: BTreeSet<(std::cmp::Reverse<Duration>, StepIndex)>,
    seq: u64,
    who: String,
    fresh: bool,
    entries: Vec<Entry>,
    events: Vec<Event>,
    reports: Vec<CallReport>,
    calls: Vec<Dispatch>,
    left: usize,
    stopping: bool,
    held: bool,
    ended: Option<RunStatus>,
    began: bool,
}

impl<'a> Machine<'a> {
    /// A machine for a plan, from its beginning or from where a journal left off.
    ///
    /// `known` are ids besides the plan's own (the organization's and its root's, which a plan against an empty organization
    /// cannot know); `token_salt` must differ between runs and be the same when a run is resumed.
    pub fn new(
        plan: &'a Plan,
        limits: Limits,
        latencies: Latencies,
        known: BTreeMap<Address, ResourceId>,
        replay: Option<&Replay>,
        who: &str,
        token_salt: &str,
    ) -> Self {
        let addresses: Vec<Address> = plan.steps().map(|step| step.address.clone()).collect();
        let index: BTreeMap<Address, StepIndex> =
            addresses.iter().enumerate().map(|(index, address)| (address.clone(), index)).collect();
        let mut slots: Vec<Slot> = plan
            .steps()
            .map(|step| Slot {
                status: Status::Waiting,
                waits_for: step.depends_on.len(),
                waited_for_by: Vec::new(),
                urgency: step.typical_duration(&latencies),
                program: None,
                queued: None,
                failing: [Failing::default(); 2],
                started: false,
                in_creation: false,
                record: replay
                    .and_then(|replay| replay.steps.get(&step.address))
                    .map(|record| (record.status, record.request.clone())),
            })
            .collect();
        for (position, step) in plan.steps().enumerate() {
            for dependency in &step.depends_on {
                if let Some(on) = index.get(&dependency.on) {
                    slots[*on].waited_for_by.push(position);
                } else {
                    slots[position].waits_for -= 1;
                }
            }
        }
        // Steps come after all they wait for, so one pass from the end gives each the longest way that begins with it.
        for position in (0..slots.len()).rev() {
            let longest = slots[position]
                .waited_for_by
                .iter()
                .map(|next| slots[*next].urgency)
                .max()
                .unwrap_or_default();
            slots[position].urgency += longest;
        }
        let mut ids = plan.known.clone();
        ids.extend(known);
        let accounts_in_creation_max =
            usize::try_from(limits.quota("accounts_in_creation")).unwrap_or(usize::MAX).max(1);
        let left = slots.len();
        let mut machine = Self {
            plan,
            addresses,
            slots,
            index,
            ids,
            latencies,
            seed: Seed::new(salted(token_salt)),
            token_salt: token_salt.to_owned(),
            lanes: Lanes::new(limits),
            timers: BTreeSet::new(),
            flights: BTreeMap::new(),
            next_ticket: 0,
            requests: Requests::default(),
            earlier: Earlier::default(),
            no_accounts: None,
            accounts_in_creation_max,
            accounts_in_creation: 0,
            accounts_waiting: BTreeSet::new(),
            seq: replay.map_or(0, |replay| replay.last_seq),
            who: who.to_owned(),
            // A run that crashed before its first entry begins now.
            fresh: replay.is_none_or(|replay| replay.last_seq == 0),
            entries: Vec::new(),
            events: Vec::new(),
            reports: Vec::new(),
            calls: Vec::new(),
            left,
            stopping: false,
            held: false,
            ended: None,
            began: false,
        };
        if let Some(replay) = replay {
            machine.take_over(replay);
        }
        machine
    }

    /// Takes over what a journal says is done.
    fn take_over(&mut self, replay: &Replay) {
        for (address, record) in &replay.steps {
            if let (StepStatus::Done, Some(position)) = (record.status, self.index.get(address).copied()) {
                if let Some(id) = &record.id {
                    self.ids.insert(address.clone(), id.clone());
                }
                self.slots[position].status = Status::Done;
                self.left -= 1;
                for next in self.slots[position].waited_for_by.clone() {
                    self.slots[next].waits_for -= 1;
                }
            }
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

    /// No new call leaves while the run is held.
    pub fn handle_pause(&mut self, held: bool) {
        self.held = held;
    }

    /// What to do now.
    pub fn poll(&mut self, now: Time) -> Output {
        if !self.began {
            self.begin(now);
        }
        if !self.stopping && !self.held {
            while let Some(&(at, step)) = self.timers.first() {
                if at > now {
                    break;
                }
                self.timers.pop_first();
                self.advance(now, step);
            }
            if let Some(operation) = self.earlier.due(now, &mut self.lanes) {
                self.fly(now, Purpose::Earlier, None, Call { target: Target::Management, operation });
            }
            let question = self.requests.due(now, &mut self.lanes);
            self.ask(now, question);
            while let Some(step) = self.lanes.pop(now) {
                self.dispatch(now, step);
            }
        }
        if self.left == 0 && self.ended.is_none() && self.flights.is_empty() {
            let all_done = self.slots.iter().all(|slot| slot.status == Status::Done);
            let status = if all_done { RunStatus::Succeeded } else { RunStatus::Failed };
            self.record(now, Fact::Ended { status });
            self.tell(now, EventKind::Ended { status });
            self.ended = Some(status);
        }
        let wake = if self.stopping || self.held { None } else { self.next_wake(now) };
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
        [timer, lane, self.requests.next_due(), self.earlier.next_due()]
            .into_iter()
            .flatten()
            .min()
            .map(|at| at.max(now))
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
            Fact::Begun { format_version: FORMAT_VERSION, who, plan: self.plan.fingerprint() }
        } else {
            Fact::Resumed { who }
        };
        self.record(now, fact);
        let (step_count, done_count) = (self.slots.len(), self.slots.len() - self.left);
        self.tell(now, EventKind::Begun { step_count, done_count });
        let asks_for_account = |(step, slot): (&Step, &Slot)| {
            step.kind == ResourceKind::Account && step.action == Action::Create && slot.status != Status::Done
        };
        if self.plan.steps().zip(&self.slots).any(asks_for_account) {
            // A run that goes on has not been surveyed for.
            self.earlier.begin(now, !self.fresh);
        }
        let ready: Vec<StepIndex> = (0..self.slots.len())
            .filter(|step| self.slots[*step].status == Status::Waiting && self.slots[*step].waits_for == 0)
            .collect();
        for step in ready {
            self.start(now, step);
        }
    }

    /// Everything a step waits for is done.
    fn start(&mut self, now: Time, step: StepIndex) {
        let record = self.slots[step].record.take();
        let program = self.with_context(step, |ctx| match record {
            None | Some((StepStatus::Untouched, _)) if ctx.step.look_first => {
                Program::resumed(ctx, None, now)
            }
            None | Some((StepStatus::Untouched, _)) => Program::fresh(ctx),
            Some((_, request)) => Program::resumed(ctx, request, now),
        });
        self.slots[step].status = Status::Running;
        self.slots[step].program = Some(program);
        self.advance(now, step);
    }

    fn with_context<R>(&self, step: StepIndex, act: impl FnOnce(&Context<'_>) -> R) -> R {
        let resolve = |address: &Address| self.ids.get(address).cloned();
        let step = &self.plan.steps_by_index(step);
        let context = Context {
            step,
            scope: &self.plan.scope,
            latencies: &self.latencies,
            account: match &step.site {
                Site::Management => None,
                Site::Member { account, .. } => self.account_at(account),
            },
            token_salt: &self.token_salt,
            resolve: &resolve,
        };
        act(&context)
    }

    fn account_at(&self, address: &Address) -> Option<AccountId> {
        self.ids.get(address)?.as_str().parse().ok()
    }

    fn target_of(&self, step: StepIndex) -> Result<Target, String> {
        match &self.plan.steps_by_index(step).site {
            Site::Management => Ok(Target::Management),
            Site::Member { account, region } => Ok(Target::Member {
                account: self
                    .account_at(account)
                    .ok_or_else(|| format!("the id of `{account}` is not known"))?,
                region: region.clone(),
                role: self.plan.scope.access_role.clone(),
            }),
        }
    }

    /// Asks the program of a running step what it wants, and arranges it.
    fn advance(&mut self, now: Time, step: StepIndex) {
        let Some(mut program) = self.slots[step].program.take() else { return };
        let want = self.with_context(step, |ctx| program.want(ctx));
        self.slots[step].program = Some(program);
        match want {
            Want::Call(operation) => self.queue(now, step, operation),
            Want::Pause(pause) => {
                self.timers.insert((now + pause, step));
            }
            Want::Decision(request) => self.await_decision(now, step, request),
            Want::Done(id) => self.done(now, step, id),
            Want::Failed(error) => self.give_up(now, step, error),
        }
    }

    fn queue(&mut self, now: Time, step: StepIndex, operation: Operation) {
        let target = match self.target_of(step) {
            Ok(target) => target,
            Err(error) => return self.give_up(now, step, error),
        };
        let creates_account = matches!(operation, Operation::CreateAccount { .. });
        let lane = self.lanes.of(operation.action(), &target);
        self.slots[step].queued = Some((operation, lane));
        let urgency = self.slots[step].urgency;
        if creates_account {
            if let Some(error) = self.no_accounts.clone() {
                self.slots[step].queued = None;
                return self.give_up(now, step, error);
            }
            if let Some(existing) = self.existing(step) {
                return self.follow(now, step, &existing);
            }
            self.accounts_waiting.insert((std::cmp::Reverse(urgency), step));
            self.admit_accounts(now);
        } else {
            self.lanes.push(lane, urgency, step, now);
        }
    }

    /// Lets as many requests for accounts into their lane as AWS decides on at a time, those of others included.
    fn admit_accounts(&mut self, now: Time) {
        if !self.earlier.is_known() {
            return;
        }
        while self.accounts_in_creation + self.requests.other_count() < self.accounts_in_creation_max {
            let Some((urgency, step)) = self.accounts_waiting.pop_first() else { break };
            if let Some((_, lane)) = &self.slots[step].queued {
                let lane = *lane;
                self.slots[step].in_creation = true;
                self.accounts_in_creation += 1;
                self.lanes.push(lane, urgency.0, step, now);
            }
        }
        if !self.accounts_waiting.is_empty() && self.requests.other_count() > 0 {
            self.requests.want_room(now);
        }
    }

    fn release_account(&mut self, now: Time, step: StepIndex) {
        if std::mem::take(&mut self.slots[step].in_creation) {
            self.accounts_in_creation -= 1;
            self.admit_accounts(now);
        }
    }

    fn dispatch(&mut self, now: Time, step: StepIndex) {
        let Some((operation, lane)) = self.slots[step].queued.take() else { return };
        let target = match self.target_of(step) {
            Ok(target) => target,
            Err(error) => return self.give_up(now, step, error),
        };
        let planned = self.plan.steps_by_index(step);
        let (address, kind, action) = (planned.address.clone(), planned.kind, planned.action);
        if !self.slots[step].started {
            self.slots[step].started = true;
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
        let slot = &mut self.slots[step];
        slot.failing[usize::from(operation.is_mutating())] = Failing::default();
        let Some(mut program) = slot.program.take() else { return };
        self.with_context(step, |ctx| program.succeeded(ctx, reply, now));
        let request = program.request().cloned();
        self.slots[step].program = Some(program);
        if operation.is_mutating() {
            let address = self.addresses[step].clone();
            self.record(now, Fact::Outcome { address, outcome: CallOutcome::Ok, request: request.clone() });
        }
        if matches!(operation, Operation::CreateAccount { .. }) && request.is_none() {
            self.release_account(now, step);
        }
        self.advance(now, step);
    }

    fn step_failed(
        &mut self,
        now: Time,
        step: StepIndex,
        lane: usize,
        operation: &Operation,
        error: &CloudError,
    ) {
        let address = self.addresses[step].clone();
        if operation.is_mutating() {
            let outcome = CallOutcome::Failed { code: error.code.clone(), delivery: error.delivery };
            self.record(now, Fact::Outcome { address: address.clone(), outcome, request: None });
        }
        if matches!(operation, Operation::CreateAccount { .. }) {
            self.release_account(now, step);
        }
        if error.kind == ErrorKind::Throttled {
            self.lanes.throttled(lane, now);
        }
        let Some(mut program) = self.slots[step].program.take() else { return };
        let in_doubt = error.delivery == Delivery::Unknown && operation.is_mutating();
        let handled = if in_doubt {
            if self.with_context(step, |ctx| program.in_doubt(ctx, now)) {
                let call = operation.action().to_owned();
                self.tell(now, EventKind::ReadingBack { address: address.clone(), call });
            }
            false
        } else {
            self.with_context(step, |ctx| program.refused(ctx, error, now)).is_ok()
        };
        self.slots[step].program = Some(program);
        if handled {
            return self.advance(now, step);
        }
        let young =
            self.plan.step(&Address::organization()).is_some_and(|step| step.action == Action::Create);
        let meant = if young { of_new_organization(error) } else { error.clone() };
        let management = self.plan.steps_by_index(step).site == Site::Management;
        let seed = self.seed;
        let failing = &mut self.slots[step].failing[usize::from(operation.is_mutating())];
        let wait = if management {
            failing.again_in_management(now, &meant, seed, address.as_str())
        } else {
            failing.again(now, &meant, seed, address.as_str())
        };
        match wait {
            Some(wait) => {
                self.timers.insert((now + wait, step));
                self.tell(
                    now,
                    EventKind::Retrying {
                        address,
                        call: operation.action().to_owned(),
                        code: error.code.clone(),
                        wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                    },
                );
            }
            None => {
                let advice = advice_on_refusal(error);
                self.give_up(now, step, format!("{} answered {error}{advice}", operation.action()));
            }
        }
    }

    fn done(&mut self, now: Time, step: StepIndex, id: ResourceId) {
        let address = self.addresses[step].clone();
        let planned = self.plan.steps_by_index(step);
        let (kind, action) = (planned.kind, planned.action);
        self.record(now, Fact::Done { address: address.clone(), id: id.clone() });
        self.tell(now, EventKind::Finished { address: address.clone(), kind, action, id: id.clone() });
        self.ids.insert(address, id);
        let slot = &mut self.slots[step];
        slot.status = Status::Done;
        slot.program = None;
        self.left -= 1;
        for next in std::mem::take(&mut self.slots[step].waited_for_by) {
            self.slots[next].waits_for -= 1;
            if self.slots[next].waits_for == 0 && self.slots[next].status == Status::Waiting {
                self.start(now, next);
            }
        }
    }

    fn give_up(&mut self, now: Time, step: StepIndex, error: String) {
        let address = self.addresses[step].clone();
        self.record(now, Fact::Failed { address: address.clone(), error: error.clone() });
        self.tell(now, EventKind::Failed { address: address.clone(), error });
        self.slots[step].status = Status::Failed;
        self.slots[step].program = None;
        self.left -= 1;
        let mut pending = std::mem::take(&mut self.slots[step].waited_for_by);
        while let Some(next) = pending.pop() {
            if self.slots[next].status == Status::Waiting {
                self.slots[next].status = Status::Blocked;
                self.left -= 1;
                let blocked = self.addresses[next].clone();
                self.tell(now, EventKind::Blocked { address: blocked, by: address.clone() });
                pending.append(&mut self.slots[next].waited_for_by);
            }
        }
    }

    fn await_decision(&mut self, now: Time, step: StepIndex, request: ResourceId) {
        // Whatever was in doubt before, a request was made.
        self.slots[step].failing = [Failing::default(); 2];
        self.earlier.forget(&request);
        if !self.slots[step].in_creation {
            // Asked for before a crash: it counts all the same.
            self.slots[step].in_creation = true;
            self.accounts_in_creation += 1;
        }
        self.requests.add(now, request, step);
    }

    fn earlier_listed(&mut self, now: Time, result: Result<Reply, CloudError>) {
        if let Err(error) = self.earlier.listed(now, result, self.seed) {
            let error = format!("what was asked for before could not be listed: {error}");
            self.no_accounts = Some(error.clone());
            while let Some((_, step)) = self.accounts_waiting.pop_first() {
                self.slots[step].queued = None;
                self.give_up(now, step, error.clone());
            }
        }
        if !self.earlier.is_known() {
            return;
        }
        let waiting: Vec<_> = self.accounts_waiting.iter().copied().collect();
        for (urgency, step) in waiting {
            if let Some(existing) = self.existing(step) {
                self.accounts_waiting.remove(&(urgency, step));
                self.follow(now, step, &existing);
            }
        }
        self.requests.add_others(self.earlier.others());
        self.admit_accounts(now);
    }

    /// What there is already of the account that a step asks for.
    fn existing(&mut self, step: StepIndex) -> Option<Existing> {
        match &self.plan.steps_by_index(step).spec {
            ResourceSpec::Account { name, email, .. } => self.earlier.take(name, email.as_str()),
            _ => None,
        }
    }

    /// Takes what there is instead of asking for it.
    fn follow(&mut self, now: Time, step: StepIndex, existing: &Existing) {
        self.slots[step].queued = None;
        if let Some(program) = &mut self.slots[step].program {
            program.exists_already(existing, now);
        }
        self.advance(now, step);
    }

    fn ask(&mut self, now: Time, question: Option<Question>) {
        if let Some(question) = question {
            let call = Call { target: Target::Management, operation: question.operation() };
            self.fly(now, Purpose::Question(question), None, call);
        }
    }

    fn answered(&mut self, now: Time, question: &Question, result: Result<Reply, CloudError>) {
        let next = match question {
            Question::List(_) => match self.requests.listed(now, result, &mut self.lanes, self.seed) {
                Ok(next) => {
                    self.admit_accounts(now);
                    next
                }
                Err(blind) => return self.blind(now, blind),
            },
            Question::Describe(request) => {
                match self.requests.described(now, request, result, self.seed) {
                    Ok(Some((step, answer))) => self.decided(now, step, &answer),
                    Ok(None) => {}
                    Err(blind) => return self.blind(now, blind),
                }
                self.requests.next(now, &mut self.lanes)
            }
        };
        self.ask(now, next);
    }

    fn decided(&mut self, now: Time, step: StepIndex, answer: &Answer) {
        if let Some(program) = &mut self.slots[step].program {
            match answer {
                Answer::Decided(found) => program.decided(found, now),
                Answer::Lost => program.request_lost(now),
            }
        }
        self.release_account(now, step);
        self.advance(now, step);
    }

    fn blind(&mut self, now: Time, Blind { steps, error }: Blind) {
        for step in steps {
            self.give_up(now, step, format!("what became of the request cannot be asked for: {error}"));
            self.release_account(now, step);
        }
    }
}

/// A seed for the pauses of a run: the same when it is resumed, another for every other run.
fn salted(salt: &str) -> u64 {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(salt.as_bytes());
    digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
