//! Many rehearsals of one plan: how much is left to chance, and what would help.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Rehearsal, RehearsalError, rehearse_until};
use crate::model::{Diagnosis, diagnostic};
use crate::plan::Plan;
use crate::time::Interrupt;

/// How long a plan takes over many seeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Spread {
    /// Every makespan, the shortest first.
    pub makespans: Vec<Duration>,
    /// What bounds the lower bound most often over the seeds.
    pub bound_by: String,
}

/// Why a spread has no percentile.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpreadError {
    /// What was asked for is not a share of the seeds.
    #[error("invalid share `{0}`: expected a number from 0 to 1")]
    Share(f64),
    /// Nothing was rehearsed.
    #[error("invalid spread of `0` rehearsals: expected at least one")]
    Empty,
}

impl SpreadError {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Share(_) => Diagnosis::new("spread-share").help("write 0.9 for the ninetieth percentile"),
            Self::Empty => Diagnosis::new("spread-empty").help("rehearse the plan at least once"),
        }
    }
}

diagnostic!(SpreadError);

impl Spread {
    /// The makespan that a share `p` of the seeds (from 0 to 1) does not exceed: the nearest rank, never an interpolation.
    ///
    /// # Errors
    /// [`SpreadError::Share`] where `p` is not a number from 0 to 1, [`SpreadError::Empty`] where nothing was rehearsed.
    pub fn percentile(&self, p: f64) -> Result<Duration, SpreadError> {
        // A range does not contain what is not a number.
        if !(0.0..=1.0).contains(&p) {
            return Err(SpreadError::Share(p));
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank among at most a few thousand seeds"
        )]
        let rank = (p * self.makespans.len() as f64).ceil().max(1.0) as usize;
        self.makespans.get(rank - 1).or(self.makespans.last()).copied().ok_or(SpreadError::Empty)
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = |p: f64| self.percentile(p).map(|makespan| makespan.as_secs_f64() / 60.0);
        let (Ok(half), Ok(fast), Ok(slow)) = (minutes(0.5), minutes(0.1), minutes(0.9)) else {
            return f.write_str("no rehearsals");
        };
        write!(
            f,
            "{half:.1} minutes in half of {} rehearsals, {fast:.1} in one of ten, {slow:.1} in nine of ten; mostly because of {}",
            self.makespans.len(),
            self.bound_by
        )
    }
}

/// Rehearses a plan `count` times, with the seeds that follow the rehearsal's own, on every core.
///
/// The same whatever the number of cores.
///
/// # Errors
/// [`RehearsalError::Failed`] where steps fail in one of them.
pub fn spread(plan: &Plan, rehearsal: &Rehearsal, count: usize) -> Result<Spread, RehearsalError> {
    spread_until(plan, rehearsal, count, &Interrupt::new())
}

/// As [`spread`], until it is asked to end.
///
/// # Errors
/// As [`spread`], and [`RehearsalError::Interrupted`] where it was asked to.
pub fn spread_until(
    plan: &Plan,
    rehearsal: &Rehearsal,
    count: usize,
    interrupt: &Interrupt,
) -> Result<Spread, RehearsalError> {
    let runs = on_every_core(count, |index| {
        // Those that have not begun when it is asked to end cost nothing.
        interrupt.check()?;
        let timeline = rehearse_until(plan, &nth(rehearsal, index), interrupt)?;
        Ok::<_, RehearsalError>((timeline.makespan, timeline.bound_by().to_owned()))
    });
    Ok(of_runs(runs.into_iter().collect::<Result<_, _>>()?))
}

/// The rehearsal with the seed that follows its own at that distance.
fn nth(rehearsal: &Rehearsal, index: usize) -> Rehearsal {
    rehearsal.clone().seed(rehearsal.seed.wrapping_add(index as u64))
}

fn of_runs(mut runs: Vec<(Duration, String)>) -> Spread {
    runs.sort();
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for (_, bound_by) in &runs {
        *counts.entry(bound_by).or_default() += 1;
    }
    let bound_by = counts.into_iter().max_by_key(|(_, count)| *count).map_or("", |(name, _)| name);
    Spread { bound_by: bound_by.to_owned(), makespans: runs.iter().map(|(makespan, _)| *makespan).collect() }
}

/// A plan under other circumstances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WhatIf {
    /// What is different.
    pub name: String,
    /// How long it takes then.
    pub spread: Spread,
}

/// Rehearses a plan under each of the circumstances, `count` seeds each.
///
/// # Errors
/// [`RehearsalError::Failed`] where steps fail under one of them.
pub fn what_if(
    plan: &Plan,
    cases: &[(String, Rehearsal)],
    count: usize,
) -> Result<Vec<WhatIf>, RehearsalError> {
    what_if_until(plan, cases, count, &Interrupt::new())
}

/// As [`what_if`], until it is asked to end.
///
/// # Errors
/// As [`what_if`], and [`RehearsalError::Interrupted`] where it was asked to.
pub fn what_if_until(
    plan: &Plan,
    cases: &[(String, Rehearsal)],
    count: usize,
    interrupt: &Interrupt,
) -> Result<Vec<WhatIf>, RehearsalError> {
    let case = |(name, rehearsal): &(String, Rehearsal)| {
        let spread = spread_until(plan, rehearsal, count, interrupt).map_err(|error| error.of(name))?;
        Ok(WhatIf { name: name.clone(), spread })
    };
    cases.iter().map(case).collect()
}

/// `work` of every index below `count`, in order.
fn on_every_core<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    let next = AtomicUsize::new(0);
    let take_turns = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(index)));
        }
    };
    let mut all: Vec<(usize, T)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(take_turns)).collect();
        let mut all = take_turns();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_ranks() {
        let seconds = |seconds: u64| Duration::from_secs(seconds);
        let spread = Spread { makespans: (1..=10).map(seconds).collect(), bound_by: String::new() };
        assert_eq!(spread.percentile(0.0), Ok(seconds(1)));
        assert_eq!(spread.percentile(0.1), Ok(seconds(1)));
        assert_eq!(spread.percentile(0.5), Ok(seconds(5)));
        assert_eq!(spread.percentile(0.51), Ok(seconds(6)));
        assert_eq!(spread.percentile(0.9), Ok(seconds(9)));
        assert_eq!(spread.percentile(1.0), Ok(seconds(10)));
        let none = Spread { makespans: Vec::new(), bound_by: String::new() };
        assert_eq!(none.percentile(0.5), Err(SpreadError::Empty));
        assert_eq!(none.to_string(), "no rehearsals");
        for share in [-0.1, 1.1, 90.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let error = spread.percentile(share).unwrap_err();
            assert_eq!(error.code(), "spread-share");
            assert!(error.to_string().contains(&format!("`{share}`")), "{error}");
        }
    }

    #[test]
    fn every_index_is_worked_on_once_and_in_order() {
        assert_eq!(on_every_core(100, |index| index * 2), (0..200).step_by(2).collect::<Vec<_>>());
        assert_eq!(on_every_core(0, |index| index), Vec::<usize>::new());
    }
}
