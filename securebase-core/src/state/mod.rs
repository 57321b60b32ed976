//! The state: a cache of what exists, with a history.
//!
//! Purpose: remember what a run was about to do before it did it, so that whatever happens nothing is lost or done twice;
//! and tell afterwards who did what, when, by which plan.
//! Invariants: an entry is durable before the call it announces leaves; a journal is only ever appended to; one process at a
//! time may write, and what a former holder still writes has no effect; every file says its format version and carries
//! checksums; a damaged or foreign file is reported and never overwritten.
//! Not here: deciding what to call (`exec`). The cloud is the truth: a lost state is rebuilt by a survey.
//! `docs/state.md` describes the layout, the guarantees and what each failure looks like.
//!
//! | file | job |
//! | --- | --- |
//! | `store` | the port; directory, bucket (with S3) and memory are behind it, `open` finds the right one, `place` what is in it |
//! | `lease` | who may write |
//! | `archive` | runs, reading and sealing their journals |
//! | `journal` | what a journal is made of, writing one, and what it adds up to |
//! | `resources`, `applied`, `history` | what all runs add up to |
//! | `record` | the history in words, and as a table |
//! | `portable` | export and import |

mod applied;
mod archive;
mod error;
mod history;
mod journal;
mod lease;
mod portable;
mod record;
mod resources;
mod store;

pub use archive::{Recorded, State};
pub use error::Error;
pub use history::{RecordKind, RunRecord};
pub use journal::entry::{CallOutcome, Entry, FORMAT_VERSION, Fact, Home, RunId, RunStatus};
pub use journal::replay::{BegunRecord, Replay, Resumption, StepRecord, StepStatus};
pub use journal::run_journal::RunJournal;
pub use lease::holder::{Holder, LeaseInfo};
pub use lease::{LEASE_TERM, Lease};
pub use resources::StoredResource;
pub use store::bucket::BucketStore;
pub use store::directory::DirectoryStore;
pub use store::memory::MemoryStore;
pub use store::{ObjectVersion, Presence, Segment, Store, StoreFuture, WriteCondition};
