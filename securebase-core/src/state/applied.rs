//! What was last applied: what each resource was meant to look like, by the runs of the past.

use std::collections::BTreeMap;

use crate::model::{Address, ResourceSpec, SubnetZone};
use crate::plan::{Action, Plan, Site, Step};

use super::archive::{SNAPSHOT, State};
use super::ended::Story;
use super::entry::RunId;
use super::replay::{Replay, StepStatus};
use super::{Error, Recorded};

impl State {
    /// What each resource was last made to look like, by address. What only was there when a plan was made is not among
    /// them, and nothing is after a rebuild.
    ///
    /// Reads the plans and journals of all runs since the last rebuild: the difference between what the file says now and
    /// what it said then is told from these.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no state; as [`State::recorded`].
    pub async fn applied(&self) -> Result<BTreeMap<Address, ResourceSpec>, Error> {
        let runs = self.files_by_run().await?;
        if runs.is_empty() {
            self.check_exists().await?;
        }
        let ended = self.ended_runs().await?;
        ended.check_all_there(&runs)?;
        let begun = self.last_rebuild(&runs).await?;
        let mut applied = BTreeMap::new();
        for (run, files) in runs.into_iter().filter(|(run, _)| Some(*run) > begun) {
            let journal = self.journal(run).await?;
            if ended.check(run, &files, &journal)? == Story::Plan {
                fold(&mut applied, self.recorded_with(run, &journal.entries).await?);
            }
        }
        Ok(applied)
    }

    /// The last run that was a rebuild: what was applied before it no longer counts.
    async fn last_rebuild(&self, runs: &BTreeMap<RunId, Vec<String>>) -> Result<Option<RunId>, Error> {
        for (run, _) in runs.iter().rev().filter(|(_, files)| files.iter().any(|name| name == SNAPSHOT)) {
            if self.journal(*run).await?.is_rebuild() {
                return Ok(Some(*run));
            }
        }
        Ok(None)
    }
}

fn fold(applied: &mut BTreeMap<Address, ResourceSpec>, recorded: Recorded) {
    let Recorded { plan, replay, .. } = recorded;
    rename(applied, &plan);
    for step in plan.steps() {
        let done = replay.steps.get(&step.address).is_some_and(|record| record.status == StepStatus::Done);
        match step.action {
            Action::Delete if done => drop(applied.remove(&step.address)),
            Action::Create | Action::Update | Action::Move | Action::Adopt if done => {
                applied.insert(step.address.clone(), made(&plan, &replay, step));
            }
            _ => {}
        }
    }
}

/// What a step was to make: a subnet with the zone that the run has learned.
fn made(plan: &Plan, replay: &Replay, step: &Step) -> ResourceSpec {
    let mut spec = step.spec.clone();
    if let (ResourceSpec::Subnet { zone, .. }, Site::Member { account, region }) = (&mut spec, &step.site)
        && let SubnetZone::Ordinal(place) = *zone
    {
        let learned = replay.steps.get(account).and_then(|record| record.id.as_ref());
        let id = learned.or_else(|| plan.known.get(account)).and_then(|id| id.as_str().parse().ok());
        let zones = id.and_then(|id| replay.zones.get(&(id, region.clone())));
        if let Some(name) = zones.and_then(|zones| zones.of_new_network(place)) {
            *zone = SubnetZone::Named(name.clone());
        }
    }
    spec
}

/// Gives what a tenant had under its former key the addresses it has since that plan. Answers those.
pub(super) fn rename<V>(known: &mut BTreeMap<Address, V>, plan: &Plan) -> Vec<Address> {
    let mut renamed = Vec::new();
    for tenant in &plan.scope.tenants {
        let Some(former) = &tenant.former_key else { continue };
        let old: Vec<Address> = known
            .range(Address::tenant(former, "")..)
            .map(|(address, _)| address)
            .take_while(|address| address.tenant_key() == Some(former.as_str()))
            .cloned()
            .collect();
        for address in old {
            if let Some(value) = known.remove(&address) {
                let now = Address::tenant(&tenant.key, address.local());
                known.entry(now.clone()).or_insert(value);
                renamed.push(now);
            }
        }
    }
    renamed
}
