//! The state of a pool and the one function that changes it.
//!
//! *Purpose.* [`State::apply`] is the only transition: the pool calls it with events it has just decided, replay with
//! events it has read. Both are checked the same way.
//!
//! *Invariants.* A refused event leaves the state as it was. Equal histories give equal states, and a state equals the one
//! rebuilt from its snapshot.

mod release;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::event::{Name, PoolEvent};
use super::request::{Exclusion, PoolSettings};
use super::space::{AddressSpace, Hold};
use crate::model::Cidr;
use crate::model::PoolStrategy;
use crate::net::error::Error;

/// How an owner came to a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    Allocated,
    Reserved,
    Pinned,
}

/// One block of an owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::net) struct Holding {
    pub(in crate::net) path: Name,
    pub(in crate::net) block: Cidr,
    pub(super) claim: Claim,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::net) struct State {
    pub(in crate::net) settings: PoolSettings,
    pub(in crate::net) serial: u64,
    /// In the order of addresses.
    pub(super) exclusions: Vec<Exclusion>,
    /// By path; the whole pool is at the empty path. Under `per-account` these are templates.
    pub(in crate::net) spaces: BTreeMap<Name, AddressSpace>,
    /// Under `per-account`: every owner's own copy of the templates it uses.
    pub(super) islands: BTreeMap<Name, BTreeMap<Name, AddressSpace>>,
    /// Every owner's blocks, sorted.
    pub(in crate::net) owners: IndexMap<Name, Vec<Holding>>,
    pub(in crate::net) pins: BTreeMap<Cidr, BTreeSet<Name>>,
    /// Ends of quarantines: serial, path, island, block.
    quarantined: BTreeSet<(u64, Name, Option<Name>, Cidr)>,
}

impl State {
    pub(in crate::net) fn new(settings: PoolSettings) -> Self {
        Self {
            settings,
            serial: 0,
            exclusions: Vec::new(),
            spaces: BTreeMap::from([(Name::from(""), AddressSpace::default())]),
            islands: BTreeMap::new(),
            owners: IndexMap::new(),
            pins: BTreeMap::new(),
            quarantined: BTreeSet::new(),
        }
    }

    pub(super) fn is_island(&self) -> bool {
        self.settings.strategy == PoolStrategy::PerAccount
    }

    /// The space an owner allocates from, its own island where it has one.
    pub(in crate::net) fn space(&self, path: &str, owner: &str) -> Option<&AddressSpace> {
        let island = self.islands.get(owner).and_then(|spaces| spaces.get(path));
        island.or_else(|| self.spaces.get(path))
    }

    /// Changes the state, or says why the event is impossible.
    pub(in crate::net) fn apply(&mut self, event: &PoolEvent) -> Result<(), Error> {
        match event {
            PoolEvent::Grown { pool, cidr, own } => self.grow(pool, *cidr, *own),
            PoolEvent::Excluded { cidr, reason } => {
                self.exclude(*cidr, reason);
                Ok(())
            }
            PoolEvent::Included { cidr } => self.include(*cidr),
            PoolEvent::Allocated { owner, cidr, tier, pool } => {
                self.allocate(owner, *cidr, tier.clone(), pool)
            }
            PoolEvent::Reserved { owner, cidr, pool } => self.reserve(owner, *cidr, pool),
            PoolEvent::Pinned { owner, cidr } => {
                self.pin(owner, *cidr);
                Ok(())
            }
            PoolEvent::Released { owner, cidr, until } => self.release(owner, *cidr, *until),
            PoolEvent::Advanced { to } => self.advance(*to),
        }
    }

