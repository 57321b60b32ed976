//! How one step is carried out: which calls, in which order, and what their replies mean.
//!
//! A program never calls anything. It is asked what it wants next and told what came of it; pacing, retrying and the
//! journal are the machine's. Every program has three parts, any of which may be empty:
//!
//! - *look up*: find the resource by its natural key, because an earlier attempt may have made it;
//! - *act*: calls that change something, in order, the first of which makes the resource;
//! - *await*: read until the change has settled.

mod account;
mod network;
mod organization;
mod workload;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cloud::{AccountRequest, CloudError, ErrorKind, Operation, PageToken, Reply};
use crate::model::{AccountId, Address, Latencies, ResourceId, ResourceSpec, Tags, UsableZones};
use crate::plan::{ADDRESS_TAG, Action, Scope, Step, ZONE_TAG};
use crate::time::Time;

use super::accounts::earlier::Existing;
use super::pages::Pages;

pub(super) use account::{advice, advice_on_refusal};

/// What a program may look at.
pub(super) struct Context<'a> {
    pub(super) step: &'a Step,
    pub(super) scope: &'a Scope,
    pub(super) latencies: &'a Latencies,
    /// The account the step works in, for steps in a member account.
    pub(super) account: Option<AccountId>,
    /// The zones that account can use in the step's region, once it was asked.
    pub(super) zones: Option<&'a UsableZones>,
    /// Makes client tokens differ between runs: an old token may answer with a resource that is gone.
    pub(super) token_salt: &'a str,
    /// The ids known so far.
    pub(super) resolve: &'a dyn Fn(&Address) -> Option<ResourceId>,
}

impl Context<'_> {
    /// The id at an address that the plan promises to be known by now.
    fn id(&self, address: &Address) -> Result<ResourceId, String> {
        (self.resolve)(address).ok_or_else(|| format!("the id of `{address}` is not known"))
    }

    fn account_id(&self, address: &Address) -> Result<AccountId, String> {
        self.id(address)?.as_str().parse().map_err(|error| format!("{error}"))
    }

    /// The id the plan knows for the step's own resource.
    fn own_id(&self) -> Result<ResourceId, String> {
        self.step.id.clone().ok_or_else(|| format!("the id of `{}` is not known", self.step.address))
    }

    /// The tags by which a resource is found again: the zone and the address.
    fn key_tags(&self, address: &Address) -> Tags {
        Tags::from_iter([
            (ZONE_TAG.to_owned(), self.scope.zone.to_string()),
            (ADDRESS_TAG.to_owned(), address.to_string()),
        ])
    }

    /// A client token: the same for every attempt at one generation of one resource in one run, and no other.
    fn client_token(&self, generation: u32) -> String {
        use sha2::{Digest, Sha256};
        let text = format!("{}\n{}\n{}\n{generation}", self.token_salt, self.scope.zone, self.step.address);
        hex::encode(&Sha256::digest(text.as_bytes())[..16])
    }
}

/// What a program wants next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Want {
    /// A call.
    Call(Operation),
    /// To be asked again after a while.
    Pause(Duration),
    /// To be told when AWS has decided on this request for an account.
    Decision(ResourceId),
    /// Nothing more: it is done.
    Done(ResourceId),
    /// Nothing more: it cannot be done.
    Failed(String),
}

/// What a look-up has found.
pub(super) enum Found {
    /// The resource; that many of the acts are done.
    Present { id: ResourceId, acts_done: usize },
    /// A request for an account that is still being decided on.
    Requested(ResourceId),
    /// Not on this page; the next one, or the first one of the next list.
    More(Option<PageToken>),
    /// Nothing.
    Absent,
}

