//! The world: everything that exists, and what one call does to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::enforcement::Guard;
use super::holdings::{Holdings, Site};
use super::schedule::agenda::{Agenda, Event};
use super::schedule::chance::{Chance, Draws};
use super::schedule::director::{Fault, Seat};
use super::schedule::faults::Faults;
use super::schedule::pacing::Pacing;
use super::services::context::{Context, Outcome};
use super::services::{self, manners, throttled};
use super::{CRASHED, CallRecord, Submission, key};
use crate::cloud::organizations::AccountState;
use crate::cloud::{Call, CloudError, Delivery, Operation, Service, Target};
use crate::model::{AccountId, Latencies, Latency, Limits, Region, Regions, RoleName, UsableZones};
use crate::time::Time;

/// Codes of an account whose services do not answer yet; which one is drawn.
const NOT_READY: [&str; 3] = ["OptInRequired", "UnauthorizedOperation", "PendingVerification"];

#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Time,
    pub(super) faults: Faults,
    pub(super) limits: Arc<Limits>,
    pub(super) latencies: Arc<Latencies>,
    /// The region of the management account's regional calls, and of accounts nobody has looked into.
    pub(super) region: Region,
    /// All that exists.
    pub(super) holdings: Holdings,
    /// Where someone has enabled a region that is off in new accounts.
    pub(super) enabled: BTreeSet<(AccountId, Region)>,
    pub(super) calls: Vec<CallRecord>,
    pub(super) crashed: bool,
    pub(super) chance: Chance,
    pub(super) agenda: Agenda,
    pub(super) pacing: Pacing,
    pub(super) guard: Guard,
    pub(super) director: Seat,
    /// How far the caller's clock is ahead of the world's, in microseconds.
    pub(super) clock_ahead: i64,
}

impl World {
    /// Lets everything happen that is due by `now`.
    pub(super) fn settle(&mut self, now: Time) {
        self.now = self.now.max(now);
        while let Some((at, event)) = self.agenda.due(self.now) {
            self.happen(at, event);
        }
    }

    fn happen(&mut self, at: Time, event: Event) {
        match event {
            Event::Organizations(event) => {
                if let Some(org) = &mut self.holdings.org {
                    org.happen(&event, at, &mut self.chance);
                }
            }
            Event::Ec2 { site, event } => {
                if let Some(place) = self.holdings.places.get_mut(&site)
                    && let Some((then, event)) = place.network.happen(event, at)
                {
                    self.agenda.put(then, Event::Ec2 { site, event });
                }
            }
        }
    }

    /// One call, sent at `now`, and what the service did: once, twice or not at all.
    pub(super) fn submit(
        &mut self,
        now: Time,
        call: &Call,
        fault: Option<Fault>,
    ) -> (Submission, Vec<Outcome>) {
        self.settle(now);
        let now = self.now;
        if self.crashed {
            let result = Err(CloudError::not_sent(CRASHED, "the caller is gone"));
            return (Submission { at: now, result, crashed: true }, Vec::new());
        }
        let mut draws = self.chance.draws(&key::of(call));
        let mut fault = fault;
        let sent = self.calls.len() as u64 + 1;
        if self.faults.crash_after_calls.is_some_and(|ordinal| sent >= ordinal.max(1)) {
            self.faults.crash_after_calls = None;
            fault = Some(Fault::Crash { effect: draws.effect < 0.5 });
        }
        let mut effects = Vec::new();
        if let Some(Fault::Crash { effect }) = fault {
            self.crashed = true;
            if effect {
                // What became of it is nobody's to know: the caller is gone.
                effects.push(self.serve(now, call, draws));
            }
            self.record(now, call, "crashed");
            let result = Err(CloudError::unknown(CRASHED, "the caller died during the call"));
            return (Submission { at: now, result, crashed: true }, effects);
        }
        let fault = match fault {
            Some(fault) => {
                fault.bend(&mut draws);
                Some(fault)
            }
            None => self.by_chance(draws),
        };
        let (result, outcome) = self.deliver(now, call, draws, fault, &mut effects);
        let outcome = match (&result, outcome) {
            (_, Some(outcome)) => outcome.to_owned(),
            (Ok(_), None) => "ok".to_owned(),
            (Err(error), None) => error.code.clone(),
        };
        self.record(now, call, &outcome);
        let latency = latency_of(&call.operation);
        // A caller that hears nothing gives up after the longest time a reply can take.
        let wait = match &result {
            Err(error) if error.delivery == Delivery::Unknown => self.latencies.max(latency),
            _ => self.latencies.at(latency, draws.latency),
        };
        (Submission { at: now + wait, result, crashed: false }, effects)
    }

    fn record(&mut self, at: Time, call: &Call, outcome: &str) {
        self.calls.push(CallRecord {
            service: call.operation.service().name(),
            operation: call.operation.name(),
            account_id: self.site(call).account,
            at,
            outcome: outcome.to_owned(),
        });
    }

    /// What goes wrong with a call that no director cares for.
    fn by_chance(&self, draws: Draws) -> Option<Fault> {
        let faults = self.faults;
        if draws.lost_request < faults.lost_request {
            Some(Fault::LostRequest)
        } else if draws.throttle < faults.throttle {
            Some(Fault::Throttle)
        } else if draws.expired_credentials < faults.expired_credentials {
            Some(Fault::ExpiredCredentials)
        } else if draws.service_error < faults.service_error {
            Some(Fault::ServiceError { effect: draws.effect < 0.5 })
        } else {
            (draws.lost_reply < faults.lost_reply).then_some(Fault::LostReply)
        }
    }

