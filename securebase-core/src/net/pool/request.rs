//! What a pool is told and asked.

use serde::{Deserialize, Serialize};

use crate::model::{Cidr, PoolStrategy};
use crate::net::error::Error;
use crate::net::rules;

/// A range that is never handed out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The range.
    pub cidr: Cidr,
    /// Why.
    pub reason: String,
}

/// The largest serial that a pool reaches. A block that rests until a later one rests for good.
pub const SERIAL_MAX: u64 = 1_000_000_000_000_000_000;

/// Refuses a serial that no pool reaches.
pub(in crate::net) fn check_serial(serial: u64) -> Result<(), Error> {
    if serial <= SERIAL_MAX { Ok(()) } else { Err(Error::SerialTooLarge { serial, serial_max: SERIAL_MAX }) }
}

/// The largest piece that a tier takes at once: the largest private range.
const TIER_PREFIX_LEN_MIN: u8 = 8;

/// What a pool is told once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolSettings {
    /// How blocks are shared between owners.
    pub strategy: PoolStrategy,
    /// How many serials a released block rests before another owner may get it; 0 for none. One above [`SERIAL_MAX`] never ends.
    #[serde(default)]
    pub quarantine: u64,
    /// Under `per-tier`: the size of the pieces in which a tier takes addresses from the pool, as a prefix length. Without
    /// it, a sixteenth of the first range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_prefix_len: Option<u8>,
}

impl PoolSettings {
    /// The settings of a strategy, without quarantine.
    pub fn new(strategy: PoolStrategy) -> Self {
        Self { strategy, quarantine: 0, tier_prefix_len: None }
    }

    /// Refuses pieces for tiers that are larger than any range for VPCs, or smaller than a VPC.
    pub(in crate::net) fn check(&self) -> Result<(), Error> {
        let (prefix_len_min, prefix_len_max) = (TIER_PREFIX_LEN_MIN, rules::PREFIX_LEN_MAX);
        match self.tier_prefix_len {
            Some(prefix_len) if !(prefix_len_min..=prefix_len_max).contains(&prefix_len) => {
                Err(Error::PrefixLen { prefix_len, prefix_len_min, prefix_len_max })
            }
            _ => Ok(()),
        }
    }
}

/// What somebody wants of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRequest<'a> {
    pub(in crate::net) prefix_len: u8,
    pub(in crate::net) owner: &'a str,
    pub(in crate::net) tier: Option<&'a str>,
    pub(in crate::net) pool: Option<&'a str>,
    pub(in crate::net) another: bool,
}

impl<'a> BlockRequest<'a> {
    /// A block of this length for this owner.
    pub fn new(prefix_len: u8, owner: &'a str) -> Self {
        Self { prefix_len, owner, tier: None, pool: None, another: false }
    }

    /// The smallest block with so many addresses for use in one subnet.
    ///
    /// # Errors
    /// [`Error::TooManyHosts`].
    pub fn for_hosts(hosts: u64, owner: &'a str) -> Result<Self, Error> {
        Ok(Self::new(rules::prefix_len_for_hosts(hosts)?, owner))
    }

    /// For an owner of this tier: recorded, and under `per-tier` the pool it comes from.
    #[must_use]
    pub fn tier(mut self, tier: Option<&'a str>) -> Self {
        self.tier = tier;
        self
    }

    /// From the sub-pool of this path.
    #[must_use]
    pub fn pool(mut self, path: Option<&'a str>) -> Self {
        self.pool = path;
        self
    }

    /// A further block even where the owner has one of this length from this pool already.
    #[must_use]
    pub fn another(mut self, another: bool) -> Self {
        self.another = another;
        self
    }
}
