//! Everything about asking AWS for accounts: when, how many at a time, and what became of each request.

pub(super) mod admission;
pub(super) mod earlier;
pub(super) mod exhausted;
pub(super) mod requests;
