//! IP addresses: blocks, AWS's rules for them, subnets, pools, and who could never be connected to whom.
//!
//! *Invariants.* Everything here is a pure function of its input: no clock, no I/O, no randomness. A block in these types
//! has no host bits.
//!
//! *Non-goals.* Routes and gateways (the planner makes them), calls to AWS.

pub mod assign;
pub mod cidr;
pub mod connectivity;
pub mod error;
pub mod exchange;
pub mod layout;
pub mod overlap;
pub mod pool;
pub mod readdress;
pub mod rules;
mod tables;

pub use cidr::{Block, Block4, Block6};
pub use connectivity::{Clash, Link, LinkKind, Member, Network, Selector};
pub use error::{Error, Shortage};
pub use layout::{Layout, LayoutPlan, Role, SubnetPlan};
pub use overlap::{Overlap, overlaps};
pub use pool::AddressPool;
pub use pool::event::{Entry, Event};
pub use pool::free::FreeSet;
pub use pool::ledger::Ledger;
pub use pool::request::{Exclusion, Request, Settings};
pub use pool::snapshot::{Allocation, Kind, Snapshot};
pub use readdress::{Move, Moves, Proposal};
