//! A store in memory, for tests and rehearsals.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{ObjectVersion, Presence, Segment, Store, StoreFuture, WriteCondition};
use crate::state::Error;
use crate::state::lease::holder::Holder;

#[derive(Debug, Default)]
struct Blob {
    bytes: Vec<u8>,
    /// Of the write that made it what it is.
    number: u64,
}

#[derive(Debug, Default)]
struct Inner {
    blobs: BTreeMap<String, Blob>,
    writes: u64,
    present: BTreeSet<String>,
}

impl Inner {
    /// The blob to change, empty where it is new.
    fn changing(&mut self, key: &str) -> &mut Blob {
        self.writes += 1;
        let blob = self.blobs.entry(key.to_owned()).or_default();
        blob.number = self.writes;
        blob
    }
}

/// A store in memory. Clones share what they hold.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Every change below is a single map operation: a panic elsewhere leaves nothing half-done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Alive {
    store: MemoryStore,
    name: String,
}

impl Presence for Alive {}

impl Drop for Alive {
    fn drop(&mut self) {
        self.store.inner().present.remove(&self.name);
    }
}

struct MemorySegment {
    store: MemoryStore,
    key: String,
    /// How long it is if nobody else writes to it; `None` before the first append.
    length: Option<usize>,
}

impl Segment for MemorySegment {
    fn append<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        let Self { store, key, length } = self;
        let mut inner = store.inner();
        let found = inner.blobs.get(key.as_str()).map(|blob| blob.bytes.len());
        let result = if found == *length {
            let blob = inner.changing(key);
            blob.bytes.extend_from_slice(bytes);
            *length = Some(blob.bytes.len());
            Ok(())
        } else {
            Err(Error::Conflict { key: key.clone() })
        };
        Box::pin(async { result })
    }
}

impl Store for MemoryStore {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        let found = self.inner().blobs.get(key).map(|blob| blob.bytes.clone());
        Box::pin(async { Ok(found) })
    }

    fn get_versioned<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<(Vec<u8>, ObjectVersion)>> {
        let inner = self.inner();
        let found =
            inner.blobs.get(key).map(|blob| (blob.bytes.clone(), ObjectVersion(blob.number.to_string())));
        drop(inner);
        Box::pin(async { Ok(found) })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        condition: WriteCondition,
    ) -> StoreFuture<'a, ObjectVersion> {
        let mut inner = self.inner();
        let holds = match (inner.blobs.get(key), condition) {
            (found, WriteCondition::Absent) => found.is_none(),
            (found, WriteCondition::Unchanged(version)) => {
                found.is_some_and(|blob| blob.number.to_string() == version.0)
            }
        };
        let result = if holds {
            let blob = inner.changing(key);
            blob.bytes = bytes.to_vec();
            Ok(ObjectVersion(blob.number.to_string()))
        } else {
            Err(Error::Conflict { key: key.to_owned() })
        };
        drop(inner);
        Box::pin(async { result })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        let keys = self.inner().blobs.keys().filter(|key| key.starts_with(prefix)).cloned().collect();
        Box::pin(async { Ok(keys) })
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        self.inner().blobs.remove(key);
        Box::pin(async { Ok(()) })
    }

    fn begin_segment<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Box<dyn Segment>> {
        let exists = self.inner().blobs.contains_key(key);
        let key = key.to_owned();
        let segment = MemorySegment { store: self.clone(), key: key.clone(), length: None };
        Box::pin(async move {
            if exists { Err(Error::Conflict { key }) } else { Ok(Box::new(segment) as Box<dyn Segment>) }
        })
    }

    fn seal<'a>(&'a self, key: &'a str, line: &'a [u8], _version: &'a ObjectVersion) -> StoreFuture<'a, ()> {
        self.inner().changing(key).bytes.extend_from_slice(line);
        Box::pin(async { Ok(()) })
    }

    fn announce<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Box<dyn Presence>>> {
        self.inner().present.insert(name.to_owned());
        let alive = Alive { store: self.clone(), name: name.to_owned() };
        Box::pin(async { Ok(Some(Box::new(alive) as Box<dyn Presence>)) })
    }

    fn is_present<'a>(&'a self, name: &'a str, _holder: &'a Holder) -> StoreFuture<'a, Option<bool>> {
        let present = self.inner().present.contains(name);
        Box::pin(async move { Ok(Some(present)) })
    }
}