    /// The call on its way there and back; the second answer is what to write down instead of the result's code.
    fn deliver(
        &mut self,
        now: Time,
        call: &Call,
        draws: Draws,
        fault: Option<Fault>,
        effects: &mut Vec<Outcome>,
    ) -> (Outcome, Option<&'static str>) {
        match fault {
            Some(Fault::LostRequest) => return (Err(timeout()), Some("lost-request")),
            Some(Fault::Throttle) => return (Err(held_up(&call.operation, draws)), None),
            Some(Fault::ExpiredCredentials) => {
                let code = manners(call.operation.service()).expired;
                return (Err(CloudError::rejected(code, "the session has expired")), None);
            }
            Some(Fault::ServiceError { effect }) => {
                if effect {
                    effects.push(self.serve(now, call, draws));
                }
                let code = manners(call.operation.service()).failed;
                return (Err(CloudError::unknown(code, "the service failed")), None);
            }
            _ => {}
        }
        let first = self.serve(now, call, draws);
        effects.push(first.clone());
        match fault {
            Some(Fault::LostReply) => (Err(timeout()), Some("lost-reply")),
            Some(Fault::Duplicate { second }) => {
                let again = self.serve(now, call, draws);
                effects.push(again.clone());
                (if second { again } else { first }, None)
            }
            _ => (first, None),
        }
    }

    /// The account and region a call goes to.
    fn site(&self, call: &Call) -> Site {
        let (account, region) = match &call.target {
            Target::Management => (self.holdings.management, self.region.clone()),
            Target::Member { account, region, .. } => (*account, region.clone()),
        };
        Site { account, region }
    }

    /// What the service does.
    fn serve(&mut self, now: Time, call: &Call, draws: Draws) -> Outcome {
        let operation = &call.operation;
        let service = operation.service();
        let site = self.site(call);
        if let Target::Member { role, .. } = &call.target {
            self.assume(site.account, role, service, now, draws)?;
            self.check_region(&site, service)?;
        }
        if !self.pacing.admit(now, operation, site.account, &site.region) {
            return Err(throttled(service));
        }
        if let (Target::Member { role, .. }, Some(org)) = (&call.target, &self.holdings.org) {
            self.guard.check(org, site.account, &site.region, role, operation)?;
        }
        let mut context = Context {
            now,
            draws,
            limits: &self.limits,
            latencies: &self.latencies,
            faults: &self.faults,
            chance: &mut self.chance,
            agenda: &mut self.agenda,
        };
        services::serve(&mut self.holdings, &site, &mut context, operation)
    }

    /// Refuses what goes to a region that is off in the account: credentials are not known there. Global services are
    /// everywhere.
    fn check_region(&self, site: &Site, service: Service) -> Result<(), CloudError> {
        let Some(code) = manners(service).off else { return Ok(()) };
        let Site { account, region } = site;
        if region.is_on_in_every_account() || self.enabled.contains(&(*account, region.clone())) {
            return Ok(());
        }
        let message = "the credentials are not valid here: the account does not have the region";
        Err(CloudError::rejected(code, message))
    }

    /// Lets an account use these zones and no others; answers whether there is such an account.
    pub(super) fn set_zones(&mut self, account: AccountId, region: &Region, zones: UsableZones) -> bool {
        let exists = self.holdings.org.as_ref().is_some_and(|org| org.members.contains_key(&account));
        if exists {
            let site = Site { account, region: region.clone() };
            self.holdings.place(&site, &mut self.chance).network.zones = zones;
        }
        exists
    }

    /// Enables a region that is off in new accounts; answers whether there is such an account and region.
    pub(super) fn enable_region(&mut self, account: AccountId, region: &Region) -> bool {
        let exists = self.holdings.org.as_ref().is_some_and(|org| org.members.contains_key(&account));
        let found = exists && Regions::shipped().get(region).is_some();
        if found {
            self.enabled.insert((account, region.clone()));
        }
        found
    }

    /// Disables a region that was enabled; answers whether it was.
    pub(super) fn disable_region(&mut self, account: AccountId, region: &Region) -> bool {
        self.enabled.remove(&(account, region.clone()))
    }

    /// Assumes the access role of a member account, and lets only calls through that the account is ready for.
    fn assume(
        &self,
        account: AccountId,
        role: &RoleName,
        service: Service,
        now: Time,
        draws: Draws,
    ) -> Result<(), CloudError> {
        let denied = || {
            let arn = format!("arn:aws:iam::{account}:role/{role}");
            CloudError::rejected("AccessDenied", format!("not authorized to assume `{arn}`"))
        };
        let member =
            self.holdings.org.as_ref().and_then(|org| org.members.get(&account)).ok_or_else(denied)?;
        if account == self.holdings.management
            || member.account.state != AccountState::Active
            || member.role.as_ref().is_some_and(|made| made != role)
            || now < member.assumable_from
        {
            return Err(denied());
        }
        if now < member.ready_from && !manners(service).answers_early {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a draw below 1 times a small count is a small index"
            )]
            let which = (draws.blank * NOT_READY.len() as f64) as usize;
            return Err(CloudError::rejected(NOT_READY[which], "the account is not ready yet"));
        }
        Ok(())
    }
}

fn latency_of(operation: &Operation) -> Latency {
    if operation.is_mutating() { manners(operation.service()).write } else { Latency::Read }
}

fn timeout() -> CloudError {
    CloudError::unknown("RequestTimeout", "no reply came back")
}

/// What a call that was not too fast is refused with for now.
fn held_up(operation: &Operation, draws: Draws) -> CloudError {
    let service = operation.service();
    let meets = operation.is_mutating() && draws.effect < 0.25;
    match (manners(service).contended)(operation).filter(|_| meets) {
        Some(code) => CloudError::rejected(code, "something else is being written"),
        None => throttled(service),
    }
}
