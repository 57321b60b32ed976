//! Pools of addresses: who gets which block, and keeps it.
//!
//! *Purpose.* [`AddressPool`] allocates, reserves, releases and remembers. It decides; the state behind it applies.
//!
//! *Invariants.* A block once given stays with its owner until released, whatever is added, removed or reordered around it.
//! Within a scope (the pool, under `per-tier` the tier's part of it, under `per-account` the owner) allocated blocks never
//! overlap and lie inside the pool's ranges. Every change is a [`PoolEvent`] in the history.
//!
//! *Non-goals.* Overlaps between what users pinned by hand: [`super::connectivity`] judges those.

pub(super) mod event;
pub(super) mod free;
pub(super) mod ledger;
mod map;
pub(super) mod request;
pub(super) mod snapshot;
pub(super) mod space;
pub(super) mod state;

use std::sync::Arc;

use super::error::{Error, Shortage};
use super::rules;
use crate::model::{Cidr, PoolStrategy, Problems};
use event::{LedgerEntry, Name, PoolEvent};
use free::FreeSet;
use request::{BlockRequest, Exclusion, PoolSettings, check_serial};
use space::{AddressSpace, Hold};
use state::{Claim, State, parent_of, unknown_pool};

/// Ranges of addresses and who has what of them.
#[derive(Debug, Clone)]
pub struct AddressPool {
    pub(super) state: State,
    pub(super) base: Arc<snapshot::Snapshot>,
    pub(super) history: Vec<LedgerEntry>,
}

impl PartialEq for AddressPool {
    /// Equal state; how it came about does not matter.
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

impl Eq for AddressPool {}

impl AddressPool {
    /// A pool of these ranges, without the ranges AWS refuses and advises against ([`rules::RANGE_RULES`]).
    ///
    /// # Errors
    /// [`Error::NoRange`], [`Error::RangeOverlap`], and [`Error::PrefixLen`] for a range too small to hold a VPC or a bad
    /// `tier_prefix_len`.
    pub fn new(ranges: &[Cidr], settings: PoolSettings) -> Result<Self, Error> {
        if ranges.is_empty() {
            return Err(Error::NoRange);
        }
        Self::with_tiers(ranges, settings, &[])
    }

    /// As [`AddressPool::new`], where tiers may bring ranges of their own; then `ranges` may be empty.
    ///
    /// # Errors
    /// As [`AddressPool::new`], and [`Error::BadName`] for a tier's name.
    pub fn with_tiers(
        ranges: &[Cidr],
        settings: PoolSettings,
        tiers: &[(&str, Cidr)],
    ) -> Result<Self, Error> {
        settings.check()?;
        let mut pool = Self::empty(settings);
        for rule in rules::RANGE_RULES {
            pool.record(PoolEvent::Excluded { cidr: rule.block(), reason: rule.reason.to_owned() })?;
        }
        for range in ranges {
            pool.grow("", *range)?;
        }
        for (tier, range) in tiers {
            check_name("tier", tier)?;
            check_range_len(range.prefix_len())?;
            let inside = pool.state.spaces.get("").is_some_and(|space| space.covers(*range));
            pool.record(PoolEvent::Grown { pool: Name::from(*tier), cidr: *range, own: !inside })?;
        }
        pool.rebase();
        Ok(pool)
    }

    pub(super) fn empty(settings: PoolSettings) -> Self {
        let state = State::new(settings);
        let base = Arc::new(snapshot::Snapshot::of(&state));
        Self { state, base, history: Vec::new() }
    }

    /// Makes the present state the start of the history.
    pub(super) fn rebase(&mut self) {
        self.base = Arc::new(snapshot::Snapshot::of(&self.state));
        self.history.clear();
    }

    pub(super) fn record(&mut self, event: PoolEvent) -> Result<(), Error> {
        self.state.apply(&event)?;
        self.history.push(LedgerEntry { serial: self.state.serial, event });
        Ok(())
    }

