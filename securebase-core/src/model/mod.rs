//! The nouns every other module speaks in.
//!
//! Purpose: small types that are valid by construction, so that nothing downstream checks them again.
//! Invariants: no clock, no I/O, no randomness; every type orders and serialises deterministically.
//! Not here: what a user may write (`spec`), what exists in the cloud (`observe`), what to do (`plan`).

mod account;
mod address;
mod availability;
pub mod document;
mod email;
mod exact;
mod framework;
mod guarding;
mod landing_zone;
mod latency;
mod limits;
mod money;
mod name;
mod nearest;
mod problem;
mod quoted;
mod region;
mod regions;
mod resource;
mod table;
mod tags;
mod tenant;
mod tier;

pub use account::AccountId;
pub use address::Address;
pub use availability::{SubnetZone, UsableZones, ZoneOrdinal};
pub use email::{Email, EmailError};
pub(crate) use exact::deserialize_exact;
pub use exact::exact;
pub use framework::Framework;
pub use guarding::Guarding;
pub use landing_zone::{LandingZone, Link, NetworkFeatures, Pool, PoolStrategy};
pub use latency::{Latencies, Latency, LatencyError};
pub use limits::{Bucket, Limit, LimitError, Limits};
pub(crate) use money::unsigned_zero;
pub use money::{Currency, Money, MoneyError, Rounding};
pub use name::{NameError, ResourceId, RoleName, TenantKey, TierName, ZoneName};
pub(crate) use nearest::nearest;
pub use problem::{Place, Problem, Problems, Severity, WARNINGS};
pub(crate) use quoted::{Quoted, printable};
pub use region::{Region, RegionError};
pub use regions::{Partition, RegionFacts, Regions};
pub use resource::{ResourceKind, ResourceSpec, RouteTarget};
pub use tags::Tags;
pub use tenant::{Departure, Tenant};

pub use tier::{LOG_RETENTION_DAYS, Tier};
