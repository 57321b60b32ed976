//! Where every step of a run stands, and which may begin: a step begins once all it waits for is done.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};
use std::time::Duration;

use super::lane::StepIndex;
use crate::cloud::Operation;
use crate::exec::step::StepRun;
use crate::model::{Address, Latencies, ResourceId};
use crate::pacing::Failing;
use crate::plan::Plan;
use crate::state::{Replay, RunStatus, StepStatus};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Waiting,
    Running,
    Done,
    Failed,
    Deferred,
    Blocked,
}

/// What the machine knows of one step.
pub(in crate::exec) struct Slot<'p> {
    pub(in crate::exec) address: Address,
    pub(in crate::exec) status: Status,
    waits_for: usize,
    waited_for_by: Vec<StepIndex>,
    /// The longest way that begins with the step.
    pub(in crate::exec) urgency: Duration,
    pub(in crate::exec) run: Option<StepRun<'p>>,
    /// The operation that stands in a lane, and the lane.
    pub(super) queued: Option<(Operation, usize)>,
    pub(in crate::exec) failing: Failures,
    pub(in crate::exec) started: bool,
    /// Whether it was said that its account is too young.
    pub(super) said_to_be_young: bool,
    /// Whether it was said that its change takes long to settle.
    pub(super) said_to_settle: bool,
    /// What a journal says of it, from before a crash.
    pub(super) record: Option<(StepStatus, Option<ResourceId>)>,
}

/// The failures in a row of a step's reads and of its changes. Apart, because a look-up that succeeds between two attempts at a
/// change does not make the change any more likely to.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::exec) struct Failures {
    reads: Failing,
    changes: Failing,
}

impl Failures {
    /// Those among which a failure of the operation counts.
    pub(in crate::exec) fn of(&mut self, operation: &Operation) -> &mut Failing {
        if operation.is_mutating() { &mut self.changes } else { &mut self.reads }
    }
}

/// All steps of a run, by their place in the plan.
pub(in crate::exec) struct Steps<'p> {
    slots: Vec<Slot<'p>>,
    /// How many have come to no end yet.
    left: usize,
}

impl<'p> Steps<'p> {
    /// The steps of a plan, from its beginning or from where a journal left off.
    pub(in crate::exec) fn new(plan: &'p Plan, latencies: &Latencies, replay: Option<&Replay>) -> Self {
        let index: BTreeMap<&Address, StepIndex> =
            plan.steps().enumerate().map(|(index, step)| (&step.address, index)).collect();
        let mut slots: Vec<Slot<'p>> = plan
            .steps()
            .map(|step| Slot {
                address: step.address.clone(),
                status: Status::Waiting,
                waits_for: step.depends_on.len(),
                waited_for_by: Vec::new(),
                urgency: step.typical_duration(latencies),
                run: None,
                queued: None,
                failing: Failures::default(),
                started: false,
                said_to_be_young: false,
                said_to_settle: false,
                record: replay
                    .and_then(|replay| replay.steps.get(&step.address))
                    .map(|record| (record.status, record.request.clone())),
            })
            .collect();
        for (position, step) in plan.steps().enumerate() {
            for dependency in &step.depends_on {
                if let Some(on) = index.get(&dependency.on) {
                    slots[*on].waited_for_by.push(position);
                } else {
                    slots[position].waits_for -= 1;
                }
            }
        }
        // Steps come after all they wait for, so one pass from the end gives each the longest way that begins with it.
        for position in (0..slots.len()).rev() {
            let longest = slots[position]
                .waited_for_by
                .iter()
                .map(|next| slots[*next].urgency)
                .max()
                .unwrap_or_default();
            slots[position].urgency += longest;
        }
        let mut steps = Self { left: slots.len(), slots };
        let done = |record: &Option<(StepStatus, _)>| matches!(record, Some((StepStatus::Done, _)));
        let all = 0..steps.slots.len();
        for position in all.filter(|position| done(&steps.slots[*position].record)).collect::<Vec<_>>() {
            for next in steps.finish(position) {
                steps.release(next);
            }
        }
        steps
    }

    pub(in crate::exec) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many have come to no end yet.
    pub(in crate::exec) fn left(&self) -> usize {
        self.left
    }

    /// How a run ends whose steps have all come to an end.
    pub(super) fn status(&self) -> RunStatus {
        let any = |status| self.slots.iter().any(|slot| slot.status == status);
        if any(Status::Failed) {
            RunStatus::Failed
        } else if any(Status::Deferred) {
            RunStatus::Pending
        } else {
            RunStatus::Succeeded
        }
    }

    pub(in crate::exec) fn iter(&self) -> impl Iterator<Item = &Slot<'p>> {
        self.slots.iter()
    }

    /// Those that wait for nothing.
    pub(in crate::exec) fn ready(&self) -> Vec<StepIndex> {
        let slots = self.slots.iter().enumerate();
        slots
            .filter(|(_, slot)| slot.status == Status::Waiting && slot.waits_for == 0)
            .map(|(step, _)| step)
            .collect()
    }

    /// A step is done. Answers who waits for it; each of them is to be released, in that order.
    pub(in crate::exec) fn finish(&mut self, step: StepIndex) -> Vec<StepIndex> {
        let slot = &mut self.slots[step];
        slot.status = Status::Done;
        slot.run = None;
        self.left -= 1;
        std::mem::take(&mut slot.waited_for_by)
    }

    /// One of those a step waits for is done. Answers whether the step may begin.
    pub(in crate::exec) fn release(&mut self, step: StepIndex) -> bool {
        let slot = &mut self.slots[step];
        slot.waits_for -= 1;
        slot.waits_for == 0 && slot.status == Status::Waiting
    }

    /// Ends a step that has failed for good. Returns the steps that can never begin now.
    pub(super) fn fail(&mut self, step: StepIndex) -> Vec<StepIndex> {
        self.end_early(step, Status::Failed)
    }

    /// Ends a step that can go no further for now. Returns the steps that cannot begin in this run.
    pub(super) fn defer(&mut self, step: StepIndex) -> Vec<StepIndex> {
        self.end_early(step, Status::Deferred)
    }

    fn end_early(&mut self, step: StepIndex, status: Status) -> Vec<StepIndex> {
        let slot = &mut self.slots[step];
        slot.status = status;
        slot.run = None;
        slot.queued = None;
        self.left -= 1;
        let mut pending = std::mem::take(&mut slot.waited_for_by);
        let mut blocked = Vec::new();
        while let Some(next) = pending.pop() {
            let slot = &mut self.slots[next];
            if slot.status == Status::Waiting {
                slot.status = Status::Blocked;
                self.left -= 1;
                blocked.push(next);
                pending.append(&mut slot.waited_for_by);
            }
        }
        blocked
    }
}

impl<'p> Index<StepIndex> for Steps<'p> {
    type Output = Slot<'p>;

    fn index(&self, step: StepIndex) -> &Slot<'p> {
        &self.slots[step]
    }
}

impl IndexMut<StepIndex> for Steps<'_> {
    fn index_mut(&mut self, step: StepIndex) -> &mut Self::Output {
        &mut self.slots[step]
    }
}
