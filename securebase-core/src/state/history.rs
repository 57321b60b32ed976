//! Who did what, when, by which plan.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Error;
use super::archive::{SUMMARY, State, run_key};
use super::journal::ended::Story;
use super::journal::entry::{Entry, Fact, RunId, RunStatus};
use super::journal::envelope;
use super::journal::replay::{BegunRecord, Replay, Resumption, StepStatus};
use crate::model::ResourceKind;
use crate::plan::{Action, Plan};
use crate::time::Time;

/// Who began a run that has no first entry.
const UNSIGNED: &str = "unknown";

/// What an entry of the history is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordKind {
    /// A plan was applied.
    Apply,
    /// The state was rebuilt from the cloud.
    Rebuild,
}

impl RecordKind {
    /// `apply` or `rebuild`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Rebuild => "rebuild",
        }
    }
}

/// One run, for the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRecord {
    /// Its number.
    pub run: RunId,
    /// What it is about.
    pub kind: RecordKind,
    /// Who began it.
    pub who: String,
    /// When it began, `None` where it was cut off before its first entry.
    pub began: Option<Time>,
    /// Who went on with it after it was cut off, and when, in order.
    #[serde(default)]
    pub resumed: Vec<Resumption>,
    /// When it ended, `None` where it was cut off.
    pub ended: Option<Time>,
    /// How it ended, `None` where it was cut off.
    pub status: Option<RunStatus>,
    /// The fingerprint of its plan; empty where there was none.
    pub plan: String,
    /// How many steps it has carried out, or how many resources were found.
    pub step_count: usize,
    /// How many steps have failed for good.
    pub failed_count: usize,
    /// The steps it has carried out, by action and kind.
    pub counts: BTreeMap<Action, BTreeMap<ResourceKind, usize>>,
}

/// The steps that were done, by action and kind.
fn counts(plan: &Plan, replay: &Replay) -> BTreeMap<Action, BTreeMap<ResourceKind, usize>> {
    let mut counts: BTreeMap<Action, BTreeMap<ResourceKind, usize>> = BTreeMap::new();
    for step in plan.steps() {
        if replay.steps.get(&step.address).is_some_and(|record| record.status == StepStatus::Done) {
            *counts.entry(step.action).or_default().entry(step.kind).or_default() += 1;
        }
    }
    counts
}

/// What the history needs of an ended run and its journal does not say: written down once, so that its plan need not be
/// read for it again.
#[derive(Serialize, Deserialize)]
pub(super) struct Summary {
    counts: BTreeMap<Action, BTreeMap<ResourceKind, usize>>,
}

impl Summary {
    pub(super) fn of(plan: &Plan, replay: &Replay) -> Self {
        Self { counts: counts(plan, replay) }
    }
}

/// The entry of a run in the history.
fn record(run: RunId, replay: Replay, plan: String, summary: Summary) -> RunRecord {
    let number = |status| replay.steps.values().filter(|record| record.status == status).count();
    let (step_count, failed_count) = (number(StepStatus::Done), number(StepStatus::Failed));
    let Replay { begun, resumed, ended, last_at, .. } = replay;
    let (began, who, plan) = match begun {
        Some(BegunRecord { at, who, plan, organization: _ }) => (Some(at), who, plan),
        // Cut off between its plan and its first entry: nothing was called, and the caller is unknown.
        None => (None, UNSIGNED.to_owned(), plan),
    };
    RunRecord {
        run,
        kind: RecordKind::Apply,
        who,
        began,
        resumed,
        ended: ended.map(|_| last_at),
        status: ended,
        plan,
        step_count,
        failed_count,
        counts: summary.counts,
    }
}

/// The entry of a rebuild in the history; `None` where the journal is of something else.
fn rebuild(run: RunId, entries: &[Entry]) -> Option<RunRecord> {
    let ended = entries.iter().find(|entry| matches!(entry.fact, Fact::Ended { .. }));
    entries.iter().find_map(|entry| match &entry.fact {
        Fact::Rebuilt { who, resource_count } => Some(RunRecord {
            run,
            kind: RecordKind::Rebuild,
            who: who.clone(),
            began: Some(entry.at),
            resumed: Vec::new(),
            ended: ended.map(|entry| entry.at),
            status: ended.map(|_| RunStatus::Succeeded),
            plan: String::new(),
            step_count: *resource_count,
            failed_count: 0,
            counts: BTreeMap::new(),
        }),
        _ => None,
    })
}

fn replay(entries: &[Entry]) -> Result<Replay, Error> {
    let mut replay = Replay::default();
    entries.iter().try_for_each(|entry| replay.apply(entry))?;
    Ok(replay)
}

impl State {
    /// Who did what, when, by which plan; oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] where no state exists; as [`State::recorded`].
    pub async fn history(&self) -> Result<Vec<RunRecord>, Error> {
        let runs = self.files_by_run().await?;
        if runs.is_empty() {
            self.check_exists().await?;
        }
        let ended = self.ended_runs().await?;
        ended.check_all_there(&runs)?;
        let mut history = Vec::new();
        for (run, files) in runs {
            let journal = self.journal(run).await?;
            match ended.check(run, &files, &journal)? {
                Story::Nothing => {}
                Story::Rebuild => history.extend(rebuild(run, &journal.entries)),
                Story::Plan if files.iter().any(|file| file == SUMMARY) => {
                    let key = run_key(run, SUMMARY);
                    let bytes = self.store().get(&key).await?.unwrap_or_default();
                    envelope::version(&key, &bytes)?;
                    let summary = envelope::open(&key, &bytes)?;
                    history.push(record(run, replay(&journal.entries)?, String::new(), summary));
                }
                Story::Plan => {
                    let recorded = self.recorded_with(run, &journal.entries).await?;
                    let summary = Summary::of(&recorded.plan, &recorded.replay);
                    history.push(record(run, recorded.replay, recorded.plan.fingerprint(), summary));
                }
            }
        }
        Ok(history)
    }
}
