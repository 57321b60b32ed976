//! The port behind which the state lives.

use std::fmt;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::time::Time;

use super::Error;

/// What a store answers with, in its own time.
pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, Error>>;

/// Who is writing, for the eyes of whoever is kept waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user, or whatever the caller calls itself.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// Since when.
    pub since: Time,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, host, pid, since } = self;
        write!(f, "{who} on {host} (process {pid}) since ")?;
        match i64::try_from(since.as_micros())
            .ok()
            .and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok())
        {
            Some(moment) => write!(f, "{moment:.0}"),
            None => write!(f, "{since}"),
        }
    }
}

/// The right to write, until it is dropped.
pub trait Guard: Send + Sync {}

/// Named blobs, some of them appended to.
///
/// # Guarantees
/// When a writing call has returned `Ok`, what it wrote survives a crash of the process and of the machine. `put` is
/// all or nothing. An `append` that failed, or during which the process died, may have left a part of its bytes behind.
///
/// # Caveats
/// Only [`Store::lock`] keeps two writers apart; the other calls do not check.
pub trait Store: Send + Sync {
    /// The blob, `None` where there is none.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Writes a blob: a new one ([`Error::Exists`] otherwise), or in place of the one that is there.
    fn put<'a>(&'a self, key: &'a str, bytes: &'a [u8], replace: bool) -> StoreFuture<'a, ()>;

    /// Adds to the end of a blob, which begins empty.
    fn append<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> StoreFuture<'a, ()>;

    /// The keys that begin with `prefix`, in order.
    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>>;

    /// Takes the right to write.
    ///
    /// # Errors
    /// [`Error::Locked`] with the holder where somebody has it.
    fn lock<'a>(&'a self, holder: &'a Holder) -> StoreFuture<'a, Box<dyn Guard>>;

    /// Who has the right to write, if anybody.
    fn holder(&self) -> StoreFuture<'_, Option<Holder>>;
}