/// What an awaited read says.
pub(super) enum Settled {
    /// It has settled.
    Yes,
    /// Not yet.
    No,
    /// It never will: discard it and begin again.
    Failed(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    LookUp,
    Act(usize),
    Decision,
    Await,
    Discard,
    Finished,
}

/// Generations of an asynchronous resource that failed before a step gives up.
const GENERATIONS_MAX: u32 = 3;

/// How long a change may take to settle: half as long again as AWS's own waiters wait.
const SETTLE_MAX: Duration = Duration::from_secs(900);

/// The progress of one step.
#[derive(Debug)]
pub(super) struct Program {
    stage: Stage,
    id: Option<ResourceId>,
    request: Option<ResourceId>,
    page: Option<PageToken>,
    /// The pages of the list that is being read.
    pages: Pages,
    /// The second half of a look-up in two lists.
    second_list: bool,
    /// Whether the request is one that this step has made, and not one of the same name that was found.
    asked: bool,
    /// A request of the same name that has succeeded, and its account: whose it is must be looked at.
    candidate: Option<(ResourceId, AccountId)>,
    /// Requests of the same name for accounts of others.
    strangers: BTreeSet<ResourceId>,
    /// Requests whose account does not show, in this look-up.
    unseen: BTreeSet<ResourceId>,
    /// Where an account was last seen.
    parent: Option<ResourceId>,
    /// A route is there already: replace it instead of creating it.
    replace: bool,
    /// The service that renames accounts must be trusted by the organization first.
    trust: bool,
    generation: u32,
    /// Since when an effect is in doubt.
    doubt_since: Option<Time>,
    /// AWS says that it exists: not finding it is then a failure.
    exists: Option<String>,
    pause: Option<Duration>,
    polls: u32,
    awaited_since: Option<Time>,
    failure: Option<String>,
}

impl Program {
    /// A program that has not called anything yet.
    pub(super) fn fresh(ctx: &Context<'_>) -> Self {
        let look_first = match (&ctx.step.spec, ctx.step.action) {
            (ResourceSpec::OrganizationRoot, _) => true,
            // An account made in this run sits in the root; any other must be asked for its place.
            (ResourceSpec::AccountPlacement { .. }, _) => ctx.step.id.is_some(),
            _ => false,
        };
        Self::at(if look_first { Stage::LookUp } else { Stage::Act(0) })
    }

    /// A program after a crash: what an earlier attempt has done is looked up first.
    pub(super) fn resumed(ctx: &Context<'_>, request: Option<ResourceId>, now: Time) -> Self {
        let mut program = Self::fresh(ctx);
        program.request = request;
        if program.request.is_some() {
            program.asked = true;
            program.stage = Stage::Decision;
        } else if program.has_look_up(ctx) {
            program.stage = Stage::LookUp;
            program.doubt_since = Some(now);
        }
        program
    }

    fn at(stage: Stage) -> Self {
        Self {
            stage,
            id: None,
            request: None,
            page: None,
            pages: Pages::default(),
            second_list: false,
            asked: false,
            candidate: None,
            strangers: BTreeSet::new(),
            unseen: BTreeSet::new(),
            parent: None,
            replace: false,
            trust: false,
            generation: 0,
            doubt_since: None,
            exists: None,
            pause: None,
            polls: 0,
            awaited_since: None,
            failure: None,
        }
    }

    /// Whether an earlier attempt could be found again by a natural key.
    fn has_look_up(&self, ctx: &Context<'_>) -> bool {
        matches!(ctx.step.action, Action::Create | Action::Move | Action::Update | Action::Verify)
            && matches!(self.look_up(ctx), Ok(Some(_)))
    }

    /// What the program wants next.
    pub(super) fn want(&mut self, ctx: &Context<'_>) -> Want {
        if let Some(failure) = self.failure.take() {
            return Want::Failed(failure);
        }
        if let Some(pause) = self.pause.take() {
            return Want::Pause(pause);
        }
        let wanted = match self.stage {
            Stage::LookUp => self.look_up(ctx),
            Stage::Act(index) => match self.act(ctx, index) {
                Ok(None) => {
                    self.stage = Stage::Await;
                    self.settle(ctx)
                }
                act => act,
            },
            Stage::Decision => {
                return match &self.request {
                    Some(request) => Want::Decision(request.clone()),
                    None => Want::Failed("no request to wait for".to_owned()),
                };
            }
            Stage::Await => self.settle(ctx),
            Stage::Discard => self.discard(ctx).map(Some),
            Stage::Finished => Ok(None),
        };
        match wanted {
            Ok(Some(operation)) => Want::Call(operation),
            Ok(None) => match self.final_id(ctx) {
                Ok(id) => Want::Done(id),
                Err(error) => Want::Failed(error),
            },
            Err(error) => Want::Failed(error),
        }
    }

    /// Since when the change has been waited for to settle, where it is.
    pub(super) fn settling_since(&self) -> Option<Time> {
        self.awaited_since.filter(|_| self.stage == Stage::Await)
    }

    /// The request for an account that was made, if one was.
    pub(super) fn request(&self) -> Option<&ResourceId> {
        self.request.as_ref()
    }

