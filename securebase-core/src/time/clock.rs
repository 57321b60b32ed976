//! Moments and clocks.

use std::fmt;
use std::ops::{Add, Sub};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// A moment, in microseconds since the clock's epoch: the Unix epoch for a real clock, the beginning for a virtual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(u64);

impl Time {
    /// The epoch.
    pub const ZERO: Self = Self(0);

    /// The moment that many microseconds after the epoch.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub fn as_micros(self) -> u64 {
        self.0
    }

    /// Seconds since the epoch.
    pub fn as_secs_f64(self) -> f64 {
        Duration::from_micros(self.0).as_secs_f64()
    }

    /// The moment as text: date and time in UTC by a real clock, hours since the beginning by a virtual one.
    ///
    /// A virtual clock begins at its epoch, so a moment before the year 2000 is one of a virtual clock.
    pub fn to_text(self) -> String {
        const YEAR_2000: Duration = Duration::from_secs(946_684_800);
        let since = Duration::from_micros(self.0);
        match i64::try_from(since.as_secs()).ok().and_then(|secs| jiff::Timestamp::from_second(secs).ok()) {
            Some(date) if since >= YEAR_2000 => date.to_string(),
            _ => format!("{:.1} h of virtual time", since.as_secs_f64() / 3600.0),
        }
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(micros))
    }
}

impl Sub for Time {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.as_secs_f64())
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Time;
}

/// The machine's clock: the one place that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one sanctioned reading of the wall clock")]
    fn now(&self) -> Time {
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Time::ZERO + since_epoch
    }
}

/// A clock that nobody sets: it only passes, from some moment in the past. What durations are measured with.
#[derive(Debug, Clone, Copy, Default)]
pub struct SteadyClock;

impl Clock for SteadyClock {
    #[expect(clippy::disallowed_methods, reason = "the one sanctioned reading of the steady clock")]
    fn now(&self) -> Time {
        static BEGINNING: OnceLock<Instant> = OnceLock::new();
        let now = Instant::now();
        Time::ZERO + now.saturating_duration_since(*BEGINNING.get_or_init(|| now))
    }
}

/// The time of one piece of work: it begins at what the clock says and passes as the steady one does. Somebody who sets the
/// clock meanwhile neither ends its waits nor makes them longer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Elapsing {
    began: Time,
    steady: Time,
}

impl Elapsing {
    /// It begins now, which the steady clock calls `steady`.
    pub(crate) fn new(now: Time, steady: Time) -> Self {
        Self { began: now, steady }
    }

    /// What time it is when the steady clock says `steady`.
    pub(crate) fn at(&self, steady: Time) -> Time {
        self.began + steady.since(self.steady)
    }

    /// What the steady clock says at that time.
    pub(crate) fn steady_at(&self, time: Time) -> Time {
        self.steady + time.since(self.began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steady_clock_only_passes() {
        let clock = SteadyClock;
        let mut last = clock.now();
        for _ in 0..1_000 {
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
    }

    #[test]
    fn a_piece_of_work_begins_at_the_clock_and_passes_steadily() {
        let (noon, steady) = (Time::from_micros(43_200_000_000), Time::from_micros(5));
        let elapsing = Elapsing::new(noon, steady);
        let later = Duration::from_secs(7);
        assert_eq!(elapsing.at(steady + later), noon + later);
        assert_eq!(elapsing.steady_at(noon + later), steady + later);
        assert_eq!(elapsing.at(Time::ZERO), noon, "never before it began");
    }
}