    fn grow(&mut self, path: &Name, cidr: Cidr, own: bool) -> Result<(), Error> {
        let parent = parent_of(path);
        if let Some(other) =
            self.spaces.get(path).and_then(|space| space.ranges.iter().find(|r| r.overlaps(&cidr)))
        {
            return Err(Error::RangeOverlap { range: cidr, other: *other });
        }
        match parent {
            None => {
                // A range that a sub-pool brought along may not come in a second time from above.
                let brought =
                    self.spaces.values().flat_map(|space| &space.own).find(|other| other.overlaps(&cidr));
                if let Some(other) = brought {
                    return Err(Error::RangeOverlap { range: cidr, other: *other });
                }
            }
            Some(parent) => {
                let Some(above) = self.spaces.get_mut(parent) else {
                    return Err(unknown_pool(&self.spaces, parent));
                };
                if own {
                    if let Some(other) = above.ranges.iter().find(|range| range.overlaps(&cidr)) {
                        return Err(Error::RangeOverlap { range: cidr, other: *other });
                    }
                } else {
                    // A template may not take away what an owner has on its island already.
                    let islands = self.islands.values().filter_map(|spaces| spaces.get(parent));
                    if let Some((held, hold)) = islands.filter_map(|space| space.holder(cidr)).next() {
                        return Err(Error::Taken { cidr, held, by: hold.describe() });
                    }
                    if !above.free.take_exact(cidr) {
                        return Err(self.not_free(parent, "", cidr));
                    }
                    above.hold(cidr, Hold::SubPool { path: path.clone() });
                    for space in self.islands.values_mut().filter_map(|spaces| spaces.get_mut(parent)) {
                        drop(space.free.take_within(cidr));
                        space.hold(cidr, Hold::SubPool { path: path.clone() });
                    }
                }
            }
        }
        self.spaces.entry(path.clone()).or_default().add_range(cidr, own || parent.is_none());
        self.give_back(path, None, cidr, false);
        let owners: Vec<Name> = self.islands.keys().cloned().collect();
        for owner in owners {
            if let Some(space) = self.islands.get_mut(&owner).and_then(|spaces| spaces.get_mut(path)) {
                space.add_range(cidr, own || parent.is_none());
                self.give_back(path, Some(&owner), cidr, false);
            }
            if !self.pins_of(&owner).is_empty() {
                self.add_islands(&owner);
            }
        }
        Ok(())
    }

    fn exclude(&mut self, cidr: Cidr, reason: &str) {
        let at = self.exclusions.partition_point(|other| other.cidr < cidr);
        if self.exclusions.get(at).is_some_and(|other| other.cidr == cidr) {
            reason.clone_into(&mut self.exclusions[at].reason);
            return;
        }
        self.exclusions.insert(at, Exclusion { cidr, reason: reason.to_owned() });
        for space in self.spaces.values_mut().chain(self.islands.values_mut().flat_map(BTreeMap::values_mut))
        {
            drop(space.free.take_within(cidr));
        }
    }

    fn include(&mut self, cidr: Cidr) -> Result<(), Error> {
        let Some(at) = self.exclusions.iter().position(|other| other.cidr == cidr) else {
            return Err(Error::NotExcluded { cidr });
        };
        self.exclusions.remove(at);
        for (path, island) in self.all_spaces() {
            self.give_back(&path, island.as_ref(), cidr, false);
        }
        Ok(())
    }

    fn allocate(&mut self, owner: &Name, cidr: Cidr, tier: Option<Name>, path: &Name) -> Result<(), Error> {
        if !self.space_mut(path, owner)?.free.take_exact(cidr) {
            self.drop_unused_island(owner);
            return Err(self.not_free(path, owner, cidr));
        }
        self.space_mut(path, owner)?.hold(cidr, Hold::Allocated { owner: owner.clone(), tier });
        self.note(owner, path, cidr, Claim::Allocated);
        Ok(())
    }

    fn reserve(&mut self, owner: &Name, cidr: Cidr, path: &Name) -> Result<(), Error> {
        if let Some(error) = self.reserve_conflict(path, owner, cidr) {
            return Err(error);
        }
        let space = self.space_mut(path, owner)?;
        drop(space.free.take_within(cidr));
        space.hold(cidr, Hold::Reserved { owner: owner.clone() });
        self.note(owner, path, cidr, Claim::Reserved);
        Ok(())
    }

