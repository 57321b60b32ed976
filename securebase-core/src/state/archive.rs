//! The state itself: runs, their journals, and what they add up to.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{Address, ResourceId, ResourceKind, TenantKey};
use crate::plan::{Action, Plan};
use crate::time::Time;

use super::Error;
use super::directory::DirectoryStore;
use super::entry::{Entry, FORMAT_VERSION, Fact, RunId, RunStatus};
use super::replay::{Replay, StepStatus};
use super::store::{Guard, Holder, Store};

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

/// One run, for the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRecord {
    /// Its number.
    pub run: RunId,
    /// Who began it.
    pub who: String,
    /// When it began.
    pub began: Time,
    /// When it ended, `None` where it was cut off.
    pub ended: Option<Time>,
    /// How it ended, `None` where it was cut off.
    pub status: Option<RunStatus>,
    /// The fingerprint of its plan.
    pub plan: String,
    /// How many steps it has carried out.
    pub step_count: usize,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct ResourcesFile {
    format_version: u32,
    /// The last run whose effect is in the list.
    serial: u64,
    resources: BTreeMap<Address, StoredResource>,
}

/// A run read back: its plan, and where each step stands.
#[derive(Debug)]
pub struct Recorded {
    /// Its number.
    pub run: RunId,
    /// Its plan.
    pub plan: Plan,
    /// Its journal, folded.
    pub replay: Replay,
}

/// A state behind any store.
#[derive(Clone)]
pub struct State {
    store: Arc<dyn Store>,
}

const RESOURCES: &str = "resources.json";

fn run_key(run: RunId, name: &str) -> String {
    format!("runs/{run}/{name}")
}

impl State {
    /// The state at a URL: a path or `file://…` names a directory.
    ///
    /// # Errors
    /// [`Error::Url`] where this build cannot open it.
    pub fn open(url: &str) -> Result<Self, Error> {
        let refuse = |why| Err(Error::Url { url: url.to_owned(), why });
        match url.split_once("://") {
            None if url.is_empty() => refuse("name a directory"),
            None => Ok(Self::new(DirectoryStore::new(url))),
            Some(("file", path)) => Ok(Self::new(DirectoryStore::new(path))),
            Some(("s3", _)) => refuse("this build keeps states in directories only"),
            Some(_) => refuse("name a directory"),
        }
    }

    /// The state in a store.
    pub fn new(store: impl Store + 'static) -> Self {
        Self { store: Arc::new(store) }
    }

    /// Takes the right to write.
    ///
    /// # Errors
    /// [`Error::Locked`] with the holder.
    pub async fn lock(&self, holder: &Holder) -> Result<Box<dyn Guard>, Error> {
        self.store.lock(holder).await
    }

