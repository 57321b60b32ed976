//! The history of a pool as a document.
//!
//! *Purpose.* A [`Ledger`] is a pool at some moment and everything decided since. Replaying it gives the live state.
//!
//! *Invariants.* Carries a version. Replay makes no choices: it applies recorded events through the checks live changes
//! pass. Serials never go backwards.
//!
//! *Non-goals.* Where it is stored.

use serde::{Deserialize, Serialize};

use super::AddressPool;
use super::event::{LedgerEntry, PoolEvent};
use super::snapshot::Snapshot;
use crate::model::Problems;
use crate::model::diagnostics::document;
use crate::net::error::Error;

/// The version written.
pub(crate) const VERSION: u32 = 1;

/// A pool's start and what happened since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Of the format.
    pub version: u32,
    /// The pool at the start.
    pub base: Snapshot,
    /// What happened since, in order.
    pub entries: Vec<LedgerEntry>,
}

impl Ledger {
    /// The pool as it is after the last entry.
    ///
    /// # Errors
    /// Those of the base; or the first entry that cannot have happened, as what follows it would be judged on a wrong state.
    pub fn replay(&self) -> Result<AddressPool, Problems> {
        if self.version != VERSION {
            let error = Error::Version { found: self.version, known: VERSION };
            return Err(Problems::from(error.problem("version")));
        }
        let mut pool = self.base.load()?;
        for (n, entry) in self.entries.iter().enumerate() {
            // An entry that moves the serial on is stamped with the serial it reached.
            let at = match &entry.event {
                PoolEvent::Advanced { to } => *to,
                _ => pool.serial(),
            };
            let done = if entry.serial == at {
                entry.event.check().and_then(|()| pool.state.apply(&entry.event))
            } else {
                Err(Error::SerialBackwards { from: at, to: entry.serial })
            };
            done.map_err(|error| Problems::from(error.problem(format!("entries[{n}]"))))?;
            pool.history.push(entry.clone());
        }
        Ok(pool)
    }

    /// The ledger as JSON.
    ///
    /// # Errors
    /// [`Error::Json`], where the text cannot be made; that does not happen with a ledger's own types.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::Json { what: "ledger", why: error.to_string() })
    }

    /// A ledger from JSON; [`Ledger::replay`] judges its content.
    ///
    /// # Errors
    /// One problem `json-malformed` where the text is not JSON, else that of [`Ledger::from_value`].
    pub fn from_json(text: &str) -> Result<Self, Problems> {
        Self::from_value(&super::plain("ledger", text)?)
    }

    /// A ledger from its document as a plain value.
    ///
    /// # Errors
    /// One problem with the path of what does not fit.
    pub fn from_value(document: &serde_json::Value) -> Result<Self, Problems> {
        Ok(document::read("", document)?)
    }
}

impl AddressPool {
    /// Where the pool started and everything decided since.
    pub fn ledger(&self) -> Ledger {
        Ledger { version: VERSION, base: (*self.base).clone(), entries: self.history.clone() }
    }

    /// Forgets how the state came about: the present is the start of the history.
    pub fn compact(&mut self) {
        self.rebase();
    }
}
