//! What a month earns and costs, and questions about it.

pub(super) mod bridge;
pub(super) mod curve;
pub(super) mod explain;
pub(super) mod metric;
pub(super) mod model;
pub(super) mod month;
pub(super) mod outcome;
pub(super) mod scenarios;
