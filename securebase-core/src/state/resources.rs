//! What all runs add up to: everything known to exist.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Error;
use super::applied::rename;
use super::archive::{SNAPSHOT, SUMMARY, State, run_key};
use super::history::Summary;
use super::journal::ended::{Ended, Story};
use super::journal::entry::{Entry, Fact, Home, RunId, RunStatus};
use super::journal::replay::{Replay, StepStatus};
use super::journal::{envelope, v1};
use super::lease::Lease;
use super::store::{ObjectVersion, WriteCondition};
use crate::model::{Address, ResourceId, ResourceKind, TenantKey};
use crate::plan::{Action, Plan};

/// A resource the state knows of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredResource {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: ResourceKind,
    /// Its id.
    pub id: ResourceId,
    /// The tenant it belongs to.
    pub tenant: Option<TenantKey>,
}

pub(super) const RESOURCES: &str = "resources.json";

/// How often what all runs add up to is written before somebody else is let have it.
const TRIES_MAX: u32 = 3;

#[derive(Serialize, Deserialize)]
struct Content {
    /// The last run whose effect is in the list.
    serial: u64,
    /// The fencing token of whoever wrote it.
    token: u64,
    /// The numbers of the runs up to there, those left out that never came to be one.
    #[serde(default)]
    ended: BTreeSet<u64>,
    resources: Vec<StoredResource>,
}

/// Resources, as of some run.
#[derive(Default)]
pub(super) struct Known {
    pub(super) ended: Ended,
    resources: BTreeMap<Address, StoredResource>,
}

/// What adding a run to what is known came to.
enum Added {
    /// It never was a run.
    Nothing,
    /// Nothing more can come from it.
    Ended,
    /// It may be gone on with.
    Unfinished,
}

impl Added {
    fn of(replay: &Replay) -> Self {
        if replay.ended.is_some() { Self::Ended } else { Self::Unfinished }
    }
}

fn by_address(resources: Vec<StoredResource>) -> BTreeMap<Address, StoredResource> {
    resources.into_iter().map(|resource| (resource.address.clone(), resource)).collect()
}

fn read(bytes: &[u8]) -> Result<Known, Error> {
    if envelope::version(RESOURCES, bytes)? == 1 {
        let v1::Resources { serial, resources } = serde_json::from_slice(bytes).map_err(|error| {
            Error::Corrupt { key: RESOURCES.to_owned(), line: error.line().max(1), why: error.to_string() }
        })?;
        return Ok(Known { ended: Ended { serial, runs: BTreeSet::new() }, resources });
    }
    let Content { serial, token: _, ended, resources } = envelope::open(RESOURCES, bytes)?;
    Ok(Known { ended: Ended { serial, runs: ended }, resources: by_address(resources) })
}

impl State {
    pub(super) async fn known(&self) -> Result<(Known, WriteCondition), Error> {
        let found: Option<(Vec<u8>, ObjectVersion)> = self.store().get_versioned(RESOURCES).await?;
        match found {
            Some((bytes, version)) => Ok((read(&bytes)?, WriteCondition::Unchanged(version))),
            None => Ok((Known::default(), WriteCondition::Absent)),
        }
    }

    /// Everything known to exist, by address.
    ///
    /// # Errors
    /// [`Error::NotFound`] where no state exists; as [`State::recorded`].
    pub async fn resources(&self) -> Result<BTreeMap<Address, StoredResource>, Error> {
        let (mut known, condition) = self.known().await?;
        let runs = self.files_by_run().await?;
        if condition == WriteCondition::Absent && runs.is_empty() {
            self.check_exists().await?;
        }
        for (run, files) in runs {
            if run.0 > known.ended.serial {
                self.add(&mut known, run, &files).await?;
            }
        }
        Ok(known.resources)
    }

    /// Adds a run from its files.
    async fn add(&self, known: &mut Known, run: RunId, files: &[String]) -> Result<Added, Error> {
        let journal = self.journal(run).await?;
        match known.ended.check(run, files, &journal)? {
            Story::Nothing => Ok(Added::Nothing),
            Story::Rebuild => {
                known.resources = self.snapshot(run).await?;
                Ok(Added::Ended)
            }
            Story::Plan => {
                let recorded = self.recorded_with(run, &journal.entries).await?;
                fold(&mut known.resources, &recorded.plan, &recorded.replay);
                Ok(Added::of(&recorded.replay))
            }
        }
    }

    async fn snapshot(&self, run: RunId) -> Result<BTreeMap<Address, StoredResource>, Error> {
        let key = run_key(run, SNAPSHOT);
        let bytes = self.store().get(&key).await?.unwrap_or_default();
        envelope::version(&key, &bytes)?;
        Ok(by_address(envelope::open(&key, &bytes)?))
    }

    /// Writes down what all ended runs add up to, so that their journals need not be read for it again.
    ///
    /// # Errors
    /// As [`State::recorded`], and [`Error::Fenced`] where the lease was lost.
    pub async fn compact(&self, lease: &Lease) -> Result<(), Error> {
        compact(self, lease, None).await
    }

