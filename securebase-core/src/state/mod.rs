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
//! | `store` | the port; `directory`, `bucket` (with `s3`), `memory` are behind it, `open` finds the right one |
//! | `lease`, `holder` | who may write |
//! | `place` | whether there is a state, and of which organization and zone |
//! | `archive`, `run_journal` | runs, reading and writing their journals, sealing |
//! | `line`, `entry`, `replay` | what a journal is made of, and what it adds up to |
//! | `ended` | which runs have ended, whatever their journals say |
//! | `record` | the history in words, and as a table |
//! | `resources`, `history` | what all runs add up to |
//! | `portable` | export and import |
//! | `envelope`, `redact`, `v1` | checksums, secrets, the first format |

mod applied;
mod archive;
mod bucket;
mod directory;
mod ended;
mod entry;
mod envelope;
mod error;
mod history;
mod holder;
mod lease;
mod line;
mod memory;
mod open;
mod place;
mod portable;
mod record;
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
pub use entry::{CallOutcome, Entry, FORMAT_VERSION, Fact, Home, RunId, RunStatus};
pub use error::Error;
pub use history::{RecordKind, RunRecord};
pub use holder::{Holder, LockInfo};
pub use lease::{LEASE_TERM, Lease};
pub use memory::MemoryStore;
pub use replay::{BegunRecord, Replay, Resumption, StepRecord, StepStatus};
pub use resources::StoredResource;
pub use run_journal::RunJournal;
pub use store::{Condition, Presence, Segment, Store, StoreFuture, Version};
