//! What happened to a pool.
//!
//! *Purpose.* A [`PoolEvent`] is one decided change. The pool applies the same events when it decides them and when they are
//! read back, so a history replays to the live state.
//!
//! *Invariants.* An event names blocks, never how they were found: replay makes no choices.
//!
//! *Non-goals.* Who ran it and when: the state's history records that.

use crate::model::Cidr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::net::error::Error;
use crate::net::pool::request::check_serial;
use crate::net::pool::{check_name, check_path};

/// A name shared by many records.
pub(crate) type Name = Arc<str>;

/// One change of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PoolEvent {
    /// A range was added to a pool; a sub-pool comes into being with its first.
    Grown {
        /// The pool's path, empty for the whole.
        #[serde(default, skip_serializing_if = "is_root")]
        pool: Name,
        /// The range.
        cidr: Cidr,
        /// Whether the range is the sub-pool's own and not taken from its parent.
        #[serde(default, skip_serializing_if = "is_false")]
        own: bool,
    },
    /// A range will not be handed out.
    Excluded {
        /// The range.
        cidr: Cidr,
        /// Why.
        reason: String,
    },
    /// An excluded range may be handed out after all.
    #[serde(rename = "admitted")]
    Included {
        /// The range, as it was excluded.
        cidr: Cidr,
    },
    /// The pool chose a block for an owner.
    Allocated {
        /// Who got it.
        owner: Name,
        /// The block.
        cidr: Cidr,
        /// The owner's tier, where one was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tier: Option<Name>,
        /// The pool it came from.
        #[serde(default, skip_serializing_if = "is_root")]
        pool: Name,
    },
    /// A block was set aside for an owner, who alone has it.
    Reserved {
        /// Whom it is for.
        owner: Name,
        /// The block.
        cidr: Cidr,
        /// The pool it lies in.
        #[serde(default, skip_serializing_if = "is_root")]
        pool: Name,
    },
    /// An owner has this block whatever the pool thinks of it: a file or the cloud says so.
    Pinned {
        /// Who has it.
        owner: Name,
        /// The block, inside the pool or not.
        cidr: Cidr,
    },
    /// An owner gave a block back.
    Released {
        /// Who had it.
        owner: Name,
        /// The block.
        cidr: Cidr,
        /// The serial before which nobody gets it.
        #[serde(default, skip_serializing_if = "is_zero")]
        until: u64,
    },
    /// Time went on: blocks whose quarantine ends at this serial or before are free.
    Advanced {
        /// The serial reached.
        to: u64,
    },
}

impl PoolEvent {
    /// Refuses names and serials that a pool itself never records.
    pub(in crate::net) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Allocated { owner, tier, .. } => {
                tier.as_ref().map_or(Ok(()), |tier| check_name("tier", tier))?;
                check_name("owner", owner)
            }
            Self::Reserved { owner, .. } | Self::Pinned { owner, .. } => check_name("owner", owner),
            Self::Grown { pool, .. } if is_root(pool) => Ok(()),
            Self::Grown { pool, .. } => check_path(pool),
            Self::Advanced { to } => check_serial(*to),
            Self::Released { .. } | Self::Excluded { .. } | Self::Included { .. } => Ok(()),
        }
    }
}

/// An event with the serial at which it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The pool's serial when it happened.
    pub serial: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: PoolEvent,
}

fn is_root(path: &Name) -> bool {
    path.is_empty()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}
