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
pub mod event;
pub mod exchange;
pub mod free;
pub mod layout;
pub mod ledger;
mod map;
pub mod overlap;
pub mod pool;
pub mod readdress;
pub mod request;
pub mod rules;
pub mod snapshot;
mod space;
mod state;
mod tables;

pub use cidr::{Block, Block4, Block6};
pub use connectivity::{Clash, Link, LinkKind, Member, Network, Selector};
pub use error::{Error, Shortage};
pub use event::{Entry, Event};
pub use free::FreeSet;
pub use layout::{Layout, LayoutPlan, Role, SubnetPlan};
pub use ledger::Ledger;
pub use overlap::{Overlap, overlaps};
pub use pool::AddressPool;
pub use readdress::{Move, Moves, Proposal};
pub use request::{Exclusion, Request, Settings};
pub use snapshot::{Allocation, Kind, Snapshot};
