//! Time and chance of the simulated world: what happens by itself, how often, and what goes wrong.

pub(super) mod agenda;
pub(super) mod chance;
pub(super) mod director;
pub(super) mod faults;
pub(super) mod pacing;
