//! What the machine does about accounts: none is asked for that there is, and no more at a time than AWS decides on.

use super::{Machine, Purpose};
use crate::cloud::{Call, CloudError, Reply, Target};
use crate::exec::accounts::admission::Refused;
use crate::exec::accounts::earlier::Existing;
use crate::exec::accounts::exhausted;
use crate::exec::accounts::requests::{Answer, Blind, Question};
use crate::exec::engine::lane::StepIndex;
use crate::exec::engine::steps::Failures;
use crate::kinds::advice;
use crate::model::ResourceId;
use crate::time::Time;

impl Machine<'_> {
    /// Lets requests for accounts into their lane.
    pub(super) fn admit_accounts(&mut self, now: Time) {
        if let Some(refused) = self.admission.turned_away() {
            self.turn_away(now, refused);
        }
        while let Some(step) = self.admission.next(now) {
            if let Some((_, lane)) = &self.steps[step].queued {
                self.line_up(now, step, *lane);
            }
        }
        self.room_wanted(now);
    }

    pub(super) fn release_account(&mut self, now: Time, step: StepIndex) {
        if self.admission.release(step) {
            self.admit_accounts(now);
        }
    }

    /// AWS makes no more accounts for this organization: whoever waits to ask for one need not.
    pub(super) fn accounts_exhausted(&mut self, now: Time, error: &str) {
        self.admission.exhaust(error);
        self.admit_accounts(now);
    }

    fn turn_away(&mut self, now: Time, Refused { steps, error }: Refused) {
        for step in steps {
            self.give_up(now, step, &error);
        }
    }

    pub(super) fn await_decision(&mut self, now: Time, step: StepIndex, request: ResourceId) {
        // Whatever was in doubt before, a request was made.
        self.steps[step].failing = Failures::default();
        self.admission.follow(now, step, request);
    }

    pub(super) fn earlier_listed(&mut self, now: Time, result: Result<Reply, CloudError>) {
        let plan = self.known.plan;
        let account = |step| plan.steps_by_index(step).spec.as_kind().requested_as();
        match self.admission.earlier_listed(now, result, self.seed, account) {
            Ok(found) => {
                for (step, existing) in found {
                    self.take(now, step, &existing);
                }
                self.admit_accounts(now);
            }
            Err(refused) => self.turn_away(now, refused),
        }
        self.accounts_take_long(now);
    }

    /// Takes what there is of an account instead of asking for it.
    pub(super) fn take(&mut self, now: Time, step: StepIndex, existing: &Existing) {
        self.steps[step].queued = None;
        if let Some(run) = &mut self.steps[step].run {
            run.exists_already(existing, now);
        }
        self.advance(now, step);
    }

    pub(super) fn ask(&mut self, now: Time, question: Option<Question>) {
        if let Some(question) = question {
            let call = Call { target: Target::Management, operation: question.operation() };
            self.fly(now, Purpose::Question(question), None, call);
        }
    }

    pub(super) fn answered(&mut self, now: Time, question: &Question, result: Result<Reply, CloudError>) {
        let next = match question {
            Question::List(_) => match self.admission.listed(now, result, &mut self.lanes, self.seed) {
                Ok(next) => {
                    self.admit_accounts(now);
                    next
                }
                Err(blind) => return self.blind(now, blind),
            },
            Question::Describe(request) => {
                match self.admission.described(now, request, result, self.seed) {
                    Ok(Some((step, answer))) => self.decided(now, step, &answer),
                    Ok(None) => {}
                    Err(blind) => return self.blind(now, blind),
                }
                self.admission.next_question(now, &mut self.lanes)
            }
        };
        self.accounts_take_long(now);
        self.ask(now, next);
    }

    fn decided(&mut self, now: Time, step: StepIndex, answer: &Answer) {
        // A request from before a crash may have been refused long ago.
        if self.steps[step].started
            && let Answer::Decided(request) = answer
            && let Some(reason) = exhausted::by_decision(request)
        {
            self.admission.exhaust(&format!("{reason}; {}", advice(reason)));
        }
        if let Some(run) = &mut self.steps[step].run {
            match answer {
                Answer::Decided(found) => run.decided(found, now),
                Answer::Lost => run.request_lost(now),
            }
        }
        self.release_account(now, step);
        self.advance(now, step);
    }

    fn blind(&mut self, now: Time, Blind { steps, error }: Blind) {
        for step in steps {
            self.give_up(now, step, &format!("what became of the request cannot be asked for: {error}"));
        }
    }
}
