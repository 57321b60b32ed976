//! What a month earns and costs, and questions about it.

pub(super) mod break_even;
pub(super) mod bridge;
pub(super) mod curve;
pub(super) mod explain;
pub(super) mod explore;
pub(super) mod metric;
pub(super) mod model;
pub(super) mod month;
mod scaled;
pub(super) mod scenarios;
