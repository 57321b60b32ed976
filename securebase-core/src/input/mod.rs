//! From what a user wrote to a [`LandingZone`](crate::model::LandingZone).
//!
//! Purpose: four formats and one way in from code, the same attributes in each, and every problem at once, with its
//! place, its value and its hint. The attributes are described in `docs/input.md`, the problems in `docs/errors.md`.
//!
//! Pipeline: a kept parser → one located tree (`parse`) → the zone (`resolve`). Nothing is understood before the tree, so
//! all formats mean the same.
//!
//! Invariants: no panic and no unbounded recursion on any input; a zone is returned only where no error was found; the
//! same input gives the same findings in the same order. Reading the file and the policy documents that it names is the only
//! I/O.
//!
//! Non-goals: whether things exist in the cloud, and what to do about them (`plan`).

mod code;
mod documents;
mod encoding;
mod load;
mod node;
mod parse;
mod raw;
mod reader;
mod report;
mod resolve;
mod source;
#[cfg(test)]
mod tests;

pub use code::CODES;
pub use load::FILE_SIZE_MAX;
pub use raw::{
    ClientSpec, EndpointServiceSpec, GatewayEndpointsSpec, LandingZoneSpec, LinkKindSpec, LinkSpec,
    OffboardSpec, PoolSpec, StrategySpec, TextsSpec, TierSpec, VpcConfigSpec, schema,
};
pub use source::Format;
