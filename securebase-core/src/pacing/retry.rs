//! How long to wait after a failure, and when to give up. Pure functions of the failure, the count and the seed.

use std::time::Duration;

use crate::cloud::{CLOSURES_IN_PROGRESS, CloudError, ErrorKind};
use crate::time::{Seed, Time};

/// How one kind of failure is retried.
struct Policy {
    first: Duration,
    longest: Duration,
    give_up_after: Duration,
    /// However long it is since the first failure: a machine that was suspended has tried once, not for an hour.
    attempts_min: u32,
}

/// Waiting for longer than this is worth a word.
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// AWS's reason for a refusal where an organization has as many accounts as it may have.
const TOO_MANY_ACCOUNTS: &str = "ACCOUNT_NUMBER_LIMIT_EXCEEDED";

/// Whether a refusal says that there are as many accounts as there may be.
pub(crate) fn is_too_many_accounts(error: &CloudError) -> bool {
    error.reason.as_deref() == Some(TOO_MANY_ACCOUNTS)
}

/// Whether the endpoint has ever answered those who call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contact {
    /// It has: what keeps it from answering now may pass.
    Made,
    /// It has not: what keeps it from answering is most likely there to stay, and nothing is lost by saying so soon.
    None,
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The policy for a failure, `None` where a retry is no use.
fn policy(error: &CloudError, contact: Contact) -> Option<Policy> {
    let policy =
        |first, longest, give_up_after| Some(Policy { first, longest, give_up_after, attempts_min: 5 });
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
        ErrorKind::Busy if is_too_many_accounts(error) => policy(seconds(30), seconds(120), seconds(3600)),
        ErrorKind::Busy => policy(seconds(1), seconds(15), seconds(600)),
        ErrorKind::NotFound => policy(seconds(2), seconds(15), seconds(300)),
        ErrorKind::NotReady => policy(seconds(5), seconds(15), seconds(900)),
        ErrorKind::ExpiredCredentials => policy(seconds(1), seconds(5), seconds(300)),
        // With a connection that takes its five seconds to fail, the last attempt ends within half a minute.
        ErrorKind::Unreachable if contact == Contact::None => Some(Policy {
            first: seconds(1),
            longest: seconds(3),
            give_up_after: seconds(15),
            attempts_min: 2,
        }),
        ErrorKind::Untrusted if contact == Contact::None => None,
        // An outage in the middle of a run ends; so does the page of a captive portal.
        ErrorKind::Service | ErrorKind::Unreachable | ErrorKind::Untrusted => {
            policy(seconds(1), seconds(20), seconds(900))
        }
        ErrorKind::Unreadable => Some(Policy {
            first: seconds(1),
            longest: seconds(5),
            give_up_after: Duration::ZERO,
            attempts_min: 3,
        }),
        ErrorKind::AlreadyExists | ErrorKind::Quota | ErrorKind::Permanent | ErrorKind::CallerGone => None,
    }
}

/// How long to wait before the next attempt; `None` where it is time to give up.
///
/// `attempt` counts from 0 and `elapsed` runs from the first failure in a row, calls included. The wait grows by half each time, is cut by
/// up to half at random so that many callers spread out, and is never zero.
fn wait(
    error: &CloudError,
    contact: Contact,
    attempt: u32,
    elapsed: Duration,
    seed: Seed,
    label: &str,
) -> Option<Duration> {
    let Policy { first, longest, give_up_after, attempts_min } = policy(error, contact)?;
    if elapsed >= give_up_after && attempt >= attempts_min {
        return None;
    }
    let growth = 1.5f64.powi(i32::try_from(attempt.min(30)).unwrap_or(30));
    let full = first.mul_f64(growth).min(longest);
    let cut = seed.unit(label, u64::from(attempt)) / 2.0;
    Some(full.mul_f64(1.0 - cut).max(Duration::from_millis(100)))
}

/// Failures in a row.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Failing {
    count: u32,
    since: Option<Time>,
    said: bool,
}

impl Failing {
    /// Failures that count from that moment on, at which the first call that failed was sent.
    pub(crate) fn since(sent: Time) -> Self {
        Self { since: Some(sent), ..Self::default() }
    }

    /// One more: how long to wait before the next attempt, `None` where it is time to give up.
    pub(crate) fn again(
        &mut self,
        now: Time,
        error: &CloudError,
        contact: Contact,
        seed: Seed,
        label: &str,
    ) -> Option<Duration> {
        let since = *self.since.get_or_insert(now);
        let wait = wait(error, contact, self.count, now.since(since), seed, label);
        self.count += 1;
        wait
    }

