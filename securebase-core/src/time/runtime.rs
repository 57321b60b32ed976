//! What a program waits with.

use std::time::Duration;

use futures::future::BoxFuture;

use super::{Clock, SteadyClock, SystemClock, Time};

/// The time that a program runs in: two clocks, and a way to wait.
///
/// A cloud names its runtime, because the two belong together: a program that waited in real time for a simulated cloud
/// would wait for hours, and one that waited in virtual time for AWS would not wait at all.
///
/// ```
/// use securebase_core::time::{RealTime, Runtime};
///
/// let began = RealTime.steady();
/// assert!(RealTime.steady() >= began);
/// ```
pub trait Runtime: Send + Sync {
    /// The time on the wall clock. It may jump, as the clock of a machine does when it is set.
    fn now(&self) -> Time;

    /// The time on a clock that only passes. Its beginning means nothing.
    fn steady(&self) -> Time;

    /// Returns a future that ends when the duration has passed on the steady clock.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The clocks of this machine and the timers of Tokio.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealTime;

impl Runtime for RealTime {
    fn now(&self) -> Time {
        SystemClock.now()
    }

    fn steady(&self) -> Time {
        SteadyClock.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move { tokio::time::sleep(duration).await })
    }
}
