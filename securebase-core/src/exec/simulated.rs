//! The discrete-event driver: the same machine, a simulated cloud, virtual time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::pin::pin;

use tracing::Instrument as _;

use super::driver::{Ready, machine, may_leave, prepare, prepare_resume, refuse, span, tell};
use super::engine::machine::Machine;
use super::engine::output::{Dispatch, Output, Ticket};
use super::error::{Error, Interruption};
use super::leased::leased;
use super::run::{ApplyOptions, Run};
use super::survey::survey;
use crate::cloud::{CloudError, Reply};
use crate::observe::Observed;
use crate::plan::{Plan, Scope};
use crate::sim::SimulatedCloud;
use crate::state::State;
use crate::time::{Elapsing, Time};

/// Carries out a plan in a simulated cloud: hours of virtual time pass in moments of real time.
///
/// Flow, guarantees, caveats and errors are those of [`apply`](super::apply), with [`Error::Interrupted`] also where the
/// cloud was told to crash.
///
/// # Errors
/// As [`apply`](super::apply).
pub async fn simulate(
    plan: &Plan,
    cloud: &SimulatedCloud,
    state: &State,
    options: ApplyOptions,
) -> Result<Run, Error> {
    cloud.revive();
    let options = &options;
    refuse(plan, options)?;
    leased(cloud, state, options, |lease| async move {
        match prepare(plan, cloud, state, &lease, options, cloud.clock()).await.map_err(interrupted)? {
            None => Ok(Run::nothing(cloud.clock())),
            Some(ready) => drive(plan, ready, cloud, options).await,
        }
    })
    .await
}

/// Goes on with the run that was cut off, as [`resume`](super::resume) does.
///
/// # Errors
/// As [`resume`](super::resume).
pub async fn resume_simulated(
    cloud: &SimulatedCloud,
    state: &State,
    options: ApplyOptions,
) -> Result<Run, Error> {
    cloud.revive();
    let options = &options;
    state.check_exists().await?;
    leased(cloud, state, options, |lease| async move {
        match prepare_resume(cloud, state, &lease, options, cloud.clock()).await.map_err(interrupted)? {
            None => Ok(Run::nothing(cloud.clock())),
            Some((plan, ready)) => drive(&plan, ready, cloud, options).await,
        }
    })
    .await
}

/// A crash during the survey cuts the run off as one later does.
fn interrupted(error: Error) -> Error {
    if error.is_crash() { Error::crashed() } else { error }
}

async fn drive(
    plan: &Plan,
    ready: Ready,
    cloud: &SimulatedCloud,
    options: &ApplyOptions,
) -> Result<Run, Error> {
    let span = span(plan, &ready.journal);
    call_and_journal(plan, ready, cloud, options).instrument(span).await
}

async fn call_and_journal(
    plan: &Plan,
    Ready { known, replay, journal }: Ready,
    cloud: &SimulatedCloud,
    options: &ApplyOptions,
) -> Result<Run, Error> {
    let mut machine = machine(plan, known, replay.as_ref(), &journal, options);
    let mut world = VirtualTime::new(cloud);
    let mut run = Run::begin(journal.run(), world.now());
    let mut stopping = false;
    loop {
        if options.stop.is_asked() && !stopping {
            stopping = true;
            machine.handle_stop();
        }
        let held = options.pause.is_held();
        machine.handle_pause(held);
        let Output { entries, calls, events, reports, wake, ended, stopped } = machine.poll(world.now());
        let written = if ended.is_some() || stopped {
            journal.append(&entries).await
        } else {
            // A simulated cloud ends with its process: what outlives that outlives every call.
            journal.append_soon(&entries).await
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
        for dispatch in calls {
            may_leave(&dispatch.call, &journal).await?;
            if !world.send(&dispatch) {
                return Err(Error::crashed());
            }
        }
        match world.step(&mut machine, wake) {
            Moved::On => {}
            // No virtual time passes while the run is held.
            Moved::Stuck if held => {
                futures::future::select(pin!(options.pause.becomes(false)), pin!(options.stop.asked())).await;
            }
            Moved::Stuck => {
                return Err(Error::Interrupted { reason: Interruption::Stuck });
            }
        }
    }
}

/// Surveys a simulated cloud for a planner, as [`survey`](super::survey()) does.
///
/// A planner is a process of its own that only reads: a crash that the cloud was told to bring about while it asks costs
/// it nothing but asking again.
///
/// # Errors
/// As [`survey`](super::survey()).
pub async fn survey_simulated(cloud: &SimulatedCloud, scope: &Scope) -> Result<Observed, Error> {
    cloud.revive();
    match survey(cloud, scope).await {
        Err(error) if error.is_crash() => {
            cloud.revive();
            survey(cloud, scope).await
        }
        done => done,
    }
}

/// What became of one turn.
pub(crate) enum Moved {
    /// It goes on.
    On,
    /// Neither a reply nor a timer is left: a fault of the machine.
    Stuck,
}

/// The replies that are on their way, by the moment they arrive.
pub(crate) struct VirtualTime<'a> {
    cloud: &'a SimulatedCloud,
    clock: Elapsing,
    arrivals: BinaryHeap<Reverse<(Time, Ticket)>>,
    replies: BTreeMap<Ticket, Result<Reply, CloudError>>,
}

impl<'a> VirtualTime<'a> {
    pub(crate) fn new(cloud: &'a SimulatedCloud) -> Self {
        let clock = Elapsing::new(cloud.clock(), cloud.now());
        Self { cloud, clock, arrivals: BinaryHeap::new(), replies: BTreeMap::new() }
    }

    /// What time it is for the run.
    pub(crate) fn now(&self) -> Time {
        self.clock.at(self.cloud.now())
    }

    /// Sends a call whose entries are durable. Answers whether the process outlives that.
    pub(crate) fn send(&mut self, dispatch: &Dispatch) -> bool {
        let submission = self.cloud.submit(self.cloud.now(), &dispatch.call);
        if submission.crashed {
            return false;
        }
        self.arrivals.push(Reverse((submission.at, dispatch.ticket)));
        self.replies.insert(dispatch.ticket, submission.result);
        true
    }

    /// Moves on to whatever happens next.
    pub(crate) fn step(&mut self, machine: &mut Machine<'_>, wake: Option<Time>) -> Moved {
        let arrival = self.arrivals.peek().map(|Reverse((at, _))| *at);
        let Some(next) = [arrival, wake.map(|wake| self.clock.steady_at(wake))].into_iter().flatten().min()
        else {
            return Moved::Stuck;
        };
        self.cloud.advance_to(next);
        while let Some(&Reverse((at, ticket))) = self.arrivals.peek() {
            if at > next {
                break;
            }
            self.arrivals.pop();
            if let Some(result) = self.replies.remove(&ticket) {
                machine.handle_reply(self.clock.at(next), ticket, result);
            }
        }
        Moved::On
    }
}
