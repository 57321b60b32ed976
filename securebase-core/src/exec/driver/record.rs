//! Where the entries of a run go, and the right to send its calls.

use std::time::Duration;

use crate::cloud::Call;
use crate::exec::Error;
use crate::state::{Entry, RunJournal};

/// Whether entries must outlive the machine before anything else happens, or only the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The machine may lose power.
    Durable,
    /// What the entries announce ends with the process, as calls in a simulated cloud do.
    OfProcess,
}

/// Where the entries of a run go, and the right to send its calls.
pub(crate) trait Record: Send + Sync {
    /// Writes entries down. They are kept once this returns.
    fn write(
        &self,
        entries: &[Entry],
        durability: Durability,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Makes sure that a call may leave: the process may have lost the right to send it since the call was announced.
    fn may_leave(&self, call: &Call) -> impl Future<Output = Result<(), Error>> + Send;

    /// How long that right lasts before it must be renewed.
    fn renew_in(&self) -> Duration;

    /// Renews it.
    fn renew(&self) -> impl Future<Output = Result<(), Error>> + Send;
}

impl Record for RunJournal {
    async fn write(&self, entries: &[Entry], durability: Durability) -> Result<(), Error> {
        match durability {
            Durability::Durable => self.append(entries).await,
            Durability::OfProcess => self.append_soon(entries).await,
        }
        .map_err(Error::CutOff)
    }

    async fn may_leave(&self, call: &Call) -> Result<(), Error> {
        if call.operation.is_mutating() {
            self.lease().confirm().await.map_err(Error::CutOff)?;
        }
        Ok(())
    }

    fn renew_in(&self) -> Duration {
        self.lease().renew_in()
    }

    async fn renew(&self) -> Result<(), Error> {
        self.lease().keep().await.map_err(Error::CutOff)
    }
}

/// A run that is only timed: it writes nothing down, and only its own process could send its calls.
pub(crate) struct Unrecorded;

impl Record for Unrecorded {
    async fn write(&self, _: &[Entry], _: Durability) -> Result<(), Error> {
        Ok(())
    }

    async fn may_leave(&self, _: &Call) -> Result<(), Error> {
        Ok(())
    }

    fn renew_in(&self) -> Duration {
        Duration::MAX
    }

    async fn renew(&self) -> Result<(), Error> {
        Ok(())
    }
}
