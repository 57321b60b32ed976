//! A run: what it may do, what came of it.

pub(super) mod call_report;
pub(super) mod control;
pub(super) mod event;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use self::call_report::{CallReport, CallStats};
use self::control::{Pause, Stop};
use self::event::{Event, EventKind};
use crate::model::{Address, Limits};
use crate::plan::{MarginFloor, Pending};
use crate::state::{Holder, RunId, RunStatus};
use crate::time::Time;

/// Told every event of a run, in order.
pub type Progress = Arc<dyn Fn(&Event) + Send + Sync>;

/// Told every call of a run, once its reply is there or is lost.
pub type OnCall = Arc<dyn Fn(&CallReport) + Send + Sync>;

/// What a run may do, and whom it tells.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct ApplyOptions {
    /// Who applies, for the history; the user's name where empty.
    pub who: String,
    /// Told every event.
    pub progress: Option<Progress>,
    /// Told every call, for metrics.
    pub on_call: Option<OnCall>,
    /// Ends the run early, cleanly.
    pub stop: Stop,
    /// Pauses the run, and lets it go on.
    pub pause: Pause,
    /// Addresses that may be destroyed although something is lost with them.
    pub destroy: BTreeSet<Address>,
    /// The margin below which nothing is applied.
    pub margin_floor: Option<MarginFloor>,
    /// How long to wait for the state where somebody else has its lease.
    pub wait_for_lease: Duration,
}

impl fmt::Debug for ApplyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, progress, on_call, stop, pause, destroy, margin_floor, wait_for_lease } = self;
        f.debug_struct("ApplyOptions")
            .field("who", who)
            .field("progress", &progress.is_some())
            .field("on_call", &on_call.is_some())
            .field("stop", stop)
            .field("pause", pause)
            .field("destroy", destroy)
            .field("margin_floor", &margin_floor.is_some())
            .field("wait_for_lease", wait_for_lease)
            .finish()
    }
}

