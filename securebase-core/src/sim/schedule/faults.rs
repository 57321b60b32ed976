//! What may go wrong, and how often.

use serde::{Deserialize, Serialize};

use crate::model::{Problem, Problems};

/// How often each thing goes wrong, as probabilities from 0 to 1. None by default.
///
/// Every draw is addressed by the seed and by what is asked, so raising one probability does not move the others' draws.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// A call is refused for now: as too fast although its rate was kept or, a write one time in four, because something
    /// else is being written.
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

impl Faults {
    /// Every probability that is none.
    pub fn problems(&self) -> Problems {
        let Self {
            throttle,
            lost_reply,
            lost_request,
            not_yet_visible,
            service_error,
            async_failure,
            expired_credentials,
            crash_after_calls,
        } = *self;
        let rates = [
            ("throttle", throttle),
            ("lost_reply", lost_reply),
            ("lost_request", lost_request),
            ("not_yet_visible", not_yet_visible),
            ("service_error", service_error),
            ("async_failure", async_failure),
            ("expired_credentials", expired_credentials),
        ];
        let out_of_range = rates.iter().filter(|(_, rate)| !(0.0..=1.0).contains(rate));
        let mut problems: Vec<Problem> = out_of_range
            .map(|(name, rate)| {
                let message = format!("`{rate}` is not a probability");
                Problem::error("fault-range", *name, message, "use a number from 0 to 1")
            })
            .collect();
        if crash_after_calls == Some(0) {
            problems.push(Problem::error(
                "fault-range",
                "crash_after_calls",
                "`0` is not the ordinal of a call",
                "count calls from 1",
            ));
        }
        Problems(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rate_out_of_range_is_named() {
        let faults = Faults { throttle: -0.1, lost_reply: 1.5, service_error: f64::NAN, ..Faults::default() };
        let problems = faults.problems();
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["throttle", "lost_reply", "service_error"]);
        let none = Faults { throttle: 1.0, crash_after_calls: Some(1), ..Faults::default() };
        assert!(none.problems().0.is_empty());
        assert_eq!(Faults { crash_after_calls: Some(0), ..none }.problems().0.len(), 1);
    }
}
