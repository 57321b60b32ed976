//! The life of a case: processes that die, are resumed, plan again, until the world is as it should be.

use std::sync::Arc;
use std::time::Duration;

use securebase_core::exec::{self, ApplyOptions, Error, Run, Stop};
use securebase_core::observe;
use securebase_core::plan::{self, Plan, Planner};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::{self, MemoryStore, State};

use crate::case::Case;
use crate::desk::{Around, CloudClock, Desk};
use crate::picture::{difference, picture};
use crate::store::faulty_store;
use crate::zones::Prepared;
use crate::{operator, ready};

/// How many processes a case may take.
const PROCESSES_MAX: usize = 40;
/// When every world begins, in seconds: late enough for clocks that are hours behind.
const BEGINNING: u64 = 1_000_000;

/// What became of a case.
#[derive(Debug)]
pub(crate) struct Life {
    /// Everything that must not be.
    pub(crate) wrong: Vec<String>,
    /// The number of its trace.
    pub(crate) trace: u64,
    /// The trace itself, if it was asked for.
    pub(crate) lines: Vec<String>,
    pub(crate) calls: u64,
    pub(crate) writes: u64,
    pub(crate) reads: u64,
    pub(crate) processes: usize,
    /// How long it was for the world.
    pub(crate) virtual_seconds: f64,
    /// The ordinals of the calls that change something.
    pub(crate) changing: Vec<(u64, &'static str)>,
    /// Steps that were given up in some run, with what was said of them.
    pub(crate) given_up: Vec<String>,
}

/// What the next process does.
enum Next {
    Apply(Box<Plan>),
    Resume,
    PlanAgain,
    Nothing,
}

struct Living<'a> {
    case: &'a Case,
    /// What is wanted: the file, and the world that follows from it.
    prepared: Arc<Prepared>,
    desk: &'a Desk,
    around: Around,
    given_up: Vec<String>,
    /// How many there were so far.
    processes: usize,
}

/// Lives through a case.
pub(crate) fn live(case: &Case) -> Life {
    let prepared = case.zone.prepared();
    let desk = Desk::new(case, prepared.clone());
    let cloud = SimulatedCloud::builder(case.seed).faults(case.faults).director(desk.clone()).build();
    cloud.advance_to(cloud.now() + Duration::from_secs(BEGINNING));
    let kept = Arc::new(MemoryStore::new());
    let faulty = faulty_store(Arc::clone(&kept), desk.clone(), case.knows_the_living);
    let state = State::new(faulty).clock(CloudClock(cloud.clone()));
    let plain = State::new(kept).clock(CloudClock(cloud.clone()));
    let around = Around { cloud, state, plain };
    desk.open(around.clone());
    let first = Next::Apply(Box::new(prepared.plan.clone()));
    let mut living = Living { case, prepared, desk: &desk, around, given_up: Vec::new(), processes: 0 };
    living.go_through(first);
    living.judge();
    if let Some(then) = case.then.as_ref().filter(|_| !desk.is_over()) {
        living.prepared = case.zone.moved(then);
        desk.goes_on(Arc::clone(&living.prepared), &then.events);
        living.around.cloud.set_faults(case.faults);
        living.go_through(Next::PlanAgain);
        living.judge();
    }
    let processes = living.processes;
    desk.close();
    let virtual_seconds =
        living.around.cloud.now().as_secs_f64() - Duration::from_secs(BEGINNING).as_secs_f64();
    let given_up = living.given_up;
    let (trace, lines) = desk.trace();
    let (calls, writes, reads) = desk.counts();
    Life {
        wrong: desk.take_wrong(),
        trace,
        lines,
        calls,
        writes,
        reads,
        processes,
        virtual_seconds,
        changing: desk.changing(),
        given_up,
    }
}

