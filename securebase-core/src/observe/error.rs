//! Why a cloud could not be surveyed.

use crate::cloud::{CloudError, ErrorKind};
use crate::model::{AccountId, Diagnosis, diagnostic};

/// Why a cloud could not be surveyed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The cloud failed for longer than a retry is worth, or refused.
    #[error("{what} could not be surveyed")]
    Failed {
        /// The action that was called.
        what: String,
        /// Why it failed.
        source: Box<CloudError>,
    },
    /// The credentials are those of another account of the organization.
    #[error(
        "invalid credentials of account `{caller}`: expected those of the organization's management account, `{management}`"
    )]
    NotManagement {
        /// The account of the credentials.
        caller: AccountId,
        /// The management account.
        management: AccountId,
    },
}

impl Error {
    /// Whether the simulated process is dead.
    pub(crate) fn is_crash(&self) -> bool {
        matches!(self, Self::Failed { source, .. } if source.kind == ErrorKind::CallerGone)
    }

    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Failed { .. } => {
                Diagnosis::new("survey-failed").help("check the credentials and the network, then call again")
            }
            Self::NotManagement { .. } => Diagnosis::new("credentials-not-management"),
        }
    }
}

diagnostic!(Error);
