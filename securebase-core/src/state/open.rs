//! A state from its URL.

use super::Error;
use super::archive::State;
use super::directory::DirectoryStore;
use super::memory::MemoryStore;

impl State {
    /// The state at a URL: a path or `file://…` names a directory, `memory://` a new state that ends with the process.
    ///
    /// # Errors
    /// [`Error::Url`] where this build cannot open it.
    pub fn open(url: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Err(Error::Url { url: url.to_owned(), why: why.to_owned() });
        match url.split_once("://") {
            None if url.is_empty() => refuse("name a directory"),
            None => Ok(Self::new(DirectoryStore::new(url))),
            Some(("file", path)) => Ok(Self::new(DirectoryStore::new(path))),
            Some(("memory", _)) => Ok(Self::new(MemoryStore::new())),
            Some(("s3", _)) => refuse("this build keeps states in directories only"),
            Some(_) => refuse("name a directory"),
        }
    }
}
