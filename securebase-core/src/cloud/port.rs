//! The port itself.

use futures::future::BoxFuture;

use crate::time::{RealTime, Runtime, Time};

use super::{Call, CloudError, Reply, Ticket};

/// The reply to a call, in the cloud's own time.
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

    /// The time that callers of this cloud live in: real time by default, virtual time in a simulated one.
    fn runtime(&self) -> &dyn Runtime {
        &RealTime
    }

    /// Begins the work of a process. A simulated cloud in which a process crashed takes calls again.
    fn connect(&self) {}

    /// The calls of a run as events of virtual time, for a cloud that ends with this process; `None`, the default, for one
    /// whose replies are worth waiting for.
    fn discrete(&self) -> Option<Box<dyn InFlight + '_>> {
        None
    }
}

impl<C: Cloud + ?Sized> Cloud for &C {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        (**self).call(call)
    }

    fn runtime(&self) -> &dyn Runtime {
        (**self).runtime()
    }

    fn connect(&self) {
        (**self).connect();
    }

    fn discrete(&self) -> Option<Box<dyn InFlight + '_>> {
        (**self).discrete()
    }
}

impl<C: Cloud + ?Sized> Cloud for std::sync::Arc<C> {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        (**self).call(call)
    }

    fn runtime(&self) -> &dyn Runtime {
        (**self).runtime()
    }

    fn connect(&self) {
        (**self).connect();
    }

    fn discrete(&self) -> Option<Box<dyn InFlight + '_>> {
        (**self).discrete()
    }
}

/// A reply that has arrived, and the call that it answers.
pub type Arrival = (Ticket, Result<Reply, CloudError>);

/// The calls of one run that are in flight.
pub trait InFlight: Send {
    /// Sends a call.
    ///
    /// # Errors
    /// [`ErrorKind::CallerGone`](super::ErrorKind::CallerGone) where the simulated process does not survive the call.
    fn send(&mut self, ticket: Ticket, call: Call) -> Result<(), CloudError>;

    /// Returns how many calls have no reply yet.
    fn count(&self) -> usize;

    /// Waits for the next replies, at the latest until a moment of the steady clock. Returns those that arrived at the same
    /// time together, and none where that moment has come. A future that is dropped loses no reply.
    fn next(&mut self, until: Option<Time>) -> BoxFuture<'_, Vec<Arrival>>;
}
