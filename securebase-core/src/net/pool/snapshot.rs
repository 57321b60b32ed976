//! A pool as a document.
//!
//! *Purpose.* [`Snapshot`] is the persisted form of a pool: what there is, without how it came about.
//!
//! *Invariants.* Carries a version. Deterministic: equal pools give equal text. Loading applies it through the same checks
//! as live changes and reports every entry that does not hold, not the first only.

use serde::{Deserialize, Serialize};

use super::event::{Name, PoolEvent};
use super::request::{Exclusion, PoolSettings};
use super::space::{AddressSpace, Hold};
use super::state::{Claim, State};
use super::{AddressPool, check_name, check_path};
use crate::model::diagnostics::document;
use crate::model::{Cidr, Problems};
use crate::net::error::Error;

/// The version written.
pub(crate) const VERSION: u32 = 1;

/// The persisted form of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Of the format.
    pub version: u32,
    /// What the pool was told when it was made.
    #[serde(rename = "settings")]
    pub(in crate::net) settings: PoolSettings,
    /// The serial reached.
    #[serde(default)]
    pub serial: u64,
    /// The whole pool's ranges.
    pub ranges: Vec<Cidr>,
    /// Ranges left out.
    #[serde(default)]
    pub exclusions: Vec<Exclusion>,
    /// Sub-pools, parents first.
    #[serde(default)]
    pub pools: Vec<SubPool>,
    /// Blocks the pool chose, reserved or was told of, in the order of owners and then of pools and addresses.
    #[serde(default)]
    pub allocations: Vec<BlockAllocation>,
    /// Blocks that rest.
    #[serde(default)]
    pub quarantined: Vec<Resting>,
}

/// A named part of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubPool {
    /// Its path.
    pub path: Name,
    /// Ranges taken from its parent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Cidr>,
    /// Ranges it brought along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<Cidr>,
}

/// How an owner came to its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AllocationKind {
    /// The pool chose it.
    Allocated,
    /// It was set aside, exclusively.
    Reserved,
    /// A file or the cloud says so, whatever the pool thinks.
    Pinned,
}

impl AllocationKind {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allocated => "allocated",
            Self::Reserved => "reserved",
            Self::Pinned => "pinned",
        }
    }
}

/// A block somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockAllocation {
    /// Who.
    pub owner: Name,
    /// What.
    pub cidr: Cidr,
    /// How it came about.
    pub kind: AllocationKind,
    /// The owner's tier, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Name>,
    /// The pool it lies in, empty for the whole.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub pool: Name,
}

/// A block that nobody gets before a serial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resting {
    /// The block.
    pub cidr: Cidr,
    /// Who had it.
    pub owner: Name,
    /// The serial at which it is free again.
    pub until: u64,
    /// The pool it lies in.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub pool: Name,
}

impl Snapshot {
    pub(in crate::net) fn of(state: &State) -> Self {
        let root = state.spaces.get("");
        let mut pools: Vec<SubPool> = state
            .spaces
            .iter()
            .filter(|(path, _)| !path.is_empty())
            .map(|(path, space)| SubPool {
                path: path.clone(),
                ranges: space.ranges.iter().filter(|range| !space.own.contains(range)).copied().collect(),
                own: space.own.clone(),
            })
            .collect();
        pools.sort_by_key(|pool| (pool.path.split('/').count(), pool.path.clone()));
        let spaces = state.spaces.iter().chain(state.islands.values().flatten());
        let mut quarantined: Vec<Resting> = spaces.flat_map(|(path, space)| resting(path, space)).collect();
        quarantined.sort_unstable();
        Self {
            version: VERSION,
            settings: state.settings.clone(),
            serial: state.serial,
            ranges: root.map(|space| space.ranges.clone()).unwrap_or_default(),
            exclusions: state.exclusions.clone(),
            pools,
            allocations: allocations(state),
            quarantined,
        }
    }

