//! A cloud that exists in memory, in virtual time, the same on every run.
//!
//! Purpose: AWS's behaviour without AWS, for rehearsals, timelines and tests: its validation, error codes, quotas, request
//! rates and latencies, what it does after the reply (accounts in creation, readiness, NAT gateways), and faults on demand.
//! Invariants: one seed and one sequence of calls give one world; every draw is addressed by what is asked, so that another
//! tenant more moves no draw of the others; a rejected call changes nothing.
//! Service control policies bind the calls in member accounts as far as their conditions look at principal, account and
//! region; see `enforcement`.
//! Not modelled: main route tables, default security groups and what else AWS puts into a default VPC (the VPC itself is
//! there, counts against the quotas, and is left out of snapshots); invitations.
//!
//! | file | job |
//! | --- | --- |
//! | `world` | one call: faults on the way, credentials, request rates |
//! | `enforcement` | service control policies on calls |
//! | `services` | what each service does |
//! | `holdings` | what each service keeps: in the organization, in an account, in a region of an account |
//! | `schedule` | what happens later and how often: draws and ids, token buckets, faults by chance or call by call |
//! | `key` | addresses of draws |
//! | `view`, `operator`, `import` | the world from above, changes made by hand, a world from an observation |

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;

use crate::cloud::organizations::{Account, AccountRequest};
use crate::cloud::{Call, Cloud, CloudError, InFlight, Reply, ReplyFuture};
use crate::model::{AccountId, Region, ResourceId, UsableZones};
use crate::observe::Observed;
use crate::time::{Runtime, Time};

mod builder;
mod enforcement;
mod holdings;
mod import;
mod key;
mod operator;
mod schedule;
mod services;
mod view;
mod virtual_time;
mod world;

pub use builder::Builder;
pub use schedule::director::{Director, Fault, Sent};
pub use schedule::faults::Faults;

pub(crate) use virtual_time::VirtualTime;
use world::World;

/// The code of every call of a caller that is dead.
const CRASHED: &str = "Crashed";

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// When the reply arrives, or when the caller gives up waiting for one.
    pub at: Time,
    /// The reply.
    pub result: Result<Reply, CloudError>,
    /// Whether the caller has died; see [`Faults::crash_after_calls`].
    pub crashed: bool,
}

/// A call that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// The service, by the prefix of its actions.
    pub service: &'static str,
    /// The operation, named as AWS names it.
    pub operation: &'static str,
    /// The account it went to.
    pub account_id: AccountId,
    /// When it was sent.
    pub at: Time,
    /// `ok`, the error code, or `lost-reply`, `lost-request`, `crashed`.
    pub outcome: String,
}

/// A simulated AWS organization. Clones share one world.
///
/// # Guarantees
/// The same seed, settings and calls at the same times give the same replies and the same world. A call takes its effect,
/// if it has one, at the moment it is sent; its reply arrives later.
#[derive(Debug, Clone)]
pub struct SimulatedCloud {
    world: Arc<Mutex<World>>,
}

impl SimulatedCloud {
    /// An existing organization with all features: a root with service control policies enabled, the management account,
    /// `FullAWSAccess` attached to both; no units, no member accounts. Adjustable quotas are at the ceiling AWS grants.
    pub fn new(seed: u64) -> Self {
        Self::builder(seed).build()
    }

    /// A cloud with settings of its own.
    pub fn builder(seed: u64) -> Builder {
        Builder::new(seed)
    }

    fn with(world: World) -> Self {
        Self { world: Arc::new(Mutex::new(world)) }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        // A panic elsewhere does not make what the world holds untrue.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a call at `now` and says when the reply arrives; never blocks.
    ///
    /// A `now` before the world's clock counts as the world's clock, which this call moves forward to `now`.
    pub fn submit(&self, now: Time, call: &Call) -> Submission {
        let (director, ordinal, at) = {
            let world = self.world();
            let director = if world.crashed { None } else { world.director.0.clone() };
            (director, world.calls.len() as u64 + 1, world.now.max(now))
        };
        let Some(director) = director else { return self.world().submit(now, call, None).0 };
        let sent = Sent { ordinal, at, call };
        let fault = director.before(self, &sent);
        let (submission, effects) = self.world().submit(now, call, fault);
        director.after(self, &sent, &effects, &submission);
        submission
    }

    /// The world's clock.
    pub fn now(&self) -> Time {
        self.world().now
    }

    /// Moves the world's clock forward; what is due by then happens.
    pub fn advance_to(&self, now: Time) {
        self.world().settle(now);
    }

    /// The caller's clock: the world's, off by what [`SimulatedCloud::set_clock`] says.
    pub fn clock(&self) -> Time {
        self.on_clock(self.now())
    }

    /// A moment of the world on the caller's clock.
    pub fn on_clock(&self, moment: Time) -> Time {
        Time::from_micros(moment.as_micros().saturating_add_signed(self.world().clock_ahead))
    }

    /// A moment of the caller's clock in the world.
    pub fn off_clock(&self, moment: Time) -> Time {
        let behind = self.world().clock_ahead.saturating_neg();
        Time::from_micros(moment.as_micros().saturating_add_signed(behind))
    }

    /// Sets the caller's clock wrong: that far ahead of the world's, in microseconds, or behind it where negative.
    ///
    /// In the middle of a run this is a clock that jumps: the run's own time goes on steadily from where it began.
    pub fn set_clock(&self, ahead_micros: i64) {
        self.world().clock_ahead = ahead_micros;
    }

    /// Every call that was sent, in order.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.world().calls.clone()
    }

