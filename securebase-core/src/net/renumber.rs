//! Whose addresses to change so that a set of members can be connected.
//!
//! *Purpose.* The fewest members to renumber, and where to.
//!
//! *Invariants.* Whoever is not named stays. With one block a member, which is the rule, the answer is the smallest there
//! is: blocks are nested or apart, so the members that may stay are found bottom up in the tree of blocks. Members with
//! secondary blocks can make that a covering problem without fast exact solution: small ones are searched exhaustively,
//! and [`Moves::exact`] says where the answer may be larger than needed. New blocks overlap no block of any member, old
//! ones included, so that old and new can run side by side during the move.

use crate::model::{AnyCidr, Cidr};
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::connectivity::{Network, Party};
use super::error::{Error, Shortage};
use super::overlap::{clusters, pairs};
use super::pool::AddressPool;
use super::pool::free::FreeSet;

/// Members with more than one block in one tangle are searched exhaustively up to so many.
const EXHAUSTIVE_MAX: usize = 16;

/// Who must move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moves {
    /// Owners, in the order of members.
    pub owners: Vec<String>,
    /// Whether no smaller set would do.
    pub exact: bool,
    /// Pairs that cannot be connected whoever moves, as neither can get other addresses.
    pub impossible: Vec<(String, String)>,
}

/// One block to exchange for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Whose.
    pub owner: String,
    /// The block it has.
    pub from: Cidr,
    /// The block it should get.
    pub to: Cidr,
}

/// A renumbering after which the members can be connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// In the order of members and their blocks.
    pub moves: Vec<Move>,
    /// Whether no fewer members would do.
    pub exact: bool,
}

impl Network {
    /// The fewest of `owners` to renumber so that all of them can be joined by one link, and with the far sides of the
    /// links they have. Of equals, the one with the larger block stays, then the one that stands first.
    ///
    /// # Errors
    /// [`Error::UnknownOwner`].
    pub fn minimal_renumbering(&self, owners: &[&str]) -> Result<Moves, Error> {
        let tangle = self.tangle(owners)?;
        let (movers, exact) = tangle.movers();
        let movable = movers.iter().filter(|party| !tangle.fixed.contains(party));
        let fixed: Vec<(Party, Cidr)> =
            tangle.blocks.iter().filter(|(party, _)| tangle.fixed.contains(party)).copied().collect();
        Ok(Moves {
            owners: movable.map(|party| self.name(*party)).collect(),
            exact,
            impossible: edges(&fixed).into_iter().map(|(a, b)| (self.name(a), self.name(b))).collect(),
        })
    }

    /// New blocks, of the same sizes, for those [`Network::minimal_renumbering`] names, from what is free in `pool`.
    ///
    /// # Errors
    /// [`Error::UnknownOwner`]; [`Error::Unconnectable`] where two that cannot move overlap; [`Error::Exhausted`] where the
    /// pool has no room.
    pub fn propose(&self, owners: &[&str], pool: &AddressPool) -> Result<Proposal, Error> {
        let Moves { owners: movers, exact, impossible } = self.minimal_renumbering(owners)?;
        if let Some((a, b)) = impossible.into_iter().next() {
            return Err(Error::Unconnectable { a, b });
        }
        let mut free: FreeSet = pool.free().into_iter().collect();
        let everyone = self.blocks_of(0..self.members().len());
        let far = self.links().iter().flat_map(|link| link.ranges.iter().copied());
        for block in everyone.iter().map(|(_, block, _)| *block).chain(far) {
            drop(free.take_within(block));
        }
        let owners: BTreeSet<&str> = owners.iter().copied().collect();
        let movers: BTreeSet<&str> = movers.iter().map(String::as_str).collect();
        // What stays: everybody else's blocks, and of the movers' those that are in nobody's way.
        let far_sides = self.links_of(&owners).into_iter().flat_map(|n| self.links()[n].ranges.clone());
        let mut staying: FreeSet = far_sides.collect();
        let (moving, still): (Vec<_>, Vec<_>) = self
            .members()
            .iter()
            .filter(|member| owners.contains(member.owner.as_str()))
            .partition(|member| movers.contains(member.owner.as_str()));
        still.iter().flat_map(|member| &member.blocks).for_each(|block| staying.insert(*block));
        let mut moves = Vec::new();
        for member in moving {
            for from in &member.blocks {
                if staying.within(*from).is_empty() {
                    staying.insert(*from);
                    continue;
                }
                let to =
                    free.take(from.prefix_len()).ok_or_else(|| shortage(pool, &free, from.prefix_len()))?;
                moves.push(Move { owner: member.owner.clone(), from: *from, to });
            }
        }
        Ok(Proposal { moves, exact })
    }