    fn final_id(&self, ctx: &Context<'_>) -> Result<ResourceId, String> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        match &ctx.step.spec {
            ResourceSpec::PolicyAttachment { policy, target } if ctx.step.action != Action::Delete => {
                Ok(crate::plan::attachment_id(&ctx.id(policy)?, &ctx.id(target)?))
            }
            ResourceSpec::AccountPlacement { account, .. } | ResourceSpec::AccountReadiness { account } => {
                ctx.id(account)
            }
            ResourceSpec::LogGroup { name, .. } => {
                name.parse().map_err(|error: crate::model::NameError| error.to_string())
            }
            ResourceSpec::Route { table, .. } => ctx.id(table),
            _ => ctx.own_id(),
        }
    }

    /// A call succeeded.
    pub(super) fn succeeded(&mut self, ctx: &Context<'_>, reply: &Reply, now: Time) {
        let result = match self.stage {
            Stage::LookUp => self.read_look_up(ctx, reply).map(|found| self.found(ctx, found, now)),
            // What is asked before an act brings it no further.
            Stage::Act(_) if matches!(reply, Reply::AvailabilityZones(_)) => Ok(()),
            Stage::Act(index) => self.read_act(ctx, index, reply, now).map(|()| {
                if self.stage == Stage::Act(index) {
                    self.stage = Stage::Act(index + 1);
                }
            }),
            Stage::Await => self.read_settle(ctx, reply).map(|settled| self.settled(ctx, settled, now)),
            Stage::Discard => {
                self.id = None;
                self.generation += 1;
                self.stage = Stage::Act(0);
                Ok(())
            }
            Stage::Decision | Stage::Finished => Ok(()),
        };
        if let Err(error) = result {
            self.failure = Some(error);
        }
    }

    fn found(&mut self, ctx: &Context<'_>, found: Found, now: Time) {
        self.page = None;
        let mut pages = std::mem::take(&mut self.pages);
        match found {
            Found::Present { id, acts_done } => {
                self.id = Some(id);
                self.doubt_since = None;
                self.stage = Stage::Act(acts_done);
            }
            Found::Requested(request) => {
                self.request = Some(request);
                self.doubt_since = None;
                self.stage = Stage::Decision;
            }
            Found::More(None) => {}
            Found::More(Some(page)) => match pages.turn(page) {
                Ok(page) => (self.page, self.pages) = (Some(page), pages),
                Err(error) => self.failure = Some(error.to_string()),
            },
            Found::Absent => {
                let window = self.doubt_window(ctx);
                self.unseen.clear();
                if self.doubt_since.is_some_and(|since| now.since(since) < window) {
                    // What was made a moment ago may not show yet.
                    self.pause = Some(Duration::from_secs(2));
                    self.look_from_the_start();
                } else if let Some(error) = self.exists.take() {
                    self.failure = Some(error);
                } else {
                    self.doubt_since = None;
                    self.second_list = false;
                    self.stage = Stage::Act(0);
                }
            }
        }
    }

    /// How long to go on looking for something that may have been made.
    fn doubt_window(&self, ctx: &Context<'_>) -> Duration {
        let visibility = ctx.latencies.max("visibility").max(Duration::from_secs(5));
        match ctx.step.spec {
            // A second account cannot be undone: look longer.
            ResourceSpec::Account { .. } => visibility * 6,
            _ => visibility * 2,
        }
    }

    fn settled(&mut self, ctx: &Context<'_>, settled: Settled, now: Time) {
        match settled {
            Settled::Yes => self.stage = Stage::Finished,
            // Somebody may have deleted what is waited for, and then it never comes.
            Settled::No if now.since(*self.awaited_since.get_or_insert(now)) >= SETTLE_MAX => {
                let minutes = SETTLE_MAX.as_secs() / 60;
                self.failure = Some(format!("it has not settled within {minutes} minutes; plan again"));
            }
            Settled::No => {
                self.pause = Some(self.poll_pause(ctx));
                self.polls += 1;
            }
            Settled::Failed(error) if self.generation + 1 >= GENERATIONS_MAX => self.failure = Some(error),
            Settled::Failed(_) => {
                self.polls = 0;
                self.awaited_since = None;
                self.stage = Stage::Discard;
            }
        }
    }

