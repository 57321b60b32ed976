//! Where everything comes together: what happens when, what is watched, what is written down.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use securebase_core::cloud::{Call, CloudError, Reply};
use securebase_core::exec::{self, ApplyOptions, Error, Stop};
use securebase_core::model::Address;
use securebase_core::sim::{Director, Fault, Sent, SimulatedCloud, Submission};
use securebase_core::state::{self, State, StepRecord, StepStatus};
use securebase_core::time::{Clock, Time};

use crate::case::{Case, Deed, Event, Mishap, Moment, What};
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::tokens::Tokens;
use crate::trace::Trace;
use crate::zones::Prepared;
use crate::{operator, ready};

/// What is to become of a write.
pub(crate) enum Fate {
    Good,
    Bad(Mishap),
}

/// The file of the lease.
const LEASE: &str = "lease.json";

/// How many calls a case may take: a step that is retried for ever takes more.
const CALLS_MAX: u64 = 10_000;

/// How many wrong things are enough.
const WRONG_MAX: usize = 8;

#[derive(Default)]
struct Inner {
    events: Vec<Event>,
    calls: u64,
    writes: u64,
    reads: u64,
    /// Calls that are on their way, and when they arrive.
    late: Vec<(Time, Call)>,
    /// One of them is arriving.
    arriving: bool,
    /// The process is dead: it writes nothing more.
    dead: bool,
    /// What must not be would go on for ever: no process does anything more.
    over: bool,
    /// The state has failed: nothing may be changed any more.
    halted: bool,
    /// The lease could not be renewed during a survey: nothing may be changed before it is.
    lease_in_doubt: bool,
    /// The process has begun to write its journal: its survey is over.
    journaled: bool,
    journal: Journal,
    /// Where every step stood when the process began, or when a second one left it.
    steps_before: IndexMap<Address, StepRecord>,
    ledger: Ledger,
    trace: Trace,
    wrong: Vec<String>,
    /// The ordinals of calls that change something, with what they call.
    changing: Vec<(u64, &'static str)>,
    tokens: Tokens,
    /// Asks the process to stop.
    stop: Stop,
}

/// Directs the cloud and the store of one case, and watches both.
pub(crate) struct Desk {
    /// What is wanted, which may change between two processes.
    prepared: Mutex<Arc<Prepared>>,
    inner: Mutex<Inner>,
    /// Set once all exist, taken away at the end: they hold the desk as well.
    world: Mutex<Option<Around>>,
}

/// What a desk stands in the middle of.
#[derive(Clone)]
pub(crate) struct Around {
    pub(crate) cloud: SimulatedCloud,
    /// The state of the processes.
    pub(crate) state: State,
    /// The same one, read without anything going wrong.
    pub(crate) plain: State,
}

impl Desk {
    pub(crate) fn new(case: &Case, prepared: Arc<Prepared>) -> Arc<Self> {
        let inner = Inner { events: case.events.clone(), trace: Trace::new(), ..Inner::default() };
        Arc::new(Self { prepared: Mutex::new(prepared), inner: Mutex::new(inner), world: Mutex::new(None) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open(&self, around: Around) {
        *self.world.lock().unwrap_or_else(PoisonError::into_inner) = Some(around);
    }

    pub(crate) fn close(&self) {
        drop(self.world.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn world(&self) -> Option<Around> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Something that must not be.
    pub(crate) fn wrong(&self, what: impl Into<String>) {
        let mut inner = self.inner();
        if inner.wrong.len() < WRONG_MAX {
            let (calls, writes) = (inner.calls, inner.writes);
            let what = what.into();
            inner.trace.note(&format!("WRONG {what}"));
            inner.wrong.push(format!("after {calls} calls and {writes} writes: {what}"));
        }
    }

    /// Something that must not be, after which the case could go on for ever: it is over.
    fn fatal(&self, what: impl Into<String>) {
        self.wrong(what);
        let mut inner = self.inner();
        inner.over = true;
        inner.dead = true;
    }

    pub(crate) fn is_over(&self) -> bool {
        self.inner().over
    }

    pub(crate) fn take_wrong(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().wrong)
    }

    pub(crate) fn trace(&self) -> (u64, Vec<String>) {
        self.inner().trace.take()
    }

    pub(crate) fn note(&self, line: &str) {
        self.inner().trace.note(line);
    }

    pub(crate) fn changing(&self) -> Vec<(u64, &'static str)> {
        self.inner().changing.clone()
    }

    /// How many calls, writes and reads there were.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        let inner = self.inner();
        (inner.calls, inner.writes, inner.reads)
    }

    fn prepared(&self) -> Arc<Prepared> {
        Arc::clone(&self.prepared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on something else is wanted. Moments are counted from here.
    pub(crate) fn goes_on(&self, prepared: Arc<Prepared>, events: &[Event]) {
        self.note("the file has changed");
        *self.prepared.lock().unwrap_or_else(PoisonError::into_inner) = prepared;
        let mut inner = self.inner();
        let (calls, writes, reads) = (inner.calls, inner.writes, inner.reads);
        inner.events = events.to_vec();
        for event in &mut inner.events {
            event.at = match event.at {
                Moment::Call(ordinal) => Moment::Call(calls + ordinal),
                Moment::Write(ordinal) => Moment::Write(writes + ordinal),
                Moment::Read(ordinal) => Moment::Read(reads + ordinal),
            };
        }
    }

    /// A run was stopped: every call under way was waited for. Those of a process that died before are in doubt, not under way.
    pub(crate) fn stopped(&self) {
        let (steps, before) = {
            let inner = self.inner();
            (inner.journal.replay.steps.clone(), inner.steps_before.clone())
        };
        let is_called = |(address, step): &(&Address, &StepRecord)| {
            step.status == StepStatus::Calling && before.get(*address) != Some(step)
        };
        for (address, _) in steps.iter().filter(is_called) {
            self.wrong(format!("it stopped while a call for `{address}` was under way"));
        }
    }

    /// A process begins. What it does not know of, it cannot be blamed for.
    pub(crate) fn process_begins(&self, stop: Stop) {
        let mut inner = self.inner();
        inner.stop = stop;
        inner.dead = inner.over;
        inner.halted = false;
        inner.lease_in_doubt = false;
        inner.journaled = false;
        inner.journal.process_ended();
        inner.steps_before = inner.journal.replay.steps.clone();
    }

    /// The world is about to be surveyed for a plan: what an operator did before is going to be known.
    pub(crate) fn surveying(&self, cloud: &SimulatedCloud) {
        let mut inner = self.inner();
        inner.ledger.look_again(cloud);
        inner.ledger.meddled = false;
    }

    /// Whether an operator has done anything since.
    pub(crate) fn is_meddled_with(&self) -> bool {
        self.inner().ledger.meddled
    }

    /// A run has given something up.
    pub(crate) fn gave_up(&self) {
        self.inner().ledger.gave_up = true;
    }

    /// Nothing more happens.
    pub(crate) fn quiet(&self) {
        self.inner().events.clear();
    }

    /// A process has ended: the world is looked at from above, and the journal read back.
    pub(crate) fn process_ended(&self, Around { cloud, plain, .. }: &Around) {
        let wrong = {
            let mut inner = self.inner();
            inner.dead = inner.over;
            inner.ledger.rates_unknown = true;
            inner.ledger.audit(cloud)
        };
        wrong.into_iter().for_each(|what| self.wrong(what));
        match ready(plain.last_run()) {
            // Nothing was written yet, not even a lease.
            Ok(None) | Err(state::Error::NotFound { .. }) => {}
            Ok(Some(last)) => {
                let same = last.replay == self.inner().journal.replay;
                if !same && last.replay.last_seq > 0 {
                    self.wrong("the journal reads otherwise than it was written");
                }
            }
            Err(error) => self.wrong(format!("the journal cannot be read: {}", error.message())),
        }
    }

    /// Whether calls that arrived twice have left anything twice.
    pub(crate) fn has_twins(&self) -> bool {
        self.inner().ledger.has_twins()
    }

    fn due(&self, is_due: impl Fn(Moment) -> bool) -> Vec<Event> {
        let mut inner = self.inner();
        if inner.events.iter().all(|event| !is_due(event.at)) {
            return Vec::new();
        }
        let (due, rest) = std::mem::take(&mut inner.events).into_iter().partition(|event| is_due(event.at));
        inner.events = rest;
        due
    }

    /// Whatever is neither a fault of a call nor a mishap of a write.
    fn happens(&self, what: &What) {
        let Some(around) = self.world() else { return };
        let Around { cloud, plain, .. } = &around;
        match what {
            What::Pause(seconds) => {
                self.note(&format!("{seconds} s pass"));
                cloud.advance_to(cloud.now() + Duration::from_secs(u64::from(*seconds)));
                // Calls that left before arrive all at once now.
                self.inner().ledger.rates_unknown = true;
            }
            What::Deed(deed) => {
                let done = operator::carry_out(deed, cloud);
                self.note(&format!("operator: {deed:?}: {done:?}"));
                if done.is_some() {
                    let mut inner = self.inner();
                    inner.ledger.meddled = true;
                    // An account that is gone is asked for again, in vain: AWS keeps its address taken.
                    inner.ledger.gave_up |= matches!(deed, Deed::Expel { .. });
                    inner.ledger.look_again(cloud);
                }
            }
            What::Clock(seconds) => {
                self.note(&format!("the clock is set by {seconds} s"));
                let ahead = cloud.clock().as_micros().cast_signed() - cloud.now().as_micros().cast_signed();
                cloud.set_clock(ahead + i64::from(*seconds) * 1_000_000);
            }
            What::Second { resume } => self.second(&around, *resume, false),
            What::Takeover { resume } => {
                let held = matches!(ready(plain.lease_info()), Ok(Some(_)));
                // Longer than any lease lasts.
                cloud.advance_to(cloud.now() + Duration::from_secs(600));
                self.second(&around, *resume, held);
            }
            What::Stop => {
                self.note("it is asked to stop");
                let stop = self.inner().stop.clone();
                stop.ask();
            }
            What::Fault(_) | What::Mishap { .. } | What::Late { .. } => {}
        }
    }

    /// Another executor begins in the middle of the first one: it is kept out as long as the first has its lease. Once
    /// that has run out it is let in, and the first may do nothing any more.
    fn second(&self, Around { cloud, state, plain }: &Around, resume: bool, over: bool) {
        let held = matches!(ready(plain.lease_info()), Ok(Some(_)));
        let options = ApplyOptions::new().who("second");
        self.note("a second executor begins");
        // Whatever the first has lost, the second has not.
        let halted = std::mem::take(&mut self.inner().halted);
        let lease_in_doubt = std::mem::take(&mut self.inner().lease_in_doubt);
        // It has a survey of its own, during which a lease that was not renewed is only in doubt.
        let journaled = std::mem::take(&mut self.inner().journaled);
        let result = if resume {
            ready(exec::resume(cloud, state, options))
        } else {
            ready(exec::apply(&self.prepared().plan, cloud, state, options))
        };
        let told = result.as_ref().map_or_else(Error::code, |run| run.status.name());
        self.note(&format!("the second executor has ended: {told}"));
        {
            let mut inner = self.inner();
            inner.halted = halted;
            inner.lease_in_doubt = lease_in_doubt;
            inner.journaled = journaled;
            // What the second one left under way is not the first one's.
            inner.steps_before = inner.journal.replay.steps.clone();
        }
        // A state that cannot be read lets nobody in.
        let kept_out =
            matches!(result, Err(Error::State(state::Error::Leased { .. } | state::Error::Io { .. })));
        match (held, kept_out) {
            (true, false) => self.wrong(format!("a second executor was let in beside the first: {told}")),
            (true, true) => {}
            (false, _) => {
                let mut inner = self.inner();
                inner.ledger.rates_unknown = true;
                // Before the first one had begun, this is a state and a failure of the second one's own.
                let taken = matches!(result, Ok(_) | Err(Error::Interrupted { .. } | Error::CutOff(_)));
                inner.halted |= over && taken;
            }
        }
    }

    /// Something is about to be read.
    pub(crate) fn reading(&self, key: &str) -> Result<(), ()> {
        let ordinal = {
            let mut inner = self.inner();
            if inner.dead {
                return Err(());
            }
            inner.reads += 1;
            inner.reads
        };
        let mut read = Ok(());
        for event in self.due(|at| matches!(at, Moment::Read(due) if due <= ordinal)) {
            match event.what {
                What::Mishap { crash, .. } => {
                    self.note(&format!("read {ordinal} of {key} fails, crash: {crash}"));
                    self.inner().dead |= crash;
                    read = Err(());
                }
                what => self.happens(&what),
            }
        }
        read
    }

    /// What was on its way arrives.
    pub(crate) fn arrive(&self, cloud: &SimulatedCloud) {
        let due = {
            let mut inner = self.inner();
            if inner.late.is_empty() || inner.arriving {
                return;
            }
            let (due, rest): (Vec<_>, Vec<_>) =
                std::mem::take(&mut inner.late).into_iter().partition(|(at, _)| *at <= cloud.now());
            inner.late = rest;
            inner.arriving = true;
            due
        };
        for (_, call) in due {
            self.note(&format!("{} arrives late", call.operation.action()));
            cloud.submit(cloud.now(), &call);
        }
        self.inner().arriving = false;
    }

    /// A write is about to happen.
    pub(crate) fn writing(&self, key: &str) -> Result<Fate, ()> {
        let ordinal = {
            let mut inner = self.inner();
            if inner.dead {
                return Err(());
            }
            inner.writes += 1;
            inner.writes
        };
        let mut fate = Fate::Good;
        for event in self.due(|at| matches!(at, Moment::Write(due) if due <= ordinal)) {
            match event.what {
                What::Mishap { mishap, crash } => {
                    self.note(&format!("write {ordinal} of {key}: {mishap:?}, crash: {crash}"));
                    let mut inner = self.inner();
                    inner.dead |= crash;
                    if key == LEASE && !inner.journaled {
                        inner.lease_in_doubt = true;
                    } else {
                        inner.halted = true;
                    }
                    fate = Fate::Bad(mishap);
                }
                what => {
                    self.happens(&what);
                    // Whoever acted in between may have died, and this process with it.
                    if self.inner().dead {
                        return Err(());
                    }
                }
            }
        }
        if key == LEASE && matches!(fate, Fate::Good) {
            self.inner().lease_in_doubt = false;
        }
        Ok(fate)
    }

    /// A segment is sealed.
    pub(crate) fn sealed(&self, key: &str) {
        let mut inner = self.inner();
        inner.trace.note(&format!("{key} is sealed"));
        inner.journal.sealed();
    }

    /// A whole file is durable.
    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        if key == LEASE
            && let Err(error) = self.inner().tokens.written(bytes)
        {
            self.fatal(error);
        }
    }

    /// Bytes are durable.
    pub(crate) fn written(&self, key: &str, bytes: &[u8]) {
        let wrong = {
            let mut inner = self.inner();
            if key.contains("/journal-") {
                // The line that seals what another process has left behind is not its own.
                inner.journaled |= bytes.windows(7).any(|text| text == b"\"entry\"");
                inner.trace.note_bytes(key, bytes);
            }
            inner.journal.written(key, bytes)
        };
        wrong.into_iter().for_each(|what| self.wrong(format!("the journal: {what}")));
    }
}

/// The time of the state's lease: that of the process.
pub(crate) struct CloudClock(pub(crate) SimulatedCloud);

impl Clock for CloudClock {
    fn now(&self) -> Time {
        self.0.clock()
    }
}

impl Director for Desk {
    fn before(&self, cloud: &SimulatedCloud, sent: &Sent<'_>) -> Option<Fault> {
        if self.inner().arriving {
            // It left long ago.
            return None;
        }
        self.arrive(cloud);
        let operation = &sent.call.operation;
        let action = operation.action();
        let (ordinal, unannounced, halted) = {
            let mut inner = self.inner();
            inner.calls += 1;
            let changing = operation.is_mutating();
            if changing {
                let ordinal = inner.calls;
                inner.changing.push((ordinal, operation.name()));
            }
            (
                inner.calls,
                changing && !inner.journal.leaves(action),
                changing && (inner.halted || inner.lease_in_doubt),
            )
        };
        if unannounced {
            self.wrong(format!("{action} left before the journal announced it"));
        }
        if halted {
            self.wrong(format!("{action} left although the process had lost its state"));
        }
        if ordinal > CALLS_MAX {
            self.fatal(format!("it went on for more than {CALLS_MAX} calls"));
        }
        if self.is_over() {
            return Some(Fault::Crash { effect: false });
        }
        let mut fault = None;
        for event in self.due(|at| matches!(at, Moment::Call(due) if due <= ordinal)) {
            match event.what {
                What::Fault(found) => fault = Some(found),
                What::Late { seconds, crash } => {
                    if operation.is_mutating() {
                        let at = cloud.now() + Duration::from_secs(u64::from(seconds));
                        let prepared = self.prepared();
                        let wrong = {
                            let mut inner = self.inner();
                            inner.late.push((at, sent.call.clone()));
                            inner.ledger.on_its_way(cloud, &prepared, sent.call)
                        };
                        wrong.into_iter().for_each(|what| self.wrong(what));
                    }
                    fault = Some(if crash { Fault::Crash { effect: false } } else { Fault::LostRequest });
                }
                what => self.happens(&what),
            }
        }
        if matches!(fault, Some(Fault::Crash { .. })) {
            self.inner().dead = true;
        }
        fault
    }

    fn after(
        &self,
        cloud: &SimulatedCloud,
        sent: &Sent<'_>,
        effects: &[Result<Reply, CloudError>],
        submission: &Submission,
    ) {
        let prepared = self.prepared();
        let wrong = {
            let mut inner = self.inner();
            inner.trace.note_call(sent, submission);
            let late = inner.arriving;
            inner.ledger.served(cloud, &prepared, sent.call, effects, late)
        };
        wrong.into_iter().for_each(|what| self.wrong(what));
    }
}

/// Whether every line of a trace is kept, to be read by people.
pub(crate) fn is_verbose() -> bool {
    static VERBOSE: OnceLock<bool> = OnceLock::new();
    *VERBOSE.get_or_init(|| std::env::var_os("SIMULATION_TRACE").is_some())
}