    fn tangle(&self, owners: &[&str]) -> Result<Tangle, Error> {
        let known: BTreeMap<&str, usize> =
            (0..).zip(self.members()).map(|(n, member)| (member.owner.as_str(), n)).collect();
        let mut members = BTreeSet::new();
        for owner in owners {
            let unknown = || Error::UnknownOwner {
                owner: (*owner).to_owned(),
                nearest: super::pool::state::nearest(owner, known.keys().copied()),
            };
            members.insert(*known.get(owner).ok_or_else(unknown)?);
        }
        let of_members = self.blocks_of(members.iter().copied());
        let mut blocks: Vec<(Party, Cidr)> =
            of_members.into_iter().map(|(party, block, _)| (party, block)).collect();
        let mut fixed: BTreeSet<Party> =
            members.into_iter().filter(|n| self.members()[*n].fixed).map(Party::Member).collect();
        for n in self.links_of(&owners.iter().copied().collect()) {
            blocks.extend(self.links()[n].ranges.iter().map(|range| (Party::Far(n), *range)));
            fixed.insert(Party::Far(n));
        }
        Ok(Tangle { blocks, fixed })
    }
}

/// Each pair of parties that overlap once, the smaller first.
fn edges(blocks: &[(Party, Cidr)]) -> BTreeSet<(Party, Party)> {
    let plain: Vec<AnyCidr> = blocks.iter().map(|(_, block)| AnyCidr::V4(*block)).collect();
    let party = |n: usize| blocks[n].0;
    let edges = pairs(&plain).into_iter().map(|(a, b)| (party(a).min(party(b)), party(a).max(party(b))));
    edges.filter(|(a, b)| a != b).collect()
}

/// Parties and their blocks, and who of them cannot move.
struct Tangle {
    blocks: Vec<(Party, Cidr)>,
    fixed: BTreeSet<Party>,
}

impl Tangle {
    /// Who must move, and whether that is the fewest.
    fn movers(&self) -> (Vec<Party>, bool) {
        let mut exact = true;
        let mut movers = BTreeSet::new();
        for blocks in self.components() {
            let parties: BTreeSet<Party> = blocks.iter().map(|(party, _)| *party).collect();
            if parties.len() == blocks.len() {
                movers.extend(self.movers_of_tree(&blocks));
            } else if parties.len() <= EXHAUSTIVE_MAX {
                let edges: Vec<(Party, Party)> = edges(&blocks).into_iter().collect();
                let mut best = None;
                self.search(&edges, &mut Vec::new(), 0, &mut best);
                movers.extend(best.map(|(_, movers)| movers).unwrap_or_default());
            } else {
                exact = false;
                movers.extend(self.movers_in_turn(&parties, &blocks));
            }
        }
        (movers.into_iter().collect(), exact)
    }

    /// The blocks of parties that hang together through overlaps, without parties that overlap nobody.
    fn components(&self) -> Vec<Vec<(Party, Cidr)>> {
        let plain: Vec<AnyCidr> = self.blocks.iter().map(|(_, block)| AnyCidr::V4(*block)).collect();
        // Every block of a cluster overlaps its outermost one, so a cluster hangs together; parties join clusters.
        let mut clusters_of: BTreeMap<Party, Vec<usize>> = BTreeMap::new();
        let clusters: Vec<BTreeSet<Party>> = clusters(&plain)
            .into_iter()
            .map(|cluster| cluster.members.iter().map(|n| self.blocks[*n].0).collect::<BTreeSet<Party>>())
            .filter(|parties| parties.len() > 1)
            .collect();
        for (n, parties) in clusters.iter().enumerate() {
            parties.iter().for_each(|party| clusters_of.entry(*party).or_default().push(n));
        }
        let mut component_of: BTreeMap<Party, usize> = BTreeMap::new();
        let mut walked = vec![false; clusters.len()];
        let mut count = 0;
        for start in clusters_of.keys() {
            if component_of.contains_key(start) {
                continue;
            }
            let mut open = vec![*start];
            while let Some(party) = open.pop() {
                component_of.insert(party, count);
                for n in clusters_of.get(&party).into_iter().flatten() {
                    if !std::mem::replace(&mut walked[*n], true) {
                        open.extend(clusters[*n].iter().filter(|other| !component_of.contains_key(*other)));
                    }
                }
            }
            count += 1;
        }
        let mut components = vec![Vec::new(); count];
        for (party, block) in &self.blocks {
            if let Some(n) = component_of.get(party) {
                components[*n].push((*party, *block));
            }
        }
        components
    }