    /// A call failed for sure, in a way that is not simply tried again. `Ok` says that the program can go on.
    pub(super) fn refused(&mut self, ctx: &Context<'_>, error: &CloudError, now: Time) -> Result<(), ()> {
        match (self.stage, error.kind) {
            (Stage::LookUp, ErrorKind::NotFound) if self.candidate.is_some() => {
                account::not_shown(self, now);
                Ok(())
            }
            (Stage::LookUp, ErrorKind::NotFound) => {
                self.found(ctx, Found::Absent, now);
                Ok(())
            }
            (Stage::Act(index), ErrorKind::NotFound) if ctx.step.action == Action::Delete => {
                self.stage = Stage::Act(index + 1);
                Ok(())
            }
            (Stage::Discard, ErrorKind::NotFound) => {
                self.succeeded(ctx, &Reply::Done, now);
                Ok(())
            }
            (Stage::Await, ErrorKind::NotFound) if ctx.step.action == Action::Delete => {
                self.stage = Stage::Finished;
                Ok(())
            }
            // The account is not where it was thought to be: ask.
            (Stage::Act(_), ErrorKind::NotFound) if error.code == "SourceParentNotFoundException" => {
                self.stage = Stage::LookUp;
                Ok(())
            }
            (Stage::Act(index), ErrorKind::AlreadyExists) => self.already_exists(ctx, index, error, now),
            // Its block is taken: by itself, perhaps, where the request arrived twice.
            (Stage::Act(index), _) if error.code == "InvalidSubnet.Conflict" => {
                self.already_exists(ctx, index, error, now)
            }
            (Stage::Act(_), ErrorKind::NotReady) if account::renames(ctx) => account::untrusted(self),
            _ => Err(()),
        }
    }

    fn already_exists(
        &mut self,
        ctx: &Context<'_>,
        index: usize,
        error: &CloudError,
        now: Time,
    ) -> Result<(), ()> {
        match (&ctx.step.spec, ctx.step.action) {
            // As good as done; a gateway's attachment was made by an attempt whose reply was lost.
            (
                ResourceSpec::PolicyAttachment { .. }
                | ResourceSpec::AccountPlacement { .. }
                | ResourceSpec::OrganizationRoot,
                _,
            )
            | (ResourceSpec::Account { .. }, Action::Delete)
            | (ResourceSpec::InternetGateway { .. } | ResourceSpec::VpnGateway { .. }, Action::Update) => {
                self.stage = Stage::Act(index + 1);
                Ok(())
            }
            (ResourceSpec::Route { .. }, Action::Create) if !self.replace => {
                self.replace = true;
                Ok(())
            }
            _ if self.has_look_up(ctx) && self.exists.is_none() => {
                self.exists = Some(format!("{error}, yet it was not found by its name or tags"));
                self.look_from_the_start();
                self.doubt_since = Some(now);
                Ok(())
            }
            _ => Err(()),
        }
    }

    /// Nobody knows whether the last call had its effect. Says whether the program will look it up; if not, its calls are
    /// such that calling again is harmless.
    pub(super) fn in_doubt(&mut self, ctx: &Context<'_>, now: Time) -> bool {
        let looks_up = matches!(self.stage, Stage::Act(0)) && self.has_look_up(ctx);
        if looks_up {
            self.look_from_the_start();
            self.doubt_since = Some(now);
        }
        looks_up
    }

    fn look_from_the_start(&mut self) {
        self.stage = Stage::LookUp;
        self.second_list = false;
        self.candidate = None;
        self.page = None;
        self.pages = Pages::default();
    }

    fn act(&self, ctx: &Context<'_>, index: usize) -> Result<Option<Operation>, String> {
        match ctx.step.action {
            Action::Create | Action::Move | Action::Verify => match &ctx.step.spec {
                ResourceSpec::Organization
                | ResourceSpec::OrganizationRoot
                | ResourceSpec::OrganizationalUnit { .. }
                | ResourceSpec::ServiceControlPolicy { .. }
                | ResourceSpec::PolicyAttachment { .. } => organization::create(ctx, self, index),
                ResourceSpec::Account { .. }
                | ResourceSpec::AccountPlacement { .. }
                | ResourceSpec::AccountReadiness { .. } => account::create(ctx, self, index),
                ResourceSpec::FlowLogRole { .. } | ResourceSpec::LogGroup { .. } => {
                    workload::create(ctx, index)
                }
                _ => network::create(ctx, self, index),
            },
            Action::Update | Action::Adopt => {
                let mut operations = match &ctx.step.spec {
                    ResourceSpec::Organization
                    | ResourceSpec::OrganizationRoot
                    | ResourceSpec::OrganizationalUnit { .. }
                    | ResourceSpec::ServiceControlPolicy { .. }
                    | ResourceSpec::PolicyAttachment { .. } => organization::update(ctx, self)?,
                    ResourceSpec::Account { .. } => account::update(ctx, self)?,
                    ResourceSpec::FlowLogRole { .. } | ResourceSpec::LogGroup { .. } => {
                        workload::update(ctx)?
                    }
                    _ => network::update(ctx)?,
                };
                Ok((index < operations.len()).then(|| operations.swap_remove(index)))
            }
            Action::Delete => {
                let mut operations = match &ctx.step.spec {
                    ResourceSpec::OrganizationalUnit { .. }
                    | ResourceSpec::ServiceControlPolicy { .. }
                    | ResourceSpec::PolicyAttachment { .. } => organization::delete(ctx)?,
                    ResourceSpec::Account { .. } => account::delete(ctx)?,
                    ResourceSpec::FlowLogRole { .. } | ResourceSpec::LogGroup { .. } => {
                        workload::delete(ctx)?
                    }
                    _ => network::delete(ctx)?,
                };
                Ok((index < operations.len()).then(|| operations.swap_remove(index)))
            }
            Action::NoOp => Ok(None),
        }
    }

