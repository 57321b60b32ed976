//! How long a plan takes: the executor itself, in virtual time.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cloud::SimulatedCloud;
use crate::model::{Address, Latencies, ResourceId, ResourceKind};
use crate::plan::{Action, Plan};
use crate::table::{self, Column, Table};
use crate::time::Time;

use super::event::EventKind;
use super::machine::Machine;
use super::run::limits_in_force;
use super::simulated::{Moved, VirtualTime};

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
    /// No schedule can be shorter: the longest chain of steps that wait for each other, or the time a shared request rate
    /// needs for its calls, whichever is longer.
    pub lower_bound: Duration,
    /// What makes the lower bound: `steps that wait for each other`, or the name of a quota.
    pub bound_by: String,
    /// The chain of steps that ended last, each having waited for the one before.
    pub critical_path: Vec<Address>,
    /// When each step was carried out, in the order of the plan.
    pub intervals: Vec<Interval>,
}

/// Carries a plan out in a simulated cloud that begins as the plan's observation, and watches the clock.
///
/// Quotas are as raised as AWS raises them; rates are AWS's, or the zone's overrides. The same seed gives the same times.
pub fn timeline(plan: &Plan, seed: u64) -> Timeline {
    let limits = limits_in_force(&plan.limit_overrides);
    let cloud =
        SimulatedCloud::builder(seed).limits(limits.clone().raised()).observed(&plan.observed).build();
    let known = known_ids(&cloud);
    let mut machine =
        Machine::new(plan, limits.clone(), Latencies::default(), known, None, "timeline", "timeline");
    let mut world = VirtualTime::new(&cloud);
    let began = cloud.now();
    let mut starts: BTreeMap<Address, Time> = BTreeMap::new();
    let mut ends: BTreeMap<Address, Time> = BTreeMap::new();
    let mut waits: BTreeMap<Address, Duration> = BTreeMap::new();
    loop {
        let output = machine.poll(cloud.now());
        let moved = world.step(&mut machine, output, |event| match event.kind {
            EventKind::Started { address, .. } => {
                starts.entry(address).or_insert(event.at);
            }
            EventKind::Finished { address, .. } | EventKind::Failed { address, .. } => {
                ends.insert(address, event.at);
            }
            EventKind::Retrying { address, wait_ms, .. } => {
                *waits.entry(address).or_default() += Duration::from_millis(wait_ms);
            }
            _ => {}
        });
        if !matches!(moved, Moved::On) {
            break;
        }
    }
    let intervals: Vec<Interval> = plan
        .steps()
        .filter_map(|step| {
            let end = *ends.get(&step.address)?;
            let start = starts.get(&step.address).copied().unwrap_or(end);
            Some(Interval {
                address: step.address.clone(),
                kind: step.kind,
                action: step.action,
                start: start.since(began),
                end: end.since(began),
            })
        })
        .collect();
    let (lower_bound, bound_by) = lower_bound(plan, &intervals, &limits);
    Timeline {
        makespan: cloud.now().since(began),
        lower_bound,
        bound_by,
        critical_path: critical_path(plan, &intervals),
        intervals,
    }
}

fn known_ids(cloud: &SimulatedCloud) -> BTreeMap<Address, ResourceId> {
    let observed = cloud.observe();
    observed
        .organization
        .iter()
        .flat_map(|found| {
            [
                (Address::organization(), found.organization.id.clone()),
                (Address::root(), found.root.id.clone()),
            ]
        })
        .collect()
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

/// The longest chain by the durations that the steps took, against the work of each shared rate and quota.
fn lower_bound(plan: &Plan, intervals: &[Interval], limits: &crate::model::Limits) -> (Duration, String) {
    let took: BTreeMap<&Address, Duration> =
        intervals.iter().map(|interval| (&interval.address, interval.end - interval.start)).collect();
    let mut chain: BTreeMap<&Address, Duration> = BTreeMap::new();
    for step in plan.steps() {
        let before = step.depends_on.iter().filter_map(|dependency| chain.get(&dependency.on)).max().copied();
        let own = took.get(&step.address).copied().unwrap_or_default();
        chain.insert(&step.address, before.unwrap_or_default() + own);
    }
    let longest = chain.values().max().copied().unwrap_or_default();
    let mut bounds = vec![(longest, "steps that wait for each other".to_owned())];

    let creations: Vec<Duration> = intervals
        .iter()
        .filter(|interval| interval.kind == ResourceKind::Account && interval.action == Action::Create)
        .map(|interval| interval.end - interval.start)
        .collect();
    if let Some(shortest) = creations.iter().min() {
        let at_a_time = u32::try_from(limits.quota("accounts_in_creation")).unwrap_or(u32::MAX).max(1);
        let work: Duration = creations.iter().sum::<Duration>() / at_a_time;
        bounds.push((work, "accounts_in_creation".to_owned()));
        if let Some(bucket) = limits.bucket("organizations:CreateAccount") {
            #[expect(clippy::cast_precision_loss, reason = "counts of accounts are far below 2^53")]
            let paced = ((creations.len() as f64 - bucket.burst) / bucket.rate).max(0.0);
            bounds.push((Duration::from_secs_f64(paced) + *shortest, "create_account_rate".to_owned()));
        }
    }
    bounds.into_iter().max_by(|a, b| a.0.cmp(&b.0)).unwrap_or_default()
}

impl Timeline {
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
            minutes(self.lower_bound),
            self.bound_by
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