    /// Who has a block that an owner wants to keep as reserved, though it is pinned for this owner already.
    pub(super) fn taken_by_another(&self, path: &Name, owner: &Name, cidr: Cidr) -> Option<Error> {
        let space = self.space(path, owner).filter(|space| space.covers(cidr))?;
        let others = |hold: &Hold| match hold {
            Hold::Allocated { owner: by, .. } | Hold::Reserved { owner: by } => by != owner,
            Hold::SubPool { .. } | Hold::Quarantined { .. } => true,
        };
        if let Some((held, hold)) = space.held_over(cidr).find(|(_, hold)| others(hold)) {
            return Some(Error::Taken { cidr, held, by: hold.describe() });
        }
        self.pinned_by_another(owner, cidr)
    }

    /// Excluded addresses may be reserved: that keeps them out of use, which is what the exclusion wants too.
    fn reserve_conflict(&self, path: &Name, owner: &Name, cidr: Cidr) -> Option<Error> {
        let Some(space) = self.space(path, owner) else { return Some(unknown_pool(&self.spaces, path)) };
        if !space.covers(cidr) {
            return Some(Error::Outside { cidr, ranges: space.ranges.clone() });
        }
        if let Some((held, hold)) = space.holder(cidr) {
            return Some(Error::Taken { cidr, held, by: hold.describe() });
        }
        self.pinned_by_another(owner, cidr)
    }

    fn pinned_by_another(&self, owner: &Name, cidr: Cidr) -> Option<Error> {
        let (held, by) =
            self.pin_over(cidr, self.is_island().then_some(owner)).find(|(_, by)| *by != owner)?;
        Some(Error::Taken { cidr, held, by: format!("pinned by `{by}`") })
    }

    fn pin(&mut self, owner: &Name, cidr: Cidr) {
        if !self.pins.entry(cidr).or_default().insert(owner.clone()) {
            return;
        }
        self.note(owner, &Name::from(""), cidr, Claim::Pinned);
        if self.is_island() {
            for space in self.islands.get_mut(owner).into_iter().flat_map(BTreeMap::values_mut) {
                drop(space.free.take_within(cidr));
            }
            self.add_islands(owner);
        } else {
            for space in self.spaces.values_mut() {
                drop(space.free.take_within(cidr));
            }
        }
    }

    fn note(&mut self, owner: &Name, path: &Name, block: Cidr, claim: Claim) {
        let holdings = self.owners.entry(owner.clone()).or_default();
        let holding = Holding { path: path.clone(), block, claim };
        let at = holdings.partition_point(|other| *other < holding);
        holdings.insert(at, holding);
    }

    fn all_spaces(&self) -> Vec<(Name, Option<Name>)> {
        let own = self.spaces.keys().map(|path| (path.clone(), None));
        let islands = self
            .islands
            .iter()
            .flat_map(|(owner, spaces)| spaces.keys().map(|path| (path.clone(), Some(owner.clone()))));
        own.chain(islands).collect()
    }

    fn exact_space_mut(&mut self, path: &Name, island: Option<&Name>) -> Option<&mut AddressSpace> {
        match island {
            None => self.spaces.get_mut(path),
            Some(owner) => self.islands.get_mut(owner)?.get_mut(path),
        }
    }

    /// The space an owner may change: under `per-account` its island, made on first use.
    fn space_mut(&mut self, path: &Name, owner: &Name) -> Result<&mut AddressSpace, Error> {
        if !self.is_island() {
            return match self.spaces.get_mut(path) {
                // Looked up twice on the cold path only: the borrow checker refuses an early return of the first.
                None => Err(Error::UnknownPool { path: path.to_string(), nearest: None }),
                Some(space) => Ok(space),
            };
        }
        if self.islands.get(owner).and_then(|spaces| spaces.get(path)).is_none() {
            self.add_island(path, owner)?;
        }
        let space = self.islands.get_mut(owner).and_then(|spaces| spaces.get_mut(path));
        space.ok_or_else(|| Error::UnknownPool { path: path.to_string(), nearest: None })
    }

    fn add_island(&mut self, path: &Name, owner: &Name) -> Result<(), Error> {
        let Some(template) = self.spaces.get(path) else { return Err(unknown_pool(&self.spaces, path)) };
        let mut space = template.unused();
        for pin in self.pins_of(owner) {
            drop(space.free.take_within(pin));
        }
        self.islands.entry(owner.clone()).or_default().insert(path.clone(), space);
        Ok(())
    }

