//! What was read, apart from what could not be read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::RoleName;

/// The value that was read, or the reason why it could not be. There is no default: what was not read is not
/// empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<T> {
    /// It was read.
    Known(T),
    /// It was not.
    Unknown(Unread),
}

/// Why something was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unread {
    /// No question was asked about it.
    NotAsked,
    /// The account was made a moment ago and does not answer yet.
    NotReady,
    /// The role cannot be assumed in the account.
    NoEntry {
        /// The role.
        role: RoleName,
    },
    /// The region is off in the account.
    RegionOff,
    /// The role was assumed, and a call was refused.
    Refused {
        /// The call, as policies name it, for example `ec2:DescribeVpcs`.
        call: String,
        /// AWS's error code.
        code: String,
    },
}

impl<T> Reading<T> {
    /// What was read, if it was.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// As [`Reading::known`], to be changed.
    pub fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// Why it was not read, if it was not.
    pub fn unread(&self) -> Option<&Unread> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(why) => Some(why),
        }
    }

    /// The same reading without a copy of what was read.
    pub fn as_ref(&self) -> Reading<&T> {
        match self {
            Self::Known(value) => Reading::Known(value),
            Self::Unknown(why) => Reading::Unknown(why.clone()),
        }
    }
}

impl Unread {
    /// Whether it passes by itself: the account is going to answer, or it has not been asked.
    pub fn passes(&self) -> bool {
        match self {
            Self::NotAsked | Self::NotReady => true,
            Self::NoEntry { .. } | Self::RegionOff | Self::Refused { .. } => false,
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => write!(f, "it was not looked into"),
            Self::NotReady => write!(f, "it was made a moment ago and does not answer yet"),
            Self::NoEntry { role } => write!(f, "role `{role}` cannot be assumed in it"),
            Self::RegionOff => write!(f, "the region is off in it"),
            Self::Refused { call, code } => write!(f, "it refused `{call}` ({code})"),
        }
    }
}
