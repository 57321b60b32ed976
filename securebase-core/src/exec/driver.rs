//! The asynchronous driver: one machine, a real cloud, real time.

use std::collections::{BTreeMap, VecDeque};

use futures::future::{OptionFuture, poll_immediate};
use futures::stream::{FuturesUnordered, StreamExt};

use crate::cloud::Cloud;
use crate::model::{Address, Latencies, ResourceId};
use crate::plan::{Plan, fingerprint};
use crate::state::{Replay, RunJournal, RunStatus, State};
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
    match prepare(plan, cloud, state, &options).await? {
        Prepared::Nothing => Ok(Run::nothing(now)),
        Prepared::Begin { known, guard: _guard } => {
            let journal = state.begin(plan).await?;
            drive(plan, known, None, &journal, cloud, state, &options).await
        }
        Prepared::Continue { known, replay, journal, guard: _guard } => {
            drive(plan, known, Some(&replay), &journal, cloud, state, &options).await
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
    let guard = state.lock(&options.holder()).await?;
    let Some(recorded) = unfinished(state).await? else { return Ok(Run::nothing(now)) };
    let known = organization_ids(cloud).await?;
    let journal = state.reopen(recorded.run).await?;
    let run = drive(&recorded.plan, known, Some(&recorded.replay), &journal, cloud, state, &options).await;
    drop(guard);
    run
}

/// The last run, where it was cut off.
pub(super) async fn unfinished(state: &State) -> Result<Option<crate::state::Recorded>, Error> {
    Ok(state.last_run().await?.filter(|recorded| recorded.replay.ended.is_none()))
}

/// What there is to do with a plan.
pub(super) enum Prepared {
    /// Nothing: it is empty, or done already.
    Nothing,
    /// Carry it out.
    Begin { known: BTreeMap<Address, ResourceId>, guard: Box<dyn crate::state::Guard> },
    /// Go on with it.
    Continue {
        known: BTreeMap<Address, ResourceId>,
        replay: Replay,
        journal: RunJournal,
        guard: Box<dyn crate::state::Guard>,
    },
}

/// Everything that must hold before the first call.
pub(super) async fn prepare(
    plan: &Plan,
    cloud: &dyn Cloud,
    state: &State,
    options: &ApplyOptions,
) -> Result<Prepared, Error> {
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
    match last {
        Some(last) if last.replay.ended.is_none() && same => {
            let known = organization_ids(cloud).await?;
            let journal = state.reopen(last.run).await?;
            Ok(Prepared::Continue { known, replay: last.replay, journal, guard })
        }
        Some(last) if last.replay.ended.is_none() => Err(Error::Unfinished { run: last.run }),
        last => {
            if plan.is_empty() {
                return Ok(Prepared::Nothing);
            }
            let observed = survey(cloud, &plan.scope).await?;
            if fingerprint(&observed, &plan.scope) != plan.observed_fingerprint {
                let applied =
                    same && last.is_some_and(|last| last.replay.ended == Some(RunStatus::Succeeded));
                return if applied { Ok(Prepared::Nothing) } else { Err(Error::Stale) };
            }
            let organization = observed.organization.iter();
            let known = organization
                .flat_map(|found| {
                    [
                        (Address::organization(), found.organization.id.clone()),
                        (Address::root(), found.root.id.clone()),
                    ]
                })
                .collect();
            Ok(Prepared::Begin { known, guard })
        }
    }
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
