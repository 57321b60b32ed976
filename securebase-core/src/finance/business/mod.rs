//! What a month earns and costs, and questions about it.

pub(super) mod bridge;
pub(super) mod curve;
pub(super) mod explain;
mod growth;
mod lever;
mod lines;
pub(super) mod metric;
pub(super) mod model;
pub(super) mod month;
pub(super) mod outcome;
pub(super) mod rows;
mod scaled;
pub(super) mod scenarios;
mod tables;
pub(super) mod until;
pub(super) mod varied;
