//! The set of free addresses.
//!
//! *Purpose.* Answers "the smallest free place of this size" and takes and returns blocks, each in time logarithmic in
//! the number of free runs.
//!
//! *Invariants.* The set is held as maximal blocks: no two stored blocks overlap, and two halves of one block are never
//! both stored. So the representation, and with it every later choice, depends on the set alone and not on how it came
//! about. Memory grows with the number of runs of used space, not with addresses.
//!
//! *Non-goals.* Who holds what: that is [`crate::net::pool`].

use crate::model::Cidr;
use std::collections::BTreeSet;

const LENS: usize = 33;

/// A set of IPv4 addresses, kept as maximal blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeSet {
    /// First addresses of the free blocks, by prefix length.
    starts: [BTreeSet<u32>; LENS],
    /// Bit `n` is set where `starts[n]` is not empty.
    occupied: u64,
    address_count: u64,
}

impl Default for FreeSet {
    fn default() -> Self {
        Self { starts: std::array::from_fn(|_| BTreeSet::new()), occupied: 0, address_count: 0 }
    }
}

impl FreeSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many addresses are free.
    pub fn address_count(&self) -> u64 {
        self.address_count
    }

    /// Whether nothing is free.
    pub fn is_empty(&self) -> bool {
        self.address_count == 0
    }

    /// How many blocks represent the set; at most about 60 for each free run.
    pub fn block_count(&self) -> usize {
        self.starts.iter().map(BTreeSet::len).sum()
    }

    /// The prefix length of the largest free block.
    pub fn largest(&self) -> Option<u8> {
        (self.occupied != 0).then(|| low_bit(self.occupied))
    }

    /// The free blocks in the order of their addresses: the fewest that cover the set.
    pub fn blocks(&self) -> Vec<Cidr> {
        let mut blocks = Vec::with_capacity(self.block_count());
        for (len, starts) in (0_u8..).zip(&self.starts) {
            blocks.extend(starts.iter().map(|start| Cidr::at(*start, len)));
        }
        blocks.sort_unstable();
        blocks
    }

    /// Where a block of this length would be taken: in the smallest free block that holds it (so that large ones stay
    /// whole), the lowest address among equals.
    pub fn find(&self, prefix_len: u8) -> Option<Cidr> {
        let (_, start) = self.best_fit(prefix_len)?;
        Some(Cidr::at(start, prefix_len))
    }

    /// Takes the block that [`FreeSet::find`] names.
    pub fn take(&mut self, prefix_len: u8) -> Option<Cidr> {
        let (from_len, start) = self.best_fit(prefix_len)?;
        let starts = &mut self.starts[usize::from(from_len)];
        starts.pop_first();
        if starts.is_empty() {
            self.occupied &= !(1 << from_len);
        }
        // What is left of the larger block is its upper half, the upper half of its lower half, and so on.
        for len in from_len + 1..=prefix_len {
            self.store(len, start | size_bit(len));
        }
        self.address_count -= 1_u64 << (32 - prefix_len);
        Some(Cidr::at(start, prefix_len))
    }

    /// Takes exactly this block if all of it is free; otherwise changes nothing and answers false.
    pub fn take_exact(&mut self, block: Cidr) -> bool {
        if self.discard(block.prefix_len(), block.start()) {
            self.address_count -= block.address_count();
            return true;
        }
        let Some(around) = self.block_around(block) else { return false };
        self.carve(around, block);
        true
    }

    /// Whether all of the block is free.
    pub fn contains(&self, block: Cidr) -> bool {
        self.block_around(block).is_some()
    }

    /// Takes whatever is free inside the block and answers with it, in the order of addresses.
    pub fn take_within(&mut self, block: Cidr) -> Vec<Cidr> {
        if let Some(around) = self.block_around(block) {
            self.carve(around, block);
            return vec![block];
        }
        let mut taken = Vec::new();
        for len in block.prefix_len()..=32 {
            let starts: Vec<u32> =
                self.starts[usize::from(len)].range(block.start()..=block.end()).copied().collect();
            for start in starts {
                self.discard(len, start);
                taken.push(Cidr::at(start, len));
            }
        }
        self.address_count -= taken.iter().map(Cidr::address_count).sum::<u64>();
        taken.sort_unstable();
        taken
    }

    /// What is free inside the block, in the order of addresses.
    pub fn within(&self, block: Cidr) -> Vec<Cidr> {
        if self.contains(block) {
            return vec![block];
        }
        let mut found = Vec::new();
        for len in block.prefix_len()..=32 {
            let starts = self.starts[usize::from(len)].range(block.start()..=block.end());
            found.extend(starts.map(|start| Cidr::at(*start, len)));
        }
        found.sort_unstable();
        found
    }

    /// Frees a block. Parts that are free already stay so.
    pub fn insert(&mut self, block: Cidr) {
        let (mut len, mut start) = (block.prefix_len(), block.start());
        // Lengths at which nothing is stored cost nothing: the common case is one search for the other half and one to
        // store.
        let larger = self.occupied & ((1 << len) - 1);
        if larger != 0 && self.block_around(block).is_some() {
            return;
        }
        if self.occupied >> len > 1 && self.holds_parts_of(block) {
            drop(self.take_within(block));
        }
        let mut grew = false;
        while len > 0 && self.discard(len, start ^ size_bit(len)) {
            start &= !size_bit(len);
            len -= 1;
            grew = true;
        }
        // Where the other half was free, the block itself was not: they would have been one.
        if self.store(len, start) || grew {
            self.address_count += block.address_count();
        }
    }

    fn holds_parts_of(&self, block: Cidr) -> bool {
        (block.prefix_len() + 1..=32).any(|len| {
            self.occupied & (1 << len) != 0
                && self.starts[usize::from(len)].range(block.start()..=block.end()).next().is_some()
        })
    }

    fn best_fit(&self, prefix_len: u8) -> Option<(u8, u32)> {
        let holding = self.occupied & (u64::MAX >> (63 - u32::from(prefix_len.min(32))));
        if prefix_len > 32 || holding == 0 {
            return None;
        }
        let len = high_bit(holding);
        self.starts[usize::from(len)].first().map(|start| (len, *start))
    }

    fn block_around(&self, block: Cidr) -> Option<Cidr> {
        (0..=block.prefix_len())
            .rev()
            .filter(|len| self.occupied & (1 << len) != 0)
            .map(|len| Cidr::at(block.start(), len))
            .find(|around| self.starts[usize::from(around.prefix_len())].contains(&around.start()))
    }

    fn carve(&mut self, around: Cidr, block: Cidr) {
        self.discard(around.prefix_len(), around.start());
        for len in around.prefix_len() + 1..=block.prefix_len() {
            let half = Cidr::at(block.start(), len).start() ^ size_bit(len);
            self.store(len, half);
        }
        self.address_count -= block.address_count();
    }

    /// Whether it was not stored before.
    fn store(&mut self, len: u8, start: u32) -> bool {
        self.occupied |= 1 << len;
        self.starts[usize::from(len)].insert(start)
    }

    /// Whether it was stored.
    fn discard(&mut self, len: u8, start: u32) -> bool {
        if self.occupied & (1 << len) == 0 {
            return false;
        }
        let starts = &mut self.starts[usize::from(len)];
        let stored = starts.remove(&start);
        if starts.is_empty() {
            self.occupied &= !(1 << len);
        }
        stored
    }
}

