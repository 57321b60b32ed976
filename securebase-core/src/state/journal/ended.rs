//! Which runs have ended, as the files beside their journals know it. A journal that says otherwise has lost its end: taken at
//! its word, the run would be gone on with, and what it made would be made again.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::RunId;
use crate::state::Error;
use crate::state::archive::{JournalText, PLAN, SNAPSHOT, SUMMARY, State, run_key};

/// The runs of which `resources.json` knows that they have ended.
#[derive(Debug, Default)]
pub(in crate::state) struct Ended {
    /// The last run whose effect is in the list of resources.
    pub(in crate::state) serial: u64,
    /// The numbers of the runs up to there that were runs. Earlier releases did not list them.
    pub(in crate::state) runs: BTreeSet<u64>,
}

/// What the files of a run tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::state) enum Story {
    /// A plan was carried out, or was about to be.
    Plan,
    /// The state was rebuilt, or was about to be.
    Rebuild,
    /// It never came to be a run.
    Nothing,
}

impl Ended {
    /// What a run is, where its files do not contradict each other.
    pub(in crate::state) fn check(
        &self,
        run: RunId,
        files: &[String],
        journal: &JournalText,
    ) -> Result<Story, Error> {
        let has = |name: &str| files.iter().any(|file| file == name);
        let story = match (has(PLAN), has(SNAPSHOT)) {
            _ if journal.void => Story::Nothing,
            (true, _) => Story::Plan,
            (false, _) if journal.is_rebuild() => Story::Rebuild,
            (false, false) if !journal.entries.is_empty() => {
                let why = "its journal has entries".to_owned();
                return Err(Error::Lost { key: run_key(run, PLAN), why });
            }
            // The journal of a rebuild comes last.
            (false, _) => Story::Nothing,
        };
        if journal.has_ended() {
            return Ok(story);
        }
        let who = if has(SUMMARY) {
            run_key(run, SUMMARY)
        } else if self.runs.contains(&run.0) || (story == Story::Plan && run.0 <= self.serial) {
            crate::state::resources::RESOURCES.to_owned()
        } else {
            return Ok(story);
        };
        Err(Error::Lost { key: journal.next.clone(), why: format!("`{who}` knows that the run has ended") })
    }

    /// Makes sure that every run that has ended is still there.
    pub(in crate::state) fn check_all_there(&self, runs: &BTreeMap<RunId, Vec<String>>) -> Result<(), Error> {
        match self.runs.iter().find(|run| !runs.contains_key(&RunId(**run))) {
            Some(run) => {
                let why = format!("`{}` knows that run", crate::state::resources::RESOURCES);
                Err(Error::Lost { key: run_key(RunId(*run), PLAN), why })
            }
            None => Ok(()),
        }
    }
}

impl State {
    /// The runs of which `resources.json` knows that they have ended.
    pub(in crate::state) async fn ended_runs(&self) -> Result<Ended, Error> {
        Ok(self.known().await?.0.ended)
    }
}
