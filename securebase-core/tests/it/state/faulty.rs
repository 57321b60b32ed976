//! Stores that fail on demand.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use securebase_core::state::{DirectoryStore, Error};

use crate::gated::{Gate, GatedStore, Outcome, Write};

/// A bucket whose replies, or requests, get lost.
#[derive(Debug)]
pub(crate) struct LosesReplies {
    inner: Arc<InMemory>,
    replies: AtomicUsize,
    requests: AtomicUsize,
}

impl LosesReplies {
    pub(crate) fn new(inner: Arc<InMemory>) -> Self {
        Self { inner, replies: AtomicUsize::new(0), requests: AtomicUsize::new(0) }
    }

    /// The next writes take place and are answered with an error.
    pub(crate) fn lose_next(&self, count: usize) {
        self.replies.store(count, Ordering::SeqCst);
    }

    /// The next writes do not take place and are answered with an error.
    pub(crate) fn drop_next(&self, count: usize) {
        self.requests.store(count, Ordering::SeqCst);
    }
}

fn take_one(count: &AtomicUsize) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

fn reset() -> object_store::Error {
    object_store::Error::Generic { store: "test", source: "the connection was reset".into() }
}

impl fmt::Display for LosesReplies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bucket that loses replies")
    }
}

#[async_trait]
impl ObjectStore for LosesReplies {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        if take_one(&self.requests) {
            return Err(reset());
        }
        let put = self.inner.put_opts(location, payload, opts).await?;
        if take_one(&self.replies) { Err(reset()) } else { Ok(put) }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<bytes::Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// A disk with room for so many bytes: what fits of an append is written, as an operating system does.
pub(crate) struct FullDisk {
    left: AtomicUsize,
}

impl FullDisk {
    /// A directory on such a disk.
    pub(crate) fn before(directory: DirectoryStore, bytes: usize) -> GatedStore<Self> {
        GatedStore::new(Arc::new(directory), Self { left: AtomicUsize::new(bytes) })
    }

    /// How much of `wanted` fits.
    fn take(&self, wanted: usize) -> usize {
        let mut fits = 0;
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                fits = wanted.min(left);
                Some(left - fits)
            })
            .unwrap();
        fits
    }
}

impl Gate for FullDisk {
    fn write<'a>(&self, what: Write, key: &str, bytes: &'a [u8]) -> Outcome<'a> {
        if matches!(what, Write::Seal | Write::Remove) {
            return Outcome { written: Some(bytes), error: None };
        }
        let fits = self.take(bytes.len());
        let full = || Error::Io {
            what: "write",
            key: key.to_owned(),
            source: io::Error::from(io::ErrorKind::StorageFull),
        };
        let error = (fits < bytes.len()).then(full);
        let written = (error.is_none() || what == Write::Append).then_some(&bytes[..fits]);
        Outcome { written, error }
    }
}
