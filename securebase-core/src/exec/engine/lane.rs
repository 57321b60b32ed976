//! Lanes: calls that share a request rate queue up in one lane, the most urgent first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use crate::cloud::Target;
use crate::model::Limits;
use crate::pacing::Pacer;
use crate::time::Time;

/// A step by its place in the plan.
pub(in crate::exec) type StepIndex = usize;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    bucket: String,
    /// `None` for a bucket that the whole organization shares.
    target: Option<Target>,
}

#[derive(Debug)]
struct Lane {
    pacer: Option<Pacer>,
    queue: BinaryHeap<(Duration, Reverse<StepIndex>)>,
    /// Whether it was said that its line is long.
    said: bool,
}

/// All lanes, and when each may let its next call go.
#[derive(Debug)]
pub(in crate::exec) struct Lanes {
    limits: Limits,
    keys: BTreeMap<Key, usize>,
    lanes: Vec<Lane>,
    /// Lanes with something in the queue, by the moment their next call may leave.
    due: BTreeSet<(Time, usize)>,
    due_at: Vec<Option<Time>>,
}

impl Lanes {
    pub(in crate::exec) fn new(limits: Limits) -> Self {
        Self { limits, keys: BTreeMap::new(), lanes: Vec::new(), due: BTreeSet::new(), due_at: Vec::new() }
    }

    /// The lane of an operation (`service:Operation`) at a target.
    pub(in crate::exec) fn of(&mut self, action: &str, target: &Target) -> usize {
        let bucket = self.limits.bucket(action);
        let key = match bucket {
            Some(bucket) if bucket.shared => Key { bucket: bucket.name.clone(), target: None },
            Some(bucket) => Key { bucket: bucket.name.clone(), target: Some(target.clone()) },
            None => Key { bucket: action.to_owned(), target: None },
        };
        if let Some(lane) = self.keys.get(&key) {
            return *lane;
        }
        let lane = self.lanes.len();
        self.lanes.push(Lane { pacer: bucket.map(Pacer::new), queue: BinaryHeap::new(), said: false });
        self.due_at.push(None);
        self.keys.insert(key, lane);
        lane
    }

    /// A call that was made without queueing has used a token.
    pub(in crate::exec) fn spend(&mut self, action: &str, target: &Target, now: Time) {
        let lane = self.of(action, target);
        if let Some(pacer) = &mut self.lanes[lane].pacer {
            pacer.take(now);
        }
    }

    /// When a call that does not queue may leave.
    pub(in crate::exec) fn ready_at(&mut self, action: &str, target: &Target, now: Time) -> Time {
        let lane = self.of(action, target);
        self.lanes[lane].pacer.as_ref().map_or(now, |pacer| pacer.ready_at(now))
    }

    /// Queues a step; among the waiting, the one with the longest way to go comes first.
    pub(in crate::exec) fn push(&mut self, lane: usize, urgency: Duration, step: StepIndex, now: Time) {
        self.lanes[lane].queue.push((urgency, Reverse(step)));
        self.reschedule(lane, now);
    }

    /// Whether to report that the last call in line waits longer than that. Returns `true` at most once for each lane.
    pub(in crate::exec) fn becomes_long(&mut self, lane: usize, longer_than: Duration, now: Time) -> bool {
        let Lane { pacer, queue, said } = &mut self.lanes[lane];
        let last =
            pacer.as_ref().map_or(now, |pacer| pacer.ready_at_after(now, queue.len().saturating_sub(1)));
        last.since(now) > longer_than && !std::mem::replace(said, true)
    }

    fn reschedule(&mut self, lane: usize, now: Time) {
        if let Some(old) = self.due_at[lane].take() {
            self.due.remove(&(old, lane));
        }
        let Lane { pacer, queue, .. } = &self.lanes[lane];
        if !queue.is_empty() {
            let at = pacer.as_ref().map_or(now, |pacer| pacer.ready_at(now));
            self.due_at[lane] = Some(at);
            self.due.insert((at, lane));
        }
    }

    /// When the next call may leave, `None` where none waits.
    pub(in crate::exec) fn next_due(&self) -> Option<Time> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes the next step that may call now, and the token it needs.
    pub(in crate::exec) fn pop(&mut self, now: Time) -> Option<StepIndex> {
        let (at, lane) = *self.due.first()?;
        if at > now {
            return None;
        }
        let (_, Reverse(step)) = self.lanes[lane].queue.pop()?;
        if let Some(pacer) = &mut self.lanes[lane].pacer {
            pacer.take(now);
        }
        self.reschedule(lane, now);
        Some(step)
    }

    /// The service says that this lane is too fast.
    pub(in crate::exec) fn throttled(&mut self, lane: usize, now: Time) {
        if let Some(pacer) = &mut self.lanes[lane].pacer {
            pacer.drain(now);
        }
        self.reschedule(lane, now);
    }
}
