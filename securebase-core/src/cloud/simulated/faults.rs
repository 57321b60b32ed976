//! What may go wrong, and how often.

use serde::{Deserialize, Serialize};

/// How often each thing goes wrong, as probabilities from 0 to 1. None by default.
///
/// Every draw is addressed by the seed and by what is asked, so raising one probability does not move the others' draws.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// A call is refused as too fast although its rate was kept.
    pub throttle: f64,
    /// A call has its effect, and its reply never arrives.
    pub lost_reply: f64,
    /// A call never arrives; the caller cannot tell this from a lost reply.
    pub lost_request: f64,
    /// A new resource is not visible to reads, and to calls that name it, for a while.
    pub not_yet_visible: f64,
    /// The service fails with a 5xx; half of these calls have had their effect.
    pub service_error: f64,
    /// What goes on after the reply fails: `INTERNAL_FAILURE` of an account request, a NAT gateway that ends `failed`.
    pub async_failure: f64,
    /// The credentials turn out to have expired.
    pub expired_credentials: f64,
    /// The caller dies during the call of that ordinal, counted from 1; half of these calls still have their effect.
    pub crash_after_calls: Option<u64>,
}