    /// What the pool was told when it was made.
    pub fn settings(&self) -> &PoolSettings {
        &self.state.settings
    }

    /// The serial the pool has reached.
    pub fn serial(&self) -> u64 {
        self.state.serial
    }

    /// The ranges of the whole pool.
    pub fn ranges(&self) -> &[Cidr] {
        self.state.spaces.get("").map_or(&[], |space| &space.ranges)
    }

    /// The ranges that are left out, with reasons.
    pub fn exclusions(&self) -> &[Exclusion] {
        &self.state.exclusions
    }

    /// Gives `request`'s owner a block: the smallest free place that holds it, the lowest among equals.
    ///
    /// An owner that has a block of this length from this pool keeps it and gets no second, unless the request says
    /// [`BlockRequest::another`]: so asking again, in any order, changes nothing.
    ///
    /// # Errors
    /// [`Error::PrefixLen`] outside /16 to /28, [`Error::BadName`], [`Error::TierMissing`] under `per-tier` without a tier,
    /// [`Error::UnknownPool`], and [`Error::Exhausted`] with what is free and what would fit.
    pub fn allocate(&mut self, request: &BlockRequest<'_>) -> Result<Cidr, Error> {
        let BlockRequest { prefix_len, owner, tier, pool, another } = *request;
        rules::check_prefix_len(prefix_len)?;
        check_name("owner", owner)?;
        tier.map_or(Ok(()), |tier| check_name("tier", tier))?;
        let per_tier = self.state.settings.strategy == PoolStrategy::PerTier;
        let path = match (pool, tier) {
            (Some(path), _) => path,
            (None, Some(tier)) if per_tier => tier,
            (None, None) if per_tier => return Err(Error::TierMissing { owner: owner.to_owned() }),
            _ => "",
        };
        if !another && let Some(block) = self.allocated(owner, path, prefix_len) {
            return Ok(block);
        }
        let growing = per_tier && pool.is_none();
        let block = match self.state.space(path, owner) {
            Some(space) => space.free.find(prefix_len),
            None if growing => None,
            None => return Err(unknown_pool(&self.state.spaces, path)),
        };
        let block = match block {
            Some(block) => block,
            None if growing => self.grow_tier(path, prefix_len)?,
            None => return Err(self.exhausted(path, owner, prefix_len)),
        };
        let (owner, tier, pool) = (Name::from(owner), tier.map(Name::from), self.path_name(path));
        self.record(PoolEvent::Allocated { owner, cidr: block, tier, pool })?;
        Ok(block)
    }

    fn allocated(&self, owner: &str, path: &str, prefix_len: u8) -> Option<Cidr> {
        let holdings = self.state.owners.get(owner)?;
        let same = |h: &&state::Holding| {
            h.claim == Claim::Allocated && h.block.prefix_len() == prefix_len && *h.path == *path
        };
        holdings.iter().find(same).map(|holding| holding.block)
    }

    /// Takes a further piece of the pool for a tier and answers with where the block lies in it.
    fn grow_tier(&mut self, tier: &str, prefix_len: u8) -> Result<Cidr, Error> {
        let own = self.state.spaces.get(tier).is_some_and(|space| !space.own.is_empty());
        let root = self.state.spaces.get("");
        // A tier with ranges of its own stays in them.
        let Some(root) = root.filter(|_| !own) else { return Err(self.exhausted(tier, "", prefix_len)) };
        let sixteenth =
            root.ranges.first().map_or(16, |range| (range.prefix_len() + 4).min(rules::PREFIX_LEN_MAX));
        let piece_len = self.state.settings.tier_prefix_len.unwrap_or(sixteenth).min(prefix_len);
        let Some(piece) = (piece_len..=prefix_len).find_map(|len| root.free.find(len)) else {
            return Err(self.exhausted(tier, "", prefix_len));
        };
        self.record(PoolEvent::Grown { pool: Name::from(tier), cidr: piece, own: false })?;
        let place = self.state.spaces.get(tier).and_then(|space| space.free.find(prefix_len));
        place.ok_or_else(|| self.exhausted(tier, "", prefix_len))
    }

