//! What every cloud behind the port must do, as cases that run against any of them.
//!
//! Purpose: one suite for the simulated cloud and for AWS (in tests: a moto server), so that the two cannot drift apart.
//! Invariants: every operation is called at least once; a case names its own resources, so cases can share a cloud.
//! Non-goals: request rates and latencies, which are the simulated cloud's own; faults.

mod accounts;
mod bench;
pub mod cloud;
mod deviations;
mod endpoints;
mod gateways;
mod identity;
mod kms;
mod logs;
pub mod moto;
mod policies;
mod routes;
mod units;
mod vpc;

pub use deviations::{Deviation, Deviations};
