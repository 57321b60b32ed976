//! The state machine: what to write down, what to call, when to wake, without I/O.

pub(crate) mod identity;
mod known;
pub(super) mod lane;
pub(super) mod limiter;
pub(crate) mod machine;
pub(crate) mod output;
pub(super) mod retry;
mod steps;
