//! How a step comes to an end: done, put off or given up, and what that means for the steps that wait for it.

use super::Machine;
use crate::exec::EventKind;
use crate::exec::engine::lane::StepIndex;
use crate::kinds::step::{Deferral, Pending};
use crate::model::{Address, ResourceId};
use crate::state::Fact;
use crate::time::Time;

impl Machine<'_> {
    pub(super) fn done(&mut self, now: Time, step: StepIndex, id: ResourceId) {
        let address = self.steps[step].address.clone();
        let planned = self.known.step(step);
        let (kind, action) = (planned.kind, planned.action);
        self.record(now, Fact::Done { address: address.clone(), id: id.clone() });
        self.tell(now, EventKind::Finished { address: address.clone(), kind, action, id: id.clone() });
        self.known.learn(address, id);
        for next in self.steps.finish(step) {
            if self.steps.release(next) {
                self.start(now, next);
            }
        }
        self.release_account(now, step);
    }

    /// A step can go no further before time has passed or a person has acted, and neither can what waits for it.
    pub(super) fn put_off(&mut self, now: Time, step: StepIndex, deferral: Deferral) {
        let planned = self.known.step(step);
        let (address, kind, action) = (planned.address.clone(), planned.kind, planned.action);
        self.record(now, Fact::Deferred { address: address.clone(), deferral: deferral.clone() });
        self.tell(now, EventKind::Deferred(Pending { address: address.clone(), kind, action, deferral }));
        let blocked = self.steps.defer(step);
        self.blocked(now, blocked, &address);
        self.release_account(now, step);
    }

    fn blocked(&mut self, now: Time, blocked: Vec<StepIndex>, by: &Address) {
        for step in blocked {
            let address = self.steps[step].address.clone();
            self.tell(now, EventKind::Blocked { address, by: by.clone() });
        }
    }

    pub(super) fn give_up(&mut self, now: Time, step: StepIndex, error: &str) {
        let address = self.steps[step].address.clone();
        self.record(now, Fact::Failed { address: address.clone(), error: error.to_owned() });
        self.tell(now, EventKind::Failed { address: address.clone(), error: error.to_owned() });
        for other in self.zones_never_answered(step) {
            self.give_up(now, other, error);
        }
        let blocked = self.steps.fail(step);
        self.blocked(now, blocked, &address);
        self.release_account(now, step);
    }
}
