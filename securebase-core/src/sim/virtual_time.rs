//! Calls that overlap in virtual time: hours of it pass in moments of real time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use futures::future::BoxFuture;

use super::SimulatedCloud;
use crate::cloud::{Arrival, Call, CloudError, InFlight, Reply, Ticket};
use crate::time::Time;

/// The replies that are on their way, by the moment they arrive.
pub(crate) struct VirtualTime<'a> {
    cloud: &'a SimulatedCloud,
    arrivals: BinaryHeap<Reverse<(Time, Ticket)>>,
    replies: BTreeMap<Ticket, Result<Reply, CloudError>>,
}

impl<'a> VirtualTime<'a> {
    pub(crate) fn new(cloud: &'a SimulatedCloud) -> Self {
        Self { cloud, arrivals: BinaryHeap::new(), replies: BTreeMap::new() }
    }

    /// Lets time pass until the next reply arrives, at the latest until `until`; `None` where neither will ever come.
    pub(crate) fn advance(&mut self, until: Option<Time>) -> Option<Vec<Arrival>> {
        let arrival = self.arrivals.peek().map(|Reverse((at, _))| *at);
        let next = [arrival, until].into_iter().flatten().min()?;
        self.cloud.advance_to(next);
        let mut arrived = Vec::new();
        while let Some(&Reverse((at, ticket))) = self.arrivals.peek() {
            if at > next {
                break;
            }
            self.arrivals.pop();
            arrived.extend(self.replies.remove(&ticket).map(|result| (ticket, result)));
        }
        Some(arrived)
    }
}

impl InFlight for VirtualTime<'_> {
    fn send(&mut self, ticket: Ticket, call: Call) -> Result<(), CloudError> {
        let submission = self.cloud.submit(self.cloud.now(), &call);
        if submission.crashed {
            return submission.result.map(drop);
        }
        self.arrivals.push(Reverse((submission.at, ticket)));
        self.replies.insert(ticket, submission.result);
        Ok(())
    }

    fn count(&self) -> usize {
        self.replies.len()
    }

    fn next(&mut self, until: Option<Time>) -> BoxFuture<'_, Vec<Arrival>> {
        // Only where it is polled: a wait that loses a race must take no reply with it.
        Box::pin(async move {
            match self.advance(until) {
                Some(arrived) => arrived,
                None => std::future::pending().await,
            }
        })
    }
}
