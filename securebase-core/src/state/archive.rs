//! The state itself: runs, their journals, and who may write.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Error;
use super::journal::ended::{Ended, Story};
use super::journal::entry::{Entry, Fact, RunId};
use super::journal::line::{self, Seal, Tail};
use super::journal::replay::Replay;
use super::journal::run_journal::RunJournal;
use super::lease::holder::{Holder, LeaseInfo};
use super::lease::{self, LEASE_TERM, Lease};
use super::store::{Store, WriteCondition};
use crate::plan::{Plan, Terms, Written};
use crate::time::{Clock, SystemClock, Time};

/// A directory with a higher number does not belong to a run.
const RUN_MAX: u64 = 1 << 53;

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
    clock: Arc<dyn Clock>,
    lease_term: Duration,
}

pub(super) const PLAN: &str = "plan.json";
/// What a rebuilt state begins with, in place of a plan.
pub(super) const SNAPSHOT: &str = "resources.json";
pub(super) const SUMMARY: &str = "summary.json";

pub(super) fn run_key(run: RunId, name: &str) -> String {
    format!("runs/{run}/{name}")
}

pub(super) fn journal_key(run: RunId, number: u64) -> String {
    run_key(run, &format!("journal-{number:04}"))
}

/// The number of a segment, from its key.
fn segment_number(key: &str) -> Option<u64> {
    key.rsplit_once("journal-")?.1.parse().ok()
}

/// The journal of a run, read.
pub(super) struct JournalText {
    pub(super) entries: Vec<Entry>,
    /// Whether it was sealed before it had a plan: then it never was a run.
    pub(super) void: bool,
    /// The segment in which whatever comes next stands: the last one, or the one after a last one that was ended.
    pub(super) next: String,
}

impl JournalText {
    pub(super) fn has_ended(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.fact, Fact::Ended { .. }))
    }

    pub(super) fn is_rebuild(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.fact, Fact::Rebuilt { .. }))
    }
}

impl State {
    /// The state in a store.
    pub fn new(store: impl Store + 'static) -> Self {
        Self { store: Arc::new(store), clock: Arc::new(SystemClock), lease_term: LEASE_TERM }
    }

    /// Takes the time for its lease from another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Lets a lease last that long unless it is renewed; [`LEASE_TERM`](super::LEASE_TERM) where nothing else is said.
    #[must_use]
    pub fn lease_term(mut self, term: Duration) -> Self {
        self.lease_term = term;
        self
    }

    pub(super) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(super) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Takes the right to write. Where the last holder has not given it back, that holder's run is sealed: nothing it still
    /// writes has an effect.
    ///
    /// # Errors
    /// [`Error::Leased`] with the holder; [`Error::Corrupt`] where a file is not ours; where the store fails.
    pub async fn acquire(&self, holder: &Holder) -> Result<Lease, Error> {
        let taken = Lease::take(&self.store, &self.clock, self.lease_term, holder).await?;
        if let Some(run) = taken.abandoned {
            self.seal(&taken.lease, RunId(run), true).await?;
        }
        Ok(taken.lease)
    }

    /// Who is writing, if anybody.
    ///
    /// # Errors
    /// [`Error::NotFound`] where no state exists; [`Error::Corrupt`] where the lease is not ours, or where the store fails.
    pub async fn lease_info(&self) -> Result<Option<LeaseInfo>, Error> {
        let found = lease::info(self.store.as_ref(), self.clock.now()).await?;
        if found.is_none() {
            self.check_exists().await?;
        }
        Ok(found)
    }

    /// The earlier name of [`Self::lease_info`].
    ///
    /// # Errors
    /// As [`Self::lease_info`].
    pub async fn lock_info(&self) -> Result<Option<LeaseInfo>, Error> {
        self.lease_info().await
    }

    /// How long it takes until that lease has run out, unless it is renewed.
    pub(crate) fn left_of(&self, by: &LeaseInfo) -> Duration {
        by.expires.since(self.now())
    }

    /// The last fencing token there was; 0 for none.
    pub(super) async fn token(&self) -> Result<u64, Error> {
        lease::token(self.store.as_ref()).await
    }

