//! A store in a bucket: S3, or anything else that `object_store` reaches and that has conditional writes.

use std::error::Error as _;
use std::sync::Arc;
use std::{fmt, io};

use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{
    GetOptions, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion,
};

use super::{ObjectVersion, Segment, Store, StoreFuture, WriteCondition};
use crate::state::Error;
use crate::state::journal::redact::redact;

/// After this many bytes a segment is followed by another.
const SEGMENT_BYTES_MAX: usize = 128 * 1024;
/// How often a write is tried whose outcome is unknown.
const TRIES_MAX: u32 = 3;
/// Between the parts of a version; neither part can hold it.
const BETWEEN: char = '\n';

/// A store in a bucket, below a prefix.
///
/// Objects cannot be appended to. So a segment is written again with every batch, on condition that it is what this
/// process wrote last, and followed by a new one at 128 KiB: a batch costs one request whatever it holds, a journal is read
/// in few requests, and a writer that was fenced off finds that out in the very request that would have had an effect.
#[derive(Clone)]
pub struct BucketStore {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    /// What comes before a key in messages.
    name: String,
}

/// What reaches the bucket holds keys, and shows them.
impl fmt::Debug for BucketStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketStore").field("name", &self.name).finish_non_exhaustive()
    }
}

impl BucketStore {
    /// A store in that bucket below `prefix`; `name` is what messages call it (`s3://bucket/prefix`).
    ///
    /// # Caveats
    /// The bucket must honour `PutMode::Create` and `PutMode::Update`; one that does not answers every write with an error.
    pub fn new(objects: Arc<dyn ObjectStore>, prefix: &str, name: impl Into<String>) -> Self {
        Self { objects, prefix: Path::from(prefix), name: name.into() }
    }

    fn path(&self, key: &str) -> Path {
        key.split('/').fold(self.prefix.clone(), Path::join)
    }

    fn display(&self, key: &str) -> String {
        format!("{}/{key}", self.name)
    }

    fn failed(&self, what: &'static str, key: &str, error: &object_store::Error) -> Error {
        use object_store::Error as Cause;
        let kind = match &error {
            Cause::PermissionDenied { .. } | Cause::Unauthenticated { .. } => io::ErrorKind::PermissionDenied,
            Cause::NotFound { .. } => io::ErrorKind::NotFound,
            Cause::NotImplemented { .. } | Cause::NotSupported { .. } => io::ErrorKind::Unsupported,
            _ => io::ErrorKind::Other,
        };
        // The outermost message names the object once more; what went wrong is said further in.
        let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        Error::Io { what, key: self.display(key), source: io::Error::new(kind, redact(&why).into_owned()) }
    }

    fn conflict(&self, key: &str) -> Error {
        Error::Conflict { key: self.display(key) }
    }

    async fn read(&self, key: &str) -> Result<Option<(Vec<u8>, ObjectVersion)>, Error> {
        let failed = |error: object_store::Error| self.failed("read", key, &error);
        let found = match self.objects.get_opts(&self.path(key), GetOptions::default()).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let version = version(found.meta.e_tag.as_deref(), found.meta.version.as_deref());
        Ok(Some((found.bytes().await.map_err(failed)?.to_vec(), version)))
    }

