//! The driver of a run: one machine, a cloud, and the time that the cloud lives in.
//!
//! A run on AWS and a rehearsal in a simulated cloud take the same way through [`call_and_journal`]. They differ in how calls
//! travel ([`InFlight`]) and in one rule: entries must be durable before a call leaves that outlives this process.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures::future::{BoxFuture, poll_immediate};
use futures::stream::{FuturesUnordered, StreamExt};
use tracing::Instrument as _;

use super::call_report::CallReport;
use super::engine::identity::RunIdentity;
use super::engine::machine::Machine;
use super::engine::output::{Dispatch, Output};
use super::event::{EventKind, WaitReason};
use super::leased::leased;
use super::prepare::{Ready, prepare, prepare_resume, refuse};
use super::run::{ApplyOptions, Run, limits_in_force};
use super::{Error, Event, Interruption};
use crate::cloud::{Arrival, Call, Cloud, CloudError, InFlight, Ticket};
use crate::model::{Address, Latencies, ResourceId};
use crate::plan::Plan;
use crate::state::{Replay, RunJournal, State};
use crate::time::{Elapsing, Time};

/// How many calls are under way at a time; the rest wait in line. Far above what AWS's rates let through.
const CALLS_AT_ONCE: usize = 64;

/// Carries out a plan: in AWS in real time, in a simulated cloud in virtual time, of which hours pass in moments.
///
/// # Flow
/// Takes the state's lock, makes sure that the cloud is what the plan was made from, writes the plan down, then calls and
/// journals until every step is done or has failed. A run of this very plan that was cut off is gone on with.
///
/// # Guarantees
/// Every changing call is durable in the state before it leaves. Steps that do not depend on a failed one are still
/// carried out. Applying a plan that this state has applied already does nothing.
///
/// # Assumptions
/// Nobody else creates resources with this zone's tags meanwhile.
///
/// # Caveats
/// Dropping the future stops the run where it is, calls under way included; [`resume`] then finds out what they did. To
/// stop cleanly, ask through [`ApplyOptions::stop`].
///
/// # Errors
/// [`Error::Destructive`], [`Error::Cost`], [`Error::Stale`], [`Error::Unfinished`], [`Error::Survey`]; [`Error::Interrupted`] where it was
/// asked to stop; [`Error::State`] where the state fails: the run stops at once, because it could not remember what it does.
pub async fn apply(
    plan: &Plan,
    cloud: &dyn Cloud,
    state: &State,
    options: ApplyOptions,
) -> Result<Run, Error> {
    cloud.connect();
    let options = &options;
    refuse(plan, options)?;
    leased(cloud, state, options, |lease| async move {
        let now = cloud.runtime().now();
        match prepare(plan, cloud, state, &lease, options, now).await.map_err(interrupted)? {
            None => Ok(Run::nothing(cloud.runtime().now())),
            Some(ready) => drive(plan, ready, cloud, options).await,
        }
    })
    .await
}

/// Goes on with the run that was cut off; does nothing where none was.
///
/// Flow, guarantees and errors are those of [`apply`].
///
/// # Errors
/// As [`apply`], and [`Error::State`] where the state cannot be read.
pub async fn resume(cloud: &dyn Cloud, state: &State, options: ApplyOptions) -> Result<Run, Error> {
    cloud.connect();
    let options = &options;
    // Before the lease is taken, which would make a state in whatever place was mistyped.
    state.check_exists().await?;
    leased(cloud, state, options, |lease| async move {
        let now = cloud.runtime().now();
        match prepare_resume(cloud, state, &lease, options, now).await.map_err(interrupted)? {
            None => Ok(Run::nothing(cloud.runtime().now())),
            Some((plan, ready)) => drive(&plan, ready, cloud, options).await,
        }
    })
    .await
}

/// A crash during the survey interrupts the run as one later does.
fn interrupted(error: Error) -> Error {
    if error.is_crash() { Error::crashed() } else { error }
}

/// Makes the machine of a run.
fn machine<'a>(
    plan: &'a Plan,
    known: BTreeMap<Address, ResourceId>,
    replay: Option<&Replay>,
    journal: &RunJournal,
    options: &ApplyOptions,
) -> Machine<'a> {
    // The number of the run is not enough: another state could have a run of the same number.
    let token_salt = format!("{}\n{}", journal.run(), journal.fingerprint());
    let identity =
        RunIdentity { who: options.holder().who, fingerprint: journal.fingerprint().to_owned(), token_salt };
    let limits = limits_in_force(&plan.limit_overrides);
    Machine::new(plan, limits, Latencies::default(), known, replay, identity)
}

/// Tells all who want to know what happened.
fn tell(events: Vec<Event>, reports: Vec<CallReport>, run: &mut Run, options: &ApplyOptions) {
    for report in reports {
        let CallReport { call, address, account, code, took } = &report;
        tracing::trace!(
            address = address.as_ref().map(Address::as_str),
            account = account.map(tracing::field::display),
            call,
            code,
            milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "called"
        );
        if let Some(on_call) = &options.on_call {
            on_call(&report);
        }
        run.note_call(&report);
    }
    for event in events {
        let (address, name) = (event.address().map(Address::as_str), event.name());
        match event.kind {
            // One cause may fail hundreds of steps in the same words, and keep thousands from being begun: it is an error once.
            EventKind::Failed { ref error, .. } if !run.has_failed_with(error) => {
                tracing::error!(address, event = name, "{event}");
            }
            EventKind::Waiting { reason: WaitReason::Failing { .. }, .. } => {
                tracing::warn!(address, event = name, "{event}");
            }
            EventKind::Failed { .. }
            | EventKind::Blocked { .. }
            | EventKind::Retrying { .. }
            | EventKind::ReadingBack { .. } => {
                tracing::debug!(address, event = name, "{event}");
            }
            _ => tracing::info!(address, event = name, "{event}"),
        }
        if let Some(progress) = &options.progress {
            progress(&event);
        }
        run.note(event);
    }
}

