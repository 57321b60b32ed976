//! What the machine says of long waits.

use std::time::Duration;

use super::Machine;
use crate::cloud::{CloudError, ErrorKind, Operation};
use crate::exec::engine::lane::StepIndex;
use crate::exec::{EventKind, WaitReason};
use crate::pacing::LONG;
use crate::time::Time;

impl Machine<'_> {
    pub(super) fn waiting(&mut self, now: Time, step: Option<StepIndex>, reason: WaitReason) {
        let address = step.map(|step| self.steps[step].address.clone());
        self.tell(now, EventKind::Waiting { address, reason });
    }

    /// A call of a step has failed for long.
    pub(super) fn failing_long(
        &mut self,
        now: Time,
        step: StepIndex,
        operation: &Operation,
        error: &CloudError,
    ) {
        let reason = if error.kind == ErrorKind::NotReady {
            if std::mem::replace(&mut self.steps[step].said_to_be_young, true) {
                return;
            }
            WaitReason::Readiness
        } else {
            WaitReason::Failing { call: operation.action().to_owned(), error: error.to_string() }
        };
        self.waiting(now, Some(step), reason);
    }

    /// A step pauses before it asks again whether its change has settled.
    pub(super) fn settling(&mut self, now: Time, step: StepIndex, pause: Duration) {
        let slot = &mut self.steps[step];
        let since = slot.run.as_ref().and_then(super::StepRun::settling_since);
        let long = since.is_some_and(|since| (now + pause).since(since) > LONG);
        if long && !std::mem::replace(&mut slot.said_to_settle, true) {
            self.waiting(now, Some(step), WaitReason::Settling);
        }
    }

    /// Queues the call of a step in its lane.
    pub(super) fn line_up(&mut self, now: Time, step: StepIndex, lane: usize) {
        let slot = &self.steps[step];
        self.lanes.push(lane, slot.urgency, step, now);
        if self.lanes.becomes_long(lane, LONG, now) {
            let call = slot.queued.as_ref().map_or_else(String::new, |(call, _)| call.action().to_owned());
            self.waiting(now, None, WaitReason::Rate { call });
        }
    }

    /// AWS takes minutes to decide on the requests that others wait for.
    pub(super) fn room_wanted(&mut self, now: Time) {
        if self.admission.wants_room() && !std::mem::replace(&mut self.said_to_want_room, true) {
            self.waiting(now, None, WaitReason::Room);
        }
    }

    /// The lists that all accounts wait for do not come.
    pub(super) fn accounts_take_long(&mut self, now: Time) {
        if let Some(reason) = self.admission.take_long() {
            self.waiting(now, None, reason);
        }
    }
}
