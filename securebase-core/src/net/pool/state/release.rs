//! How blocks are given up: at once, or after they have rested in quarantine.

use super::{Claim, Holding, State};
use crate::model::Cidr;
use crate::net::error::Error;
use crate::net::pool::event::Name;
use crate::net::pool::free::FreeSet;
use crate::net::pool::space::Hold;

impl State {
    pub(super) fn release(&mut self, owner: &Name, cidr: Cidr, until: u64) -> Result<(), Error> {
        let Some((index, _, holdings)) = self.owners.get_full_mut(owner) else {
            return Err(self.unknown_owner(owner));
        };
        let Some(at) = holdings.iter().position(|holding| holding.block == cidr) else {
            return Err(Error::NotHeld { owner: owner.to_string(), cidr });
        };
        let Holding { path, claim, .. } = holdings.remove(at);
        if holdings.is_empty() {
            self.owners.swap_remove_index(index);
        }
        if claim == Claim::Pinned {
            if let Some(owners) = self.pins.get_mut(&cidr) {
                owners.remove(owner);
                if owners.is_empty() {
                    self.pins.remove(&cidr);
                }
            }
            for (path, island) in self.all_spaces() {
                let concerned = if self.is_island() { island.as_ref() == Some(owner) } else { true };
                if concerned {
                    self.retire(&path, island.as_ref(), owner, cidr, until, false);
                }
            }
        } else {
            let island = self.is_island().then(|| owner.clone());
            self.space_mut(&path, owner)?.unhold(cidr);
            self.retire(&path, island.as_ref(), owner, cidr, until, true);
        }
        self.drop_unused_island(owner);
        Ok(())
    }

    /// Frees what no other owner has a claim to, now or when its quarantine ends.
    fn retire(
        &mut self,
        path: &Name,
        island: Option<&Name>,
        owner: &Name,
        cidr: Cidr,
        until: u64,
        apart: bool,
    ) {
        if until <= self.serial {
            self.give_back(path, island, cidr, apart);
            return;
        }
        self.rest(path, island, owner, cidr, until);
    }

    /// Lets all of a block rest that no owner is given, whatever is excluded or pinned in it: that may go before the quarantine does.
    /// Where some of it rests already, the longer rest counts.
    fn rest(&mut self, path: &Name, island: Option<&Name>, owner: &Name, cidr: Cidr, until: u64) {
        let Some(space) = self.exact_space_mut(path, island) else { return };
        let mut parts = space.clip(cidr);
        let mut shorter = Vec::new();
        for (held, hold) in space.held_over(cidr) {
            match hold {
                Hold::Quarantined { owner, until: ends } if *ends < until => {
                    shorter.push((held, owner.clone(), *ends));
                }
                _ => drop(parts.take_within(held)),
            }
        }
        let mut resting: Vec<(Cidr, Name, u64)> =
            parts.blocks().into_iter().map(|part| (part, owner.clone(), until)).collect();
        for (held, by, ends) in &shorter {
            space.unhold(*held);
            // What lies outside of the block rests as long as before.
            let mut around: FreeSet = [*held].into_iter().collect();
            drop(around.take_within(cidr));
            resting.extend(around.blocks().into_iter().map(|part| (part, by.clone(), *ends)));
        }
        for (part, by, ends) in &resting {
            drop(space.free.take_within(*part));
            space.hold(*part, Hold::Quarantined { owner: by.clone(), until: *ends });
        }
        let entry = |block: Cidr, until: u64| (until, path.clone(), island.cloned(), block);
        for (held, _, ends) in shorter {
            self.quarantined.remove(&entry(held, ends));
        }
        self.quarantined.extend(resting.into_iter().map(|(part, _, ends)| entry(part, ends)));
    }

    pub(super) fn advance(&mut self, serial: u64) -> Result<(), Error> {
        if serial < self.serial {
            return Err(Error::SerialBackwards { from: self.serial, to: serial });
        }
        self.serial = serial;
        while let Some((until, path, island, block)) = self.quarantined.pop_first() {
            if until > serial {
                self.quarantined.insert((until, path, island, block));
                break;
            }
            if let Some(space) = self.exact_space_mut(&path, island.as_ref()) {
                space.unhold(block);
            }
            self.give_back(&path, island.as_ref(), block, true);
            if let Some(owner) = island {
                self.drop_unused_island(&owner);
            }
        }
        Ok(())
    }

    /// Puts back as quarantined what a snapshot says is.
    pub(in crate::net) fn quarantine(
        &mut self,
        path: &Name,
        owner: &Name,
        cidr: Cidr,
        until: u64,
    ) -> Result<(), Error> {
        let island = self.is_island().then(|| owner.clone());
        let space = self.space_mut(path, owner)?;
        if let Some((held, hold)) = space.holder(cidr) {
            let by = hold.describe();
            return Err(Error::Taken { cidr, held, by });
        }
        if !space.covers(cidr) {
            let ranges = space.ranges.clone();
            return Err(Error::Outside { cidr, ranges });
        }
        drop(space.free.take_within(cidr));
        space.hold(cidr, Hold::Quarantined { owner: owner.clone(), until });
        self.quarantined.insert((until, path.clone(), island, cidr));
        Ok(())
    }

    /// `apart`: the block was held until now, so no other owner holds a part of it.
    pub(super) fn give_back(&mut self, path: &Name, island: Option<&Name>, block: Cidr, apart: bool) {
        // Almost always nothing else has a claim, and the block goes back as it is.
        let simple =
            self.pins.is_empty() && !self.exclusions.iter().any(|exclusion| exclusion.cidr.overlaps(&block));
        if simple
            && let Some(space) = self.exact_space_mut(path, island)
            && space.covers(block)
            && (apart || space.holder(block).is_none())
        {
            space.free.insert(block);
            return;
        }
        let parts = self.unclaimed(path, island, block).blocks();
        if let Some(space) = self.exact_space_mut(path, island) {
            for part in parts {
                space.free.insert(part);
            }
        }
    }

    /// The part of `block` in a space that is not held, pinned or excluded.
    fn unclaimed(&self, path: &Name, island: Option<&Name>, block: Cidr) -> FreeSet {
        let space = match island {
            None => self.spaces.get(path),
            Some(owner) => self.islands.get(owner).and_then(|spaces| spaces.get(path)),
        };
        let Some(space) = space else { return FreeSet::new() };
        if matches!(space.holder(block), Some((held, _)) if held.contains(&block)) {
            return FreeSet::new();
        }
        let mut parts = space.clip(block);
        let excluded =
            self.exclusions.iter().map(|exclusion| exclusion.cidr).filter(|cidr| cidr.overlaps(&block));
        // Under `per-account` a pin counts on its owner's island only, and templates have none.
        let pinned = self
            .pin_over(block, island)
            .filter(|_| island.is_some() || !self.is_island())
            .map(|(pin, _)| pin);
        for claimed in excluded.chain(space.held_within(block)).chain(pinned) {
            drop(parts.take_within(claimed));
        }
        parts
    }
}
