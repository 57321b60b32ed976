//! Everything that must hold before the first call of a run.

use std::collections::BTreeMap;

use super::keeping::Keeping;
use crate::cloud::Cloud;
use crate::exec::{ApplyOptions, Error};
use crate::model::{Address, ResourceId};
use crate::observe::{organization_ids, survey_once};
use crate::plan::{Plan, fingerprint};
use crate::state::{
    Entry, Error as StateError, FORMAT_VERSION, Fact, Lease, Recorded, Replay, RunJournal, RunStatus, State,
};
use crate::time::Time;

/// Refuses a plan that destroys what the caller has not named, or leaves less margin than the caller accepts.
pub(in crate::exec) fn refuse(plan: &Plan, options: &ApplyOptions) -> Result<(), Error> {
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
pub(in crate::exec) struct Ready {
    pub(in crate::exec) known: BTreeMap<Address, ResourceId>,
    /// What an earlier part of the run has done, `None` where it begins.
    pub(in crate::exec) replay: Option<Replay>,
    pub(in crate::exec) journal: RunJournal,
}

/// Whether a run has ended neither way.
fn is_unfinished(recorded: &Recorded) -> bool {
    recorded.replay.ended.is_none()
}

/// Everything that must hold before the first call; `None` where the plan is empty, or done already.
pub(in crate::exec) async fn prepare(
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
            return resume(last, cloud, state, lease, options, now).await.map(|(_, ready)| Some(ready));
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
pub(in crate::exec) async fn prepare_resume(
    cloud: &dyn Cloud,
    state: &State,
    lease: &Lease,
    options: &ApplyOptions,
    now: Time,
) -> Result<Option<(Plan, Ready)>, Error> {
    match state.last_run().await?.filter(is_unfinished) {
        None => Ok(None),
        Some(last) => resume(last, cloud, state, lease, options, now).await.map(Some),
    }
}

/// Takes up a run that was cut off. One that had called nothing yet begins as if applied now.
async fn resume(
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
        let observed = survey_once(&Keeping { cloud, lease }, &plan.scope).await?;
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
