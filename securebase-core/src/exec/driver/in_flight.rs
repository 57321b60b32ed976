//! Calls whose replies are futures.

use std::time::Duration;

use futures::future::{BoxFuture, poll_immediate};
use futures::stream::{FuturesUnordered, StreamExt};

use crate::cloud::{Arrival, Call, Cloud, CloudError, InFlight, Ticket};
use crate::time::Time;

/// Calls whose replies are futures, and overlap as those do.
pub(super) struct Overlapping<'a> {
    cloud: &'a dyn Cloud,
    flying: FuturesUnordered<BoxFuture<'a, Arrival>>,
}

impl<'a> Overlapping<'a> {
    pub(super) fn new(cloud: &'a dyn Cloud) -> Self {
        Self { cloud, flying: FuturesUnordered::new() }
    }
}

impl InFlight for Overlapping<'_> {
    fn send(&mut self, ticket: Ticket, call: Call) -> Result<(), CloudError> {
        let cloud = self.cloud;
        self.flying.push(Box::pin(async move { (ticket, cloud.call(call).await) }));
        Ok(())
    }

    fn count(&self) -> usize {
        self.flying.len()
    }

    fn next(&mut self, until: Option<Time>) -> BoxFuture<'_, Vec<Arrival>> {
        Box::pin(async move {
            let runtime = self.cloud.runtime();
            let sleep = async {
                match until {
                    Some(until) => runtime.sleep(at_least_a_moment(until.since(runtime.steady()))).await,
                    None => std::future::pending().await,
                }
            };
            let mut arrived = Vec::new();
            tokio::select! {
                biased;
                Some(first) = self.flying.next(), if !self.flying.is_empty() => arrived.push(first),
                () = sleep => return arrived,
            }
            while let Some(Some(next)) = poll_immediate(self.flying.next()).await {
                arrived.push(next);
            }
            arrived
        })
    }
}

pub(super) fn at_least_a_moment(pause: Duration) -> Duration {
    // Never zero: a timer that fires at once could starve the replies.
    pause.max(Duration::from_millis(1))
}
