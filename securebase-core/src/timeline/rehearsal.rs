//! A rehearsal: the executor itself in a simulated cloud, timed step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::FutureExt as _;
use tokio::task::unconstrained;

use super::bound::{Work, bounds};
use super::{FailedRehearsal, Interval, RehearsalError, Timeline, critical_path};
use crate::cloud::Cloud as _;
use crate::exec::{
    Dispatch, EventKind, Handles, Machine, Pause, RunIdentity, Stop, Told, Unrecorded, carry_out,
    limits_in_force,
};
use crate::kinds::facts;
use crate::model::{Address, Latencies, LimitError, Limits, ResourceId};
use crate::plan::{Action, Plan};
use crate::sim::SimulatedCloud;
use crate::time::{Elapsing, Interrupt, Time};

/// Under which circumstances a plan is rehearsed.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Rehearsal {
    /// Draws the latencies and everything else that is left to chance.
    pub seed: u64,
    /// Quotas and rates by name, over AWS's and the zone's own; see [`Limits::set`].
    pub limits: BTreeMap<String, f64>,
    /// How long AWS takes.
    pub latencies: Latencies,
}

impl Rehearsal {
    /// AWS's quotas and latencies, drawn with a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Every latency is the usual one: nothing is left to chance but the spread of retries.
    #[must_use]
    pub fn usual(mut self) -> Self {
        self.latencies = self.latencies.usual();
        self
    }

    /// With other latencies.
    #[must_use]
    pub fn latencies(mut self, latencies: Latencies) -> Self {
        self.latencies = latencies;
        self
    }

    /// With another quota or rate.
    ///
    /// # Errors
    /// [`LimitError`] where there is no limit of that name, or the value is none.
    pub fn limit(mut self, name: &str, value: f64) -> Result<Self, LimitError> {
        Limits::default().set(name, value)?;
        self.limits.insert(name.to_owned(), value);
        Ok(self)
    }

    /// With another seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

/// Carries a plan out in a simulated cloud that begins as the plan's observation, and watches the clock.
///
/// Quotas are as raised as AWS raises them. The same rehearsal gives the same timeline.
///
/// # Errors
/// [`RehearsalError::Failed`] where steps fail under these circumstances.
pub fn rehearse(plan: &Plan, rehearsal: &Rehearsal) -> Result<Timeline, RehearsalError> {
    rehearse_until(plan, rehearsal, &Interrupt::new())
}

/// As [`rehearse`], until it is asked to end.
///
/// # Errors
/// As [`rehearse`], and [`RehearsalError::Interrupted`] where it was asked to.
pub fn rehearse_until(
    plan: &Plan,
    rehearsal: &Rehearsal,
    interrupt: &Interrupt,
) -> Result<Timeline, RehearsalError> {
    let Rehearsal { seed, limits: overrides, latencies } = rehearsal;
    let mut overridden = plan.limit_overrides.clone();
    overridden.extend(overrides.iter().map(|(name, value)| (name.clone(), *value)));
    let limits = limits_in_force(&overridden);
    let cloud = SimulatedCloud::builder(*seed)
        .limits(limits.clone().raised())
        .latencies(latencies.clone())
        .observed(&plan.observed)
        .build();
    let known = known_ids(&cloud);
    let rehearsal = || "rehearsal".to_owned();
    let identity =
        RunIdentity { who: rehearsal(), fingerprint: rehearsal(), token_salt: format!("rehearsal {seed}") };
    let mut machine = Machine::new(plan, limits.clone(), latencies.clone(), known, None, identity);
    let mut watch = Watch::default();
    let began = cloud.now();
    let (stop, pause) = (Stop::new(), Pause::new());
    let clock = Elapsing::new(began, cloud.runtime().steady());
    let handles = Handles { stop: &stop, pause: &pause };
    let tell = |Told { events, calls, reports: _ }: Told<'_>| {
        watch.note_calls(calls);
        for event in events {
            watch.note(event.at, event.kind);
        }
        if interrupt.is_asked() {
            stop.ask();
        }
    };
    let run = carry_out(&mut machine, &cloud, &Unrecorded, &clock, handles, tell);
    // In virtual time everything is ready at once, so one poll carries the run to its end. An executor of its own would panic where
    // the caller is inside another, and a task of tokio has a budget that ends in the middle of a run. A run that is stuck or cut off
    // has steps that were not carried out: `Watch::failed` reports them.
    drop(unconstrained(run).now_or_never());
    interrupt.check()?;
    if let Some(failed) = watch.failed(plan) {
        return Err(RehearsalError::Failed(failed));
    }
    let intervals = watch.intervals(plan, began);
    let bounds = bounds(plan, &Work { intervals: &intervals, calls: &watch.calls }, &limits);
    Ok(Timeline {
        makespan: cloud.now().since(began),
        unguarded: watch.unguarded(&cloud),
        critical_path: critical_path(plan, &intervals),
        bounds,
        intervals,
    })
}

