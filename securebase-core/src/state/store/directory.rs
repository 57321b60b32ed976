//! A store in a directory of the local file system.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use super::{ObjectVersion, Presence, Segment, Store, StoreFuture, WriteCondition};
use crate::state::Error;
use crate::state::lease::holder::Holder;

/// Locked while a conditional write is carried out.
const MUTEX: &str = "mutex";
/// What the lock was called in format 1.
const OLD_LOCK: &str = "lock";
/// Begins the names of the files that holders keep locked while they live.
const HOLDER: &str = "holder-";
/// Ends the name of a file that is being written.
const UNFINISHED: &str = ".new";

/// A store in a directory, made when first written to.
///
/// Conditional writes are made under a lock of the operating system, which ends with the process that holds it, however
/// that ends. For as long as it lives a holder of the lease also keeps a file of its own locked: once it is dead, the next
/// one on the same machine need not wait until the lease has run out.
#[derive(Debug, Clone)]
pub struct DirectoryStore {
    root: PathBuf,
    /// Whether the directory was seen to be there: if it is not any more, it was removed, and is not made again.
    seen: Arc<AtomicBool>,
}

fn failed<'a>(what: &'static str, path: &'a Path) -> impl Fn(io::Error) -> Error + 'a {
    move |source| Error::Io { what, key: path.display().to_string(), source }
}

fn conflict(path: &Path) -> Error {
    Error::Conflict { key: path.display().to_string() }
}

/// Makes the directory entry of a new or renamed file durable.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        // What is relative to the working directory has that for a parent.
        Some(parent) if parent.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// For this user alone, whatever the process lets others do with its files: ids of accounts and addresses of root users.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes a directory and those that are missing above it, for this user alone; durable when this returns.
fn make_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_directory(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => match sync_parent(path) {
            // A directory that may be written to and not be read cannot be opened for that.
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => Err(error),
            _ => Ok(()),
        },
    }
}

/// Opens an existing file. This library makes no symbolic links, so a link in its place is not followed.
fn open_there(options: &OpenOptions, path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a symbolic link"));
    }
    options.open(path)
}

/// The error for a directory that was removed while it was in use.
fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "it was removed while it was in use")
}

