//! How long to wait after a failure, and when to give up. Pure functions of the failure, the count and the seed.

use std::time::Duration;

use crate::cloud::{CLOSURES_IN_PROGRESS, CloudError, ErrorKind};
use crate::time::{Seed, Time};

use super::exhausted;

/// How one kind of failure is retried.
struct Policy {
    first: Duration,
    longest: Duration,
    give_up_after: Duration,
}

/// However long it is since the first failure: a machine that was suspended has tried once, not for an hour.
const ATTEMPTS_MIN: u32 = 5;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The policy for a failure, `None` where a retry is no use.
fn policy(error: &CloudError) -> Option<Policy> {
    let policy = |first, longest, give_up_after| Some(Policy { first, longest, give_up_after });
    match error.kind {
        ErrorKind::Throttled => policy(seconds(1), seconds(20), seconds(3600)),
        // A new organization takes up to an hour to settle; everything else that is busy, seconds.
        ErrorKind::Busy if error.code == "FinalizingOrganizationException" => {
            policy(seconds(30), seconds(120), seconds(2 * 3600))
        }
        // Three accounts are closed at a time, in minutes each: the last of many waits for hours.
        ErrorKind::Busy if error.reason.as_deref() == Some(CLOSURES_IN_PROGRESS) => {
            policy(seconds(20), seconds(60), seconds(24 * 3600))
        }
        // Refused as a quota, but in its first hour an organization also says it when it only has not settled.
        ErrorKind::Busy if exhausted::is_too_many(error) => policy(seconds(30), seconds(120), seconds(3600)),
        ErrorKind::Busy => policy(seconds(1), seconds(15), seconds(600)),
        ErrorKind::NotFound => policy(seconds(2), seconds(15), seconds(300)),
        ErrorKind::NotReady => policy(seconds(5), seconds(15), seconds(900)),
        ErrorKind::ExpiredCredentials => policy(seconds(1), seconds(5), seconds(300)),
        ErrorKind::Service => policy(seconds(1), seconds(20), seconds(900)),
        ErrorKind::AlreadyExists | ErrorKind::Quota | ErrorKind::Permanent => None,
    }
}

/// How long to wait before the next attempt; `None` where it is time to give up.
///
/// `attempt` counts from 0 and `elapsed` runs from the first failure in a row. The wait grows by half each time, is cut by
/// up to half at random so that many callers spread out, and is never zero.
pub(super) fn wait(
    error: &CloudError,
    attempt: u32,
    elapsed: Duration,
    seed: Seed,
    label: &str,
) -> Option<Duration> {
    let Policy { first, longest, give_up_after } = policy(error)?;
    if elapsed >= give_up_after && attempt >= ATTEMPTS_MIN {
        return None;
    }
    let growth = 1.5f64.powi(i32::try_from(attempt.min(30)).unwrap_or(30));
    let full = first.mul_f64(growth).min(longest);
    let cut = seed.unit(label, u64::from(attempt)) / 2.0;
    Some(full.mul_f64(1.0 - cut).max(Duration::from_millis(100)))
}

/// Failures in a row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Failing {
    count: u32,
    since: Option<Time>,
}

impl Failing {
    /// One more: how long to wait before the next attempt, `None` where it is time to give up.
    pub(super) fn again(
        &mut self,
        now: Time,
        error: &CloudError,
        seed: Seed,
        label: &str,
    ) -> Option<Duration> {
        let since = *self.since.get_or_insert(now);
        let wait = wait(error, self.count, now.since(since), seed, label);
        self.count += 1;
        wait
    }

    /// As [`Failing::again`], of a call in the management account. Nothing has to become ready there: what is not allowed
    /// stays so.
    pub(super) fn again_in_management(
        &mut self,
        now: Time,
        error: &CloudError,
        seed: Seed,
        label: &str,
    ) -> Option<Duration> {
        if error.kind == ErrorKind::NotReady { None } else { self.again(now, error, seed, label) }
    }
}

/// A refusal as an organization means it that is not an hour old: «too many accounts» may be no more than «not settled».
pub(super) fn of_new_organization(error: &CloudError) -> CloudError {
    let kind = if exhausted::is_too_many(error) { ErrorKind::Busy } else { error.kind };
    CloudError { kind, ..error.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_within_bounds_and_end() {
        let error = CloudError::rejected("TooManyRequestsException", "");
        let seed = Seed::new(1);
        let mut last = Duration::ZERO;
        for attempt in 0..20 {
            let wait = wait(&error, attempt, Duration::ZERO, seed, "a").unwrap();
            assert!(wait >= Duration::from_millis(100) && wait <= seconds(20));
            last = wait;
        }
        assert!(last >= seconds(10));
        assert!(wait(&error, 20, seconds(3600), seed, "a").is_none());
        assert!(
            wait(&error, 3, seconds(3600), seed, "a").is_some(),
            "an hour's sleep is not an hour's trying"
        );
        assert!(
            wait(&CloudError::rejected("InvalidSubnet.Conflict", ""), 0, Duration::ZERO, seed, "a").is_none()
        );
    }
}
