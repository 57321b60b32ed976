//! The journal of a run that is under way.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::entry::{Entry, FORMAT_VERSION, Fact, RunId};
use super::line::{self, Header, LineRef};
use super::redact::redact;
use super::replay::Replay;
use crate::plan::Plan;
use crate::state::archive::{State, journal_key};
use crate::state::lease::Lease;
use crate::state::store::{Segment, Store};
use crate::state::{Error, resources};

struct Writer {
    segment: Box<dyn Segment>,
    key: String,
    /// The number of the segment, from 1.
    number: u64,
    written: usize,
    /// What the journal says so far.
    replay: Replay,
    broken: bool,
    text: Vec<u8>,
}

/// The journal of a run that is under way, and the right to write to it.
pub struct RunJournal {
    state: State,
    lease: Lease,
    run: RunId,
    /// The fingerprint of its plan; empty where it has none.
    fingerprint: String,
    writer: Mutex<Writer>,
}

impl RunJournal {
    /// A journal that goes on in that segment.
    pub(in crate::state) async fn open(
        state: &State,
        lease: &Lease,
        run: RunId,
        fingerprint: String,
        number: u64,
        replay: Replay,
    ) -> Result<Self, Error> {
        let key = journal_key(run, number);
        let segment = match state.store().begin_segment(&key).await {
            Ok(segment) => segment,
            // Whoever has taken over has sealed it already.
            Err(error) => return Err(lease.explain(error).await),
        };
        let writer = Writer { segment, key, number, written: 0, replay, broken: false, text: Vec::new() };
        Ok(Self { state: state.clone(), lease: lease.clone(), run, fingerprint, writer: Mutex::new(writer) })
    }

    /// The run.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// The fingerprint of its plan; empty where it has none.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The lease it is written under.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Appends entries in one durable batch; renews the lease where it is time to.
    ///
    /// # Guarantees
    /// When this returns `Ok` the entries are durable, and nobody else had the right to write when they became so.
    ///
    /// # Errors
    /// [`Error::Fenced`] where the lease was lost: what was appended has no effect; [`Error::Illegal`] where it cannot follow on
    /// what the journal says: nothing was written. Otherwise where the store fails. The run
    /// must stop in either case, because it can no longer remember what it does; every later append is refused.
    pub async fn append(&self, entries: &[Entry]) -> Result<(), Error> {
        self.write(entries, true).await
    }

    /// As [`RunJournal::append`], but until the next `append` returns, what was added may be lost with the machine; never
    /// with the process alone. Enough where a call reaches no further than this process: in a simulated cloud.
    ///
    /// # Errors
    /// As [`RunJournal::append`].
    pub async fn append_soon(&self, entries: &[Entry]) -> Result<(), Error> {
        self.write(entries, false).await
    }

    async fn write(&self, entries: &[Entry], durable: bool) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut writer = self.writer.lock().await;
        if writer.broken {
            return Err(Error::Broken { key: writer.key.clone() });
        }
        // Whatever happens from here on, including that this future is dropped: what is durable then is not known.
        writer.broken = true;
        // What cannot have happened is refused before it is written: nobody could read the journal afterwards.
        for entry in entries {
            writer.replay.apply(entry)?;
        }
        self.lease.keep().await?;
        if let Err(error) = writer.write(&self.lease, entries, durable).await {
            return Err(self.lease.explain(error).await);
        }
        let store: Arc<dyn Store> = self.state.store();
        if store.segment_bytes_max().is_some_and(|max| writer.written >= max)
            && let Err(error) = writer.resume(store.as_ref(), self.run).await
        {
            return Err(self.lease.explain(error).await);
        }
        self.lease.confirm().await?;
        writer.broken = false;
        Ok(())
    }

    /// Writes down what this run and those before it add up to, and a summary for the history: from what is in memory,
    /// without reading the journal again. To be called once the run has ended.
    ///
    /// # Errors
    /// As [`RunJournal::append`].
    pub async fn compact(&self, plan: &Plan) -> Result<(), Error> {
        let writer = self.writer.lock().await;
        resources::compact(&self.state, &self.lease, Some((self.run, plan, &writer.replay))).await
    }
}

impl Writer {
    async fn write(&mut self, lease: &Lease, entries: &[Entry], durable: bool) -> Result<(), Error> {
        let Self { segment, key, written, text, .. } = self;
        let failed =
            |error: serde_json::Error| Error::Io { what: "write", key: key.clone(), source: error.into() };
        text.clear();
        if *written == 0 {
            let header =
                Header { format_version: FORMAT_VERSION, token: lease.token(), who: lease.who().to_owned() };
            text.extend(line::begin(&header).map_err(failed)?);
        }
        for entry in entries {
            match &entry.fact {
                // The one fact that holds what somebody else has said.
                Fact::Failed { address, error } => {
                    let fact = Fact::Failed { address: address.clone(), error: redact(error).into_owned() };
                    LineRef::Entry(&Entry { fact, ..*entry }).write(text).map_err(failed)?;
                }
                _ => LineRef::Entry(entry).write(text).map_err(failed)?,
            }
        }
        if durable {
            segment.append(text).await?;
        } else {
            segment.append_soon(text).await?;
        }
        *written += text.len();
        Ok(())
    }

    /// Goes on in a new segment. That is said in the old one first: whoever takes over then knows where to look.
    async fn resume(&mut self, store: &dyn Store, run: RunId) -> Result<(), Error> {
        self.text.clear();
        LineRef::Continued {}.write(&mut self.text).map_err(|error| Error::Io {
            what: "write",
            key: self.key.clone(),
            source: error.into(),
        })?;
        self.segment.append(&self.text).await?;
        self.number += 1;
        self.key = journal_key(run, self.number);
        self.segment = store.begin_segment(&self.key).await?;
        self.written = 0;
        Ok(())
    }
}
