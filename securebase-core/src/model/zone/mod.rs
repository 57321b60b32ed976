//! What a user declares: the landing zone, its tenants and tiers, and the resources they become.

pub(super) mod address;
pub(super) mod framework;
pub(super) mod guarding;
pub(super) mod resource;
mod table;
pub(super) mod tags;
pub(super) mod tenant;
pub(super) mod tier;
