//! A store in memory, for tests and rehearsals.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Error;
use super::store::{Guard, Holder, Store, StoreFuture};

#[derive(Debug, Default)]
struct Inner {
    blobs: BTreeMap<String, Vec<u8>>,
    holder: Option<Holder>,
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

struct Release(MemoryStore);

impl Guard for Release {}

impl Drop for Release {
    fn drop(&mut self) {
        self.0.inner().holder = None;
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        let found = self.inner().blobs.get(key).cloned();
        Box::pin(async { Ok(found) })
    }

    fn put<'a>(&'a self, key: &'a str, bytes: &'a [u8], replace: bool) -> StoreFuture<'a, ()> {
        let mut inner = self.inner();
        let result = if !replace && inner.blobs.contains_key(key) {
            Err(Error::Exists { key: key.to_owned() })
        } else {
            inner.blobs.insert(key.to_owned(), bytes.to_vec());
            Ok(())
        };
        Box::pin(async { result })
    }

    fn append<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        self.inner().blobs.entry(key.to_owned()).or_default().extend_from_slice(bytes);
        Box::pin(async { Ok(()) })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        let keys = self.inner().blobs.keys().filter(|key| key.starts_with(prefix)).cloned().collect();
        Box::pin(async { Ok(keys) })
    }

    fn lock<'a>(&'a self, holder: &'a Holder) -> StoreFuture<'a, Box<dyn Guard>> {
        let mut inner = self.inner();
        let result: Result<Box<dyn Guard>, Error> = match &inner.holder {
            Some(holder) => Err(Error::Locked { holder: Box::new(holder.clone()) }),
            None => {
                inner.holder = Some(holder.clone());
                Ok(Box::new(Release(self.clone())))
            }
        };
        drop(inner);
        Box::pin(async { result })
    }

    fn holder(&self) -> StoreFuture<'_, Option<Holder>> {
        let holder = self.inner().holder.clone();
        Box::pin(async { Ok(holder) })
    }
}