    fn look_up(&self, ctx: &Context<'_>) -> Result<Option<Operation>, String> {
        let page = self.page.clone();
        match &ctx.step.spec {
            ResourceSpec::OrganizationRoot => Ok(Some(Operation::ListRoots)),
            _ if !matches!(ctx.step.action, Action::Create | Action::Move) => Ok(None),
            ResourceSpec::Organization
            | ResourceSpec::OrganizationalUnit { .. }
            | ResourceSpec::ServiceControlPolicy { .. }
            | ResourceSpec::PolicyAttachment { .. } => organization::look_up(ctx, page),
            ResourceSpec::Account { .. }
            | ResourceSpec::AccountPlacement { .. }
            | ResourceSpec::AccountReadiness { .. } => account::look_up(ctx, self, page),
            ResourceSpec::FlowLogRole { .. } | ResourceSpec::LogGroup { .. } => {
                Ok(workload::look_up(ctx, page))
            }
            _ => Ok(network::look_up(ctx, page)),
        }
    }

    fn read_look_up(&mut self, ctx: &Context<'_>, reply: &Reply) -> Result<Found, String> {
        match &ctx.step.spec {
            ResourceSpec::Organization
            | ResourceSpec::OrganizationRoot
            | ResourceSpec::OrganizationalUnit { .. }
            | ResourceSpec::ServiceControlPolicy { .. }
            | ResourceSpec::PolicyAttachment { .. } => organization::read_look_up(ctx, reply),
            ResourceSpec::Account { .. }
            | ResourceSpec::AccountPlacement { .. }
            | ResourceSpec::AccountReadiness { .. } => account::read_look_up(ctx, self, reply),
            ResourceSpec::FlowLogRole { .. } | ResourceSpec::LogGroup { .. } => {
                workload::read_look_up(ctx, reply)
            }
            _ => network::read_look_up(ctx, reply),
        }
    }

