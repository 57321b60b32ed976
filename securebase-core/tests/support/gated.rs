//! A store with a gate before it: what goes through, and what does not, is the gate's to say.

use std::sync::Arc;

use securebase_core::state::{
    Error, Holder, ObjectVersion, Presence, Segment, Store, StoreFuture, WriteCondition,
};

/// What is about to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// A whole file, or nothing.
    Put,
    /// To the end of a segment, of which a part may be left behind.
    Append,
    /// The last line of a segment, of which a part may be left behind.
    Seal,
    /// A file is taken away.
    Remove,
}

/// What a write comes to: what is really written, and the error to answer with.
pub(crate) struct Outcome<'a> {
    pub(crate) written: Option<&'a [u8]>,
    pub(crate) error: Option<Error>,
}

/// Decides write by write and read by read.
pub(crate) trait Gate: Send + Sync + 'static {
    fn write<'a>(&self, what: Write, key: &str, bytes: &'a [u8]) -> Outcome<'a>;

    fn read(&self, _key: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Something was written.
    fn written(&self, _what: Write, _key: &str, _bytes: &[u8]) {}

    /// Whether what is to be appended soon is durable only with the next append, and lost without one.
    fn lags(&self) -> bool {
        false
    }

    /// Whether the store knows who is alive, where the one behind it does.
    fn knows_the_living(&self) -> bool {
        true
    }
}

pub(crate) struct GatedStore<G> {
    behind: Arc<dyn Store>,
    gate: Arc<G>,
}

impl<G> GatedStore<G> {
    pub(crate) fn new(behind: Arc<dyn Store>, gate: G) -> Self {
        Self { behind, gate: Arc::new(gate) }
    }
}

struct GatedSegment<G> {
    behind: Box<dyn Segment>,
    key: String,
    gate: Arc<G>,
    /// What a machine that stops now would lose.
    soon: Vec<u8>,
}

impl<G: Gate> Segment for GatedSegment<G> {
    fn append<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let soon = [std::mem::take(&mut self.soon).as_slice(), bytes].concat();
            let Outcome { written, error } = self.gate.write(Write::Append, &self.key, &soon);
            if let Some(written) = written {
                self.behind.append(written).await?;
                self.gate.written(Write::Append, &self.key, written);
            }
            error.map_or(Ok(()), Err)
        })
    }

    fn append_soon<'a>(&'a mut self, bytes: &'a [u8]) -> StoreFuture<'a, ()> {
        if !self.gate.lags() {
            return self.append(bytes);
        }
        self.soon.extend_from_slice(bytes);
        Box::pin(async { Ok(()) })
    }
}

impl<G: Gate> Store for GatedStore<G> {
    fn place(&self) -> String {
        self.behind.place()
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            self.gate.read(key)?;
            self.behind.get(key).await
        })
    }

    fn get_versioned<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<(Vec<u8>, ObjectVersion)>> {
        Box::pin(async move {
            self.gate.read(key)?;
            self.behind.get_versioned(key).await
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        bytes: &'a [u8],
        condition: WriteCondition,
    ) -> StoreFuture<'a, ObjectVersion> {
        Box::pin(async move {
            let Outcome { written, error } = self.gate.write(Write::Put, key, bytes);
            let Some(written) = written else {
                return Err(error.unwrap_or(Error::Conflict { key: key.to_owned() }));
            };
            let version = self.behind.put(key, written, condition).await?;
            self.gate.written(Write::Put, key, written);
            error.map_or(Ok(version), Err)
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> StoreFuture<'a, Vec<String>> {
        Box::pin(async move {
            self.gate.read(prefix)?;
            self.behind.list(prefix).await
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let Outcome { written, error } = self.gate.write(Write::Remove, key, &[]);
            if written.is_some() {
                self.behind.remove(key).await?;
            }
            error.map_or(Ok(()), Err)
        })
    }

    fn begin_segment<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Box<dyn Segment>> {
        Box::pin(async move {
            let behind = self.behind.begin_segment(key).await?;
            let segment =
                GatedSegment { behind, key: key.to_owned(), gate: Arc::clone(&self.gate), soon: Vec::new() };
            Ok(Box::new(segment) as Box<dyn Segment>)
        })
    }

    fn seal<'a>(&'a self, key: &'a str, line: &'a [u8], version: &'a ObjectVersion) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let Outcome { written, error } = self.gate.write(Write::Seal, key, line);
            if let Some(written) = written {
                self.behind.seal(key, written, version).await?;
                self.gate.written(Write::Seal, key, written);
            }
            error.map_or(Ok(()), Err)
        })
    }

    fn announce<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Box<dyn Presence>>> {
        if self.gate.knows_the_living() { self.behind.announce(name) } else { Box::pin(async { Ok(None) }) }
    }

    fn is_present<'a>(&'a self, name: &'a str, holder: &'a Holder) -> StoreFuture<'a, Option<bool>> {
        if self.gate.knows_the_living() {
            self.behind.is_present(name, holder)
        } else {
            Box::pin(async { Ok(None) })
        }
    }
}