    /// Makes an owner's copy of every template: one with pins differs from the template before anything is allocated.
    fn add_islands(&mut self, owner: &Name) {
        let missing = |path: &&Name| self.islands.get(owner).is_none_or(|spaces| !spaces.contains_key(*path));
        let paths: Vec<Name> = self.spaces.keys().filter(missing).cloned().collect();
        for path in paths {
            // The path was just read from the templates.
            drop(self.add_island(&path, owner));
        }
    }

    fn pins_of(&self, owner: &Name) -> Vec<Cidr> {
        let holdings = self.owners.get(owner).into_iter().flatten();
        holdings.filter(|holding| holding.claim == Claim::Pinned).map(|holding| holding.block).collect()
    }

    fn drop_unused_island(&mut self, owner: &Name) {
        if !self.is_island() || !self.pins_of(owner).is_empty() {
            return;
        }
        if let Some(spaces) = self.islands.get_mut(owner) {
            spaces.retain(|_, space| !space.is_unused());
            if spaces.is_empty() {
                self.islands.remove(owner);
            }
        }
    }

    /// The pins that share addresses with `block`, those of one owner where one is given.
    pub(super) fn pin_over<'a>(
        &'a self,
        block: Cidr,
        owner: Option<&'a Name>,
    ) -> impl Iterator<Item = (Cidr, &'a Name)> {
        let around = (0..block.prefix_len()).map(move |len| Cidr::at(block.start(), len));
        let around = around.filter_map(|around| self.pins.get_key_value(&around));
        let last = Cidr::at(block.end(), 32);
        let around = around.take_while(|_| !self.pins.is_empty());
        around
            .chain(self.pins.range(block..=last))
            .flat_map(|(pin, owners)| owners.iter().map(|by| (*pin, by)))
            .filter(move |(_, by)| owner.is_none_or(|owner| owner == *by))
    }

    fn not_free(&self, path: &str, owner: &str, cidr: Cidr) -> Error {
        let Some(space) = self.space(path, owner) else { return unknown_pool(&self.spaces, path) };
        if !space.covers(cidr) {
            return Error::Outside { cidr, ranges: space.ranges.clone() };
        }
        if let Some((held, hold)) = space.holder(cidr) {
            return Error::Taken { cidr, held, by: hold.describe() };
        }
        if let Some((held, by)) = self.pin_over(cidr, None).next() {
            return Error::Taken { cidr, held, by: format!("pinned by `{by}`") };
        }
        match self.exclusions.iter().find(|exclusion| exclusion.cidr.overlaps(&cidr)) {
            Some(Exclusion { cidr: held, reason }) => {
                Error::Taken { cidr, held: *held, by: format!("excluded: {reason}") }
            }
            None => Error::Taken { cidr, held: cidr, by: "in use".to_owned() },
        }
    }

    pub(super) fn unknown_owner(&self, owner: &str) -> Error {
        Error::UnknownOwner {
            owner: owner.to_owned(),
            nearest: nearest(owner, self.owners.keys().map(Arc::as_ref)),
        }
    }
}

/// The path above, `None` for the whole pool.
pub(in crate::net) fn parent_of(path: &str) -> Option<&str> {
    if path.is_empty() { None } else { Some(path.rsplit_once('/').map_or("", |(parent, _)| parent)) }
}

pub(in crate::net) fn unknown_pool(spaces: &BTreeMap<Name, AddressSpace>, path: &str) -> Error {
    Error::UnknownPool { path: path.to_owned(), nearest: nearest(path, spaces.keys().map(Arc::as_ref)) }
}

/// The most similar name, if one is similar.
pub(in crate::net) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored =
        names.filter(|other| !other.is_empty()).map(|other| (crate::model::likeness(name, other), other));
    let best =
        scored.filter(|(score, _)| *score > 0.8).max_by(|(a, x), (b, y)| a.total_cmp(b).then(y.cmp(x)));
    best.map(|(_, other)| other.to_owned())
}
