//! The verdict on a request, and everything it is decided from.

pub(super) mod batch;
pub(super) mod evaluate;
pub(super) mod index;
mod intake;
pub(super) mod partition;
pub(super) mod request;
pub(super) mod verdict;
