//! Plan and execute managed, compliant AWS landing zones.

pub mod model;
