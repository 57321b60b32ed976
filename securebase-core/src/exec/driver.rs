//! The asynchronous driver: one machine, a real cloud, real time.

use std::collections::{BTreeMap, VecDeque};

use futures::future::{OptionFuture, poll_immediate};
use futures::stream::{FuturesUnordered, StreamExt};

use crate::cloud::Cloud;
use crate::model::{Address, Latencies, ResourceId};
use crate::plan::{Plan, fingerprint};
use crate::state::{Entry, FORMAT_VERSION, Fact, Guard, Recorded, Replay, RunJournal, RunStatus, State};
use crate::time::{Clock, SystemClock, Time};

use super::machine::{Dispatch, Machine, Output};
use super::run::{ApplyOptions, Run, limits_in_force};
use super::survey::{organization_ids, survey};
use super::{Error, Event};

/// How many calls are under way at a time; the rest wait in line. Far above what AWS's rates let through.
const CALLS_AT_ONCE: usize = 64;

/// Carries out a plan.
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
/// [`Error::Destructive`], [`Error::Stale`], [`Error::Unfinished`], [`Error::Survey`]; [`Error::Interrupted`] where it was
/// asked to stop; [`Error::State`] where the state fails: the run stops at once, because it could not remember what it does.
pub async fn apply(
    plan: &Plan,
    cloud: &dyn Cloud,
    state: &State,
    options: ApplyOptions,
) -> Result<Run, Error> {
    let now = SystemClock.now();
    match prepare(plan, cloud, state, &options, now).await? {
        None => Ok(Run::nothing(now)),
        Some(Ready { known, replay, journal, guard: _guard }) => {
            drive(plan, known, replay.as_ref(), &journal, cloud, state, &options).await
        }
    }
}

/// Goes on with the run that was cut off; does nothing where none was.
///
/// Flow, guarantees and errors are those of [`apply`].
///
/// # Errors
/// As [`apply`], and [`Error::State`] where the state cannot be read.
pub async fn resume(cloud: &dyn Cloud, state: &State, options: ApplyOptions) -> Result<Run, Error> {
    let now = SystemClock.now();
    match prepare_resume(cloud, state, &options, now).await? {
        None => Ok(Run::nothing(now)),
        Some((plan, Ready { known, replay, journal, guard: _guard })) => {
            drive(&plan, known, replay.as_ref(), &journal, cloud, state, &options).await
        }
    }
}

/// A run that may call.
pub(super) struct Ready {
    pub(super) known: BTreeMap<Address, ResourceId>,
    /// What an earlier part of the run has done, `None` where it begins.
    pub(super) replay: Option<Replay>,
    pub(super) journal: RunJournal,
    pub(super) guard: Box<dyn Guard>,
}

/// Whether a run has ended neither way.
fn is_unfinished(recorded: &Recorded) -> bool {
    recorded.replay.ended.is_none()
}

/// Everything that must hold before the first call; `None` where the plan is empty, or done already.
pub(super) async fn prepare(
    plan: &Plan,
    cloud: &dyn Cloud,
    state: &State,
    options: &ApplyOptions,
    now: Time,
) -> Result<Option<Ready>, Error> {
    let unnamed: Vec<Address> = plan
        .destructive()
        .into_iter()
        .filter(|address| !options.destroy.contains(*address))
        .cloned()
        .collect();
    if !unnamed.is_empty() {
        return Err(Error::Destructive { addresses: unnamed });
    }
    let guard = state.lock(&options.holder()).await?;
    let last = state.last_run().await?;
    let same = last.as_ref().is_some_and(|last| last.plan.fingerprint() == plan.fingerprint());
    let done = same && last.as_ref().is_some_and(|last| last.replay.ended == Some(RunStatus::Succeeded));
    let unfinished = last.filter(is_unfinished);
    if let Some(last) = unfinished {
        if same {
            return go_on(last, cloud, state, options, now, guard).await.map(|(_, ready)| Some(ready));
        }
        if last.replay.last_seq > 0 {
            return Err(Error::Unfinished { run: last.run });
        }
        // It never called anything: nothing is lost with it.
        abandon(&last.plan, &state.reopen(last.run).await?, options, now).await?;
    }
    if plan.is_empty() {
        return Ok(None);
    }
    if done {
        // Applying again what was done changes nothing; unless it was undone to the last bit.
        let Some(known) = fresh(plan, cloud).await? else { return Ok(None) };
        return Ok(Some(Ready { known, replay: None, journal: state.begin(plan).await?, guard }));
    }
    // Written down before the cloud is asked anything: a run that is cut off from here on can be resumed.
    let journal = state.begin(plan).await?;
    let known = fresh_or_abandon(plan, cloud, &journal, options, now).await?;
    Ok(Some(Ready { known, replay: None, journal, guard }))
}

/// Everything that must hold before a run goes on; `None` where none was cut off.
pub(super) async fn prepare_resume(
    cloud: &dyn Cloud,
    state: &State,
    options: &ApplyOptions,
    now: Time,
) -> Result<Option<(Plan, Ready)>, Error> {
    let guard = state.lock(&options.holder()).await?;
    match state.last_run().await?.filter(is_unfinished) {
        None => Ok(None),
        Some(last) => go_on(last, cloud, state, options, now, guard).await.map(Some),
    }
}

