//! One range of addresses in which no two owners overlap.
//!
//! *Purpose.* Knows for every address of its ranges whether it is free, held, or left out, and by whom it is held.
//!
//! *Invariants.* Held blocks are apart from each other and from what is free.

use crate::model::Cidr;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::event::Name;
use super::free::FreeSet;

/// Why a block of a space is not free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::net) enum Hold {
    Allocated { owner: Name, tier: Option<Name> },
    Reserved { owner: Name },
    SubPool { path: Name },
    Quarantined { owner: Name, until: u64 },
}

impl Hold {
    /// In words, for messages.
    pub(in crate::net) fn describe(&self) -> String {
        match self {
            Self::Allocated { owner, .. } => format!("allocated to `{owner}`"),
            Self::Reserved { owner } => format!("reserved for `{owner}`"),
            Self::SubPool { path } => format!("the sub-pool `{path}`"),
            Self::Quarantined { owner, until } => {
                format!("in quarantine until serial {until}, after `{owner}`")
            }
        }
    }
}

/// Ranges, what of them is free, and who holds the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::net) struct AddressSpace {
    /// In the order of addresses, apart from each other.
    pub(in crate::net) ranges: Vec<Cidr>,
    /// Ranges that were given to this space directly, not taken from a parent.
    pub(in crate::net) own: Vec<Cidr>,
    pub(in crate::net) free: FreeSet,
    /// By first address.
    held: BTreeMap<u32, (u8, Hold)>,
}

impl AddressSpace {
    /// A space of the same ranges, sub-pools and free addresses, in which no owner holds anything.
    pub(super) fn unused(&self) -> Self {
        let Self { ranges, own, free, held } = self;
        let sub_pools = held.iter().filter(|(_, (_, hold))| matches!(hold, Hold::SubPool { .. }));
        let held = sub_pools.map(|(start, held)| (*start, held.clone())).collect();
        Self { ranges: ranges.clone(), own: own.clone(), free: free.clone(), held }
    }

    /// Whether the ranges together contain all of the block.
    pub(super) fn covers(&self, block: Cidr) -> bool {
        self.ranges.iter().any(|range| range.contains(&block))
            || self.clip(block).address_count() == block.address_count()
    }

    /// The first held block that shares addresses with `block`.
    pub(in crate::net) fn holder(&self, block: Cidr) -> Option<(Cidr, &Hold)> {
        let before = self.held.range(..=block.start()).next_back();
        let within = || self.held.range(block.start()..=block.end()).next();
        before
            .into_iter()
            .chain(within())
            .map(|(start, (len, hold))| (Cidr::at(*start, *len), hold))
            .find(|(held, _)| held.overlaps(&block))
    }

    /// Every held block, in the order of addresses.
    pub(in crate::net) fn held(&self) -> impl Iterator<Item = (Cidr, &Hold)> {
        self.held.iter().map(|(start, (len, hold))| (Cidr::at(*start, *len), hold))
    }

    /// The held blocks that share addresses with `block`: the one around it, or those inside.
    pub(super) fn held_over(&self, block: Cidr) -> impl Iterator<Item = (Cidr, &Hold)> {
        let before = self.held.range(..block.start()).next_back();
        let all = before.into_iter().chain(self.held.range(block.start()..=block.end()));
        let all = all.map(|(start, (len, hold))| (Cidr::at(*start, *len), hold));
        all.filter(move |(held, _)| held.overlaps(&block))
    }

    /// The held blocks inside `block`.
    pub(super) fn held_within(&self, block: Cidr) -> impl Iterator<Item = Cidr> {
        self.held.range(block.start()..=block.end()).map(|(start, (len, _))| Cidr::at(*start, *len))
    }

    /// What holds exactly this block.
    pub(super) fn hold_at(&self, block: Cidr) -> Option<&Hold> {
        self.held.get(&block.start()).filter(|(len, _)| *len == block.prefix_len()).map(|(_, hold)| hold)
    }

    pub(in crate::net) fn hold(&mut self, block: Cidr, hold: Hold) {
        self.held.insert(block.start(), (block.prefix_len(), hold));
    }

    pub(super) fn unhold(&mut self, block: Cidr) -> Option<Hold> {
        match self.held.entry(block.start()) {
            Entry::Occupied(entry) if entry.get().0 == block.prefix_len() => Some(entry.remove().1),
            _ => None,
        }
    }

    /// Whether no owner holds anything.
    pub(super) fn is_unused(&self) -> bool {
        self.held.values().all(|(_, hold)| matches!(hold, Hold::SubPool { .. }))
    }

    /// Adds a range, kept in order.
    pub(super) fn add_range(&mut self, range: Cidr, own: bool) {
        let lists = if own { vec![&mut self.ranges, &mut self.own] } else { vec![&mut self.ranges] };
        for list in lists {
            let at = list.partition_point(|other| *other < range);
            list.insert(at, range);
        }
    }

    /// The parts of `block` that lie in the ranges.
    pub(in crate::net) fn clip(&self, block: Cidr) -> FreeSet {
        let part = |range: &Cidr| {
            if range.contains(&block) { Some(block) } else { block.contains(range).then_some(*range) }
        };
        self.ranges.iter().filter_map(part).collect()
    }
}