    /// All that exists, by kind: the kinds of [`ResourceKind`](crate::model::ResourceKind) but placements and readiness,
    /// each with a list of objects that have at least `id`, `account_id`, `region` and `tags`.
    ///
    /// Every kind is there, if only as an empty list. Left out: what AWS makes by itself (the management account,
    /// `FullAWSAccess` and its attachments, default VPCs) and gateways that are gone but still list.
    pub fn snapshot(&self) -> serde_json::Value {
        view::snapshot(&self.world())
    }

    /// All that exists, as a survey that sees everything would find it now.
    pub fn observe(&self) -> Observed {
        view::observe(&self.world())
    }

    /// Since when each account of the organization exists; [`Time::ZERO`] for those that were there from the beginning. The
    /// caller of AWS learns of an account some seconds later.
    pub fn accounts_since(&self) -> BTreeMap<AccountId, Time> {
        let world = self.world();
        let members = world.holdings.org.iter().flat_map(|org| &org.members);
        members.map(|(account, member)| (*account, member.exists_from)).collect()
    }

    /// Deletes a resource, and all that cannot exist without it, behind everybody's back: a VPC takes its subnets, gateways,
    /// route tables and flow logs with it. Answers how many resources are gone.
    ///
    /// A member account takes all that is in it; the management account, the root and AWS's own policy stay.
    pub fn remove(&self, id: &str) -> usize {
        self.world().remove(id)
    }

    /// Sets a tag of a resource, or takes it off, behind everybody's back. Answers whether there is such a resource.
    pub fn set_tag(&self, id: &str, key: &str, value: Option<&str>) -> bool {
        self.world().set_tag(id, key, value)
    }

    /// The code that the owner of a mailbox finds there, where a change of an account's root address waits for it.
    pub fn mailed_code(&self, email: &str) -> Option<String> {
        self.world().holdings.org.as_ref().and_then(|org| org.mailed_code(email))
    }

    /// Moves a member account to a root or unit, behind everybody's back. Answers whether both are there.
    pub fn move_account(&self, account: AccountId, to: &ResourceId) -> bool {
        self.world().move_account(account, to)
    }

    /// Begins to close a member account behind everybody's back. Answers whether there is such an account, in use.
    pub fn close_account(&self, account: AccountId) -> bool {
        self.world().close_account(account)
    }

    /// Reopens a member account that was closed, as AWS's support does within ninety days. Answers whether it was closed.
    pub fn reopen_account(&self, account: AccountId) -> bool {
        self.world().reopen_account(account)
    }

    /// Adds a valid payment method to the management account, or removes it: AWS then refuses to create accounts. Returns
    /// whether the organization exists.
    pub fn set_payment_method(&self, valid: bool) -> bool {
        self.world().set_payment_method(valid)
    }

    /// Lets a member account use these zones of a region and no others, as when AWS opens or closes one. Answers whether there
    /// is such an account.
    pub fn set_zones(&self, account: AccountId, region: &Region, zones: UsableZones) -> bool {
        self.world().set_zones(account, region, zones)
    }

    /// Enables a region that is off in new accounts, as a person does in the console of the account. Answers whether there is
    /// such an account and region.
    pub fn enable_region(&self, account: AccountId, region: &Region) -> bool {
        self.world().enable_region(account, region)
    }

    /// Disables a region again that was enabled: what is in it stays, and is out of reach. Answers whether it was enabled.
    pub fn disable_region(&self, account: AccountId, region: &Region) -> bool {
        self.world().disable_region(account, region)
    }

    /// Takes a member account out of the organization: it lives on with all that is in it, nobody of the organization can
    /// work in it, and its e-mail address stays taken. Answers whether there is such an account.
    pub fn expel_account(&self, account: AccountId) -> bool {
        self.world().expel_account(account)
    }

    /// Invites back all accounts that were taken out of the organization: they arrive in the root, without tags. Answers how
    /// many.
    pub fn readmit_accounts(&self) -> usize {
        self.world().readmit_accounts()
    }

    /// The member accounts, each with the root or unit it sits in.
    pub fn accounts(&self) -> Vec<(Account, ResourceId)> {
        view::accounts(&self.world())
    }

    /// Every request for an account that was ever accepted, each with the root e-mail address it names.
    pub fn account_requests(&self) -> Vec<(AccountRequest, String)> {
        view::account_requests(&self.world())
    }

    /// What goes wrong from now on, and how often.
    pub fn set_faults(&self, faults: Faults) {
        self.world().faults = faults;
    }

    /// Lets calls through again after a crash.
    pub fn revive(&self) {
        self.world().crashed = false;
    }
}

impl Cloud for SimulatedCloud {
    /// Sends the call at the world's clock and moves the clock on to the reply: calls that overlap in real time come one
    /// after the other in virtual time. Those of a run overlap: see [`Cloud::discrete`].
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        let submission = self.submit(self.now(), &call);
        self.advance_to(submission.at);
        Box::pin(std::future::ready(submission.result))
    }

    fn runtime(&self) -> &dyn Runtime {
        self
    }

    fn connect(&self) {
        self.revive();
    }

    fn discrete(&self) -> Option<Box<dyn InFlight + '_>> {
        Some(Box::new(VirtualTime::new(self)))
    }
}

impl Runtime for SimulatedCloud {
    fn now(&self) -> Time {
        self.clock()
    }

    fn steady(&self) -> Time {
        self.world().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        // Only where it is polled: a sleep that loses a race lets no time pass.
        Box::pin(async move {
            let mut world = self.world();
            let until = world.now + duration;
            world.settle(until);
        })
    }
}
