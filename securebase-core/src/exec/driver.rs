//! The asynchronous driver: one machine, a real cloud, real time.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures::future::{OptionFuture, poll_immediate};
use futures::stream::{FuturesUnordered, StreamExt};
use tracing::Instrument as _;

use super::call_report::CallReport;
use super::engine::identity::RunIdentity;
use super::engine::machine::Machine;
use super::engine::output::{Dispatch, Output};
use super::event::{EventKind, WaitReason};
use super::keeping::Keeping;
use super::leased::leased;
use super::run::{ApplyOptions, Run, limits_in_force};
use super::survey::{organization_ids, survey};
use super::{Error, Event, Interruption};
use crate::cloud::{Call, Cloud};
use crate::model::{Address, Latencies, ResourceId};
use crate::plan::{Plan, fingerprint};
use crate::state::{
    Entry, Error as StateError, FORMAT_VERSION, Fact, Lease, Recorded, Replay, RunJournal, RunStatus, State,
};
use crate::time::{Elapsing, Time};

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
/// [`Error::Destructive`], [`Error::Cost`], [`Error::Stale`], [`Error::Unfinished`], [`Error::Survey`]; [`Error::Interrupted`] where it was
/// asked to stop; [`Error::State`] where the state fails: the run stops at once, because it could not remember what it does.
pub async fn apply(
    plan: &Plan,
    cloud: &dyn Cloud,
    state: &State,
    options: ApplyOptions,
) -> Result<Run, Error> {
    let (now, options) = (cloud.now(), &options);
    refuse(plan, options)?;
    leased(cloud, state, options, |lease| async move {
        match prepare(plan, cloud, state, &lease, options, now).await? {
            None => Ok(Run::nothing(now)),
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
    let (now, options) = (cloud.now(), &options);
    // Before the lease is taken, which would make a state in whatever place was mistyped.
    state.check_exists().await?;
    leased(cloud, state, options, |lease| async move {
        match prepare_resume(cloud, state, &lease, options, now).await? {
            None => Ok(Run::nothing(now)),
            Some((plan, ready)) => drive(&plan, ready, cloud, options).await,
        }
    })
    .await
}

/// Refuses a plan that destroys what the caller has not named, or leaves less margin than the caller accepts.
pub(super) fn refuse(plan: &Plan, options: &ApplyOptions) -> Result<(), Error> {
    // A slip in an address must not stand for a resource that is destroyed nowhere.
    plan.check_targets(&options.destroy)?;
    let addresses: Vec<Address> = plan
        .destructive()
        .into_iter()
        .filter(|address| !options.destroy.contains(*address))
        .cloned()
        .collect();
    if !addresses.is_empty() {
        return Err(Error::Destructive { addresses });
    }
    match &options.margin_floor {
        Some(floor) => floor.check(plan).map_err(|error| Error::Cost(Box::new(error))),
        None => Ok(()),
    }
}

/// A run that may call.
pub(super) struct Ready {
    pub(super) known: BTreeMap<Address, ResourceId>,
    /// What an earlier part of the run has done, `None` where it begins.
    pub(super) replay: Option<Replay>,
    pub(super) journal: RunJournal,
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
    lease: &Lease,
    options: &ApplyOptions,
    now: Time,
) -> Result<Option<Ready>, Error> {
    let last = state.last_run().await?;
    state.check_zone(last.as_ref(), &plan.scope.zone)?;
    let home = state.organization(last.as_ref()).await?;
    // A plan that was made without a cloud, or that makes the organization, shows its organization only when it meets one.
    if plan.organization().is_some() {
        state.check_organization(home.as_ref(), plan.organization())?;
    }
    let same = last.as_ref().is_some_and(|last| last.plan == *plan);
    let done = same && last.as_ref().is_some_and(|last| last.replay.ended == Some(RunStatus::Succeeded));
    let unfinished = last.filter(is_unfinished);
    if let Some(last) = unfinished {
        if same {
            return go_on(last, cloud, state, lease, options, now).await.map(|(_, ready)| Some(ready));
        }
        if last.replay.last_seq > 0 {
            return Err(Error::Unfinished { run: last.run });
        }
        // It never called anything: nothing is lost with it.
        abandon(&state.reopen(lease, &last).await?, options, now).await?;
    }
    if plan.is_empty() {
        return Ok(None);
    }
    if done {
        // Applying again what was done changes nothing; unless it was undone to the last bit.
        let surveyed = Surveyed::of(plan, cloud, lease).await?;
        if !surveyed.is_as_planned {
            return Ok(None);
        }
        surveyed.check_organization(state, home.as_ref())?;
        let journal = state.begin(lease, plan).await?;
        return Ok(Some(Ready { known: surveyed.known, replay: None, journal }));
    }
    // Written down before the cloud is asked anything: a run that is cut off from here on can be resumed.
    let journal = state.begin(lease, plan).await?;
    let surveyed = match Surveyed::of(plan, cloud, lease).await {
        Ok(surveyed) => surveyed,
        // A process that crashed writes nothing more.
        Err(error) if error.is_crash() => return Err(error),
        Err(error) => {
            abandon(&journal, options, now).await?;
            return Err(error);
        }
    };
    if let Err(error) = surveyed.check_organization(state, home.as_ref()) {
        abandon(&journal, options, now).await?;
        return Err(error.into());
    }
    let known = surveyed.known_or_abandoned(&journal, options, now).await?;
    Ok(Some(Ready { known, replay: None, journal }))
}

/// Everything that must hold before a run goes on; `None` where none was cut off.
pub(super) async fn prepare_resume(
    cloud: &dyn Cloud,
    state: &State,
    lease: &Lease,
    options: &ApplyOptions,
    now: Time,
) -> Result<Option<(Plan, Ready)>, Error> {
    match state.last_run().await?.filter(is_unfinished) {
        None => Ok(None),
        Some(last) => go_on(last, cloud, state, lease, options, now).await.map(Some),
    }
}

/// Takes up a run that was cut off. One that had called nothing yet begins as if applied now.
async fn go_on(
    last: Recorded,
    cloud: &dyn Cloud,
    state: &State,
    lease: &Lease,
    options: &ApplyOptions,
    now: Time,
) -> Result<(Plan, Ready), Error> {
    let home = state.organization(Some(&last)).await?;
    if last.replay.last_seq == 0 {
        // The survey reads the organization as well. Asking for it beforehand would spend the rate of those
        // calls twice within a second, and AWS would refuse the run's first change.
        // Where the survey fails, or finds another organization, the run stays open: it can still be resumed.
        let surveyed = Surveyed::of(&last.plan, cloud, lease).await?;
        surveyed.check_organization(state, home.as_ref())?;
        let journal = state.reopen(lease, &last).await?;
        let known = surveyed.known_or_abandoned(&journal, options, now).await?;
        return Ok((last.plan, Ready { known, replay: None, journal }));
    }
    let known = organization_ids(&Keeping { cloud, lease }).await?;
    // A run that was to make its organization knows none yet, whatever is there by now.
    state.check_organization(home.as_ref(), known.get(&Address::organization()))?;
    let journal = state.reopen(lease, &last).await?;
    let Recorded { run: _, plan, replay } = last;
    Ok((plan, Ready { known, replay: Some(replay), journal }))
}

/// What a survey found before the first call of a run.
struct Surveyed {
    /// The ids of the organization and its root, where there is one.
    known: BTreeMap<Address, ResourceId>,
    /// Whether the cloud is what the plan was made from.
    is_as_planned: bool,
}

impl Surveyed {
    async fn of(plan: &Plan, cloud: &dyn Cloud, lease: &Lease) -> Result<Surveyed, Error> {
        let observed = survey(&Keeping { cloud, lease }, &plan.scope).await?;
        lease.keep().await?;
        let is_as_planned = fingerprint(&observed, &plan.scope) == plan.observed_fingerprint;
        let organization = observed.organization.iter();
        let ids = organization.flat_map(|found| {
            [
                (Address::organization(), found.organization.id.clone()),
                (Address::root(), found.root.id.clone()),
            ]
        });
        Ok(Surveyed { known: ids.collect(), is_as_planned })
    }

    fn check_organization(&self, state: &State, home: Option<&ResourceId>) -> Result<(), StateError> {
        state.check_organization(home, self.known.get(&Address::organization()))
    }

    async fn known_or_abandoned(
        self,
        journal: &RunJournal,
        options: &ApplyOptions,
        now: Time,
    ) -> Result<BTreeMap<Address, ResourceId>, Error> {
        if self.is_as_planned {
            return Ok(self.known);
        }
        abandon(journal, options, now).await?;
        Err(Error::Stale)
    }
}

/// Ends a run that has called nothing.
async fn abandon(journal: &RunJournal, options: &ApplyOptions, now: Time) -> Result<(), Error> {
    let who = options.holder().who;
    let plan = journal.fingerprint().to_owned();
    let begun = Fact::Begun { format_version: FORMAT_VERSION, who, plan, organization: None };
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
    let token_salt = format!("{}\n{}", journal.run(), journal.fingerprint());
    let identity =
        RunIdentity { who: options.holder().who, fingerprint: journal.fingerprint().to_owned(), token_salt };
    let limits = limits_in_force(&plan.limit_overrides);
    Machine::new(plan, limits, Latencies::default(), known, replay, identity)
}

/// Tells all who want to know what happened.
pub(super) fn tell(events: Vec<Event>, reports: Vec<CallReport>, run: &mut Run, options: &ApplyOptions) {
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
            EventKind::Failed { .. } | EventKind::Blocked { .. } => {
                tracing::error!(address, event = name, "{event}");
            }
            EventKind::Waiting { reason: WaitReason::Failing { .. }, .. } => {
                tracing::warn!(address, event = name, "{event}");
            }
            EventKind::Retrying { .. } | EventKind::ReadingBack { .. } => {
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
pub(super) fn span(plan: &Plan, journal: &RunJournal) -> tracing::Span {
    tracing::info_span!("run", run = %journal.run(), zone = %plan.scope.zone, step_count = plan.steps().len())
}

async fn drive(plan: &Plan, ready: Ready, cloud: &dyn Cloud, options: &ApplyOptions) -> Result<Run, Error> {
    let span = span(plan, &ready.journal);
    call_and_journal(plan, ready, cloud, options).instrument(span).await
}

/// Makes sure that a changing call may leave: whoever was held up since it was announced may have lost the state meanwhile.
pub(super) async fn may_leave(call: &Call, journal: &RunJournal) -> Result<(), Error> {
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
    let mut machine = machine(plan, known, replay.as_ref(), &journal, options);
    let clock = Elapsing::new(cloud.now(), cloud.steady());
    let now = || clock.at(cloud.steady());
    let mut run = Run::begin(journal.run(), now());
    let mut flying = FuturesUnordered::new();
    let mut in_line: VecDeque<Dispatch> = VecDeque::new();
    let mut stopping = false;
    loop {
        if options.stop.is_asked() && !stopping {
            stopping = true;
            machine.handle_stop();
        }
        let held = options.pause.is_held();
        machine.handle_pause(held);
        let polled = now();
        let Output { entries, calls, events, reports, wake, ended, stopped } = machine.poll(polled);
        journal.append(&entries).await.map_err(Error::CutOff)?;
        tell(events, reports, &mut run, options);
        if ended.is_some() {
            journal.compact(plan).await.map_err(Error::CutOff)?;
            return Ok(run);
        }
        if stopped {
            return Err(Error::Interrupted { reason: Interruption::Stopped });
        }
        in_line.extend(calls);
        while flying.len() < CALLS_AT_ONCE
            && let Some(Dispatch { ticket, call, .. }) = in_line.pop_front()
        {
            may_leave(&call, &journal).await?;
            flying.push(async move { (ticket, cloud.call(call).await) });
        }
        if flying.is_empty() && wake.is_none() && !held && !stopping {
            return Err(Error::Interrupted { reason: Interruption::Stuck });
        }
        let pause: OptionFuture<_> = wake.map(|wake| cloud.pause(pause_until(wake, polled))).into();
        tokio::select! {
            // In this order, as in virtual time everything is ready at once: time passes only while no reply is there.
            biased;
            () = options.stop.asked(), if !stopping => {}
            Some((ticket, result)) = flying.next(), if !flying.is_empty() => {
                machine.handle_reply(now(), ticket, result);
                // Replies that came at the same time are written down together.
                while let Some(Some((ticket, result))) = poll_immediate(flying.next()).await {
                    machine.handle_reply(now(), ticket, result);
                }
            }
            () = options.pause.becomes(!held) => {}
            Some(()) = pause => {}
            // However quiet the run is, the lease must not run out.
            () = cloud.pause(at_least_a_moment(journal.lease().renew_in())) => {
                journal.lease().keep().await.map_err(Error::CutOff)?;
            }
        }
    }
}

fn pause_until(wake: Time, now: Time) -> Duration {
    at_least_a_moment(wake.since(now))
}

fn at_least_a_moment(pause: Duration) -> Duration {
    // Never zero: a timer that fires at once could starve the replies.
    pause.max(Duration::from_millis(1))
}
