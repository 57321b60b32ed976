//! What a user assumes: people, growth, uncertainty, and the checks on them.

pub(super) mod amounts;
pub(super) mod assumption;
pub(super) mod assumptions;
pub mod bounds;
pub(super) mod distribution;
pub(super) mod growth;
pub(super) mod line;
pub(super) mod normal;
pub(super) mod operations;
mod people;
pub(super) mod staffing;
pub(super) mod uncertainty;