fn known_ids(cloud: &SimulatedCloud) -> BTreeMap<Address, ResourceId> {
    let observed = cloud.observe();
    let organization = observed.organization.iter();
    let ids = organization.flat_map(|found| {
        [(Address::organization(), found.organization.id.clone()), (Address::root(), found.root.id.clone())]
    });
    ids.collect()
}

/// What was seen.
#[derive(Default)]
struct Watch {
    starts: BTreeMap<Address, Time>,
    ends: BTreeMap<Address, Time>,
    /// The steps that failed, and why.
    failures: Vec<(Address, String)>,
    /// The steps that wait for time or for a person, and those that wait for such a step.
    pending: BTreeSet<Address>,
    /// The changing calls of each step: no schedule does with fewer.
    calls: BTreeSet<(Address, &'static str)>,
    /// The accounts that were made.
    accounts: BTreeMap<Address, ResourceId>,
}

impl Watch {
    fn note_calls(&mut self, calls: &[Dispatch]) {
        for Dispatch { address, call, .. } in calls {
            if let Some(address) = address.as_ref().filter(|_| call.operation.is_mutating()) {
                self.calls.insert((address.clone(), call.operation.action()));
            }
        }
    }

    fn note(&mut self, at: Time, kind: EventKind) {
        match kind {
            EventKind::Started { address, .. } => {
                self.starts.entry(address).or_insert(at);
            }
            EventKind::Finished { address, kind, action, id } => {
                if facts(kind).is_requested && action == Action::Create {
                    self.accounts.insert(address.clone(), id);
                }
                self.ends.insert(address, at);
            }
            EventKind::Failed { address, error } => self.failures.push((address, error)),
            EventKind::Deferred(pending) => drop(self.pending.insert(pending.address)),
            EventKind::Blocked { address, by } if self.pending.contains(&by) => {
                self.pending.insert(address);
            }
            _ => {}
        }
    }

    /// The steps that were not carried out, if there are any.
    fn failed(&self, plan: &Plan) -> Option<FailedRehearsal> {
        let is_over = |address: &Address| self.ends.contains_key(address) || self.pending.contains(address);
        let missing = plan.steps().filter(|step| !is_over(&step.address)).count();
        let failed = self.failures.clone();
        let waiting = missing.saturating_sub(failed.len());
        (missing > 0).then_some(FailedRehearsal { case: None, failed, waiting })
    }

    /// From when an account existed until it was known to be in its unit.
    fn unguarded(&self, cloud: &SimulatedCloud) -> BTreeMap<Address, Duration> {
        let since = cloud.accounts_since();
        let exposed = |(address, id): (&Address, &ResourceId)| {
            let placed = self.ends.get(&address.child("placement"))?;
            Some((address.clone(), placed.since(*since.get(&id.as_str().parse().ok()?)?)))
        };
        self.accounts.iter().filter_map(exposed).collect()
    }

    fn intervals(&self, plan: &Plan, began: Time) -> Vec<Interval> {
        let interval = |address: &Address| {
            let end = *self.ends.get(address)?;
            let start = self.starts.get(address).copied().unwrap_or(end);
            Some((start.since(began), end.since(began)))
        };
        plan.steps()
            .filter_map(|step| {
                let (start, end): (Duration, Duration) = interval(&step.address)?;
                Some(Interval {
                    address: step.address.clone(),
                    kind: step.kind,
                    action: step.action,
                    start,
                    end,
                })
            })
            .collect()
    }
}