    /// Writes an object. Where the reply is an error, what the bucket holds tells what became of the write: nobody else can
    /// have written the very same bytes, because they hold a nonce, a fencing token or the number of a run of ours.
    async fn write(
        &self,
        key: &str,
        bytes: &[u8],
        condition: &WriteCondition,
    ) -> Result<ObjectVersion, Error> {
        let path = self.path(key);
        let mode = match condition {
            WriteCondition::Absent => PutMode::Create,
            WriteCondition::Unchanged(expected) => PutMode::Update(update(expected)),
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let payload = PutPayload::from(bytes.to_vec());
            let options = PutOptions { mode: mode.clone(), ..PutOptions::default() };
            let error = match self.objects.put_opts(&path, payload, options).await {
                Ok(put) => return Ok(version(put.e_tag.as_deref(), put.version.as_deref())),
                Err(error) => error,
            };
            use object_store::Error as Cause;
            let refused = matches!(error, Cause::AlreadyExists { .. } | Cause::Precondition { .. });
            let is_unknown = matches!(error, Cause::Generic { .. });
            if !refused && !is_unknown {
                return Err(self.failed("write", key, &error));
            }
            let found = self.read(key).await?;
            let as_before = match (&found, condition) {
                (None, WriteCondition::Absent) => true,
                (Some((_, found)), WriteCondition::Unchanged(expected)) => found == expected,
                _ => false,
            };
            match found {
                Some((held, version)) if held == bytes => return Ok(version),
                _ if as_before && tries < TRIES_MAX => {}
                _ if as_before => return Err(self.failed("write", key, &error)),
                _ => return Err(self.conflict(key)),
            }
        }
    }
}

fn version(e_tag: Option<&str>, version: Option<&str>) -> ObjectVersion {
    ObjectVersion(format!("{}{BETWEEN}{}", e_tag.unwrap_or_default(), version.unwrap_or_default()))
}

fn update(version: &ObjectVersion) -> UpdateVersion {
    let (e_tag, version) = version.0.split_once(BETWEEN).unwrap_or((&version.0, ""));
    let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    UpdateVersion { e_tag: part(e_tag), version: part(version) }
}

struct BucketSegment {
    store: BucketStore,
    key: String,
    content: Vec<u8>,
    condition: WriteCondition,
}

impl Segment for BucketSegment {
    fn append<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.content.extend_from_slice(bytes);
            let written = self.store.write(&self.key, &self.content, &self.condition).await?;
            self.condition = WriteCondition::Unchanged(written);
            Ok(())
        })
    }
}

impl Store for BucketStore {
    fn place(&self) -> String {
        self.name.clone()
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move { Ok(self.read(key).await?.map(|(bytes, _)| bytes)) })
    }

    fn get_versioned<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<(Vec<u8>, ObjectVersion)>> {
        Box::pin(self.read(key))
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        condition: WriteCondition,
    ) -> StoreFuture<'a, ObjectVersion> {
        Box::pin(async move { self.write(key, bytes, &condition).await })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move {
            // The bucket lists by whole parts of a path, so the last one may be listed in excess.
            let parent = prefix.rsplit_once('/').map_or("", |(parent, _)| parent);
            let parent = if parent.is_empty() { self.prefix.clone() } else { self.path(parent) };
            let failed = |error: object_store::Error| self.failed("list", prefix, &error);
            let found: Vec<_> = self.objects.list(Some(&parent)).try_collect().await.map_err(failed)?;
            let key = |path: &Path| {
                let parts: Vec<String> =
                    path.prefix_match(&self.prefix)?.map(|part| part.as_ref().to_owned()).collect();
                Some(parts.join("/"))
            };
            let mut keys: Vec<String> = found.iter().filter_map(|object| key(&object.location)).collect();
            keys.retain(|key| key.starts_with(prefix));
            keys.sort();
            Ok(keys)
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            match self.objects.delete(&self.path(key)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(self.failed("remove", key, &error)),
            }
        })
    }

    fn begin_segment<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Box<dyn Segment>> {
        let segment = BucketSegment {
            store: self.clone(),
            key: key.to_owned(),
            content: Vec::new(),
            condition: WriteCondition::Absent,
        };
        Box::pin(async move { Ok(Box::new(segment) as Box<dyn Segment>) })
    }

    fn seal<'a>(&'a self, key: &'a str, line: &'a [u8], version: &'a ObjectVersion) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let Some((mut content, found)) = self.read(key).await? else { return Err(self.conflict(key)) };
            if found != *version {
                return Err(self.conflict(key));
            }
            content.extend_from_slice(line);
            self.write(key, &content, &WriteCondition::Unchanged(found)).await.map(|_| ())
        })
    }

    fn segment_bytes_max(&self) -> Option<usize> {
        Some(SEGMENT_BYTES_MAX)
    }
}
