//! Pacing: when may the next call leave? Pure functions of the time.

use std::time::Duration;

use crate::model::Bucket;
use crate::time::Time;

/// A token bucket, kept as the moment at which it would be full again (the generic cell rate algorithm): integers only,
/// nothing to refill, and the moment of the next token is exact.
#[derive(Debug, Clone)]
pub(crate) struct Pacer {
    interval: Duration,
    slack: Duration,
    full_at: Time,
}

impl Pacer {
    /// A full bucket.
    pub(crate) fn new(bucket: &Bucket) -> Self {
        // Rounded up, so that our rate is never the faster one.
        let micros = (1e6 / bucket.rate.max(1e-6)).ceil();
        let interval = Duration::from_secs_f64(micros / 1e6);
        let slack = interval.mul_f64((bucket.burst - 1.0).max(0.0));
        Self { interval, slack, full_at: Time::ZERO }
    }

    /// The earliest moment at which a call may leave, never before `now`.
    pub(crate) fn ready_at(&self, now: Time) -> Time {
        let slack = u64::try_from(self.slack.as_micros()).unwrap_or(u64::MAX);
        now.max(Time::from_micros(self.full_at.as_micros().saturating_sub(slack)))
    }

    /// The earliest moment at which a call may leave before which that many others leave.
    pub(crate) fn ready_at_after(&self, now: Time, others: usize) -> Time {
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        let full_at = self.full_at.max(now) + self.interval.saturating_mul(others);
        Self { full_at, ..self.clone() }.ready_at(now)
    }

    /// Takes a token.
    pub(crate) fn take(&mut self, now: Time) {
        self.full_at = self.full_at.max(now) + self.interval;
    }

    /// The service says we are too fast: whatever we believed, the bucket is empty.
    pub(crate) fn drain(&mut self, now: Time) {
        self.full_at = self.full_at.max(now + self.slack + self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Limits;

    fn at(seconds: u64) -> Time {
        Time::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn bursts_then_paces() {
        let limits = Limits::default();
        let mut pacer = Pacer::new(limits.bucket("organizations:CreateAccount").unwrap());
        for _ in 0..3 {
            assert_eq!(pacer.ready_at(at(100)), at(100));
            pacer.take(at(100));
        }
        assert_eq!(pacer.ready_at(at(100)), at(110));
        pacer.take(at(110));
        assert_eq!(pacer.ready_at(at(110)), at(120));
        assert_eq!(pacer.ready_at(at(500)), at(500));
    }

    #[test]
    fn the_last_of_many_is_foreseen() {
        let limits = Limits::default();
        let mut pacer = Pacer::new(limits.bucket("organizations:CreateAccount").unwrap());
        for others in 0..9 {
            let foreseen = Pacer::new(limits.bucket("organizations:CreateAccount").unwrap())
                .ready_at_after(at(100), others);
            let ready = pacer.ready_at(at(100));
            assert_eq!(foreseen, ready, "after {others}");
            pacer.take(ready);
        }
    }

    #[test]
    fn a_drained_bucket_waits_for_one_token() {
        let limits = Limits::default();
        let mut pacer = Pacer::new(limits.bucket("organizations:CreateAccount").unwrap());
        pacer.drain(at(100));
        assert_eq!(pacer.ready_at(at(100)), at(110));
    }
}
