//! Why the state cannot be read or written.

use super::lease::holder::LeaseInfo;
use crate::model::{Diagnosis, ResourceId, ZoneName, diagnostic};
use crate::time::Time;

/// Why the state cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Somebody else is writing.
    #[error("the state is in use by {by}")]
    Leased {
        /// Who.
        by: Box<LeaseInfo>,
    },
    /// The lease was lost, and with it the right to write.
    #[error(
        "the lease on the state was lost: {}; what this process writes from here on has no effect",
        by.as_ref().map_or_else(|| "its file was taken away".to_owned(), |by| format!("{by} has taken it over"))
    )]
    Fenced {
        /// Who has it now, `None` where nobody has.
        by: Option<Box<LeaseInfo>>,
    },
    /// The URL is none this build can open.
    #[error("`{url}` cannot hold a state: {why}")]
    Url {
        /// The URL as given.
        url: String,
        /// Why not.
        why: String,
    },
    /// The medium failed.
    #[error("cannot {what} `{key}`")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// Which file or object.
        key: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The journal could not be written before, so that nobody knows what it holds.
    #[error("the journal `{key}` could not be written before; resume the run to go on")]
    Broken {
        /// Which file or object.
        key: String,
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
    /// A file is missing, or lost its end: another file knows more.
    #[error("`{key}` is missing, was emptied or cut off: {why}; nothing is written")]
    Lost {
        /// Which file or object.
        key: String,
        /// What knows more.
        why: String,
    },
    /// A file has a format this version does not know.
    #[error(
        "`{key}` has format version `{found}`, this release reads up to `{max}`; use the release that wrote it, or a newer one",
        max = super::FORMAT_VERSION
    )]
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
    /// Something else is there than what a conditional write was made for.
    #[error("`{key}` was written by somebody else meanwhile; it is left as it is")]
    Conflict {
        /// Which file or object.
        key: String,
    },
    /// There is no state in that place.
    #[error("there is no state in `{place}`: nothing was ever applied to it")]
    NotFound {
        /// Where the state should be.
        place: String,
    },
    /// The state knows another organization than the cloud at hand.
    #[error(
        "the state in `{place}` is of organization `{known}`, but {}",
        found.as_ref().map_or_else(
            || "this account belongs to no organization".to_owned(),
            |found| format!("this cloud is organization `{found}`")
        )
    )]
    AnotherOrganization {
        /// Where the state is.
        place: String,
        /// The organization it knows.
        known: ResourceId,
        /// The organization of the cloud, `None` where there is none.
        found: Option<ResourceId>,
    },
    /// The state knows another zone than the one at hand.
    #[error("the state in `{place}` is of zone `{known}`, not of zone `{zone}`")]
    AnotherZone {
        /// Where the state is.
        place: String,
        /// The zone it knows.
        known: ZoneName,
        /// The zone of the plan.
        zone: ZoneName,
    },
    /// There is nothing to export.
    #[error("nothing was ever applied to the state in `{place}`; check the path")]
    Empty {
        /// Where the state is.
        place: String,
    },
    /// What is to be imported needs a state without anything in it.
    #[error("the state holds `{key}` already; import into one that holds nothing")]
    NotEmpty {
        /// One of the files or objects in it.
        key: String,
    },
}

impl Error {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        let (code, help) = match self {
            Self::Leased { .. } => {
                ("state-leased", "wait for the other run to end, or let this one wait with `wait_for_lease`")
            }
            Self::Fenced { .. } => ("state-fenced", "look who has taken over with `lease_info`, then resume"),
            Self::Url { .. } => ("state-url", "name a directory or an `s3://` URL"),
            Self::Io { .. } => {
                ("state-io", "check the path, its permissions and the space left on the medium, then resume")
            }
            Self::Broken { .. } => ("state-broken", "call `exec::resume` with the same state"),
            Self::Corrupt { .. } | Self::Lost { .. } => ("state-corrupt", RESTORE),
            Self::Version { .. } => ("state-version", "use a release that knows the format"),
            Self::Illegal { .. } => ("state-illegal", RESTORE),
            Self::Conflict { .. } => ("state-conflict", "find who else writes to the state, then try again"),
            Self::NotFound { .. } => {
                ("state-not-found", "check the path or URL: the first `apply` makes a state")
            }
            Self::AnotherOrganization { .. } => (
                "state-of-another-organization",
                "use the credentials of that organization, or a state of its own for this one",
            ),
            Self::AnotherZone { .. } => ("state-of-another-zone", "name a state of its own for each zone"),
            Self::Empty { .. } => ("state-empty", "check the path or URL of the state"),
            Self::NotEmpty { .. } => ("state-not-empty", "name a new directory or prefix"),
        };
        Diagnosis::new(code).help(help)
    }
}

/// The help where a file does not hold what it should.
const RESTORE: &str = "restore the file, or move the state away and rebuild it: a survey finds what exists";

diagnostic!(Error);