    /// As [`Failing::again`], of a call of a run in the management account, which has answered by then. Nothing has to become
    /// ready there: what is not allowed stays so.
    pub(crate) fn again_in_management(
        &mut self,
        now: Time,
        error: &CloudError,
        seed: Seed,
        label: &str,
    ) -> Option<Duration> {
        if error.kind == ErrorKind::NotReady {
            return None;
        }
        self.again(now, error, Contact::Made, seed, label)
    }

    /// Whether to report a long wait: the next attempt comes more than ten seconds after the first failure. Returns `true` at most
    /// once.
    pub(crate) fn becomes_long(&mut self, next: Time) -> bool {
        let long = self.since.is_some_and(|since| next.since(since) > LONG);
        long && !std::mem::replace(&mut self.said, true)
    }
}

/// A refusal as an organization means it that is not an hour old: «too many accounts» may be no more than «not settled».
pub(crate) fn of_new_organization(error: &CloudError) -> CloudError {
    let kind = if is_too_many_accounts(error) { ErrorKind::Busy } else { error.kind };
    CloudError { kind, ..error.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_within_bounds_and_end() {
        let error = CloudError::rejected("TooManyRequestsException", "");
        let (seed, contact) = (Seed::new(1), Contact::Made);
        let mut last = Duration::ZERO;
        for attempt in 0..20 {
            let wait = wait(&error, contact, attempt, Duration::ZERO, seed, "a").unwrap();
            assert!(wait >= Duration::from_millis(100) && wait <= seconds(20));
            last = wait;
        }
        assert!(last >= seconds(10));
        assert!(wait(&error, contact, 20, seconds(3600), seed, "a").is_none());
        assert!(
            wait(&error, contact, 3, seconds(3600), seed, "a").is_some(),
            "an hour's sleep is not an hour's trying"
        );
        let conflict = CloudError::rejected("InvalidSubnet.Conflict", "");
        assert!(wait(&conflict, contact, 0, Duration::ZERO, seed, "a").is_none());
    }

    /// How long it takes to give up where every call takes that long and fails like that.
    fn given_up_after(error: &CloudError, contact: Contact, call: Duration) -> Duration {
        let mut now = Time::ZERO + call;
        let mut failing = Failing::since(Time::ZERO);
        while let Some(wait) = failing.again(now, error, contact, Seed::new(1), "a") {
            now = now + wait + call;
        }
        now.since(Time::ZERO)
    }

    #[test]
    fn an_endpoint_that_never_answered_is_given_up_within_half_a_minute() {
        let unreachable = CloudError::not_sent("EndpointUnreachable", "");
        let untrusted = CloudError::not_sent("CertificateUntrusted", "");
        for call in [Duration::ZERO, seconds(1), seconds(5)] {
            let after = given_up_after(&unreachable, Contact::None, call);
            assert!((seconds(15)..=seconds(30)).contains(&after), "{after:?}");
            assert_eq!(given_up_after(&untrusted, Contact::None, call), call);
            // Where it did answer, an outage of a quarter of an hour is survived.
            assert!(given_up_after(&unreachable, Contact::Made, call) >= seconds(900));
            assert!(given_up_after(&untrusted, Contact::Made, call) >= seconds(900));
        }
    }

    #[test]
    fn calls_that_take_their_time_count() {
        let lost = CloudError::unknown("RequestTimeout", "");
        let after = given_up_after(&lost, Contact::None, seconds(60));
        assert!((seconds(900)..seconds(1000)).contains(&after), "{after:?}");
    }

    #[test]
    fn a_reply_that_cannot_be_read_is_asked_for_four_times() {
        let error = CloudError::unreadable("MalformedReply", "");
        let mut failing = Failing::default();
        let waits = (0..9).map_while(|_| failing.again(Time::ZERO, &error, Contact::Made, Seed::new(1), "a"));
        assert_eq!(waits.count(), 3);
    }

    #[test]
    fn that_it_takes_long_is_said_once() {
        let mut failing = Failing::since(Time::ZERO);
        let said: Vec<bool> = [5, 10, 11, 12].map(|at| failing.becomes_long(Time::ZERO + seconds(at))).into();
        assert_eq!(said, [false, false, true, false]);
    }
}
