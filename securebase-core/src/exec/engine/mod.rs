//! The state machine: what to write down, what to call, when to wake, without I/O.

pub(crate) mod identity;
mod known;
pub(super) mod lane;
pub(crate) mod machine;
pub(crate) mod output;
mod steps;