impl Living<'_> {
    fn go_through(&mut self, mut next: Next) {
        for _ in 0..PROCESSES_MAX {
            if self.desk.is_over() {
                return;
            }
            let seconds = self.case.clocks.get(self.processes).copied().unwrap_or_default();
            self.around.cloud.set_clock(i64::from(seconds) * 1_000_000);
            self.around.cloud.revive();
            if let Next::Nothing = next {
                return;
            }
            self.processes += 1;
            let stop = Stop::new();
            self.desk.process_begins(stop.clone());
            let options = ApplyOptions::new().who("first").stop(stop);
            let result = match &next {
                Next::Apply(plan) => {
                    let options = options.destroy(plan.destructive().into_iter().cloned());
                    ready(exec::apply(plan, &self.around.cloud, &self.around.state, options))
                }
                Next::Resume => ready(exec::resume(&self.around.cloud, &self.around.state, options)),
                Next::PlanAgain => {
                    next = self.plan_again();
                    continue;
                }
                Next::Nothing => return,
            };
            self.desk.process_ended(&self.around);
            next = self.after(result);
        }
        self.desk.wrong(format!("it has not come to an end after {PROCESSES_MAX} processes"));
    }

    fn after(&mut self, result: Result<Run, Error>) -> Next {
        if result.as_ref().is_err_and(|error| error.to_string().contains("asked to stop")) {
            self.desk.stopped();
        }
        self.desk.note(result.as_ref().map_or_else(Error::code, |run| run.status.name()));
        match result {
            Ok(run) => {
                self.given_up.extend(run.failed.iter().map(|(address, error)| format!("{address}: {error}")));
                if !run.failed.is_empty() {
                    self.desk.gave_up();
                }
                if run.failed.iter().any(|(_, error)| error.contains("invite that one")) {
                    // As it says there.
                    self.around.cloud.readmit_accounts();
                }
                let whole = run.run.is_some() && run.failed.is_empty() && run.blocked.is_empty();
                if whole && !self.case.is_meddled_with() { Next::Nothing } else { Next::PlanAgain }
            }
            Err(Error::Interrupted { .. } | Error::Survey(_) | Error::Unfinished { .. }) => Next::Resume,
            // The lease could not be written, so there is nothing to go on with.
            Err(Error::State(state::Error::NotFound { .. })) => Next::PlanAgain,
            Err(Error::State(state::Error::Leased { by })) => {
                self.around.cloud.advance_to(self.around.cloud.off_clock(by.expires));
                Next::Resume
            }
            Err(Error::State(error) | Error::CutOff(error))
                if matches!(error, state::Error::Io { .. } | state::Error::Fenced { .. }) =>
            {
                Next::Resume
            }
            // Shut out, and the lease can be neither written nor read at that moment.
            Err(Error::CutOff(state::Error::Conflict { .. })) if self.case.has_mishaps() => Next::Resume,
            Err(Error::Stale) => Next::PlanAgain,
            Err(error) => {
                self.desk.wrong(format!("it ended with: {}", error.message()));
                Next::Nothing
            }
        }
    }

    fn planned(&self) -> Option<Result<Plan, plan::Error>> {
        self.desk.surveying(&self.around.cloud);
        let mut planner = Planner::new(&self.prepared.zone);
        // Only a state knows which tags were in the file. Where none are taken out, plans are made without one, which must do.
        if self.case.then.as_ref().is_some_and(|then| then.untagged) {
            match ready(exec::remember(planner, &self.around.plain)) {
                Ok(remembering) => planner = remembering,
                Err(error) => {
                    self.desk.wrong(format!("the state cannot be read: {}", error.message()));
                    return None;
                }
            }
        }
        let observed = ready(observe::survey(&self.around.cloud, &planner.scope())).ok()?;
        Some(planner.observed(&observed).plan())
    }

    fn plan_again(&mut self) -> Next {
        match self.planned() {
            // The planner has died asking; it asks again.
            None => Next::PlanAgain,
            Some(Ok(plan)) if plan.is_empty() && self.desk.is_meddled_with() => Next::PlanAgain,
            Some(Ok(plan)) if plan.is_empty() => Next::Nothing,
            Some(Ok(plan)) => Next::Apply(Box::new(plan)),
            Some(Err(error)) if self.mend(&error) => Next::PlanAgain,
            Some(Err(error)) => {
                self.desk.wrong(format!("it cannot be planned again: {error}"));
                Next::Nothing
            }
        }
    }

    /// Does as an operator would who reads what planning says: of resources that exist twice, the one the state does not
    /// know is deleted.
    fn mend(&self, error: &plan::Error) -> bool {
        let plan::Error::Problems(problems) = error else { return false };
        let cloud = &self.around.cloud;
        let known = ready(self.around.plain.resources()).unwrap_or_default();
        let closed = problems.iter().any(|problem| problem.code == "account-closed");
        let reopened = closed && operator::reopen(&self.around.cloud);
        problems.iter().all(|problem| {
            if problem.code == "account-closed" {
                // Whoever was to be reopened may have been taken out of the organization since.
                return reopened || self.desk.is_meddled_with();
            }
            // An account that is closed or taken out during a survey no longer lets the survey in, and the next one knows why. By a
            // clock that was set, an account of a moment ago is an old one: it answers in a while.
            if problem.code == "account-not-entered"
                && (cloud.clock() != cloud.now()
                    || self.case.is_meddled_with()
                    || self.desk.is_meddled_with())
            {
                cloud.advance_to(cloud.now() + Duration::from_secs(600));
                return true;
            }
            if problem.code != "duplicate-resource" || !self.desk.has_twins() {
                return false;
            }
            let address = securebase_core::model::Address::new(&problem.path);
            let kept = known.get(&address).map(|resource| resource.id.to_string());
            let ids: Vec<&str> = problem.message.split('`').skip(1).step_by(2).collect();
            let kept = kept.filter(|kept| ids.contains(&kept.as_str())).unwrap_or_else(|| ids[0].to_owned());
            let surplus = ids.into_iter().filter(|id| *id != kept);
            surplus.map(|id| self.around.cloud.remove(id)).sum::<usize>() > 0
        })
    }

    /// When all is quiet again: the world is as if nothing had gone wrong, and nothing is left to do.
    fn judge(&mut self) {
        if self.desk.is_over() {
            return;
        }
        self.around.cloud.set_faults(Faults::default());
        self.around.cloud.revive();
        self.desk.quiet();
        self.desk.process_begins(Stop::new());
        self.around.cloud.advance_to(self.around.cloud.now() + Duration::from_secs(7_200));
        self.desk.arrive(&self.around.cloud);
        if self.desk.has_twins() {
            match self.planned() {
                Some(Err(error)) if self.mend(&error) => {}
                Some(Err(error)) => self.desk.wrong(format!("planning again: {error}")),
                _ => self.desk.wrong("planning again says nothing of resources that exist twice"),
            }
        }
        let found = picture(&self.around.cloud);
        if found != self.prepared.expected {
            let difference = difference(&self.prepared.expected, &found);
            self.desk.wrong(format!("the world is not as without faults:{difference}"));
        } else if self.case.is_meddled_with() || self.case.seed % 16 == 1 {
            match self.planned() {
                Some(Ok(plan)) if plan.is_empty() => {}
                Some(Ok(plan)) => self.desk.wrong(format!("planning again finds something to do: {plan}")),
                Some(Err(error)) => self.desk.wrong(format!("planning again: {error}")),
                None => self.desk.wrong("the survey failed without a fault"),
            }
        }
        if !self.case.is_meddled_with() && self.case.faults == Faults::default() {
            for given_up in &self.given_up {
                self.desk.wrong(format!("given up: {given_up}"));
            }
        }
    }
}
