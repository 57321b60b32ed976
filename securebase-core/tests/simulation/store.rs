//! A store that fails when it is told to.

use std::io;
use std::sync::Arc;

use securebase_core::state::{Error, MemoryStore, Store};

use crate::case::Mishap;
use crate::desk::{Desk, Fate};
use crate::gated::{Gate, GatedStore, Outcome, Write};

/// The desk, before a store.
pub(crate) struct AskTheDesk {
    desk: Arc<Desk>,
    /// Whether the store knows who is alive, as a directory does; otherwise a lease has to run out.
    knows_the_living: bool,
}

/// A store in memory that asks the desk before every write and every read.
pub(crate) fn faulty_store(
    kept: Arc<MemoryStore>,
    desk: Arc<Desk>,
    knows_the_living: bool,
) -> impl Store + 'static {
    GatedStore::new(kept, AskTheDesk { desk, knows_the_living })
}

fn failed(what: &'static str, key: &str, why: &str) -> Error {
    Error::Io { what, key: key.to_owned(), source: io::Error::other(why.to_owned()) }
}

impl Gate for AskTheDesk {
    fn write<'a>(&self, what: Write, key: &str, bytes: &'a [u8]) -> Outcome<'a> {
        let full = || Some(failed("write", key, "no space left on device"));
        let grows = matches!(what, Write::Append | Write::Seal);
        match self.desk.writing(key) {
            Err(()) => Outcome { written: None, error: Some(failed("write", key, "the process is dead")) },
            Ok(Fate::Good) => Outcome { written: Some(bytes), error: None },
            Ok(Fate::Bad(Mishap::Unheard)) => {
                Outcome { written: Some(bytes), error: Some(failed("write", key, "no answer")) }
            }
            Ok(Fate::Bad(Mishap::Torn(share))) if grows => {
                Outcome { written: Some(&bytes[..bytes.len() * usize::from(share) / 256]), error: full() }
            }
            Ok(Fate::Bad(Mishap::Torn(_) | Mishap::Fails)) => Outcome { written: None, error: full() },
        }
    }

    fn read(&self, key: &str) -> Result<(), Error> {
        self.desk.reading(key).map_err(|()| failed("read", key, "no answer"))
    }

    fn written(&self, what: Write, key: &str, bytes: &[u8]) {
        match what {
            Write::Append => self.desk.written(key, bytes),
            Write::Seal => self.desk.sealed(key),
            Write::Put => self.desk.put(key, bytes),
            Write::Remove => {}
        }
    }

    fn knows_the_living(&self) -> bool {
        self.knows_the_living
    }
}
