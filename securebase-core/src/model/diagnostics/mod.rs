//! Findings, and how they name a place, a value and a correction.

pub mod document;
pub(crate) mod nearest;
pub(super) mod problem;
pub(super) mod quoted;
