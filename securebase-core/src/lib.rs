#![doc = include_str!("../../README.md")]

#[cfg(feature = "aws")]
pub mod aws;
pub mod capacity;
#[cfg(test)]
#[path = "../tests/support/cases.rs"]
mod cases;
pub mod cloud;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod exec;
pub mod finance;
pub mod input;
pub mod kinds;
pub mod model;
pub mod net;
pub mod observe;
mod pacing;
pub mod plan;
pub mod policy;
pub mod sim;
pub mod state;
pub mod table;
pub mod time;
pub mod timeline;