    /// The terms on which tenants were served by the last run that was begun; `None` before the first.
    ///
    /// # Errors
    /// As [`State::recorded`].
    pub async fn terms(&self) -> Result<Option<Terms>, Error> {
        Ok(self.last_run().await?.map(|run| run.plan.terms()))
    }

    /// Begins a run: its plan is durable when this returns.
    ///
    /// # Errors
    /// [`Error::Fenced`] where the lease was lost, or where the store fails.
    pub async fn begin(&self, lease: &Lease, plan: &Plan) -> Result<RunJournal, Error> {
        let run = self.next_run(lease).await?;
        // Whoever takes over from here on seals this run, whether its plan is there by then or not.
        lease.enter(run.0).await?;
        let Written { fingerprint, json } = plan.written();
        if let Err(error) = self.store.put(&run_key(run, PLAN), &json, WriteCondition::Absent).await {
            return Err(lease.explain(error).await);
        }
        RunJournal::open(self, lease, run, fingerprint, 1, Replay::default()).await
    }

    /// The number of the run after all there are.
    pub(super) async fn next_run(&self, lease: &Lease) -> Result<RunId, Error> {
        let last = self.files_by_run().await?.last_key_value().map_or(0, |(run, _)| run.0);
        Ok(RunId(last.max(lease.run().await) + 1))
    }

    /// Goes on with a run, in a new segment: the last one may end in the middle of a line.
    ///
    /// # Errors
    /// [`Error::Fenced`] where the lease was lost, or where the store fails.
    pub async fn reopen(&self, lease: &Lease, last: &Recorded) -> Result<RunJournal, Error> {
        lease.enter(last.run.0).await?;
        let next = self.seal(lease, last.run, false).await?;
        RunJournal::open(self, lease, last.run, last.plan.fingerprint(), next, last.replay.clone()).await
    }