    /// Writes down that these resources exist, in place of all that was known: what a survey has found.
    ///
    /// # Errors
    /// [`Error::Fenced`] where the lease was lost, or where the store fails.
    pub async fn replace_resources(
        &self,
        lease: &Lease,
        resources: impl IntoIterator<Item = StoredResource>,
    ) -> Result<RunId, Error> {
        let resources: Vec<StoredResource> =
            by_address(resources.into_iter().collect()).into_values().collect();
        let run = self.next_run(lease).await?;
        lease.enter(run.0).await?;
        let key = run_key(run, SNAPSHOT);
        let bytes = envelope::seal(&key, &resources)?;
        if let Err(error) = self.store().put(&key, &bytes, WriteCondition::Absent).await {
            return Err(lease.explain(error).await);
        }
        let journal = super::RunJournal::open(self, lease, run, String::new(), 1, Replay::default()).await?;
        let at = self.now();
        let rebuilt = Fact::Rebuilt { who: lease.who().to_owned(), resource_count: resources.len() };
        let ended = Fact::Ended { status: RunStatus::Succeeded };
        journal.append(&[Entry { seq: 1, at, fact: rebuilt }, Entry { seq: 2, at, fact: ended }]).await?;
        self.compact(lease).await?;
        Ok(run)
    }
}

/// Brings `resources.json` up to date; the last run comes from memory where the caller has it.
pub(super) async fn compact(
    state: &State,
    lease: &Lease,
    last: Option<(RunId, &Plan, &Replay)>,
) -> Result<(), Error> {
    lease.keep().await?;
    let mut tries = 0;
    loop {
        let (mut known, condition) = state.known().await?;
        let before = known.ended.serial;
        for (run, files) in state.files_by_run().await? {
            if run.0 <= known.ended.serial {
                continue;
            }
            let added = match last {
                Some((last, plan, replay)) if last == run => {
                    fold(&mut known.resources, plan, replay);
                    Added::of(replay)
                }
                _ => state.add(&mut known, run, &files).await?,
            };
            // What has not ended may go on later, and so must everything after it be read again.
            match added {
                Added::Unfinished => break,
                Added::Ended => drop(known.ended.runs.insert(run.0)),
                Added::Nothing => {}
            }
            known.ended.serial = run.0;
        }
        if known.ended.serial > before {
            let content = Content {
                serial: known.ended.serial,
                token: lease.token(),
                ended: known.ended.runs,
                resources: known.resources.into_values().collect(),
            };
            let bytes = envelope::seal(RESOURCES, &content)?;
            match state.store().put(RESOURCES, &bytes, condition).await {
                Ok(_) => {}
                Err(Error::Conflict { .. }) if tries < TRIES_MAX => {
                    tries += 1;
                    lease.renew().await?;
                    continue;
                }
                Err(error) => return Err(lease.explain(error).await),
            }
        }
        break;
    }
    let Some((run, plan, replay)) = last else { return Ok(()) };
    if replay.ended.is_none() {
        return Ok(());
    }
    let key = run_key(run, SUMMARY);
    let bytes = envelope::seal(&key, &Summary::of(plan, replay))?;
    match state.store().put(&key, &bytes, WriteCondition::Absent).await {
        // It is there already, from somebody who was cut off after that.
        Ok(_) | Err(Error::Conflict { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Adds what a run has done to what was known before it.
fn fold(resources: &mut BTreeMap<Address, StoredResource>, plan: &Plan, replay: &Replay) {
    let keys: BTreeMap<&str, &TenantKey> =
        plan.tenants.iter().map(|tenant| (tenant.key.as_str(), &tenant.key)).collect();
    let stored = |address: &Address, kind: ResourceKind, id: &ResourceId| StoredResource {
        address: address.clone(),
        kind,
        id: id.clone(),
        tenant: address.tenant_key().and_then(|key| keys.get(key).map(|key| (*key).clone())),
    };
    for address in rename(resources, plan) {
        if let Some(resource) = resources.get_mut(&address) {
            *resource = stored(&address, resource.kind, &resource.id);
        }
    }
    // What was seen to exist when the plan was made, and is not about to change.
    let home = replay.begun.as_ref().and_then(|begun| begun.organization.as_ref());
    let blind = home.is_none() && plan.organization().is_none();
    for (address, id) in &plan.known {
        // A plan that was made without a cloud names an organization that it does not know.
        let id = match home {
            Some(Home { id, root: _ }) if *address == Address::organization() => id,
            Some(Home { id: _, root }) if *address == Address::root() => root,
            _ => id,
        };
        if let (Some(kind), None) = (plan.inventory.get(address), plan.step(address))
            && !(blind && resources.contains_key(address))
        {
            resources.insert(address.clone(), stored(address, *kind, id));
        }
    }
    for step in plan.steps() {
        let Some(record) = replay.steps.get(&step.address) else { continue };
        match (&record.id, step.action) {
            (_, Action::Delete) if record.status == StepStatus::Done => {
                resources.remove(&step.address);
            }
            (Some(id), _) => {
                resources.insert(step.address.clone(), stored(&step.address, step.kind, id));
            }
            _ => {}
        }
    }
}
