//! Time and chance, both handed in from outside.
//!
//! Purpose: one clock type for real and virtual time, and draws that depend on nothing but their address.
//! Invariants: only [`SystemClock`] reads the wall clock and only [`SteadyClock`] the one that nobody sets; a draw is the same whenever and wherever it is asked for.

mod clock;
mod interrupt;
mod runtime;
mod seed;

pub(crate) use clock::Elapsing;
pub use clock::{Clock, SteadyClock, SystemClock, Time};
pub use interrupt::{Interrupt, Interrupted};
pub use runtime::{RealTime, Runtime};
pub use seed::Seed;
