//! What is checked before a plan may run: quotas, regions, the zone's name, lock-outs.

pub(super) mod account_quotas;
pub(super) mod attached;
pub(super) mod calls;
pub(super) mod home;
pub(super) mod lockout;
pub(super) mod other_zone;
pub(super) mod regions;
pub(super) mod unread;
pub(super) mod warnings;
