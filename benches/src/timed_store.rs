//! A store that says how often and how long it was waited for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use securebase_core::state::{Holder, ObjectVersion, Presence, Segment, Store, StoreFuture, WriteCondition};

use crate::timed_future;

/// What the writes of a store took.
#[derive(Debug, Clone, Default)]
pub struct Waited(Arc<Mutex<(usize, Duration)>>);

impl Waited {
    fn note(&self, took: Duration) {
        let mut waited = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waited.0 += 1;
        waited.1 += took;
    }

    /// How many writes there were, and the seconds they took.
    pub fn so_far(&self) -> (usize, f64) {
        let waited = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (waited.0, waited.1.as_secs_f64())
    }
}

/// Another store, every write of which is timed.
pub struct TimedStore<S> {
    store: S,
    waited: Waited,
}

impl<S: Store> TimedStore<S> {
    /// That store, timed.
    pub fn new(store: S) -> (Self, Waited) {
        let waited = Waited::default();
        (Self { store, waited: waited.clone() }, waited)
    }
}

impl<S: Store> Store for TimedStore<S> {
    fn place(&self) -> String {
        self.store.place()
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.store.get(key)
    }

    fn get_versioned<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<(Vec<u8>, ObjectVersion)>> {
        self.store.get_versioned(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        condition: WriteCondition,
    ) -> StoreFuture<'a, ObjectVersion> {
        Box::pin(async move {
            let (took, result) = timed_future(self.store.put(key, bytes, condition)).await;
            self.waited.note(took);
            result
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        self.store.list(prefix)
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        self.store.remove(key)
    }

    fn begin_segment<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Box<dyn Segment>> {
        Box::pin(async move {
            let segment = self.store.begin_segment(key).await?;
            let timed: Box<dyn Segment> = Box::new(TimedSegment { segment, waited: self.waited.clone() });
            Ok(timed)
        })
    }

    fn seal<'a>(&'a self, key: &'a str, line: &'a [u8], version: &'a ObjectVersion) -> StoreFuture<'a, ()> {
        self.store.seal(key, line, version)
    }

    fn segment_bytes_max(&self) -> Option<usize> {
        self.store.segment_bytes_max()
    }

    fn announce<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Box<dyn Presence>>> {
        self.store.announce(name)
    }

    fn is_present<'a>(&'a self, name: &'a str, holder: &'a Holder) -> StoreFuture<'a, Option<bool>> {
        self.store.is_present(name, holder)
    }
}

struct TimedSegment {
    segment: Box<dyn Segment>,
    waited: Waited,
}

impl Segment for TimedSegment {
    fn append<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let (took, result) = timed_future(self.segment.append(bytes)).await;
            self.waited.note(took);
            result
        })
    }

    fn append_soon<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        self.segment.append_soon(bytes)
    }
}
