//! The order of steps, and parts of a plan.

mod duration;
pub(super) mod sequence;
pub(super) mod set_aside;
mod subset;