    /// Records that an owner was given exactly this block, elsewhere and earlier.
    pub(super) fn record_allocated(
        &mut self,
        owner: &str,
        cidr: Cidr,
        tier: Option<Name>,
        pool: &str,
    ) -> Result<(), Error> {
        check_name("owner", owner)?;
        tier.as_ref().map_or(Ok(()), |tier| check_name("tier", tier))?;
        rules::check_prefix_len(cidr.prefix_len())?;
        if self.blocks_of(owner).contains(&cidr) {
            return Ok(());
        }
        let pool = if pool.is_empty() { self.innermost(cidr) } else { self.path_name(pool) };
        self.record(PoolEvent::Allocated { owner: Name::from(owner), cidr, tier, pool })
    }

    /// Sets exactly this block aside for an owner. Doing it again changes nothing.
    ///
    /// It goes to the innermost sub-pool that contains it. Excluded addresses may be reserved.
    ///
    /// # Errors
    /// [`Error::BadName`], [`Error::Outside`] where no pool contains the block, [`Error::Taken`] with who has it.
    pub fn reserve(&mut self, cidr: Cidr, owner: &str) -> Result<(), Error> {
        check_name("owner", owner)?;
        let (owner, pool) = (Name::from(owner), self.innermost(cidr));
        let mut own = self.state.owners.get(&owner).into_iter().flatten().filter(|own| own.block == cidr);
        match own.next().map(|own| own.claim) {
            None => self.record(PoolEvent::Reserved { owner, cidr, pool }),
            // A pin takes from no other owner, so one may have the block.
            Some(Claim::Pinned) => self.state.taken_by_another(&pool, &owner, cidr).map_or(Ok(()), Err),
            Some(Claim::Allocated | Claim::Reserved) => Ok(()),
        }
    }

    /// Records that an owner has this block, because a file or the cloud says so: inside the pool or not, free or not.
    /// What of it was free is not handed out any more. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn pin(&mut self, cidr: Cidr, owner: &str) -> Result<(), Error> {
        check_name("owner", owner)?;
        if self.blocks_of(owner).contains(&cidr) {
            return Ok(());
        }
        self.record(PoolEvent::Pinned { owner: Name::from(owner), cidr })
    }

    /// Takes back all blocks of an owner and answers with them, in the order of addresses. They rest for the pool's
    /// quarantine.
    ///
    /// # Errors
    /// [`Error::UnknownOwner`] with the most similar name.
    pub fn release(&mut self, owner: &str) -> Result<Vec<Cidr>, Error> {
        // No pool reaches the last serial: a quarantine that would end beyond it never ends.
        self.release_until(owner, self.state.serial.saturating_add(self.state.settings.quarantine))
    }

    /// As [`AddressPool::release`]; the blocks rest until serial `until`, and for good where that is above
    /// [`SERIAL_MAX`](super::SERIAL_MAX).
    ///
    /// # Errors
    /// As [`AddressPool::release`].
    pub fn release_until(&mut self, owner: &str, until: u64) -> Result<Vec<Cidr>, Error> {
        let mut blocks = self.blocks_of(owner);
        if blocks.is_empty() {
            return Err(self.state.unknown_owner(owner));
        }
        blocks.sort_unstable();
        for cidr in &blocks {
            self.release_block(owner, *cidr, until)?;
        }
        Ok(blocks)
    }

    /// Takes back one block of an owner.
    ///
    /// # Errors
    /// [`Error::UnknownOwner`], [`Error::NotHeld`].
    pub fn release_block(&mut self, owner: &str, cidr: Cidr, until: u64) -> Result<(), Error> {
        let owner = self
            .state
            .owners
            .get_key_value(owner)
            .map_or_else(|| Name::from(owner), |(owner, _)| owner.clone());
        // A quarantine that has passed already is none: so written, it replays the same at any serial.
        let until = if until > self.state.serial { until } else { 0 };
        self.record(PoolEvent::Released { owner, cidr, until })
    }