/// Whether a path still names an open file.
fn is_at(file: &fs::Metadata, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == (file.dev(), file.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

fn version(bytes: &[u8]) -> ObjectVersion {
    ObjectVersion(hex::encode(Sha256::digest(bytes)))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

impl DirectoryStore {
    /// A store below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), seen: Arc::new(AtomicBool::new(false)) }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    /// Makes the directory of the state, if need be.
    fn make_root(&self) -> Result<(), Error> {
        make_directory(&self.root).map_err(failed("create the directory", &self.root))?;
        self.seen.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the directory of the state is there.
    ///
    /// # Errors
    /// The directory was removed: going on would write to a new one that no other process reads.
    fn is_there(&self) -> Result<bool, Error> {
        if self.root.is_dir() {
            self.seen.store(true, Ordering::Relaxed);
            return Ok(true);
        }
        if self.seen.load(Ordering::Relaxed) {
            return Err(failed("write to", &self.root)(gone()));
        }
        Ok(false)
    }

    fn make_parent(&self, key: &str) -> Result<PathBuf, Error> {
        if !self.is_there()? {
            self.make_root()?;
        }
        let path = self.path(key);
        if let Some(parent) = path.parent() {
            make_directory(parent).map_err(failed("create the directory", parent))?;
        }
        Ok(path)
    }

    fn lock_file(&self, key: &str) -> Result<(File, PathBuf), Error> {
        let path = self.make_parent(key)?;
        let mut options = OpenOptions::new();
        private(options.read(true).write(true));
        loop {
            let opened = match options.clone().create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open_there(&options, &path),
                opened => opened,
            };
            match opened {
                // Another process removed it in between.
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.root.is_dir() => {}
                opened => return Ok((opened.map_err(failed("open", &path))?, path)),
            }
        }
    }

    fn put_now(&self, key: &str, bytes: &[u8], condition: &WriteCondition) -> Result<ObjectVersion, Error> {
        if matches!(condition, WriteCondition::Unchanged(_)) && !self.is_there()? {
            return Err(conflict(&self.path(key)));
        }
        let (mutex, mutex_path) = self.lock_file(MUTEX)?;
        // Held for as long as one file takes to be written; it ends when `mutex` is closed.
        mutex.lock().map_err(failed("lock", &mutex_path))?;
        let path = self.make_parent(key)?;
        let holds = match condition {
            WriteCondition::Absent => !path.try_exists().map_err(failed("look for", &path))?,
            WriteCondition::Unchanged(expected) => {
                read(&path)?.is_some_and(|found| version(&found) == *expected)
            }
        };
        if !holds {
            return Err(conflict(&path));
        }
        // Written beside and renamed: a reader sees the old bytes or the new ones, never a part.
        let mut beside = path.clone().into_os_string();
        beside.push(UNFINISHED);
        let beside = PathBuf::from(beside);
        let write = || -> io::Result<()> {
            // Left by a process that died, or a link that leads elsewhere: it goes, and is never written through.
            drop(fs::remove_file(&beside));
            let mut file = private(OpenOptions::new().write(true).create_new(true)).open(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            sync_parent(&path)
        };
        if let Err(error) = write() {
            // On a full disk the part that was written is in the way; where it cannot be removed, it harms nobody.
            drop(fs::remove_file(&beside));
            return Err(failed("write", &path)(error));
        }
        Ok(version(bytes))
    }

    fn list_now(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        // Only the directory that the prefix names can hold such keys.
        let (parent, _) = prefix.rsplit_once('/').unwrap_or(("", prefix));
        let mut pending = vec![self.path(parent)];
        while let Some(directory) = pending.pop() {
            let entries = match fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed("list", &directory)(error)),
            };
            for entry in entries {
                let entry = entry.map_err(failed("list", &directory))?;
                let path = entry.path();
                if entry.file_type().map_err(failed("list", &path))?.is_dir() {
                    pending.push(path);
                } else if let Ok(key) = path.strip_prefix(&self.root) {
                    keys.push(key.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        let is_ours = |key: &String| {
            ![MUTEX, OLD_LOCK].contains(&key.as_str())
                && !key.starts_with(HOLDER)
                && !key.ends_with(UNFINISHED)
        };
        keys.retain(|key| key.starts_with(prefix) && is_ours(key));
        keys.sort();
        Ok(keys)
    }

    fn announce_now(&self, name: &str) -> Result<Option<Box<dyn Presence>>, Error> {
        // The process that takes the lease may create the directory; for its holder, it must not be another one.
        self.make_root()?;
        let key = format!("{HOLDER}{name}");
        loop {
            let (file, path) = self.lock_file(&key)?;
            if file.lock().is_err() {
                // A file system without locks: there the lease alone decides.
                drop(fs::remove_file(&path));
                return Ok(None);
            }
            // Somebody who tidies up may have taken it for a dead holder's before it was locked.
            if path.try_exists().map_err(failed("look for", &path))? {
                return Ok(Some(Box::new(Alive { file, path })));
            }
        }
    }

    fn is_present_now(&self, name: &str, holder: &Holder) -> Result<Option<bool>, Error> {
        // A lock on a shared file system may not be seen from another machine.
        if holder.host != Holder::this_host() {
            return Ok(None);
        }
        let path = self.path(&format!("{HOLDER}{name}"));
        match File::open(&path) {
            // Shared, so that two who look do not take each other for the holder.
            Ok(file) => match file.try_lock_shared() {
                Ok(()) => Ok(Some(false)),
                Err(TryLockError::WouldBlock) => Ok(Some(true)),
                Err(TryLockError::Error(_)) => Ok(None),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(false)),
            Err(error) => Err(failed("open", &path)(error)),
        }
    }
}

struct Alive {
    file: File,
    path: PathBuf,
}

impl Presence for Alive {}

impl Drop for Alive {
    fn drop(&mut self) {
        // Closing would end it as well, and the next holder takes the file away; a failure here changes nothing.
        if let Some(root) = self.path.parent() {
            sweep(root);
        }
        drop(fs::remove_file(&self.path));
        drop(self.file.unlock());
    }
}

/// Takes away what holders that are dead have left behind. It is in nobody's way, so a failure does not matter.
fn sweep(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let is_holder = entry.file_name().to_string_lossy().starts_with(HOLDER);
        if is_holder && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

struct DirectorySegment {
    file: Option<File>,
    path: PathBuf,
    /// How long it is if nobody else writes to it.
    length: u64,
}

impl DirectorySegment {
    fn append_now(&mut self, bytes: &[u8], durable: bool) -> Result<(), Error> {
        let failed = failed("append to", &self.path);
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let opened = private(OpenOptions::new().create_new(true).append(true)).open(&self.path);
                let opened = opened.map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => conflict(&self.path),
                    _ => failed(error),
                })?;
                sync_parent(&self.path).map_err(&failed)?;
                none.insert(opened)
            }
        };
        file.write_all(bytes)
            .and_then(|()| if durable { file.sync_data() } else { Ok(()) })
            .map_err(&failed)?;
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let found = file.metadata().map_err(&failed)?;
        if !is_at(&found, &self.path) {
            return Err(failed(gone()));
        }
        // Longer than what was written here: it has been sealed, before these bytes or after them.
        if found.len() == self.length { Ok(()) } else { Err(conflict(&self.path)) }
    }
}

impl Segment for DirectorySegment {
    fn append<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.append_now(bytes, true) })
    }

    fn append_soon<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.append_now(bytes, false) })
    }
}

impl Store for DirectoryStore {
    fn place(&self) -> String {
        self.root.display().to_string()
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move { read(&self.path(key)) })
    }

    fn get_versioned<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<(Vec<u8>, ObjectVersion)>> {
        Box::pin(async move {
            Ok(read(&self.path(key))?.map(|bytes| {
                let version = version(&bytes);
                (bytes, version)
            }))
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        condition: WriteCondition,
    ) -> StoreFuture<'a, ObjectVersion> {
        Box::pin(async move { self.put_now(key, bytes, &condition) })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move { self.list_now(prefix) })
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let path = self.path(key);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path)(error)),
                _ => Ok(()),
            }
        })
    }

    fn begin_segment<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Box<dyn Segment>> {
        Box::pin(async move {
            let path = self.make_parent(key)?;
            Ok(Box::new(DirectorySegment { file: None, path, length: 0 }) as Box<dyn Segment>)
        })
    }

    fn seal<'a>(&'a self, key: &'a str, line: &'a [u8], _version: &'a ObjectVersion) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let path = self.path(key);
            let write = || -> io::Result<()> {
                let mut file = open_there(OpenOptions::new().append(true), &path)?;
                file.write_all(line)?;
                file.sync_data()
            };
            write().map_err(failed("append to", &path))
        })
    }

    fn announce<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Box<dyn Presence>>> {
        Box::pin(async move { self.announce_now(name) })
    }

    fn is_present<'a>(&'a self, name: &'a str, holder: &'a Holder) -> StoreFuture<'a, Option<bool>> {
        Box::pin(async move { self.is_present_now(name, holder) })
    }
}