/// Takes up a run that was cut off. One that had called nothing yet begins as if applied now.
async fn go_on(
    last: Recorded,
    cloud: &dyn Cloud,
    state: &State,
    options: &ApplyOptions,
    now: Time,
    guard: Box<dyn Guard>,
) -> Result<(Plan, Ready), Error> {
    let Recorded { run, plan, replay } = last;
    let journal = state.reopen(run).await?;
    let (known, replay) = if replay.last_seq == 0 {
        (fresh_or_abandon(&plan, cloud, &journal, options, now).await?, None)
    } else {
        (organization_ids(cloud).await?, Some(replay))
    };
    Ok((plan, Ready { known, replay, journal, guard }))
}

/// The ids to begin with, where the cloud is what the plan was made from; `None` where it is not.
async fn fresh(plan: &Plan, cloud: &dyn Cloud) -> Result<Option<BTreeMap<Address, ResourceId>>, Error> {
    let observed = survey(cloud, &plan.scope).await?;
    if fingerprint(&observed, &plan.scope) != plan.observed_fingerprint {
        return Ok(None);
    }
    let organization = observed.organization.iter();
    let ids = organization.flat_map(|found| {
        [(Address::organization(), found.organization.id.clone()), (Address::root(), found.root.id.clone())]
    });
    Ok(Some(ids.collect()))
}

/// As [`fresh`]; where the run cannot begin, that is written down.
async fn fresh_or_abandon(
    plan: &Plan,
    cloud: &dyn Cloud,
    journal: &RunJournal,
    options: &ApplyOptions,
    now: Time,
) -> Result<BTreeMap<Address, ResourceId>, Error> {
    let error = match fresh(plan, cloud).await {
        Ok(Some(known)) => return Ok(known),
        Ok(None) => Error::Stale,
        // The dead write nothing down.
        Err(error) if error.is_crash() => return Err(error),
        Err(error) => error,
    };
    abandon(plan, journal, options, now).await?;
    Err(error)
}

/// Ends a run that has called nothing.
async fn abandon(plan: &Plan, journal: &RunJournal, options: &ApplyOptions, now: Time) -> Result<(), Error> {
    let who = options.holder().who;
    let begun = Fact::Begun { format_version: FORMAT_VERSION, who, plan: plan.fingerprint() };
    let ended = Fact::Ended { status: RunStatus::Failed };
    let entries = [Entry { seq: 1, at: now, fact: begun }, Entry { seq: 2, at: now, fact: ended }];
    Ok(journal.append(&entries).await?)
}

/// Makes the machine of a run.
pub(super) fn machine<'a>(
    plan: &'a Plan,
    known: BTreeMap<Address, ResourceId>,
    replay: Option<&Replay>,
    journal: &RunJournal,
    options: &ApplyOptions,
) -> Machine<'a> {
    // The number of the run is not enough: another state could have a run of the same number.
    let token_salt = format!("{}\n{}", journal.run(), plan.fingerprint());
    let limits = limits_in_force(&plan.limit_overrides);
    Machine::new(plan, limits, Latencies::default(), known, replay, &options.holder().who, &token_salt)
}

/// Tells an event to all who want to know.
pub(super) fn tell(event: Event, run: &mut Run, options: &ApplyOptions) {
    tracing::debug!(address = event.address().map(Address::as_str), event = event.name(), "{event}");
    if let Some(progress) = &options.progress {
        progress(&event);
    }
    run.note(event);
}

async fn drive(
    plan: &Plan,
    known: BTreeMap<Address, ResourceId>,
    replay: Option<&Replay>,
    journal: &RunJournal,
    cloud: &dyn Cloud,
    state: &State,
    options: &ApplyOptions,
) -> Result<Run, Error> {
    let clock = SystemClock;
    let mut machine = machine(plan, known, replay, journal, options);
    let mut run = Run::begin(journal.run(), clock.now());
    let mut flying = FuturesUnordered::new();
    let mut in_line: VecDeque<Dispatch> = VecDeque::new();
    let mut stopping = false;
    loop {
        if options.stop.is_asked() && !stopping {
            stopping = true;
            machine.handle_stop();
        }
        let now = clock.now();
        let Output { entries, calls, events, wake, ended, stopped } = machine.poll(now);
        journal.append(&entries).await?;
        for event in events {
            tell(event, &mut run, options);
        }
        if ended.is_some() {
            state.compact().await?;
            return Ok(run);
        }
        if stopped {
            return Err(Error::Interrupted { why: "it was asked to stop".to_owned() });
        }
        in_line.extend(calls);
        while flying.len() < CALLS_AT_ONCE
            && let Some(Dispatch { ticket, call, .. }) = in_line.pop_front()
        {
            flying.push(async move { (ticket, cloud.call(call).await) });
        }
        let pause: OptionFuture<_> = wake.map(|wake| cloud.pause(pause_until(wake, now))).into();
        tokio::select! {
            Some((ticket, result)) = flying.next(), if !flying.is_empty() => {
                machine.handle_reply(clock.now(), ticket, result);
                // Replies that came at the same time are written down together.
                while let Some(Some((ticket, result))) = poll_immediate(flying.next()).await {
                    machine.handle_reply(clock.now(), ticket, result);
                }
            }
            Some(()) = pause => {}
            () = options.stop.asked(), if !stopping => {}
            else => return Err(Error::Interrupted { why: "nothing was left to wait for".to_owned() }),
        }
    }
}

fn pause_until(wake: Time, now: Time) -> std::time::Duration {
    // Never zero: a timer that fires at once could starve the replies.
    wake.since(now).max(std::time::Duration::from_millis(1))
}