    /// Who is writing, if anybody.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn lock_info(&self) -> Result<Option<Holder>, Error> {
        self.store.holder().await
    }

    /// Begins a run: its plan is durable when this returns.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn begin(&self, plan: &Plan) -> Result<RunJournal, Error> {
        let run = RunId(self.runs().await?.last().map_or(1, |run| run.0 + 1));
        self.store.put(&run_key(run, "plan.json"), plan.to_json().as_bytes(), false).await?;
        Ok(RunJournal { store: Arc::clone(&self.store), run, segment: run_key(run, "journal-0001") })
    }

    /// Goes on with a run, in a new segment: the last one may end in the middle of a line.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn reopen(&self, run: RunId) -> Result<RunJournal, Error> {
        let segments = self.store.list(&run_key(run, "journal-")).await?.len();
        let segment = run_key(run, &format!("journal-{:04}", segments + 1));
        Ok(RunJournal { store: Arc::clone(&self.store), run, segment })
    }

    /// The runs, oldest first.
    async fn runs(&self) -> Result<Vec<RunId>, Error> {
        let mut runs: Vec<RunId> = self
            .store
            .list("runs/")
            .await?
            .iter()
            .filter_map(|key| key.strip_prefix("runs/")?.split('/').next()?.parse().ok().map(RunId))
            .collect();
        runs.sort();
        runs.dedup();
        Ok(runs)
    }

    /// The entries of a run, in order. A last line that was cut off is left out: what it announced never left.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where any other line is damaged.
    pub async fn entries(&self, run: RunId) -> Result<Vec<Entry>, Error> {
        let mut entries: Vec<Entry> = Vec::new();
        for key in self.store.list(&run_key(run, "journal-")).await? {
            let bytes = self.store.get(&key).await?.unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let complete = text.rfind('\n').map_or("", |end| &text[..end]);
            for (index, line) in complete.lines().enumerate() {
                let corrupt = |why: String| Error::Corrupt { key: key.clone(), line: index + 1, why };
                let entry = Entry::from_line(line).map_err(corrupt)?;
                let expected = entries.last().map_or(1, |last| last.seq + 1);
                if entry.seq != expected {
                    return Err(corrupt(format!("entry `{}` stands where `{expected}` should", entry.seq)));
                }
                if let Fact::Begun { format_version, .. } = &entry.fact
                    && *format_version > FORMAT_VERSION
                {
                    return Err(Error::Version { key, found: *format_version });
                }
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// A run with its plan and where each step stands.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Illegal`], or where the store fails.
    pub async fn recorded(&self, run: RunId) -> Result<Recorded, Error> {
        let key = run_key(run, "plan.json");
        let bytes = self.store.get(&key).await?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let plan = Plan::from_json(&text).map_err(|error| Error::Corrupt {
            key,
            line: 1,
            why: error.to_string(),
        })?;
        let mut replay = Replay::default();
        for entry in self.entries(run).await? {
            replay.apply(&entry)?;
        }
        Ok(Recorded { run, plan, replay })
    }

    /// The last run.
    ///
    /// # Errors
    /// As [`State::recorded`].
    pub async fn last_run(&self) -> Result<Option<Recorded>, Error> {
        match self.runs().await?.last() {
            Some(run) => Ok(Some(self.recorded(*run).await?)),
            None => Ok(None),
        }
    }

    async fn resources_file(&self) -> Result<ResourcesFile, Error> {
        let Some(bytes) = self.store.get(RESOURCES).await? else {
            return Ok(ResourcesFile { format_version: FORMAT_VERSION, ..ResourcesFile::default() });
        };
        let corrupt = |why: String| Error::Corrupt { key: RESOURCES.to_owned(), line: 1, why };
        let file: ResourcesFile =
            serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
        if file.format_version > FORMAT_VERSION {
            return Err(Error::Version { key: RESOURCES.to_owned(), found: file.format_version });
        }
        Ok(file)
    }

    async fn folded(&self) -> Result<ResourcesFile, Error> {
        let mut file = self.resources_file().await?;
        for run in self.runs().await? {
            if run.0 > file.serial {
                fold(&mut file.resources, &self.recorded(run).await?);
                file.serial = run.0;
            }
        }
        Ok(file)
    }

    /// Everything known to exist, by address.
    ///
    /// # Errors
    /// As [`State::recorded`].
    pub async fn resources(&self) -> Result<BTreeMap<Address, StoredResource>, Error> {
        Ok(self.folded().await?.resources)
    }

    /// Writes down what all finished runs add up to, so that their journals need not be read for it again.
    ///
    /// # Errors
    /// As [`State::recorded`].
    pub async fn compact(&self) -> Result<(), Error> {
        let file = self.folded().await?;
        let bytes = serde_json::to_vec_pretty(&file).map_err(|error| Error::Io {
            what: "write",
            key: RESOURCES.to_owned(),
            source: error.into(),
        })?;
        self.store.put(RESOURCES, &bytes, true).await
    }

    /// Who did what, when, by which plan; oldest first.
    ///
    /// # Errors
    /// As [`State::entries`].
    pub async fn history(&self) -> Result<Vec<RunRecord>, Error> {
        let mut history = Vec::new();
        for run in self.runs().await? {
            let mut record: Option<RunRecord> = None;
            for Entry { at, fact, .. } in self.entries(run).await? {
                match (fact, &mut record) {
                    (Fact::Begun { who, plan, .. }, _) => {
                        record = Some(RunRecord {
                            run,
                            who,
                            began: at,
                            ended: None,
                            status: None,
                            plan,
                            step_count: 0,
                        });
                    }
                    (Fact::Done { .. }, Some(record)) => record.step_count += 1,
                    (Fact::Ended { status }, Some(record)) => {
                        record.ended = Some(at);
                        record.status = Some(status);
                    }
                    _ => {}
                }
            }
            history.extend(record);
        }
        Ok(history)
    }
}

/// Adds what a run has done to what was known before it.
fn fold(resources: &mut BTreeMap<Address, StoredResource>, recorded: &Recorded) {
    let Recorded { plan, replay, .. } = recorded;
    let keys: BTreeMap<&str, &TenantKey> =
        plan.tenants.iter().map(|tenant| (tenant.key.as_str(), &tenant.key)).collect();
    let stored = |address: &Address, kind: ResourceKind, id: &ResourceId| StoredResource {
        address: address.clone(),
        kind,
        id: id.clone(),
        tenant: address.tenant_key().and_then(|key| keys.get(key).map(|key| (*key).clone())),
    };
    // What was seen to exist when the plan was made, and is not about to change.
    for (address, id) in &plan.known {
        if let (Some(kind), None) = (plan.inventory.get(address), plan.step(address)) {
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

/// The journal of a run that is under way.
pub struct RunJournal {
    store: Arc<dyn Store>,
    run: RunId,
    segment: String,
}

impl RunJournal {
    /// The run.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Appends entries; they are durable when this returns.
    ///
    /// # Errors
    /// Where the store fails: the run must stop, because it can no longer remember what it does.
    pub async fn append(&self, entries: &[Entry]) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for entry in entries {
            text.push_str(&entry.to_line().map_err(|error| Error::Io {
                what: "write",
                key: self.segment.clone(),
                source: error.into(),
            })?);
        }
        self.store.append(&self.segment, text.as_bytes()).await
    }
}
