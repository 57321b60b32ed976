//! The driver of a run: one machine, a cloud, and the time that the cloud lives in.

pub(crate) mod carry_out;
mod in_flight;
mod keeping;
pub(super) mod leased;
pub(super) mod prepare;
pub(crate) mod record;

use std::collections::BTreeMap;

use tracing::Instrument as _;

use self::carry_out::{Handles, Told, carry_out};
use self::leased::leased;
use self::prepare::{Ready, prepare, prepare_resume, refuse};
use super::engine::identity::RunIdentity;
use super::engine::machine::Machine;
use super::run::{ApplyOptions, Run, limits_in_force};
use super::{CallReport, Error, Event, EventKind, WaitReason};
use crate::cloud::Cloud;
use crate::model::{Address, Latencies, ResourceId};
use crate::plan::Plan;
use crate::state::{Replay, RunJournal, State};
use crate::time::Elapsing;

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
/// No other process creates resources with this zone's tags meanwhile.
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
    let run = async {
        let Ready { known, replay, journal } = ready;
        let mut machine = machine(plan, known, replay.as_ref(), &journal, options);
        let runtime = cloud.runtime();
        let clock = Elapsing::new(runtime.now(), runtime.steady());
        let mut run = Run::begin(journal.run(), clock.at(runtime.steady()));
        let handles = Handles { stop: &options.stop, pause: &options.pause };
        let tell = |Told { events, reports, calls: _ }: Told<'_>| tell(events, reports, &mut run, options);
        carry_out(&mut machine, cloud, &journal, &clock, handles, tell).await?;
        journal.compact(plan).await.map_err(Error::CutOff)?;
        Ok(run)
    };
    run.instrument(span).await
}