    /// The pool again.
    ///
    /// # Errors
    /// Every part that does not hold: an unknown version, ranges or blocks that overlap, blocks outside their pool.
    pub fn load(&self) -> Result<AddressPool, Problems> {
        if self.version != VERSION {
            let error = Error::Version { found: self.version, known: VERSION };
            return Err(Problems::from(error.problem("version")));
        }
        let mut problems = Vec::new();
        let mut state = State::new(self.settings.clone());
        let mut note = |path: String, done: Result<(), Error>| {
            if let Err(error) = done {
                problems.push(error.problem(path));
            }
        };
        note("settings".to_owned(), self.settings.check());
        for (n, cidr) in self.ranges.iter().enumerate() {
            let event = PoolEvent::Grown { pool: Name::from(""), cidr: *cidr, own: false };
            note(format!("ranges[{n}]"), state.apply(&event));
        }
        for (n, pool) in self.pools.iter().enumerate() {
            for (cidr, own) in
                pool.ranges.iter().map(|r| (*r, false)).chain(pool.own.iter().map(|r| (*r, true)))
            {
                let event = PoolEvent::Grown { pool: pool.path.clone(), cidr, own };
                note(format!("pools[{n}]"), check_path(&pool.path).and_then(|()| state.apply(&event)));
            }
        }
        // Serials count before quarantines: one that has passed is none.
        let advanced = PoolEvent::Advanced { to: self.serial };
        note("serial".to_owned(), advanced.check().and_then(|()| state.apply(&advanced)));
        for (n, Resting { cidr, owner, until, pool }) in self.quarantined.iter().enumerate() {
            let done = check_name("owner", owner).and_then(|()| {
                if *until > self.serial {
                    state.quarantine(pool, owner, *cidr, *until)
                } else {
                    Err(Error::SerialBackwards { from: self.serial, to: *until })
                }
            });
            note(format!("quarantined[{n}]"), done);
        }
        // Exclusions and pins give way to nothing and nothing to them: what was given before they came stays given.
        for pins in [false, true] {
            for (n, allocation) in self
                .allocations
                .iter()
                .enumerate()
                .filter(|(_, a)| (a.kind == AllocationKind::Pinned) == pins)
            {
                let done = allocation.event().check().and_then(|()| state.apply(&allocation.event()));
                note(format!("allocations[{n}]"), done);
            }
        }
        for (n, Exclusion { cidr, reason }) in self.exclusions.iter().enumerate() {
            let event = PoolEvent::Excluded { cidr: *cidr, reason: reason.clone() };
            note(format!("exclusions[{n}]"), state.apply(&event));
        }
        if problems.is_empty() {
            Ok(AddressPool { base: std::sync::Arc::new(Self::of(&state)), state, history: Vec::new() })
        } else {
            Err(Problems(problems))
        }
    }
}

impl BlockAllocation {
    fn event(&self) -> PoolEvent {
        let Self { owner, cidr, kind, tier, pool } = self.clone();
        match kind {
            AllocationKind::Allocated => PoolEvent::Allocated { owner, cidr, tier, pool },
            AllocationKind::Reserved => PoolEvent::Reserved { owner, cidr, pool },
            AllocationKind::Pinned => PoolEvent::Pinned { owner, cidr },
        }
    }
}

fn resting<'a>(path: &'a Name, space: &'a AddressSpace) -> impl Iterator<Item = Resting> + 'a {
    space.held().filter_map(|(cidr, hold)| match hold {
        Hold::Quarantined { owner, until } => {
            Some(Resting { cidr, owner: owner.clone(), until: *until, pool: path.clone() })
        }
        _ => None,
    })
}

/// Sorted by owner, as the owners' own order is that of their arrival.
fn allocations(state: &State) -> Vec<BlockAllocation> {
    let mut owners: Vec<_> = state.owners.iter().collect();
    owners.sort_unstable_by_key(|(owner, _)| *owner);
    let of = |(owner, holdings): (&Name, &Vec<super::state::Holding>)| -> Vec<BlockAllocation> {
        let allocation = |holding: &super::state::Holding| {
            let tier = match state.space(&holding.path, owner).and_then(|space| space.hold_at(holding.block))
            {
                Some(Hold::Allocated { tier, .. }) => tier.clone(),
                _ => None,
            };
            let kind = match holding.claim {
                Claim::Allocated => AllocationKind::Allocated,
                Claim::Reserved => AllocationKind::Reserved,
                Claim::Pinned => AllocationKind::Pinned,
            };
            BlockAllocation {
                owner: owner.clone(),
                cidr: holding.block,
                kind,
                tier,
                pool: holding.path.clone(),
            }
        };
        holdings.iter().map(allocation).collect()
    };
    owners.into_iter().flat_map(of).collect()
}

impl AddressPool {
    /// The pool as a document.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.state)
    }

    /// Every block somebody has, in the order of owners.
    pub fn allocations(&self) -> Vec<BlockAllocation> {
        allocations(&self.state)
    }

    /// The pool as JSON.
    ///
    /// # Errors
    /// [`Error::Json`], where the text cannot be made; that does not happen with a pool's own types.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(&self.snapshot())
            .map_err(|error| Error::Json { what: "pool", why: error.to_string() })
    }

    /// The pool from JSON.
    ///
    /// # Errors
    /// One problem `json-malformed` where the text is not JSON, else those of [`AddressPool::from_value`].
    pub fn from_json(text: &str) -> Result<Self, Problems> {
        Self::from_value(&super::plain("pool", text)?)
    }

    /// A pool from its document as a plain value.
    ///
    /// # Errors
    /// One problem with the path of what does not fit, else those of [`Snapshot::load`].
    pub fn from_value(document: &serde_json::Value) -> Result<Self, Problems> {
        document::read::<Snapshot>("", document)?.load()
    }
}
