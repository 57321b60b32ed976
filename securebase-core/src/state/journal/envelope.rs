//! A file that is one JSON document: its format version, a checksum, and what it holds.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::entry::FORMAT_VERSION;
use crate::state::Error;

#[derive(serde::Serialize, serde::Deserialize)]
struct Envelope<'a> {
    format_version: u32,
    sha256: String,
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(serde::Deserialize)]
struct Header {
    format_version: u32,
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn corrupt(key: &str, error: &serde_json::Error) -> Error {
    Error::Corrupt { key: key.to_owned(), line: error.line().max(1), why: error.to_string() }
}

/// The format version that a file says it has.
pub(in crate::state) fn version(key: &str, bytes: &[u8]) -> Result<u32, Error> {
    let Header { format_version } = serde_json::from_slice(bytes).map_err(|error| corrupt(key, &error))?;
    if format_version > FORMAT_VERSION {
        return Err(Error::Version { key: key.to_owned(), found: format_version });
    }
    Ok(format_version)
}

/// The bytes of a file that holds `content`.
pub(in crate::state) fn seal(key: &str, content: &impl Serialize) -> Result<Vec<u8>, Error> {
    let failed =
        |error: serde_json::Error| Error::Io { what: "write", key: key.to_owned(), source: error.into() };
    let content = serde_json::value::to_raw_value(content).map_err(failed)?;
    let sha256 = digest(content.get());
    let envelope = Envelope { format_version: FORMAT_VERSION, sha256, content: &content };
    let mut bytes = serde_json::to_vec(&envelope).map_err(failed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What a file holds, whose version was checked before.
pub(in crate::state) fn open<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, Error> {
    let envelope: Envelope<'_> = serde_json::from_slice(bytes).map_err(|error| corrupt(key, &error))?;
    if digest(envelope.content.get()) != envelope.sha256 {
        let why = "its checksum does not match".to_owned();
        return Err(Error::Corrupt { key: key.to_owned(), line: 1, why });
    }
    serde_json::from_str(envelope.content.get()).map_err(|error| corrupt(key, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_or_is_newer_is_refused() {
        let bytes = seal("a", &["x", "y"]).unwrap();
        assert_eq!(version("a", &bytes).unwrap(), FORMAT_VERSION);
        assert_eq!(open::<Vec<String>>("a", &bytes).unwrap(), ["x", "y"]);
        let text = String::from_utf8(bytes).unwrap();
        let changed = text.replace("\"x\"", "\"z\"");
        assert!(matches!(open::<Vec<String>>("a", changed.as_bytes()), Err(Error::Corrupt { .. })));
        let newer = text.replace("\"format_version\":2", "\"format_version\":3");
        assert!(matches!(version("a", newer.as_bytes()), Err(Error::Version { found: 3, .. })));
    }
}