impl ApplyOptions {
    /// The defaults: nothing is destroyed, nobody is told.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells `progress` every event.
    #[must_use]
    pub fn progress(mut self, progress: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// Tells `on_call` every call.
    #[must_use]
    pub fn on_call(mut self, on_call: impl Fn(&CallReport) + Send + Sync + 'static) -> Self {
        self.on_call = Some(Arc::new(on_call));
        self
    }

    /// Lets that handle pause the run.
    #[must_use]
    pub fn pause(mut self, pause: Pause) -> Self {
        self.pause = pause;
        self
    }

    /// Lets that request end the run early.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Names who applies.
    #[must_use]
    pub fn who(mut self, who: impl Into<String>) -> Self {
        self.who = who.into();
        self
    }

    /// Lets these resources be destroyed.
    #[must_use]
    pub fn destroy(mut self, addresses: impl IntoIterator<Item = Address>) -> Self {
        self.destroy.extend(addresses);
        self
    }

    /// Refuses a plan that leaves less than that margin.
    #[must_use]
    pub fn margin_floor(mut self, floor: MarginFloor) -> Self {
        self.margin_floor = Some(floor);
        self
    }

    /// Waits that long for the state where somebody else has its lease; not at all where nothing else is said.
    ///
    /// The lease of a process that died runs out within [`LEASE_TERM`](crate::state::LEASE_TERM), so two minutes are enough
    /// to go on with its run. A holder that lives renews it; then this ends with [`state::Error::Leased`](crate::state::Error).
    #[must_use]
    pub fn wait_for_lease(mut self, longest: Duration) -> Self {
        self.wait_for_lease = longest;
        self
    }

    /// Who applies, for the history and for whoever is kept waiting.
    pub(in crate::exec) fn holder(&self) -> Holder {
        Holder::this_process(&self.who)
    }
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Run {
    /// How it ended.
    pub status: RunStatus,
    /// Its number in the state, `None` where there was nothing to do.
    pub run: Option<RunId>,
    /// The steps that were carried out, in the order in which they were done.
    pub applied: Vec<Address>,
    /// The steps that failed for good, and why.
    pub failed: Vec<(Address, String)>,
    /// The steps that wait for time or for a person: a later plan takes them up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
    /// The steps that were not begun because one they wait for failed or is pending, and which.
    pub blocked: Vec<(Address, Address)>,
    /// Everything that happened.
    pub events: Vec<Event>,
    /// What was called, by `service:Operation`.
    pub calls: BTreeMap<String, CallStats>,
    /// When it began, by the clock of the cloud.
    pub began: Time,
    /// When it ended.
    pub ended: Time,
    /// Whether it only tried the plan out: nothing was changed and nothing written down.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry: bool,
}

impl Run {
    /// A run that had nothing to do.
    pub(in crate::exec) fn nothing(now: Time) -> Self {
        Self {
            status: RunStatus::Succeeded,
            run: None,
            applied: Vec::new(),
            failed: Vec::new(),
            pending: Vec::new(),
            blocked: Vec::new(),
            events: Vec::new(),
            calls: BTreeMap::new(),
            began: now,
            ended: now,
            dry: false,
        }
    }

    pub(in crate::exec) fn begin(run: RunId, now: Time) -> Self {
        Self { run: Some(run), ..Self::nothing(now) }
    }

    /// Takes note of a call.
    pub(in crate::exec) fn note_call(&mut self, report: &CallReport) {
        self.calls.entry(report.call.to_owned()).or_default().add(report);
    }

    /// Whether a step has failed for that reason.
    pub(in crate::exec) fn has_failed_with(&self, error: &str) -> bool {
        self.failed.iter().any(|(_, known)| known == error)
    }

    /// Takes note of an event.
    pub(in crate::exec) fn note(&mut self, event: Event) {
        self.ended = event.at;
        match &event.kind {
            EventKind::Finished { address, .. } => self.applied.push(address.clone()),
            EventKind::Failed { address, error } => self.failed.push((address.clone(), error.clone())),
            EventKind::Deferred(pending) => self.pending.push(pending.clone()),
            EventKind::Blocked { address, by } => self.blocked.push((address.clone(), by.clone())),
            EventKind::Ended { status } => self.status = *status,
            EventKind::Begun { .. }
            | EventKind::Started { .. }
            | EventKind::Retrying { .. }
            | EventKind::ReadingBack { .. }
            | EventKind::Waiting { .. } => {}
        }
        self.events.push(event);
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, run, applied, failed, pending, blocked, events: _, calls: _, began, ended, dry } =
            self;
        let Some(run) = run else { return write!(f, "nothing to do") };
        let seconds = ended.since(*began).as_secs_f64();
        if *dry {
            write!(f, "dry run {}, nothing was changed: {} steps tried", status.name(), applied.len())?;
        } else {
            write!(f, "run {run} {}: {} steps done", status.name(), applied.len())?;
        }
        if !failed.is_empty() || !blocked.is_empty() {
            write!(f, ", {} failed, {} not begun", failed.len(), blocked.len())?;
        }
        if !pending.is_empty() {
            write!(f, ", {} pending", pending.len())?;
        }
        write!(f, " in {seconds:.0} s")?;
        // One cause fails many steps in the same words: the first of them carries it.
        let mut reasons: IndexMap<&str, (&Address, usize)> = IndexMap::new();
        for (address, error) in failed {
            reasons.entry(error).or_insert((address, 0)).1 += 1;
        }
        for (error, (address, count)) in reasons {
            write!(f, "\n  {address}: {error}")?;
            if count > 1 {
                write!(f, " (and {} more)", count - 1)?;
            }
        }
        for pending in pending {
            write!(f, "\n  {pending}")?;
        }
        Ok(())
    }
}

/// The limits a run keeps to: AWS's, raised where a request was granted and the zone says so.
pub(crate) fn limits_in_force(overrides: &BTreeMap<String, f64>) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in overrides {
        // The zone checked the names when it was read; a name that has since gone from the data changes nothing.
        drop(limits.set(name, *value));
    }
    limits
}
