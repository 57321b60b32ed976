//! A state from its URL.

use super::Error;
use super::archive::State;
use super::directory::DirectoryStore;
use super::memory::MemoryStore;

impl State {
    /// The state at a URL: a path or `file://…` names a directory, `s3://bucket/prefix` a bucket (feature `s3`), `memory://`
    /// a new state that ends with the process. Nothing is made or asked before the first use.
    ///
    /// # Errors
    /// [`Error::Url`] where this build cannot open it.
    pub fn open(url: &str) -> Result<Self, Error> {
        Self::open_with(url, [])
    }

    /// As [`State::open`], with settings for the bucket, named as `object_store` names them: `aws_endpoint`, `aws_region`,
    /// `aws_access_key_id` … They go before the environment's, which are named the same in upper case.
    ///
    /// # Errors
    /// [`Error::Url`] where this build cannot open it, or a setting is none.
    pub fn open_with<'a>(
        url: &str,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Error> {
        let refuse = |why: &str| Err(Error::Url { url: url.to_owned(), why: why.to_owned() });
        match url.split_once("://") {
            None if url.is_empty() => refuse("name a directory"),
            None => Ok(Self::new(DirectoryStore::new(url))),
            Some(("file", "")) => refuse("name a directory"),
            Some(("file", path)) => Ok(Self::new(DirectoryStore::new(path))),
            Some(("memory", _)) => Ok(Self::new(MemoryStore::new())),
            #[cfg(feature = "s3")]
            Some(("s3", place)) => {
                super::s3::open(place, settings).map(Self::new).or_else(|why| refuse(&why))
            }
            #[cfg(not(feature = "s3"))]
            Some(("s3", _)) => {
                drop(settings.into_iter());
                refuse("this build keeps states in directories only; build it with the feature `s3`")
            }
            Some(_) => refuse("name a directory, or a bucket as `s3://bucket/prefix`"),
        }
    }
}
