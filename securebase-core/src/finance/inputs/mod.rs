//! What a user assumes: people, growth, uncertainty, tenants from rows, and the checks on them.

mod amounts;
pub(super) mod assumption;
pub(super) mod assumptions;
pub mod bounds;
pub(super) mod growth;
mod lever;
pub(super) mod operations;
pub(super) mod rows;
pub(super) mod staffing;
mod tables;
pub(super) mod uncertainty;
pub(super) mod varied;