impl FromIterator<Cidr> for FreeSet {
    fn from_iter<I: IntoIterator<Item = Cidr>>(blocks: I) -> Self {
        let mut set = Self::new();
        for block in blocks {
            set.insert(block);
        }
        set
    }
}

/// The bit that tells the two halves of a block of length `len - 1` apart.
fn size_bit(len: u8) -> u32 {
    1_u32.checked_shl(32 - u32::from(len)).unwrap_or(0)
}

fn low_bit(mask: u64) -> u8 {
    u8::try_from(mask.trailing_zeros()).unwrap_or(0)
}

fn high_bit(mask: u64) -> u8 {
    u8::try_from(63 - mask.leading_zeros().min(63)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn b(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    fn text(set: &FreeSet) -> String {
        set.blocks().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_smallest_place_that_fits_is_taken() {
        let mut set: FreeSet = [b("10.0.0.0/16"), b("10.2.0.0/24")].into_iter().collect();
        assert_eq!(set.take(25), Some(b("10.2.0.0/25")));
        assert_eq!(set.take(24), Some(b("10.0.0.0/24")));
        assert_eq!(set.take(15), None);
        assert_eq!(set.take(33), None);
    }

    #[test]
    fn halves_grow_together_again() {
        let mut set: FreeSet = [b("10.0.0.0/8")].into_iter().collect();
        assert!(set.take_exact(b("10.1.0.0/16")));
        assert!(!set.take_exact(b("10.1.4.0/24")));
        assert_eq!(set.block_count(), 8);
        set.insert(b("10.1.0.0/16"));
        assert_eq!(text(&set), "10.0.0.0/8");
        set.insert(b("10.0.0.0/8"));
        set.insert(b("0.0.0.0/0"));
        assert_eq!((text(&set), set.address_count()), ("0.0.0.0/0".to_owned(), 1 << 32));
    }

    #[test]
    fn what_is_free_within_a_block_is_found_and_taken() {
        let mut set: FreeSet = [b("10.0.0.0/24"), b("10.0.3.0/24"), b("10.1.0.0/16")].into_iter().collect();
        assert_eq!(set.within(b("10.0.0.0/16")), [b("10.0.0.0/24"), b("10.0.3.0/24")]);
        assert_eq!(set.take_within(b("10.0.0.0/16")), [b("10.0.0.0/24"), b("10.0.3.0/24")]);
        assert_eq!(set.take_within(b("10.1.2.0/24")), [b("10.1.2.0/24")]);
        assert_eq!(set.address_count(), 65_536 - 256);
        assert_eq!(set.largest(), Some(17));
    }
}
