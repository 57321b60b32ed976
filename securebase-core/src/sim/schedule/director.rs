//! A director: decides call by call what goes wrong, and sees what came of it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::chance::Draws;
use crate::cloud::{Call, CloudError, Reply};
use crate::sim::{SimulatedCloud, Submission};
use crate::time::Time;

/// What goes wrong with one call, where a [`Director`] says so and not the probabilities in [`Faults`](crate::sim::Faults).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// It is refused as too fast, or because something else is being written.
    Throttle,
    /// The service fails with a 5xx.
    ServiceError {
        /// Whether the call has had its effect.
        effect: bool,
    },
    /// It has its effect, and the reply never arrives.
    LostReply,
    /// It never arrives.
    LostRequest,
    /// It arrives twice, and the service carries out both.
    Duplicate {
        /// Whether the caller gets the reply to the second one.
        second: bool,
    },
    /// The credentials turn out to have expired.
    ExpiredCredentials,
    /// It succeeds, and what goes on after the reply fails.
    AsyncFailure,
    /// What it creates is not visible for a while.
    NotYetVisible,
    /// The caller dies during the call.
    Crash {
        /// Whether the call still has its effect.
        effect: bool,
    },
}

impl Fault {
    /// The draws of a call that meets this fault, as far as the fault is one of draws.
    pub(in crate::sim) fn bend(self, draws: &mut Draws) {
        // Below every probability, so that it happens even where none is set.
        const CERTAIN: f64 = -1.0;
        match self {
            Self::AsyncFailure => draws.async_failure = CERTAIN,
            Self::NotYetVisible => draws.not_yet_visible = CERTAIN,
            _ => {}
        }
    }
}

/// A call on its way.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Sent<'a> {
    /// Its ordinal among all calls to this world, from 1.
    pub ordinal: u64,
    /// When it was sent.
    pub at: Time,
    /// The call.
    pub call: &'a Call,
}

/// Decides call by call what goes wrong, and sees what came of it.
///
/// The world is not locked meanwhile: a director may look at the cloud and change it as an operator would, let time pass,
/// and make calls of its own, about which it is asked as well.
pub trait Director: Send + Sync {
    /// A call is about to arrive. `None` leaves it to the probabilities.
    fn before(&self, cloud: &SimulatedCloud, sent: &Sent<'_>) -> Option<Fault>;

    /// It has been answered. `effects` is what the service did, which the caller may never learn: one entry for each time
    /// it carried the call out.
    fn after(
        &self,
        cloud: &SimulatedCloud,
        sent: &Sent<'_>,
        effects: &[Result<Reply, CloudError>],
        submission: &Submission,
    );
}

/// The director of a world, if it has one.
#[derive(Clone, Default)]
pub(in crate::sim) struct Seat(pub(in crate::sim) Option<Arc<dyn Director>>);

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "directed" } else { "not directed" })
    }
}