    /// Makes sure that nobody else goes on writing to the journal of a run; answers with the number of its next segment.
    async fn seal(&self, lease: &Lease, run: RunId, even_without_journal: bool) -> Result<u64, Error> {
        let line = |void| {
            line::end(&Seal { token: lease.token(), void }).map_err(|error| Error::Io {
                what: "write",
                key: journal_key(run, 1),
                source: error.into(),
            })
        };
        loop {
            let (next, void) = match self.segments(run).await?.pop() {
                None if !even_without_journal => return Ok(1),
                None => (1, self.store.get(&run_key(run, PLAN)).await?.is_none()),
                Some((number, key)) => {
                    let Some((bytes, version)) = self.store.get_versioned(&key).await? else { continue };
                    let text = line::read(&key, &bytes)?;
                    match text.tail {
                        Tail::Continued => (number + 1, false),
                        Tail::Sealed(_) => return Ok(number + 1),
                        // Writers of format 1 did not look whether they were alone.
                        Tail::Open if text.format_version == 1 && !text.entries.is_empty() => {
                            return Ok(number + 1);
                        }
                        Tail::Open => {
                            match self.store.seal(&key, &line(false)?, &version).await {
                                // Read again, to see it.
                                Ok(()) | Err(Error::Conflict { .. }) => {}
                                Err(error) => return Err(error),
                            }
                            continue;
                        }
                    }
                }
            };
            // Where the other would go on, there is a segment already that is sealed from the beginning.
            let mut segment = self.store.begin_segment(&journal_key(run, next)).await?;
            match segment.append(&line(void)?).await {
                Ok(()) => return Ok(next + 1),
                Err(Error::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What there is of each run, oldest first.
    pub(super) async fn files_by_run(&self) -> Result<BTreeMap<RunId, Vec<String>>, Error> {
        let mut runs: BTreeMap<RunId, Vec<String>> = BTreeMap::new();
        for key in self.store.list("runs/").await? {
            let parts = key.strip_prefix("runs/").and_then(|rest| rest.split_once('/'));
            let number = |run: &str| run.parse().ok().filter(|number| *number <= RUN_MAX);
            if let Some((run, name)) = parts.and_then(|(run, name)| Some((number(run)?, name))) {
                runs.entry(RunId(run)).or_default().push(name.to_owned());
            }
        }
        Ok(runs)
    }

    /// The segments of a run's journal, in order.
    async fn segments(&self, run: RunId) -> Result<Vec<(u64, String)>, Error> {
        let keys = self.store.list(&run_key(run, "journal-")).await?;
        let mut segments: Vec<(u64, String)> =
            keys.into_iter().filter_map(|key| Some((segment_number(&key)?, key))).collect();
        segments.sort();
        Ok(segments)
    }

    /// The entries of a run, in order. A line that was cut off is left out: what it announced never left.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where any other line is damaged.
    pub async fn entries(&self, run: RunId) -> Result<Vec<Entry>, Error> {
        Ok(self.journal(run).await?.entries)
    }

    pub(super) async fn journal(&self, run: RunId) -> Result<JournalText, Error> {
        let mut journal = JournalText { entries: Vec::new(), void: false, next: journal_key(run, 1) };
        let lost = |key: String, why: &str| Error::Lost { key, why: why.to_owned() };
        let segments = self.segments(run).await?;
        // A segment without entries, where entries follow it.
        let mut hollow: Option<String> = None;
        for (expected, (number, key)) in (1..).zip(segments.iter().cloned()) {
            if number != expected {
                return Err(lost(journal_key(run, expected), &format!("`{key}` follows it")));
            }
            let found = self.store.get(&key).await?;
            let Some(bytes) = found else { return Err(lost(key, "it was there a moment ago")) };
            let text = line::read(&key, &bytes)?;
            let is_open = text.tail == Tail::Open;
            let is_last = number == segments.len() as u64;
            // The process that resumes a run seals the segment of the last one; releases of format 1 did not.
            if is_open && !is_last && text.format_version > 1 {
                return Err(lost(key, "its end is missing, and another segment follows it"));
            }
            if let Tail::Sealed(Seal { void: true, .. }) = text.tail {
                journal.void = true;
            }
            journal.next = if is_open { key.clone() } else { journal_key(run, number + 1) };
            if is_open && text.entries.is_empty() {
                hollow.get_or_insert(key.clone());
            }
            for entry in text.entries {
                let expected = journal.entries.last().map_or(1, |last| last.seq + 1);
                if entry.seq != expected {
                    if let Some(hollow) = hollow {
                        return Err(lost(hollow, &format!("`{key}` goes on with entry `{}`", entry.seq)));
                    }
                    let why = format!("entry `{}` stands where `{expected}` should", entry.seq);
                    return Err(Error::Corrupt { key, line: 1, why });
                }
                journal.entries.push(entry);
            }
        }
        Ok(journal)
    }

    /// A run with its plan and where each step stands.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Illegal`], or where the store fails.
    pub async fn recorded(&self, run: RunId) -> Result<Recorded, Error> {
        let entries = self.entries(run).await?;
        self.recorded_with(run, &entries).await
    }

    pub(super) async fn recorded_with(&self, run: RunId, entries: &[Entry]) -> Result<Recorded, Error> {
        let key = run_key(run, PLAN);
        let bytes = self.store.get(&key).await?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let plan = Plan::from_json(&text).map_err(|error| Error::Corrupt {
            key,
            line: 1,
            why: error.to_string(),
        })?;
        let mut replay = Replay::default();
        for entry in entries {
            replay.apply(entry)?;
        }
        Ok(Recorded { run, plan, replay })
    }

    /// The last run of a plan.
    ///
    /// # Errors
    /// [`Error::NotFound`] where no state exists; as [`State::recorded`].
    pub async fn last_run(&self) -> Result<Option<Recorded>, Error> {
        let runs = self.files_by_run().await?;
        if runs.is_empty() {
            self.check_exists().await?;
        }
        for (run, files) in runs.into_iter().rev() {
            let journal = self.journal(run).await?;
            // Only what is unfinished is gone on with, so only that can be done twice.
            let known = if journal.has_ended() { Ended::default() } else { self.ended_runs().await? };
            match known.check(run, &files, &journal)? {
                Story::Plan => return Ok(Some(self.recorded_with(run, &journal.entries).await?)),
                Story::Rebuild | Story::Nothing => {}
            }
        }
        Ok(None)
    }
}
