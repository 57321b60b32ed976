//! Deterministic simulation: one seed gives a world, its faults, what happens when, and a trace.
//!
//! `docs/reliability.md` says what is proven here, and how a seed is run again.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod case;
mod corpus;
mod desk;
#[path = "../support/gated.rs"]
mod gated;
mod journal;
mod ledger;
mod life;
mod operator;
mod picture;
mod seeds;
mod shrink;
mod soak;
mod store;
mod sweep;
mod tokens;
mod trace;
mod zones;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future that waits for nothing but itself, even inside another one that is run like this.
fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    // Streams of futures give way now and then although nothing is waited for.
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("the future waits for something");
}
