//! A store that fails when it is told to.

use std::io;
use std::sync::Arc;

use securebase_core::state::{
    Condition, Error, Holder, MemoryStore, Presence, Segment, Store, StoreFuture, Version,
};

use crate::case::Mishap;
use crate::desk::{Desk, Fate};

/// A store in memory that asks the desk before every write and every read.
pub(crate) struct FaultyStore {
    kept: Arc<MemoryStore>,
    desk: Arc<Desk>,
    /// Whether it knows who is alive, as a directory does; otherwise a lease has to run out.
    knows_the_living: bool,
}

fn failed(key: &str, why: &str) -> Error {
    Error::Io { what: "write", key: key.to_owned(), source: io::Error::other(why.to_owned()) }
}

/// Asks whether something may be read.
fn readable(desk: &Desk, key: &str) -> Result<(), Error> {
    let source = |()| io::Error::other("no answer");
    desk.reading(key).map_err(source).map_err(|source| Error::Io {
        what: "read",
        key: key.to_owned(),
        source,
    })
}

/// What a write comes to: what is really written, and the error to answer with.
struct Outcome<'a> {
    written: Option<&'a [u8]>,
    error: Option<Error>,
}

/// Asks what is to become of a write. `grows` says that a part of it may be left behind.
fn ask<'a>(desk: &Desk, key: &str, bytes: &'a [u8], grows: bool) -> Outcome<'a> {
    let full = || Some(failed(key, "no space left on device"));
    match desk.writing(key) {
        Err(()) => Outcome { written: None, error: Some(failed(key, "the process is dead")) },
        Ok(Fate::Good) => Outcome { written: Some(bytes), error: None },
        Ok(Fate::Bad(Mishap::Unheard)) => {
            Outcome { written: Some(bytes), error: Some(failed(key, "no answer")) }
        }
        Ok(Fate::Bad(Mishap::Torn(share))) if grows => {
            Outcome { written: Some(&bytes[..bytes.len() * usize::from(share) / 256]), error: full() }
        }
        Ok(Fate::Bad(Mishap::Torn(_) | Mishap::Fails)) => Outcome { written: None, error: full() },
    }
}

impl FaultyStore {
    pub(crate) fn new(kept: Arc<MemoryStore>, desk: Arc<Desk>, knows_the_living: bool) -> Self {
        Self { kept, desk, knows_the_living }
    }
}

struct FaultySegment {
    kept: Box<dyn Segment>,
    key: String,
    desk: Arc<Desk>,
}

impl Segment for FaultySegment {
    fn append<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let Outcome { written, error } = ask(&self.desk, &self.key, bytes, true);
            if let Some(written) = written {
                self.kept.append(written).await?;
                self.desk.written(&self.key, written);
            }
            error.map_or(Ok(()), Err)
        })
    }
}

impl Store for FaultyStore {
    fn place(&self) -> String {
        self.kept.place()
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            readable(&self.desk, key)?;
            self.kept.get(key).await
        })
    }

    fn get_versioned<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<(Vec<u8>, Version)>> {
        Box::pin(async move {
            readable(&self.desk, key)?;
            self.kept.get_versioned(key).await
        })
    }

    fn put<'a>(&'a self, key: &'a str, bytes: &'a [u8], condition: Condition) -> StoreFuture<'a, Version> {
        Box::pin(async move {
            let Outcome { written, error } = ask(&self.desk, key, bytes, false);
            let version = match written {
                Some(written) => Some(self.kept.put(key, written, condition).await?),
                None => None,
            };
            match (version, error) {
                (Some(version), None) => Ok(version),
                (_, error) => Err(error.unwrap_or_else(|| failed(key, "nothing was written"))),
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move {
            readable(&self.desk, prefix)?;
            self.kept.list(prefix).await
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let Outcome { written, error } = ask(&self.desk, key, &[], false);
            if written.is_some() {
                self.kept.remove(key).await?;
            }
            error.map_or(Ok(()), Err)
        })
    }

    fn begin_segment<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Box<dyn Segment>> {
        Box::pin(async move {
            let kept = self.kept.begin_segment(key).await?;
            let segment = FaultySegment { kept, key: key.to_owned(), desk: Arc::clone(&self.desk) };
            Ok(Box::new(segment) as Box<dyn Segment>)
        })
    }

    fn seal<'a>(&'a self, key: &'a str, line: &'a [u8], version: &'a Version) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let Outcome { written, error } = ask(&self.desk, key, line, true);
            if let Some(written) = written {
                self.kept.seal(key, written, version).await?;
                self.desk.sealed(key);
            }
            error.map_or(Ok(()), Err)
        })
    }

    fn announce<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Box<dyn Presence>>> {
        if self.knows_the_living { self.kept.announce(name) } else { Box::pin(async { Ok(None) }) }
    }

    fn is_present<'a>(&'a self, name: &'a str, holder: &'a Holder) -> StoreFuture<'a, Option<bool>> {
        if self.knows_the_living { self.kept.is_present(name, holder) } else { Box::pin(async { Ok(None) }) }
    }
}
