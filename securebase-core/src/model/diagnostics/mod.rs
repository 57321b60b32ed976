//! Findings, and how they name a place, a value and a correction.

mod base;
pub(super) mod diagnostic;
pub mod document;
pub(crate) mod nearest;
pub(super) mod problem;
pub(super) mod quoted;
mod strict;