    /// A party that cannot move outweighs all that can.
    fn weight(&self, party: Party) -> u64 {
        if self.fixed.contains(&party) { 1 << 32 } else { 1 }
    }

    /// In a tree of blocks either a block stays or what stays inside it, whichever is more.
    fn movers_of_tree(&self, blocks: &[(Party, Cidr)]) -> Vec<Party> {
        let mut order: Vec<usize> = (0..blocks.len()).collect();
        order.sort_by_key(|n| (blocks[*n].1, *n));
        // What stays inside each block still open, outermost first.
        let mut open: Vec<(usize, u64, Vec<usize>)> = Vec::new();
        let mut stay: Vec<usize> = Vec::new();
        let mut close = |open: &mut Vec<(usize, u64, Vec<usize>)>| {
            let Some((n, inside, stays)) = open.pop() else { return };
            let own = self.weight(blocks[n].0);
            let (weight, stays) = if own >= inside { (own, vec![n]) } else { (inside, stays) };
            match open.last_mut() {
                Some((_, above, above_stays)) => {
                    *above += weight;
                    above_stays.extend(stays);
                }
                None => stay.extend(stays),
            }
        };
        for n in order {
            while open.last().is_some_and(|(outer, ..)| !blocks[*outer].1.contains(&blocks[n].1)) {
                close(&mut open);
            }
            open.push((n, 0, Vec::new()));
        }
        while !open.is_empty() {
            close(&mut open);
        }
        let stay: BTreeSet<usize> = stay.into_iter().collect();
        (0..blocks.len()).filter(|n| !stay.contains(n)).map(|n| blocks[n].0).collect()
    }

    /// Lets parties stay in turn, those that cannot move first, then those with the fewest blocks.
    fn movers_in_turn(&self, parties: &BTreeSet<Party>, blocks: &[(Party, Cidr)]) -> Vec<Party> {
        let mut of_party: BTreeMap<Party, Vec<Cidr>> = BTreeMap::new();
        blocks.iter().for_each(|(party, block)| of_party.entry(*party).or_default().push(*block));
        let mut turn: Vec<(&Party, &Vec<Cidr>)> = of_party.iter().collect();
        turn.sort_by_key(|(party, blocks)| (!self.fixed.contains(party), blocks.len(), **party));
        let mut staying = FreeSet::new();
        let mut stay = BTreeSet::new();
        for (party, blocks) in turn {
            if blocks.iter().all(|block| staying.within(*block).is_empty()) {
                blocks.iter().for_each(|block| staying.insert(*block));
                stay.insert(*party);
            }
        }
        parties.difference(&stay).copied().collect()
    }

    /// Every pair needs one of its two to move: try both, the later first.
    fn search(
        &self,
        edges: &[(Party, Party)],
        movers: &mut Vec<Party>,
        weight: u64,
        best: &mut Option<(u64, Vec<Party>)>,
    ) {
        if best.as_ref().is_some_and(|(least, _)| weight >= *least) {
            return;
        }
        let Some((a, b)) = edges.iter().find(|(a, b)| !movers.contains(a) && !movers.contains(b)) else {
            let mut found = movers.clone();
            found.sort_unstable();
            *best = Some((weight, found));
            return;
        };
        for party in [*b, *a] {
            movers.push(party);
            self.search(edges, movers, weight + self.weight(party), best);
            movers.pop();
        }
    }
}

fn shortage(pool: &AddressPool, free: &FreeSet, prefix_len: u8) -> Error {
    let mut blocks = free.blocks();
    blocks.sort_by_key(|block| (block.prefix_len(), *block));
    Error::Exhausted(Box::new(Shortage {
        pool: String::new(),
        ranges: pool.ranges().to_vec(),
        prefix_len,
        free_address_count: free.address_count(),
        free: blocks,
        resting: None,
    }))
}
