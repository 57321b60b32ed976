//! Why the state cannot be read or written.

use crate::time::Time;

use super::store::Holder;

/// Why the state cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Somebody else is writing.
    #[error("the state is in use by {holder}")]
    Locked {
        /// Who.
        holder: Box<Holder>,
    },
    /// The URL is none this build can open.
    #[error("`{url}` cannot hold a state: {why}")]
    Url {
        /// The URL as given.
        url: String,
        /// Why not.
        why: &'static str,
    },
    /// The medium failed.
    #[error("cannot {what} `{key}`")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// Which file or object.
        key: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what this library wrote.
    #[error("`{key}` line {line} is damaged or foreign: {why}; it is left as it is")]
    Corrupt {
        /// Which file or object.
        key: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A file has a format this version does not know.
    #[error("`{key}` has format version `{found}`, this library reads up to `{max}`", max = super::FORMAT_VERSION)]
    Version {
        /// Which file or object.
        key: String,
        /// Its version.
        found: u32,
    },
    /// A journal tells a story that cannot have happened.
    #[error("the journal says at {at} that `{address}` was {event} while it was {status}")]
    Illegal {
        /// When.
        at: Time,
        /// The resource.
        address: String,
        /// What is said to have happened.
        event: &'static str,
        /// What it was at that moment.
        status: &'static str,
    },
    /// Something is there that should not be.
    #[error("`{key}` exists already")]
    Exists {
        /// Which file or object.
        key: String,
    },
}

impl Error {
    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "state-locked",
            Self::Url { .. } => "state-url",
            Self::Io { .. } => "state-io",
            Self::Corrupt { .. } => "state-corrupt",
            Self::Version { .. } => "state-version",
            Self::Illegal { .. } => "state-illegal",
            Self::Exists { .. } => "state-exists",
        }
    }
}
