//! The port itself.

use std::time::Duration;

use futures::future::BoxFuture;

use crate::time::{Clock, SteadyClock, SystemClock, Time};

use super::{Call, CloudError, Reply};

/// What a cloud answers with, in its own time.
pub type ReplyFuture<'a> = BoxFuture<'a, Result<Reply, CloudError>>;

/// A cloud: takes one call, gives one reply.
///
/// # Guarantees
/// A cloud sends each call at most once: it never retries by itself, because only the caller's journal knows whether a
/// second attempt could create a second resource. It assumes the access role the call names where the target is a member
/// account, and keeps the session for later calls.
///
/// # Caveats
/// Dropping the future does not undo the call; whether it had an effect is then unknown.
///
/// # Errors
/// [`CloudError`] says what kind of failure it was, and by its [`Delivery`](super::Delivery) whether the call may have had
/// an effect all the same.
pub trait Cloud: Send + Sync {
    /// Carries out one call.
    fn call(&self, call: Call) -> ReplyFuture<'_>;

    /// What time it is in this cloud: real time by default, virtual time in a simulated one.
    fn now(&self) -> Time {
        SystemClock.now()
    }

    /// How much time has passed in this cloud, by a clock that nobody sets; its beginning means nothing. A cloud with a
    /// time of its own needs both: its `now` may jump, as the clock of a machine does, and this may not.
    fn steady(&self) -> Time {
        SteadyClock.now()
    }

    /// Lets time pass in this cloud: real time by default, virtual time in a simulated one.
    fn pause(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

impl<C: Cloud + ?Sized> Cloud for &C {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        (**self).call(call)
    }

    fn now(&self) -> Time {
        (**self).now()
    }

    fn steady(&self) -> Time {
        (**self).steady()
    }

    fn pause(&self, duration: Duration) -> BoxFuture<'_, ()> {
        (**self).pause(duration)
    }
}

impl<C: Cloud + ?Sized> Cloud for std::sync::Arc<C> {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        (**self).call(call)
    }

    fn now(&self) -> Time {
        (**self).now()
    }

    fn steady(&self) -> Time {
        (**self).steady()
    }

    fn pause(&self, duration: Duration) -> BoxFuture<'_, ()> {
        (**self).pause(duration)
    }
}
