//! The port behind which the state lives.

pub(super) mod bucket;
pub(super) mod directory;
pub(super) mod memory;
mod open;
mod place;
#[cfg(feature = "s3")]
mod s3;

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::Error;
use super::lease::holder::Holder;

/// What a store answers with, in its own time.
pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, Error>>;

/// What a file or object was when it was read: no two contents of one key have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVersion(pub(super) String);

impl fmt::Display for ObjectVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What must hold for a write to take place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteCondition {
    /// Nothing is there yet.
    Absent,
    /// What is there is still that version.
    Unchanged(ObjectVersion),
}

/// The end of a segment that is open for writing.
pub trait Segment: Send {
    /// Adds to the end; durable when this returns.
    ///
    /// # Errors
    /// [`Error::Conflict`] where somebody else has written to the segment meanwhile. The bytes may then stand behind what
    /// they wrote. After any error the segment must not be appended to again.
    fn append<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()>;

    /// As [`Segment::append`], but what was added may be lost with the machine until the next `append` returns; never with
    /// the process alone. For a store that has nothing cheaper this is `append`.
    fn append_soon<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        self.append(bytes)
    }
}

/// A sign of life that ends with the process that gives it.
pub trait Presence: Send + Sync {}

/// Named blobs with conditional writes, and segments that grow.
///
/// # Guarantees
/// When a writing call has returned `Ok`, what it wrote survives a crash of the process and of the machine. `put` is all
/// or nothing, and of several conditional writes to one version one at most succeeds. A store whose own repeated attempt
/// meets what its first attempt wrote answers `Ok`.
pub trait Store: Send + Sync {
    /// Where it is, for messages.
    fn place(&self) -> String;

    /// The blob, `None` where there is none.
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// The blob and its version, `None` where there is none.
    fn get_versioned<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<(Vec<u8>, ObjectVersion)>>;

    /// Writes a blob and says what version it is now.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the condition does not hold.
    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        condition: WriteCondition,
    ) -> StoreFuture<'a, ObjectVersion>;

    /// The keys that begin with `prefix`, in order.
    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>>;

    /// Takes a blob away; nothing happens where there is none.
    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()>;

    /// Begins a segment. It may come to exist with the first append only.
    ///
    /// # Errors
    /// [`Error::Conflict`] where there is one; perhaps only from the first append.
    fn begin_segment<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Box<dyn Segment>>;

    /// Adds a last line to a segment that was `version` when it was read, so that whoever has it open cannot append to it
    /// any more: their appends end in [`Error::Conflict`], whatever they leave behind stands after that line.
    ///
    /// # Errors
    /// [`Error::Conflict`] where it has changed, in stores that can tell.
    fn seal<'a>(&'a self, key: &'a str, line: &'a [u8], version: &'a ObjectVersion) -> StoreFuture<'a, ()>;

    /// After how many bytes a segment should be followed by another; `None` where one may grow for ever.
    fn segment_bytes_max(&self) -> Option<usize> {
        None
    }

    /// Gives a sign of life under a name of the caller's choice; `None` where the store has none to give.
    fn announce<'a>(&'a self, _name: &'a str) -> StoreFuture<'a, Option<Box<dyn Presence>>> {
        Box::pin(async { Ok(None) })
    }

    /// Whether whoever announced that name is alive; `None` where that cannot be known.
    fn is_present<'a>(&'a self, _name: &'a str, _holder: &'a Holder) -> StoreFuture<'a, Option<bool>> {
        Box::pin(async { Ok(None) })
    }
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn place(&self) -> String {
        self.as_ref().place()
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.as_ref().get(key)
    }

    fn get_versioned<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<(Vec<u8>, ObjectVersion)>> {
        self.as_ref().get_versioned(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        condition: WriteCondition,
    ) -> StoreFuture<'a, ObjectVersion> {
        self.as_ref().put(key, bytes, condition)
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        self.as_ref().list(prefix)
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        self.as_ref().remove(key)
    }

    fn begin_segment<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Box<dyn Segment>> {
        self.as_ref().begin_segment(key)
    }

    fn seal<'a>(&'a self, key: &'a str, line: &'a [u8], version: &'a ObjectVersion) -> StoreFuture<'a, ()> {
        self.as_ref().seal(key, line, version)
    }

    fn segment_bytes_max(&self) -> Option<usize> {
        self.as_ref().segment_bytes_max()
    }

    fn announce<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Box<dyn Presence>>> {
        self.as_ref().announce(name)
    }

    fn is_present<'a>(&'a self, name: &'a str, holder: &'a Holder) -> StoreFuture<'a, Option<bool>> {
        self.as_ref().is_present(name, holder)
    }
}
