//! IP addresses: blocks, AWS's rules for them, subnets, pools, and who could never be connected to whom.
//!
//! *Invariants.* Everything here is a pure function of its input: no clock, no I/O, no randomness. A block in these types
//! has no host bits.
//!
//! *Non-goals.* Routes and gateways (the planner makes them), calls to AWS.

pub(crate) mod assign;
mod connectivity;
mod error;
pub mod exchange;
pub(crate) mod layout;
mod overlap;
mod pool;
mod renumber;
pub mod rules;
mod tables;

pub use assign::ZoneBlocks;
pub use connectivity::{Conflict, LinkKind, Member, Network, NetworkLink, Selector};
pub use error::{Error, Shortage};
pub use layout::{Layout, LayoutPlan, Size, SubnetGroup, SubnetPlan, SubnetRole, ipv6_subnets};
pub use overlap::{Cluster, Overlap, PAIRS_MAX, clusters, overlaps, overlaps_until, pair_count, pairs};
pub use pool::AddressPool;
pub use pool::event::{LedgerEntry, PoolEvent};
pub use pool::free::FreeSet;
pub use pool::ledger::Ledger;
pub use pool::request::{BlockRequest, Exclusion, PoolSettings, SERIAL_MAX};
pub use pool::snapshot::{AllocationKind, BlockAllocation, Resting, Snapshot, SubPool};
pub use renumber::{Move, Moves, Proposal};
