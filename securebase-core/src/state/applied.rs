//! What was last applied: what each resource was meant to look like, by the runs of the past, and the tags that they set.

use std::collections::{BTreeMap, BTreeSet};

use super::archive::{SNAPSHOT, State};
use super::journal::ended::Story;
use super::journal::entry::RunId;
use super::journal::replay::{Replay, StepStatus};
use super::{Error, Recorded};
use crate::kinds::ResourceSpec;
use crate::model::{Address, SubnetZone};
use crate::plan::{Action, Applied, Plan, Site, Step};

impl State {
    /// What each resource was last made to look like, by address, and which tags were set besides. What only was there when a
    /// plan was made is not among them, and nothing is after a rebuild.
    ///
    /// Reads the plans and journals of all runs since the last rebuild: the difference between what the file says now and
    /// what it said then is told from these.
    ///
    /// # Errors
    /// [`Error::NotFound`] where no state exists; as [`State::recorded`].
    pub async fn applied(&self) -> Result<Applied, Error> {
        let runs = self.files_by_run().await?;
        if runs.is_empty() {
            self.check_exists().await?;
        }
        let ended = self.ended_runs().await?;
        ended.check_all_there(&runs)?;
        let begun = self.last_rebuild(&runs).await?;
        let mut applied = Applied::default();
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

fn fold(Applied { specs, stray_tags, pending }: &mut Applied, recorded: Recorded) {
    let Recorded { plan, replay, .. } = recorded;
    rename(specs, &plan);
    rename(stray_tags, &plan);
    rename(pending, &plan);
    for step in plan.steps() {
        let address = &step.address;
        let record = replay.steps.get(address);
        let status = record.map(|record| record.status).unwrap_or_default();
        match record.and_then(|record| record.deferral.clone()).filter(|_| status == StepStatus::Deferred) {
            Some(deferral) => drop(pending.insert(address.clone(), (step.action, deferral))),
            None => drop(pending.remove(address)),
        }
        match (step.action, status) {
            (Action::Delete, StepStatus::Done) => {
                specs.remove(address);
                stray_tags.remove(address);
            }
            (_, StepStatus::Untouched) | (Action::Delete | Action::Verify | Action::NoOp, _) => {}
            (Action::Create | Action::Update | Action::Move | Action::Adopt, StepStatus::Done) => {
                let before = specs.insert(address.clone(), made(&plan, &replay, step));
                // A plan that knew the tags from before has compared all of them with the file; any other leaves them on.
                if plan.drift.is_some() && !step.look_first {
                    stray_tags.remove(address);
                } else {
                    stray(stray_tags, address, before.as_ref());
                }
            }
            // Any of its calls may have had its effect.
            (Action::Create | Action::Update | Action::Move | Action::Adopt, _) => {
                stray(stray_tags, address, Some(&step.spec));
            }
        }
    }
}

/// Takes note of the keys of tags that a resource may carry without its last spec saying so.
fn stray(
    stray_tags: &mut BTreeMap<Address, BTreeSet<String>>,
    address: &Address,
    spec: Option<&ResourceSpec>,
) {
    let keys = spec.and_then(ResourceSpec::tags).into_iter().flat_map(|tags| tags.keys());
    let mut keys = keys.cloned().peekable();
    if keys.peek().is_some() {
        stray_tags.entry(address.clone()).or_default().extend(keys);
    }
}

/// What a step was to make: a subnet with the zone that the run has learned.
fn made(plan: &Plan, replay: &Replay, step: &Step) -> ResourceSpec {
    let mut spec = step.spec.clone();
    if let (Some(zone), Site::Member { account, region }) = (spec.as_kind_mut().zone_mut(), &step.site)
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
