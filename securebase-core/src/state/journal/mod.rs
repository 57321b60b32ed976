//! The journal of a run: entries, their text, and what they add up to.

pub(super) mod ended;
pub(super) mod entry;
pub(super) mod envelope;
pub(super) mod line;
pub(super) mod redact;
pub(super) mod replay;
pub(super) mod run_journal;
pub(super) mod v1;
