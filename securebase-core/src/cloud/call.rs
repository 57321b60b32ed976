//! A call: an operation, and where it goes.

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Region, RoleName};

use super::Operation;

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The management account of the organization, in the region its services are served from.
    Management,
    /// A member account, through its access role.
    Member {
        /// The account.
        account: AccountId,
        /// The region.
        region: Region,
        /// The role to assume there.
        role: RoleName,
    },
}

/// One call: an operation and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Where it goes.
    pub target: Target,
    /// What is asked.
    pub operation: Operation,
}

/// The number of a call in flight, by which its caller recognizes the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(crate) u64);

/// The token of the next page, as the service gave it.
pub type PageToken = String;
