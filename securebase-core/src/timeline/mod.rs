//! How long a plan takes: the executor itself, in virtual time.
//!
//! Purpose: rehearse a plan under any circumstances, and say what takes so long and what would help. Flow: [`rehearse`] one
//! plan once, [`spread`] over many seeds, [`what_if`] under several circumstances; a [`Timeline`] draws itself as text, SVG
//! and table. Not here: a second model of the executor. What is rehearsed is what runs.

mod bound;
mod error;
mod gantt;
mod rehearsal;
mod spread;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Address, ResourceKind};
use crate::plan::{Action, Plan};
use crate::table::{self, Column, Table};

pub use bound::Bound;
pub use error::{FailedRehearsal, RehearsalError};
pub use rehearsal::{Rehearsal, rehearse, rehearse_until};
pub use spread::{Spread, SpreadError, WhatIf, spread, spread_until, what_if, what_if_until};

/// When a step was carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interval {
    /// The step.
    pub address: Address,
    /// Its kind.
    pub kind: ResourceKind,
    /// What was done.
    pub action: Action,
    /// When its first call left, from the beginning of the run.
    pub start: Duration,
    /// When it was done.
    pub end: Duration,
}

/// How long a plan takes, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Timeline {
    /// From the first call to the end.
    pub makespan: Duration,
    /// What no schedule can beat, the tightest first; never empty.
    pub bounds: Vec<Bound>,
    /// The chain of steps that ended last, each having waited for the one before.
    pub critical_path: Vec<Address>,
    /// When each step was carried out, in the order of the plan.
    pub intervals: Vec<Interval>,
    /// How long each new account stood outside its organizational unit, its guardrails not yet in force: from the moment it
    /// existed, which is before anybody could know of it.
    pub unguarded: BTreeMap<Address, Duration>,
}

/// Rehearses a plan with AWS's quotas and latencies, drawn with a seed.
///
/// # Errors
/// As [`rehearse`].
pub fn timeline(plan: &Plan, seed: u64) -> Result<Timeline, RehearsalError> {
    rehearse(plan, &Rehearsal::new(seed))
}

/// The last step to end, the last to end of those it waited for, and so on.
fn critical_path(plan: &Plan, intervals: &[Interval]) -> Vec<Address> {
    let ends: BTreeMap<&Address, Duration> =
        intervals.iter().map(|interval| (&interval.address, interval.end)).collect();
    let mut path = Vec::new();
    let mut current = intervals.iter().max_by_key(|interval| interval.end).map(|interval| &interval.address);
    while let Some(address) = current {
        path.push(address.clone());
        current = plan.step(address).and_then(|step| {
            step.depends_on
                .iter()
                .map(|dependency| &dependency.on)
                .filter(|on| ends.contains_key(on))
                .max_by_key(|on| ends[*on])
        });
    }
    path.reverse();
    path
}

impl Timeline {
    /// No schedule can be shorter.
    pub fn lower_bound(&self) -> Duration {
        self.bounds.first().map_or(Duration::ZERO, |bound| bound.at_least)
    }

    /// What makes the lower bound: `steps that wait for each other`, or the name of a quota or rate.
    pub fn bound_by(&self) -> &str {
        self.bounds.first().map_or("", |bound| bound.what.as_str())
    }

    /// The intervals: `address, kind, action, tenant, start_seconds, end_seconds`.
    ///
    /// # Errors
    /// [`table::Error::TooLong`] beyond 2 GiB of text.
    pub fn table(&self) -> Result<Table, table::Error> {
        let rows = || self.intervals.iter();
        Table::new(vec![
            Column::utf8("address", rows().map(|row| row.address.as_str()))?,
            Column::utf8("kind", rows().map(|row| row.kind.name()))?,
            Column::utf8("action", rows().map(|row| row.action.name()))?,
            Column::utf8("tenant", rows().map(|row| row.address.tenant_key()))?,
            Column::float64("start_seconds", rows().map(|row| row.start.as_secs_f64())),
            Column::float64("end_seconds", rows().map(|row| row.end.as_secs_f64())),
        ])
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = |duration: Duration| {
            let seconds = duration.as_secs();
            format!("{} min {:02} s", seconds / 60, seconds % 60)
        };
        writeln!(
            f,
            "about {} (no schedule could be shorter than {}, because of {})",
            minutes(self.makespan),
            minutes(self.lower_bound()),
            self.bound_by()
        )?;
        writeln!(f, "what takes longest, one after the other:")?;
        let by_address: BTreeMap<&Address, &Interval> =
            self.intervals.iter().map(|interval| (&interval.address, interval)).collect();
        for address in &self.critical_path {
            if let Some(interval) = by_address.get(address) {
                let (start, end) = (interval.start.as_secs(), interval.end.as_secs());
                writeln!(f, "  {start:>6} s – {end:>6} s  {address}")?;
            }
        }
        Ok(())
    }
}