    fn read_act(&mut self, ctx: &Context<'_>, index: usize, reply: &Reply, now: Time) -> Result<(), String> {
        match (&ctx.step.spec, reply) {
            (ResourceSpec::Account { .. }, Reply::AccountRequest(request)) => {
                self.asked = true;
                account::decided(self, request, now)
            }
            (ResourceSpec::AccountReadiness { .. }, Reply::CallerIdentity(found)) => {
                account::same(ctx, *found)
            }
            // Enabled already by the time of the reply: nothing is left to look at.
            (ResourceSpec::OrganizationRoot, Reply::Roots(roots))
                if roots.iter().any(|root| root.service_control_policies) =>
            {
                self.stage = Stage::Finished;
                Ok(())
            }
            (_, Reply::Created(id)) if index == 0 => {
                self.id = Some(id.clone());
                Ok(())
            }
            (_, Reply::Organization(organization)) => {
                self.id = Some(organization.id.clone());
                Ok(())
            }
            (_, Reply::Role(role)) => {
                let id = role.arn.parse().map_err(|error: crate::model::NameError| error.to_string())?;
                self.id = Some(id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The request for an account was decided on.
    pub(super) fn decided(&mut self, request: &AccountRequest, now: Time) {
        if let Err(error) = account::decided(self, request, now) {
            self.failure = Some(error);
        }
    }

    /// The account is there already, or was asked for before: nothing must be asked for.
    pub(super) fn exists_already(&mut self, existing: &Existing, now: Time) {
        match existing {
            Existing::Request(request) => {
                self.asked = false;
                self.decided(request, now);
            }
            Existing::Account(account) => match account::usable(account) {
                Ok(()) => {
                    self.id = Some(crate::plan::id_from(account.id));
                    self.stage = Stage::Act(1);
                }
                Err(error) => self.failure = Some(error),
            },
        }
    }

    /// AWS no longer knows the request.
    pub(super) fn request_lost(&mut self, now: Time) {
        self.request = None;
        self.look_from_the_start();
        self.doubt_since = Some(now);
    }

    fn settle(&self, ctx: &Context<'_>) -> Result<Option<Operation>, String> {
        match (&ctx.step.spec, ctx.step.action) {
            (ResourceSpec::OrganizationRoot, _) => Ok(Some(Operation::ListRoots)),
            (ResourceSpec::Account { .. }, Action::Delete) => account::closing(ctx).map(Some),
            (ResourceSpec::NatGateway { .. }, Action::Create | Action::Delete) => {
                let tags = ctx.key_tags(&ctx.step.address);
                Ok(Some(Operation::DescribeNatGateways { tags, page: self.page.clone() }))
            }
            _ => Ok(None),
        }
    }

    fn read_settle(&mut self, ctx: &Context<'_>, reply: &Reply) -> Result<Settled, String> {
        match reply {
            Reply::Roots(roots) => {
                let enabled = roots.iter().any(|root| root.service_control_policies);
                Ok(if enabled { Settled::Yes } else { Settled::No })
            }
            Reply::Account(account) => Ok(account::closed(account)),
            Reply::NatGateways(page) => {
                let id = self.final_id(ctx)?;
                Ok(network::nat_settled(&id, ctx.step.action, &page.items))
            }
            other => Err(unexpected(other)),
        }
    }

    /// How long to wait before the next poll: not before it can possibly have settled, then often enough.
    fn poll_pause(&self, ctx: &Context<'_>) -> Duration {
        let latency = match (&ctx.step.spec, ctx.step.action) {
            (ResourceSpec::NatGateway { .. }, Action::Create) => ctx.latencies.get("nat_gateway_available"),
            (ResourceSpec::NatGateway { .. }, _) => ctx.latencies.get("nat_gateway_deleted"),
            (ResourceSpec::Account { .. }, Action::Delete) => ctx.latencies.get("account_closure"),
            _ => None,
        };
        match latency {
            Some(latency) if self.polls == 0 => Duration::from_secs_f64(latency.min.max(1.0)),
            Some(_) => Duration::from_secs(5),
            None => Duration::from_secs(2),
        }
    }

    fn discard(&self, ctx: &Context<'_>) -> Result<Operation, String> {
        Ok(Operation::DeleteNatGateway { gateway: self.final_id(ctx)? })
    }
}

fn unexpected(reply: &Reply) -> String {
    format!("the cloud answered with {} where that makes no sense", reply.shape())
}

/// The tags to set, of a list of changes.
fn changed_tags(ctx: &Context<'_>) -> Tags {
    let tags = ctx.step.spec.tags().cloned().unwrap_or_default();
    if ctx.step.action == Action::Adopt {
        return tags;
    }
    let changed = |key: &String| ctx.step.changes.iter().any(|change| change.tag_key() == Some(key));
    tags.into_iter().filter(|(key, _)| changed(key)).collect()
}

/// The calls that bring tags up to date, one each way: a resource carries no more tags than a call may name.
///
/// What is taken off goes first, because a resource that is full has no room for another tag, and because keys that differ in
/// case only are one key to IAM.
fn tagging(
    ctx: &Context<'_>,
    off: impl FnOnce(Vec<String>) -> Operation,
    on: impl FnOnce(Tags) -> Operation,
) -> Vec<Operation> {
    let changes = ctx.step.changes.iter().filter(|change| change.takes_tag_off());
    let keys: Vec<String> = changes.filter_map(|change| change.tag_key().map(str::to_owned)).collect();
    let tags = changed_tags(ctx);
    let off = (!keys.is_empty()).then(|| off(keys));
    let on = (!tags.is_empty()).then(|| on(tags));
    off.into_iter().chain(on).collect()
}

fn changes_field(ctx: &Context<'_>, fields: &[&str]) -> bool {
    ctx.step.changes.iter().any(|change| fields.contains(&change.field.as_str()))
}
