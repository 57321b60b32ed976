//! The nouns every other module speaks in.
//!
//! Purpose: small types that are valid by construction, so that nothing downstream checks them again.
//! Invariants: no clock, no I/O, no randomness; every type orders and serialises deterministically.
//! Not here: what a user may write (`spec`), what exists in the cloud (`observe`), what to do (`plan`).

pub(crate) mod billing;
mod cidr;
mod day;
pub mod diagnostics;
mod email;
mod exact;
mod landing_zone;
mod money;
mod name;
mod platform;
mod zone;

pub use cidr::{AnyCidr, Cidr, Cidr6, CidrError};
pub use day::{Day, DayError};
pub(crate) use diagnostics::diagnostic::{Diagnosis, diagnostic};
pub use diagnostics::diagnostic::{Diagnostic, chain};
pub(crate) use diagnostics::nearest::{likeness, nearest};
pub use diagnostics::problem::{Place, Problem, Problems, Severity, WARNINGS};
pub(crate) use diagnostics::quoted::{Quoted, printable};
pub use email::{Email, EmailError};
pub(crate) use exact::deserialize_exact;
pub use exact::exact;
pub use landing_zone::{GatewayEndpoints, LandingZone, Link, NetworkFeatures, Pool, PoolStrategy};
pub(crate) use money::unsigned_zero;
pub use money::{Currency, Money, MoneyError, Rounding};
pub use name::{NameError, ResourceId, RoleName, TenantKey, TierName, ZoneName};
pub use platform::account::AccountId;
pub use platform::availability::{SubnetZone, UsableZones, ZoneOrdinal};
pub use platform::latency::{Latencies, Latency, LatencyError, LatencyRange};
pub use platform::limits::{Bucket, Limit, LimitError, Limits};
pub use platform::quota::Quota;
pub use platform::region::{Region, RegionError};
pub use platform::regions::{Partition, RegionFacts, Regions};
pub use zone::address::Address;
pub use zone::framework::Framework;
pub use zone::guarding::Guarding;
pub use zone::resource::ResourceKind;
pub use zone::tags::{ADDRESS_TAG, TENANT_TAG, Tags, ZONE_TAG};
pub use zone::tenant::{Offboarding, Tenant};

pub use zone::tier::{LOG_RETENTION_DAYS, Tier};
