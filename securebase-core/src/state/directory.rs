//! A store in a directory of the local file system.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Error;
use super::store::{Guard, Holder, Store, StoreFuture};

const LOCK: &str = "lock";

/// A store in a directory, made when first written to.
///
/// The lock is the operating system's on an open file, so it ends with the process that holds it, however that ends.
#[derive(Debug, Clone)]
pub struct DirectoryStore {
    root: PathBuf,
}

fn failed<'a>(what: &'static str, key: &'a str) -> impl FnOnce(io::Error) -> Error + 'a {
    move |source| Error::Io { what, key: key.to_owned(), source }
}

/// Makes the directory entry of a new or renamed file durable.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

impl DirectoryStore {
    /// A store below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    fn make_parent(&self, key: &str) -> Result<PathBuf, Error> {
        let path = self.path(key);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed("create the directory of", key))?;
        }
        Ok(path)
    }

    fn put_now(&self, key: &str, bytes: &[u8], replace: bool) -> Result<(), Error> {
        let path = self.make_parent(key)?;
        if !replace && path.exists() {
            return Err(Error::Exists { key: key.to_owned() });
        }
        // Written beside and renamed: a reader sees the old bytes or the new ones, never a part.
        let mut beside = path.clone().into_os_string();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let write = || -> io::Result<()> {
            let mut file = File::create(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            sync_parent(&path)
        };
        write().map_err(failed("write", key))
    }

    fn append_now(&self, key: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.make_parent(key)?;
        let write = || -> io::Result<()> {
            let fresh = !path.exists();
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.write_all(bytes)?;
            file.sync_data()?;
            if fresh { sync_parent(&path) } else { Ok(()) }
        };
        write().map_err(failed("append to", key))
    }

    fn list_now(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        let mut pending = vec![self.root.clone()];
        while let Some(directory) = pending.pop() {
            let entries = match fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed("list", prefix)(error)),
            };
            for entry in entries {
                let path = entry.map_err(failed("list", prefix))?.path();
                if path.is_dir() {
                    pending.push(path);
                } else if let Ok(key) = path.strip_prefix(&self.root) {
                    keys.push(key.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        keys.retain(|key| key.starts_with(prefix) && key != LOCK && !key.ends_with(".new"));
        keys.sort();
        Ok(keys)
    }

    fn lock_file(&self) -> Result<File, Error> {
        let path = self.make_parent(LOCK)?;
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(failed("open", LOCK))
    }

    fn read_holder(&self) -> Option<Holder> {
        serde_json::from_slice(&fs::read(self.path(LOCK)).ok()?).ok()
    }

    fn lock_now(&self, holder: &Holder) -> Result<Box<dyn Guard>, Error> {
        let mut file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let unknown =
                    Holder { who: "somebody".to_owned(), host: "this machine".to_owned(), ..holder.clone() };
                let holder = Box::new(self.read_holder().unwrap_or(unknown));
                return Err(Error::Locked { holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock", LOCK)(source)),
        }
        let text = serde_json::to_vec(holder).map_err(io::Error::from).map_err(failed("write", LOCK))?;
        file.set_len(0).and_then(|()| file.write_all(&text)).map_err(failed("write", LOCK))?;
        Ok(Box::new(Release { file }))
    }

    fn holder_now(&self) -> Result<Option<Holder>, Error> {
        if !self.path(LOCK).exists() {
            return Ok(None);
        }
        let file = self.lock_file()?;
        match file.try_lock() {
            // Nobody has it; the text is what the last holder left.
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(self.read_holder()),
            Err(TryLockError::Error(source)) => Err(failed("lock", LOCK)(source)),
        }
    }
}

struct Release {
    file: File,
}

impl Guard for Release {}

impl Drop for Release {
    fn drop(&mut self) {
        // Closing would release it as well; a failure here changes nothing.
        drop(self.file.unlock());
    }
}

impl Store for DirectoryStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            match fs::read(self.path(key)) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(failed("read", key)(error)),
            }
        })
    }

    fn put<'a>(&'a self, key: &'a str, bytes: &'a [u8], replace: bool) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.put_now(key, bytes, replace) })
    }

    fn append<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.append_now(key, bytes) })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move { self.list_now(prefix) })
    }

    fn lock<'a>(&'a self, holder: &'a Holder) -> StoreFuture<'a, Box<dyn Guard>> {
        Box::pin(async move { self.lock_now(holder) })
    }

    fn holder(&self) -> StoreFuture<'_, Option<Holder>> {
        Box::pin(async move { self.holder_now() })
    }
}
