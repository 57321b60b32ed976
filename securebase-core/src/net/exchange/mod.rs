//! Pools and blocks in other people's formats.
//!
//! *Purpose.* Reads and writes allocations as CSV ([`csv`]) and in the shapes of AWS's address manager ([`ipam`]), and
//! takes over the VPCs an organization already has. A pool's own JSON is [`Snapshot`](super::Snapshot).
//!
//! *Invariants.* An import reports every row that cannot be, with its place, and then changes nothing; one without errors
//! changes the pool in the order of the rows.
//!
//! *Non-goals.* Calling AWS: the shapes are those of its answers, whoever fetched them.

pub mod csv;
pub mod ipam;

use super::error::Error;
use super::pool::event::{Name, PoolEvent};
use super::pool::snapshot::{AllocationKind, BlockAllocation};
use super::pool::state::{parent_of, unknown_pool};
use super::pool::{AddressPool, check_path, check_range_len};
use crate::model::{Cidr, Place, Problem, Problems};

/// What is taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A block that an owner has.
    Allocation(BlockAllocation),
    /// A range of a sub-pool.
    SubPool {
        /// The path of the sub-pool.
        path: Name,
        /// The range.
        cidr: Cidr,
    },
}

/// A block to take over, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What to record.
    pub record: Record,
    /// Where it stood.
    pub path: String,
    /// The line and column, for text.
    pub place: Option<Place>,
}

impl Row {
    fn problem(&self, error: &Error) -> Problem {
        error.problem(self.path.clone()).at(self.place.clone())
    }
}

impl AddressPool {
    /// Records all rows, or none.
    ///
    /// # Errors
    /// Every row that cannot be: a block that somebody has, or that lies outside the pool.
    pub fn import(&mut self, rows: &[Row]) -> Result<(), Problems> {
        let mut after = self.clone();
        let problems: Vec<Problem> = rows
            .iter()
            .filter_map(|row| after.take_over(&row.record).err().map(|error| row.problem(&error)))
            .collect();
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        *self = after;
        Ok(())
    }

    fn take_over(&mut self, record: &Record) -> Result<(), Error> {
        let BlockAllocation { owner, cidr, kind, tier, pool } = match record {
            Record::Allocation(allocation) => allocation,
            Record::SubPool { path, cidr } => return self.take_over_range(path, *cidr),
        };
        match kind {
            AllocationKind::Allocated => self.record_allocated(owner, *cidr, tier.clone(), pool),
            AllocationKind::Reserved => self.reserve(*cidr, owner),
            AllocationKind::Pinned => self.pin(*cidr, owner),
        }
    }

    /// Gives a sub-pool this range, and makes the sub-pool where there is none yet: from its parent, or as a range of its own where
    /// the parent does not have it. Doing it again changes nothing.
    fn take_over_range(&mut self, path: &Name, cidr: Cidr) -> Result<(), Error> {
        check_range_len(cidr.prefix_len())?;
        check_path(path)?;
        if self.state.spaces.get(path).is_some_and(|space| space.ranges.contains(&cidr)) {
            return Ok(());
        }
        let parent = parent_of(path).unwrap_or_default();
        let above = self.state.spaces.get(parent).ok_or_else(|| unknown_pool(&self.state.spaces, parent))?;
        let own = above.clip(cidr).is_empty();
        self.record(PoolEvent::Grown { pool: path.clone(), cidr, own })
    }

    /// Every range of a sub-pool, parents first.
    fn sub_pools(&self) -> Vec<(&Name, Cidr)> {
        let spaces = self.state.spaces.iter().filter(|(path, _)| !path.is_empty());
        // `prod` stands before `prod/us-east-1`, as a parent's path is the beginning of its child's.
        spaces.flat_map(|(path, space)| space.ranges.iter().map(move |range| (path, *range))).collect()
    }

    /// Records the blocks of VPCs that exist as pins of `account/vpc id`: they may overlap each other, and nothing is given
    /// out where they are.
    ///
    /// # Errors
    /// [`Error::BadName`] for an account or id that is no name.
    pub fn pin_existing(&mut self, vpcs: &[ExistingVpc]) -> Result<(), Error> {
        for ExistingVpc { account, vpc_id, blocks } in vpcs {
            for block in blocks {
                self.pin(*block, &format!("{account}/{vpc_id}"))?;
            }
        }
        Ok(())
    }
}

/// A VPC that exists already.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExistingVpc {
    /// The account it is in.
    pub account: String,
    /// Its id.
    pub vpc_id: String,
    /// Its blocks, the primary first.
    pub blocks: Vec<Cidr>,
}

/// What the kind of a row says where it is a range of a sub-pool.
const SUB_POOL: &str = "sub-pool";

/// A row of these words, or every reason why it is none.
fn row(words: [Option<&str>; 5], path: &str, place: Option<Place>) -> Result<Row, Vec<Problem>> {
    let [owner, cidr, kind, tier, pool] =
        words.map(|word| word.map(str::trim).filter(|word| !word.is_empty()));
    let mut problems = Vec::new();
    let mut note = |error: &Error, field: &str| {
        problems.push(error.problem(format!("{path}.{field}")).at(place.clone()));
    };
    if kind == Some(SUB_POOL) {
        let Some(pool) = pool else {
            note(&Error::BadName { what: "pool", name: String::new() }, "pool");
            return Err(problems);
        };
        let block = Cidr::parse(cidr.unwrap_or_default()).map_err(|error| note(&error.into(), "cidr"));
        let Ok(cidr) = block else { return Err(problems) };
        return Ok(Row {
            record: Record::SubPool { path: Name::from(pool), cidr },
            path: path.to_owned(),
            place,
        });
    }
    if owner.is_none() {
        note(&Error::BadName { what: "owner", name: String::new() }, "owner");
    }
    let cidr = Cidr::parse(cidr.unwrap_or_default()).map_err(|error| note(&error.into(), "cidr")).ok();
    let kind = match kind {
        None | Some("reserved") => Some(AllocationKind::Reserved),
        Some("allocated") => Some(AllocationKind::Allocated),
        Some("pinned") => Some(AllocationKind::Pinned),
        Some(other) => {
            let known = vec!["allocated", "reserved", "pinned", SUB_POOL];
            note(&Error::UnknownWord { what: "kind of allocation", text: other.to_owned(), known }, "kind");
            None
        }
    };
    match (owner, cidr, kind) {
        (Some(owner), Some(cidr), Some(kind)) => {
            let pool = Name::from(pool.unwrap_or_default());
            let allocation =
                BlockAllocation { owner: Name::from(owner), cidr, kind, tier: tier.map(Name::from), pool };
            Ok(Row { record: Record::Allocation(allocation), path: path.to_owned(), place })
        }
        _ => Err(problems),
    }
}

#[cfg(test)]
mod tests;
