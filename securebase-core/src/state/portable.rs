//! A state as one file, for copies and for moving house.
//!
//! One line says what follows, one line holds each file, the last one holds the digest of all before it: whatever was cut
//! off or changed on the way is noticed before anything is written.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Error;
use super::archive::{PLAN, SNAPSHOT, SUMMARY, State};
use super::journal::entry::FORMAT_VERSION;
use super::journal::line;
use super::lease::holder::Holder;
use super::lease::{LEASE, Lease};
use super::resources::RESOURCES;
use super::store::WriteCondition;

/// What messages call an export, which has no name of its own.
const EXPORT: &str = "export";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Export { format_version: u32, file_count: usize },
    File { key: String, text: String },
    End { sha256: String },
}

/// Whether that is one of the files a state is made of; what else lies around is nobody's business here.
fn is_part_of_the_state(key: &str) -> bool {
    if key == RESOURCES {
        return true;
    }
    let Some((run, name)) = key.strip_prefix("runs/").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    run.parse::<u64>().is_ok()
        && ([PLAN, SNAPSHOT, SUMMARY].contains(&name)
            || name.strip_prefix("journal-").is_some_and(|number| number.parse::<u64>().is_ok()))
}

fn corrupt(key: &str, line: usize, why: impl Into<String>) -> Error {
    Error::Corrupt { key: key.to_owned(), line, why: why.into() }
}

fn failed(error: serde_json::Error) -> Error {
    Error::Io { what: "write", key: EXPORT.to_owned(), source: error.into() }
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The files of an export, checked.
fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let mut files = Vec::new();
    let mut announced = None;
    let mut offset = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let place = |why: String| corrupt(EXPORT, index + 1, why);
        let json = line.strip_suffix(b"\n").ok_or_else(|| place("it was cut off".to_owned()))?;
        let json = line::unwrap(json).map_err(place)?;
        let part: Part = serde_json::from_slice(json).map_err(|error| place(error.to_string()))?;
        match part {
            Part::Export { format_version, file_count } if announced.is_none() => {
                if format_version > FORMAT_VERSION {
                    return Err(Error::Version { key: EXPORT.to_owned(), found: format_version });
                }
                announced = Some(file_count);
            }
            Part::File { key, text } if announced.is_some() && is_part_of_the_state(&key) => {
                files.push((key, text));
            }
            Part::End { sha256 } if announced == Some(files.len()) => {
                if sha256 != digest(&bytes[..offset]) {
                    return Err(place("its checksum does not match".to_owned()));
                }
                if offset + line.len() != bytes.len() {
                    return Err(place("something stands after the end".to_owned()));
                }
                return Ok(files);
            }
            _ => return Err(place("no export goes on like this".to_owned())),
        }
        offset += line.len();
    }
    Err(corrupt(EXPORT, 1, "it was cut off, or is no export of a state"))
}

impl State {
    /// The whole state as one file, every part of it checked; see [`State::import`]. The lease is left out.
    ///
    /// # Errors
    /// [`Error::NotFound`] where no state exists; [`Error::Empty`] where there is nothing in it; [`Error::Leased`] while a process holds the lease; [`Error::Corrupt`] where a file is
    /// damaged, or where the store fails.
    pub async fn export(&self) -> Result<Vec<u8>, Error> {
        let before = self.still(None).await?;
        // Reads and checks whatever there is.
        self.resources().await?;
        self.history().await?;
        let keys: Vec<String> =
            self.store().list("").await?.into_iter().filter(|key| is_part_of_the_state(key)).collect();
        if keys.is_empty() {
            return Err(Error::Empty { place: self.store().place() });
        }
        let mut bytes = Vec::new();
        let head = Part::Export { format_version: FORMAT_VERSION, file_count: keys.len() };
        line::write(&head, &mut bytes).map_err(failed)?;
        for key in keys {
            let found = self.store().get(&key).await?.unwrap_or_default();
            let text = String::from_utf8(found).map_err(|error| corrupt(&key, 1, error.to_string()))?;
            line::write(&Part::File { key, text }, &mut bytes).map_err(failed)?;
        }
        let end = Part::End { sha256: digest(&bytes) };
        line::write(&end, &mut bytes).map_err(failed)?;
        self.still(Some(before)).await?;
        Ok(bytes)
    }

    /// The fencing token in force while nobody writes, which must be the one that was in force `before`.
    async fn still(&self, before: Option<u64>) -> Result<u64, Error> {
        if let Some(by) = self.lease_info().await? {
            return Err(Error::Leased { by: Box::new(by) });
        }
        let token = self.token().await?;
        match before {
            Some(before) if before != token => Err(Error::Conflict { key: LEASE.to_owned() }),
            _ => Ok(token),
        }
    }

    /// Fills a state that holds nothing from what [`State::export`] has given.
    ///
    /// # Guarantees
    /// Everything is checked before anything is written. Where writing fails, what was written is taken away again as far
    /// as the store lets it.
    ///
    /// # Errors
    /// [`Error::Corrupt`] or [`Error::Version`] where it is not an export of this library; [`Error::NotEmpty`]; [`Error::Leased`]; where
    /// the store fails.
    pub async fn import(&self, bytes: &[u8], holder: &Holder) -> Result<(), Error> {
        let files = parse(bytes)?;
        // A state in memory shows whether the files make one.
        let trial = Self::new(super::MemoryStore::new());
        for (key, text) in &files {
            trial.store().put(key, text.as_bytes(), WriteCondition::Absent).await?;
        }
        trial.resources().await?;
        trial.history().await?;
        let lease = self.acquire(holder).await?;
        let filled = self.fill(&lease, &files).await;
        let released = lease.release().await;
        filled.and(released)
    }

    async fn fill(&self, lease: &Lease, files: &[(String, String)]) -> Result<(), Error> {
        if let Some(key) = self.store().list("").await?.into_iter().find(|key| key != LEASE) {
            return Err(Error::NotEmpty { key });
        }
        for (index, (key, text)) in files.iter().enumerate() {
            let written = match lease.keep().await {
                Ok(()) => self.store().put(key, text.as_bytes(), WriteCondition::Absent).await.map(|_| ()),
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                for (key, _) in &files[..index] {
                    // As far as possible: the error that is told is the one that began it.
                    drop(self.store().remove(key).await);
                }
                return Err(lease.explain(error).await);
            }
        }
        Ok(())
    }
}
