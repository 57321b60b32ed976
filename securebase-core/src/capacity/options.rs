//! Under which circumstances a path is worked out, and what they may be.

use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use crate::finance::Growth;
use crate::model::{Problem, Problems};
use crate::time::Interrupt;
use crate::timeline::Rehearsal;

/// The largest number of tenants to aim for: each rehearsal of so many takes seconds, and a path is made of many.
pub const TENANTS_MAX: u32 = 10_000;

/// The longest time that a deployment was measured to take, in minutes: a year.
const MINUTES_MAX: f64 = 525_600.0;

/// The most problems of one kind that are listed: of a million equal ones the first say it.
const PROBLEMS_MAX: usize = 1_000;

/// The most rehearsals that make a deployment time.
const REHEARSALS_MAX: usize = 10_000;

/// Under which circumstances a path is worked out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CapacityOptions {
    /// How the business grows: says in which month a number of tenants is reached.
    pub growth: Growth,
    /// How many months ahead to look, 1 to 600.
    pub months: u32,
    /// Quotas, latencies and seed of the rehearsals.
    pub rehearsal: Rehearsal,
    /// How many rehearsals make a deployment time, 1 to 10,000.
    pub rehearsals: usize,
    /// The size of a tenant's block; `None` for the zone's own.
    pub prefix_len: Option<u8>,
    /// Measured deployment times in minutes, by number of tenants, each a target: they take the place of rehearsals.
    pub minutes: BTreeMap<u32, f64>,
    /// Asked between targets and between rehearsals.
    pub interrupt: Interrupt,
}

/// Shipped growth over ten years, eleven rehearsals under AWS's quotas and latencies.
impl Default for CapacityOptions {
    fn default() -> Self {
        Self {
            growth: Growth::shipped().clone(),
            months: 120,
            rehearsal: Rehearsal::new(0),
            rehearsals: 11,
            prefix_len: None,
            minutes: BTreeMap::new(),
            interrupt: Interrupt::new(),
        }
    }
}

impl CapacityOptions {
    /// Makes sure that the targets can be worked out under these options.
    ///
    /// # Errors
    /// [`Error::Options`] with everything that is out of range.
    pub(super) fn check(&self, targets: &[u32]) -> Result<(), Error> {
        let target = |tenants: &u32| {
            let message = format!("invalid number of tenants `{tenants}`: expected 1 to {TENANTS_MAX}");
            let hint = format!("use 1 to {TENANTS_MAX} tenants");
            Problem::error("capacity-target", "targets", message, hint)
        };
        let measured = |(tenants, minutes): (&u32, &f64)| {
            let message =
                format!("invalid deployment time `{minutes:?}`: expected minutes from 0 to {MINUTES_MAX}");
            let hint = format!("use 0 to {MINUTES_MAX}, which is a year");
            Problem::error("capacity-minutes", format!("minutes.{tenants}"), message, hint)
        };
        let unused = |tenants: &u32| {
            let message = format!("invalid key `{tenants}` of `minutes`: expected one of the targets");
            let hint = format!("add {tenants} to the targets, or leave its minutes out");
            Problem::error("capacity-minutes", format!("minutes.{tenants}"), message, hint)
        };
        let rehearsals = || {
            let message =
                format!("invalid number of rehearsals `{}`: expected 1 to {REHEARSALS_MAX}", self.rehearsals);
            let hint = format!("use 1 to {REHEARSALS_MAX}");
            Problem::error("capacity-rehearsals", "rehearsals", message, hint)
        };
        let is_target = |tenants: &u32| (1..=TENANTS_MAX).contains(tenants);
        let is_time = |minutes: &f64| (0.0..=MINUTES_MAX).contains(minutes);
        let wanted: BTreeSet<&u32> = targets.iter().collect();
        let mut problems: Vec<Problem> =
            targets.iter().filter(|tenants| !is_target(tenants)).take(PROBLEMS_MAX).map(target).collect();
        let wrong = self.minutes.iter().filter(|(_, minutes)| !is_time(minutes)).map(measured);
        let stray =
            self.minutes.iter().filter(|(tenants, minutes)| is_time(minutes) && !wanted.contains(tenants));
        let stray = stray.map(|(tenants, _)| unused(tenants));
        problems.extend(wrong.take(PROBLEMS_MAX));
        problems.extend(stray.take(PROBLEMS_MAX));
        problems.extend((!(1..=REHEARSALS_MAX).contains(&self.rehearsals)).then(rehearsals));
        if problems.is_empty() { Ok(()) } else { Err(Error::Options(Problems(problems))) }
    }
}