    /// Moves the pool's serial on: quarantines that end there end.
    ///
    /// # Errors
    /// [`Error::SerialBackwards`], [`Error::SerialTooLarge`].
    pub fn advance(&mut self, serial: u64) -> Result<(), Error> {
        check_serial(serial)?;
        if serial == self.state.serial {
            return Ok(());
        }
        self.record(PoolEvent::Advanced { to: serial })
    }

    /// Adds a range: to the whole pool under the empty path, to a sub-pool from its parent's free addresses.
    ///
    /// # Errors
    /// [`Error::RangeOverlap`], [`Error::PrefixLen`] for a range smaller than a VPC, [`Error::UnknownPool`], and where the
    /// parent has not got it free [`Error::Taken`] or [`Error::Outside`].
    pub fn grow(&mut self, path: &str, range: Cidr) -> Result<(), Error> {
        check_range_len(range.prefix_len())?;
        if !path.is_empty() && !self.state.spaces.contains_key(path) {
            return Err(unknown_pool(&self.state.spaces, path));
        }
        self.record(PoolEvent::Grown { pool: Name::from(path), cidr: range, own: false })
    }

    /// Makes a sub-pool of exactly this range. `path` is the parent's path, a slash and a name: `prod`, `prod/us-east-1`.
    ///
    /// # Errors
    /// [`Error::DuplicateName`], [`Error::BadName`], and those of [`AddressPool::grow`].
    pub fn carve(&mut self, path: &str, range: Cidr) -> Result<(), Error> {
        check_range_len(range.prefix_len())?;
        self.check_new_path(path)?;
        self.record(PoolEvent::Grown { pool: Name::from(path), cidr: range, own: false })
    }

    /// Makes a sub-pool of this size where it fits best, and answers with its range.
    ///
    /// # Errors
    /// As [`AddressPool::carve`], and [`Error::Exhausted`].
    pub fn carve_len(&mut self, path: &str, prefix_len: u8) -> Result<Cidr, Error> {
        check_range_len(prefix_len)?;
        self.check_new_path(path)?;
        let parent = parent_of(path).unwrap_or("");
        let space = self.state.spaces.get(parent).ok_or_else(|| unknown_pool(&self.state.spaces, parent))?;
        let range = space.free.find(prefix_len).ok_or_else(|| self.exhausted(parent, "", prefix_len))?;
        self.record(PoolEvent::Grown { pool: Name::from(path), cidr: range, own: false })?;
        Ok(range)
    }

    fn check_new_path(&self, path: &str) -> Result<(), Error> {
        check_path(path)?;
        if self.state.spaces.contains_key(path) {
            return Err(Error::DuplicateName { name: path.to_owned() });
        }
        Ok(())
    }

    /// Leaves a range out from now on. What is given already stays given.
    ///
    /// # Errors
    /// None at present.
    pub fn exclude(&mut self, cidr: Cidr, reason: &str) -> Result<(), Error> {
        self.record(PoolEvent::Excluded { cidr, reason: reason.to_owned() })
    }

    /// Ends an exclusion.
    ///
    /// # Errors
    /// [`Error::NotExcluded`] where the range is not excluded exactly so.
    pub fn include(&mut self, cidr: Cidr) -> Result<(), Error> {
        self.record(PoolEvent::Included { cidr })
    }

    /// The addresses nobody has, in the whole pool and its sub-pools, as the fewest blocks in the order of addresses.
    /// Under `per-account`: what an owner without blocks has before it.
    pub fn free(&self) -> Vec<Cidr> {
        let mut spaces = self.state.spaces.values();
        let mut all = spaces.next().map_or_else(FreeSet::new, |space| space.free.clone());
        for block in spaces.flat_map(|space| space.free.blocks()) {
            all.insert(block);
        }
        all.blocks()
    }

