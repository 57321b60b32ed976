//! Time and chance, both handed in from outside.
//!
//! Purpose: one clock type for real and virtual time, and draws that depend on nothing but their address.
//! Invariants: only [`SystemClock`] reads the wall clock; a draw is the same whenever and wherever it is asked for.

mod clock;
mod seed;

pub use clock::{Clock, SystemClock, Time};
pub use seed::Seed;
