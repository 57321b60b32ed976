//! The state: a cache of what exists, with a history.
//!
//! Purpose: remember what a run was about to do before it did it, so that whatever happens nothing is lost or done twice;
//! and tell afterwards who did what, when, by which plan.
//! Invariants: an entry is durable before the call it announces leaves; a journal is only ever appended to; every file
//! says its format version and carries checksums; a damaged or foreign file is reported and never overwritten.
//! Not here: deciding what to call (`exec`). The cloud is the truth: a lost state is rebuilt by a survey.
//!
//! Layout below the state's URL:
//!
//! ```text
//! resources.json            everything known to exist, as of run `serial`
//! runs/000001/plan.json     the plan of a run, written before the run begins
//! runs/000001/journal-0001  what the run did, one checksummed line an entry; a resumed run begins a new segment
//! lock                      who is writing
//! ```

mod applied;
mod archive;
mod bucket;
mod directory;
mod entry;
mod envelope;
mod error;
mod history;
mod holder;
mod lease;
mod line;
mod memory;
mod open;
mod portable;
mod redact;
mod replay;
mod resources;
mod run_journal;
#[cfg(feature = "s3")]
mod s3;
mod store;
mod v1;

pub use archive::{Recorded, State};
pub use bucket::BucketStore;
pub use directory::DirectoryStore;
pub use entry::{CallOutcome, Entry, FORMAT_VERSION, Fact, RunId, RunStatus};
pub use error::Error;
pub use history::{RecordKind, RunRecord};
pub use holder::{Holder, LockInfo};
pub use lease::{LEASE_TERM, Lease};
pub use memory::MemoryStore;
pub use replay::{BegunRecord, Replay, StepRecord, StepStatus};
pub use resources::StoredResource;
pub use run_journal::RunJournal;
pub use store::{Condition, Presence, Segment, Store, StoreFuture, Version};