    /// What is free in one pool, its sub-pools not counted; under `per-account` for one owner.
    ///
    /// # Errors
    /// [`Error::UnknownPool`].
    pub fn free_in(&self, path: &str, owner: &str) -> Result<Vec<Cidr>, Error> {
        let space = self.state.space(path, owner).ok_or_else(|| unknown_pool(&self.state.spaces, path))?;
        Ok(space.free.blocks())
    }

    /// The blocks of an owner, in the order of pools and addresses; none for an unknown owner.
    pub fn blocks_of(&self, owner: &str) -> Vec<Cidr> {
        self.state.owners.get(owner).into_iter().flatten().map(|holding| holding.block).collect()
    }

    /// What was decided since the pool was made or loaded.
    pub fn history(&self) -> &[LedgerEntry] {
        &self.history
    }

    fn innermost(&self, cidr: Cidr) -> Name {
        let covering = self.state.spaces.iter().filter(|(_, space)| space.covers(cidr));
        let depth = |path: &str| if path.is_empty() { 0 } else { path.split('/').count() };
        covering.max_by_key(|(path, _)| depth(path)).map_or_else(|| Name::from(""), |(path, _)| path.clone())
    }

    /// The stored name of a path, so that a million records share one.
    fn path_name(&self, path: &str) -> Name {
        self.state.spaces.get_key_value(path).map_or_else(|| Name::from(path), |(path, _)| path.clone())
    }

    fn exhausted(&self, path: &str, owner: &str, prefix_len: u8) -> Error {
        let empty = AddressSpace::default();
        let space = self.state.space(path, owner).unwrap_or(&empty);
        let mut free = space.free.blocks();
        // A tier that may grow has what the whole pool has, too.
        if self.state.settings.strategy == PoolStrategy::PerTier
            && !path.contains('/')
            && space.own.is_empty()
        {
            free.extend(
                self.state
                    .spaces
                    .get("")
                    .filter(|_| !path.is_empty())
                    .map(|root| root.free.blocks())
                    .unwrap_or_default(),
            );
        }
        free.sort_by_key(|block| (block.prefix_len(), *block));
        let resting = space.held().filter_map(|(block, hold)| match hold {
            Hold::Quarantined { until, .. } if block.prefix_len() <= prefix_len => Some((*until, block)),
            _ => None,
        });
        Error::Exhausted(Box::new(Shortage {
            pool: path.to_owned(),
            ranges: if space.ranges.is_empty() { self.ranges().to_vec() } else { space.ranges.clone() },
            prefix_len,
            free_address_count: free.iter().map(Cidr::address_count).sum(),
            free,
            resting: resting.min(),
        }))
    }
}

pub(super) fn check_range_len(prefix_len: u8) -> Result<(), Error> {
    if prefix_len <= rules::PREFIX_LEN_MAX {
        return Ok(());
    }
    Err(Error::PrefixLen { prefix_len, prefix_len_min: 0, prefix_len_max: rules::PREFIX_LEN_MAX })
}

/// The plain document of a text.
pub(super) fn plain(what: &'static str, text: &str) -> Result<serde_json::Value, Problems> {
    serde_json::from_str(text)
        .map_err(|error| Problems::from(Error::Json { what, why: error.to_string() }.problem("")))
}

/// Refuses a path that no sub-pool can have.
pub(super) fn check_path(path: &str) -> Result<(), Error> {
    path.split('/').try_for_each(|name| check_name("pool", name))
}

/// Names are shown, logged and written to files: they must be readable. Slashes separate the names of a path.
pub(super) fn check_name(what: &'static str, name: &str) -> Result<(), Error> {
    let path_part = matches!(what, "pool" | "tier");
    let bad = name.is_empty()
        || name.trim() != name
        || name.chars().any(|c| c.is_control() || (path_part && c == '/'))
        || name.chars().count() > 256;
    if bad { Err(Error::BadName { what, name: name.to_owned() }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
