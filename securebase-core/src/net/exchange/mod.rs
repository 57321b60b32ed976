//! Pools and blocks in other people's formats.
//!
//! *Purpose.* Reads and writes allocations as CSV ([`csv`]) and in the shapes of AWS's address manager ([`ipam`]), and
//! takes over the VPCs an organization already has. A pool's own JSON is [`super::snapshot`].
//!
//! *Invariants.* An import reports every row that cannot be, with its place, and then changes nothing; one without errors
//! changes the pool in the order of the rows.
//!
//! *Non-goals.* Calling AWS: the shapes are those of its answers, whoever fetched them.

pub mod csv;
pub mod ipam;

use super::cidr::Block4;
use super::error::Error;
use super::event::Name;
use super::pool::AddressPool;
use super::snapshot::{Allocation, Kind};
use crate::model::{Place, Problem, Problems};

/// A block to take over, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What to record.
    pub allocation: Allocation,
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
            .filter_map(|row| after.take_over(&row.allocation).err().map(|error| row.problem(&error)))
            .collect();
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        *self = after;
        Ok(())
    }

    fn take_over(&mut self, allocation: &Allocation) -> Result<(), Error> {
        let Allocation { owner, cidr, kind, tier, pool } = allocation;
        match kind {
            Kind::Allocated => self.record_allocated(owner, *cidr, tier.clone(), pool),
            Kind::Reserved => self.reserve(*cidr, owner),
            Kind::Pinned => self.pin(*cidr, owner),
        }
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
    pub blocks: Vec<Block4>,
}

/// A row of these words, or every reason why it is none.
fn row(words: [Option<&str>; 5], path: &str, place: Option<Place>) -> Result<Row, Vec<Problem>> {
    let [owner, cidr, kind, tier, pool] =
        words.map(|word| word.map(str::trim).filter(|word| !word.is_empty()));
    let mut problems = Vec::new();
    let mut note = |error: &Error, field: &str| {
        problems.push(error.problem(format!("{path}.{field}")).at(place.clone()));
    };
    if owner.is_none() {
        note(&Error::BadName { what: "owner", name: String::new() }, "owner");
    }
    let cidr = Block4::parse(cidr.unwrap_or_default()).map_err(|error| note(&error, "cidr")).ok();
    let kind = match kind {
        None | Some("reserved") => Some(Kind::Reserved),
        Some("allocated") => Some(Kind::Allocated),
        Some("pinned") => Some(Kind::Pinned),
        Some(other) => {
            let known = vec!["allocated", "reserved", "pinned"];
            note(&Error::UnknownWord { what: "kind of allocation", text: other.to_owned(), known }, "kind");
            None
        }
    };
    match (owner, cidr, kind) {
        (Some(owner), Some(cidr), Some(kind)) => {
            let pool = Name::from(pool.unwrap_or_default());
            let allocation =
                Allocation { owner: Name::from(owner), cidr, kind, tier: tier.map(Name::from), pool };
            Ok(Row { allocation, path: path.to_owned(), place })
        }
        _ => Err(problems),
    }
}

#[cfg(test)]
mod tests;