/// The span in which everything that a run tells stands.
fn span(plan: &Plan, journal: &RunJournal) -> tracing::Span {
    tracing::info_span!("run", run = %journal.run(), zone = %plan.scope.zone, step_count = plan.steps().len())
}

async fn drive(plan: &Plan, ready: Ready, cloud: &dyn Cloud, options: &ApplyOptions) -> Result<Run, Error> {
    let span = span(plan, &ready.journal);
    call_and_journal(plan, ready, cloud, options).instrument(span).await
}

/// Makes sure that a changing call may leave: the process may have lost the lease since the call was announced.
async fn may_leave(call: &Call, journal: &RunJournal) -> Result<(), Error> {
    if call.operation.is_mutating() {
        journal.lease().confirm().await.map_err(Error::CutOff)?;
    }
    Ok(())
}

async fn call_and_journal(
    plan: &Plan,
    Ready { known, replay, journal }: Ready,
    cloud: &dyn Cloud,
    options: &ApplyOptions,
) -> Result<Run, Error> {
    let runtime = cloud.runtime();
    let mut machine = machine(plan, known, replay.as_ref(), &journal, options);
    let clock = Elapsing::new(runtime.now(), runtime.steady());
    let now = || clock.at(runtime.steady());
    let mut run = Run::begin(journal.run(), now());
    let discrete = cloud.discrete();
    let ends_with_process = discrete.is_some();
    let mut flights = discrete.unwrap_or_else(|| Box::new(Overlapping::new(cloud)));
    let mut in_line: VecDeque<Dispatch> = VecDeque::new();
    let mut stopping = false;
    loop {
        if options.stop.is_asked() && !stopping {
            stopping = true;
            machine.handle_stop();
        }
        let paused = options.pause.is_paused();
        machine.handle_pause(paused);
        let Output { entries, calls, events, reports, wake, ended, stopped } = machine.poll(now());
        let written = if ends_with_process && ended.is_none() && !stopped {
            // What outlives this process outlives every call that it has made.
            journal.append_soon(&entries).await
        } else {
            journal.append(&entries).await
        };
        written.map_err(Error::CutOff)?;
        tell(events, reports, &mut run, options);
        if ended.is_some() {
            journal.compact(plan).await.map_err(Error::CutOff)?;
            return Ok(run);
        }
        if stopped {
            return Err(Error::Interrupted { reason: Interruption::Stopped });
        }
        in_line.extend(calls);
        while flights.count() < CALLS_AT_ONCE
            && let Some(Dispatch { ticket, call, .. }) = in_line.pop_front()
        {
            may_leave(&call, &journal).await?;
            flights.send(ticket, call).map_err(|_| Error::crashed())?;
        }
        if flights.count() == 0 && wake.is_none() && !paused && !stopping {
            return Err(Error::Interrupted { reason: Interruption::Stuck });
        }
        let arrivals = flights.next(wake.map(|wake| clock.steady_at(wake)));
        tokio::select! {
            // In this order, as in virtual time everything is ready at once: time passes only while no reply is there.
            biased;
            () = options.stop.asked(), if !stopping => {}
            arrived = arrivals => {
                // Replies that came at the same time are written down together.
                let now = now();
                for (ticket, result) in arrived {
                    machine.handle_reply(now, ticket, result);
                }
            }
            () = options.pause.becomes(!paused) => {}
            // However quiet the run is, the lease must not run out. Virtual time says nothing about it.
            () = runtime.sleep(at_least_a_moment(journal.lease().renew_in())), if !ends_with_process => {
                journal.lease().keep().await.map_err(Error::CutOff)?;
            }
        }
    }
}

/// Calls whose replies are futures, and overlap as those do.
struct Overlapping<'a> {
    cloud: &'a dyn Cloud,
    flying: FuturesUnordered<BoxFuture<'a, Arrival>>,
}

impl<'a> Overlapping<'a> {
    fn new(cloud: &'a dyn Cloud) -> Self {
        Self { cloud, flying: FuturesUnordered::new() }
    }
}

impl InFlight for Overlapping<'_> {
    fn send(&mut self, ticket: Ticket, call: Call) -> Result<(), CloudError> {
        let cloud = self.cloud;
        self.flying.push(Box::pin(async move { (ticket, cloud.call(call).await) }));
        Ok(())
    }

    fn count(&self) -> usize {
        self.flying.len()
    }

    fn next(&mut self, until: Option<Time>) -> BoxFuture<'_, Vec<Arrival>> {
        Box::pin(async move {
            let runtime = self.cloud.runtime();
            let sleep = async {
                match until {
                    Some(until) => runtime.sleep(at_least_a_moment(until.since(runtime.steady()))).await,
                    None => std::future::pending().await,
                }
            };
            let mut arrived = Vec::new();
            tokio::select! {
                biased;
                Some(first) = self.flying.next(), if !self.flying.is_empty() => arrived.push(first),
                () = sleep => return arrived,
            }
            while let Some(Some(next)) = poll_immediate(self.flying.next()).await {
                arrived.push(next);
            }
            arrived
        })
    }
}

fn at_least_a_moment(pause: Duration) -> Duration {
    // Never zero: a timer that fires at once could starve the replies.
    pause.max(Duration::from_millis(1))
}
