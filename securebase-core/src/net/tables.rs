//! Pools and allocations as tables.

use super::pool::AddressPool;
use super::pool::snapshot::{AllocationKind, Snapshot};
use crate::model::Cidr;
use crate::table::{Column, Error, Table};

/// AnyCidr, kind, owner, tier, pool, serial.
type Row<'a> = (Cidr, &'a str, &'a str, Option<&'a str>, &'a str, Option<u64>);

impl AddressPool {
    /// One row for every block: `cidr`, `prefix_len`, `address_count`, `kind` (`allocated`, `reserved`, `pinned`,
    /// `quarantined`), `owner`, `tier`, `pool` (both absent where there is none), `until_serial` (of quarantines). In the
    /// order of addresses.
    ///
    /// # Errors
    /// [`Error::TooLong`] beyond 2 GiB of text.
    pub fn allocations_table(&self) -> Result<Table, Error> {
        let Snapshot { allocations, quarantined, .. } = self.snapshot();
        let mut rows: Vec<Row<'_>> = allocations
            .iter()
            .map(|a| (a.cidr, a.kind.as_str(), &*a.owner, a.tier.as_deref(), &*a.pool, None))
            .collect();
        rows.extend(
            quarantined.iter().map(|r| (r.cidr, "quarantined", &*r.owner, None, &*r.pool, Some(r.until))),
        );
        rows.sort_unstable();
        let cidrs: Vec<String> = rows.iter().map(|row| row.0.to_string()).collect();
        Table::new(vec![
            Column::utf8("cidr", cidrs.iter().map(String::as_str))?,
            Column::int64("prefix_len", rows.iter().map(|row| i64::from(row.0.prefix_len()))),
            Column::int64("address_count", rows.iter().map(|row| count(row.0.address_count()))),
            Column::utf8("kind", rows.iter().map(|row| row.1))?,
            Column::utf8("owner", rows.iter().map(|row| row.2))?,
            Column::utf8("tier", rows.iter().map(|row| row.3))?,
            Column::utf8("pool", rows.iter().map(|row| Some(row.4).filter(|pool| !pool.is_empty())))?,
            Column::int64("until_serial", rows.iter().map(|row| row.5.map(count))),
        ])
    }

    /// One row for every pool and sub-pool: `pool` (absent for the whole), `ranges` (joined by spaces), `address_count`,
    /// `allocated`, `reserved`, `quarantined`, `sub_pools`, `free` (addresses of each) and `largest_free_prefix_len`. In the
    /// order of paths. Addresses of sub-pools count there, not in their parents. Pins, which may overlap, are in none.
    ///
    /// # Errors
    /// [`Error::TooLong`] beyond 2 GiB of text.
    pub fn pools_table(&self) -> Result<Table, Error> {
        use super::pool::space::Hold;
        let spaces = &self.state.spaces;
        let ranges: Vec<String> = spaces
            .values()
            .map(|space| space.ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            .collect();
        let held = |name: &str, counts: fn(&Hold) -> bool| {
            let of = spaces.values().map(|space| {
                count(
                    space
                        .held()
                        .filter(|(_, hold)| counts(hold))
                        .map(|(block, _)| block.address_count())
                        .sum(),
                )
            });
            Column::int64(name, of)
        };
        Table::new(vec![
            Column::utf8("pool", spaces.keys().map(|path| Some(&**path).filter(|path| !path.is_empty())))?,
            Column::utf8("ranges", ranges.iter().map(String::as_str))?,
            Column::int64(
                "address_count",
                spaces.values().map(|space| count(space.ranges.iter().map(Cidr::address_count).sum())),
            ),
            held("allocated", |hold| matches!(hold, Hold::Allocated { .. })),
            held("reserved", |hold| matches!(hold, Hold::Reserved { .. })),
            held("quarantined", |hold| matches!(hold, Hold::Quarantined { .. })),
            held("sub_pools", |hold| matches!(hold, Hold::SubPool { .. })),
            Column::int64("free", spaces.values().map(|space| count(space.free.address_count()))),
            Column::int64(
                "largest_free_prefix_len",
                spaces.values().map(|space| space.free.largest().map(i64::from)),
            ),
        ])
    }

    /// How many blocks owners have, by how they came about: allocated, reserved, pinned.
    pub fn allocation_counts(&self) -> [(AllocationKind, usize); 3] {
        let allocations = self.allocations();
        [AllocationKind::Allocated, AllocationKind::Reserved, AllocationKind::Pinned]
            .map(|kind| (kind, allocations.iter().filter(|allocation| allocation.kind == kind).count()))
    }
}

fn count(addresses: u64) -> i64 {
    i64::try_from(addresses).unwrap_or(i64::MAX)
}
