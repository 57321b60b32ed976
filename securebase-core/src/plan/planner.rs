//! The planner: zone and observation in, plan out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::home::{PLACEHOLDER, StatePlace};
use super::check::unread::{self, Memory};
use super::check::{account_quotas, lockout, other_zone, regions, warnings};
use super::cost::MarginFloor;
use super::desired::graph::{Dependency, DependencyReason, Resource, ResourceGraph};
use super::desired::{blocks, zones};
use super::diff::applied::{Applied, Past};
use super::diff::drift::{Base, Drifted};
use super::diff::existing::Existing;
use super::diff::incremental::{Basis, Earlier, Settled};
use super::diff::{Index, Presence, account_id};
use super::order::{sequence, set_aside};
use super::prune::offboarding;
use super::step::{Plan, PlannedTenant, Site, Step};
use super::terms::Terms;
use super::{Error, desired, prune};
use indexmap::IndexMap;

use crate::kinds::facts;
use crate::kinds::info::Home;
use crate::kinds::step::Action;
use crate::model::{AccountId, Address, Cidr, LandingZone, Problem, Problems, ResourceId, TenantKey};
use crate::net::ZoneBlocks;
use crate::observe::{Names, Observed, ObservedOrganization, Scope, tenant_of};
use crate::time::Time;

/// Plans a zone.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use securebase_core::{model::LandingZone, plan::Planner};
/// let zone = LandingZone::load("examples/ten-tenants.client.auto.tfvars")?;
/// let plan = Planner::new(&zone).plan()?; // against an empty organization
/// println!("{plan}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Planner<'a> {
    zone: &'a LandingZone,
    observed: Option<&'a Observed>,
    remembered: Arc<BTreeMap<Address, ResourceId>>,
    margin_floor: Option<MarginFloor>,
    applied: Option<Arc<Applied>>,
    earlier: Option<&'a Plan>,
    served: Option<Terms>,
    state: StatePlace,
    now: Option<Time>,
}

impl<'a> Planner<'a> {
    /// A planner for that zone, against an organization that exists and is empty.
    pub fn new(zone: &'a LandingZone) -> Self {
        Self {
            zone,
            observed: None,
            remembered: Arc::default(),
            margin_floor: None,
            applied: None,
            earlier: None,
            served: None,
            state: StatePlace::Unnamed,
            now: None,
        }
    }

    /// The same planner against what a survey found.
    #[must_use]
    pub fn observed(mut self, observed: &'a Observed) -> Self {
        self.observed = Some(observed);
        self
    }

    /// The same planner with the ids that a state remembers, by address. They keep a tenant's account its own when its
    /// e-mail address or name no longer is what the file says.
    #[must_use]
    pub fn remembered(mut self, remembered: impl IntoIterator<Item = (Address, ResourceId)>) -> Self {
        Arc::make_mut(&mut self.remembered).extend(remembered);
        self
    }

    /// The same planner, which refuses a plan that leaves less than that margin.
    #[must_use]
    pub fn margin_floor(mut self, floor: MarginFloor) -> Self {
        self.margin_floor = Some(floor);
        self
    }

    /// The same planner with what was last applied, as a state knows it: the plan then tells what the cloud has changed from
    /// what the file has, and takes off the tags that were applied and are no longer in the file.
    #[must_use]
    pub fn applied(mut self, applied: Applied) -> Self {
        self.applied = Some(Arc::new(applied));
        self
    }

    /// The same planner with the terms on which tenants were served when the zone was last applied, from the state. The bill
    /// before the plan then uses the prices and tiers of that time.
    #[must_use]
    pub fn served(mut self, terms: Option<Terms>) -> Self {
        self.served = terms;
        self
    }

    /// The same planner with the place of the state that it remembers from, for messages.
    #[must_use]
    pub fn state_place(mut self, place: impl Into<String>) -> Self {
        self.state = StatePlace::There(place.into());
        self
    }

    /// The same planner after a look for a state in a place where there is none: its plan says so.
    #[must_use]
    pub fn without_state(mut self, place: impl Into<String>) -> Self {
        self.state = StatePlace::Missing(place.into());
        self
    }

    /// The same planner at a moment, by the clock of the cloud: what an earlier run has put off and cannot succeed yet is
    /// pending in its plan and not a step. Without a moment every step is planned.
    #[must_use]
    pub fn now(mut self, now: Time) -> Self {
        self.now = Some(now);
        self
    }

    /// The same planner after an earlier plan of this zone. Whatever tenants are as they were then is not compared again where
    /// the observation is the same, which makes planning several times faster when a few of many tenants change. The plan is
    /// the same as without.
    #[must_use]
    pub fn incremental(mut self, earlier: &'a Plan) -> Self {
        self.earlier = Some(earlier);
        self
    }

    /// What of the cloud a survey for this planner must look at.
    pub fn scope(&self) -> Scope {
        let scope = Scope::of(self.zone).remember(&self.remembered);
        match &self.served {
            Some(terms) => scope.serve(terms, &self.remembered),
            None => scope,
        }
    }

    /// The desired graph, without comparing it with anything.
    ///
    /// # Errors
    /// As [`Planner::plan`].
    pub fn desired(&self) -> Result<ResourceGraph, Error> {
        let scope = self.scope();
        let existing = self.existing(&scope);
        let blocks = self.blocks(&existing)?;
        desired::graph(self.zone, &scope, &blocks, &existing, &Settled::default())
    }

    fn existing(&self, scope: &Scope) -> Existing {
        let of = |observed| Existing::of(self.zone, scope, observed, &Names::of(scope));
        self.observed.map(of).unwrap_or_default()
    }

    fn past(&self) -> Past {
        let applied = self.applied.clone().unwrap_or_default();
        Past { applied, remembered: Arc::clone(&self.remembered) }
    }

    fn blocks(&self, existing: &Existing) -> Result<BTreeMap<TenantKey, Cidr>, Error> {
        blocks::assign(self.zone, existing).map(|done| done.blocks)
    }

    /// Which block every tenant has, as the plan gives it, and the pool in which they are recorded: allocated, or pinned where
    /// the file or a VPC that exists decides. The rest is free in it.
    ///
    /// # Errors
    /// [`Error::Problems`] with one problem for every tenant for whom the pool has no room.
    pub fn addresses(&self) -> Result<ZoneBlocks, Error> {
        blocks::assign(self.zone, &self.existing(&self.scope()))
    }

    /// The plan.
    ///
    /// # Errors
    /// [`Error::Problems`] with everything in which the zone and what was observed do not go together, [`Error::Cost`] for a
    /// margin below the floor.
    pub fn plan(&self) -> Result<Plan, Error> {
        let empty;
        let observed = match self.observed {
            Some(observed) => observed,
            None => {
                empty = Observed::empty();
                &empty
            }
        };
        if let Some(problem) = self.state.another_organization(&self.remembered, observed) {
            return Err(Error::Problems(Problems(vec![problem])));
        }
        let scope = self.scope();
        // First: what could not be read would look as if nothing of it were there.
        let unseen = self.read_enough(&scope, observed)?;
        let look = || {
            let existing = self.existing(&scope);
            self.blocks(&existing).map(|blocks| (existing, blocks))
        };
        // Comparing two observations takes as long as what comes next and has nothing to do with it.
        let (earlier, looked) = match self.earlier {
            Some(earlier) => rayon::join(|| Earlier::of(earlier, self.zone, observed), look),
            None => (None, look()),
        };
        let (existing, blocks) = looked?;
        let past = self.past();
        let settled = Settled::since(earlier.as_ref(), self.zone, &past, &scope, &blocks);
        let (known, mut inventory) = settled.kept();
        let graph = desired::graph(self.zone, &scope, &blocks, &existing, &settled)?;
        let mut index = Index::new(observed, &scope, &settled);
        index.adopt(&scope, &graph).map_err(|problems| Error::Problems(Problems(problems)))?;
        let base = self.applied.as_ref().map(|applied| Base::new(&scope, applied, &self.remembered));
        let diff = Diff { base: base.as_ref(), known, ..Diff::default() };
        let diff = self.compared(diff, &graph, &index, observed, &settled)?;
        let Diff { mut steps, mut known, mut drift, .. } = diff;
        drift.sort();
        let mut warnings = warnings::of_file(self.zone);
        warnings.extend(self.state.missing());
        warnings.extend(unseen);
        let pruned = prune::find(self.zone, &scope, &graph, &index, &known, &steps);
        warnings.extend(pruned.warnings);
        for step in pruned.deletions {
            // What another deletion names by its address, a gateway's VPC, must have an id.
            known.extend(step.id.clone().map(|id| (step.address.clone(), id)));
            steps.insert(step.address.clone(), step);
        }
        warnings.extend(offboarding::plan(self.zone, &graph, &index, &known, &mut steps));
        sequence::arrange(&graph, observed, &mut steps)?;
        let pending = match (&self.applied, self.now) {
            (Some(applied), Some(now)) => set_aside::set_aside(applied, now, &mut steps),
            _ => Vec::new(),
        };
        warnings.extend(warnings::cautions(self.zone, observed, &steps));
        warnings.extend(warnings::quotas(self.zone, observed, &steps));
        warnings.extend(account_quotas::warnings(self.zone, observed, &known, &steps));
        warnings.extend(warnings::prices(&scope));
        let wanted = |resource: &&Resource| offboarding::is_wanted(&index, &known, resource);
        let kept = graph.iter().filter(wanted);
        inventory.extend(kept.map(|resource| (resource.address.clone(), resource.kind())));
        let (observed, fingerprint) = settled.observation(observed, &scope);
        let plan = Plan {
            observed_fingerprint: fingerprint,
            observed,
            scope,
            limit_overrides: self.zone.limits.overrides(),
            tiers: self.zone.tiers.clone(),
            tenants: planned_tenants(self.zone, &blocks)?,
            steps,
            known,
            inventory,
            drift: self.applied.is_some().then_some(drift),
            served: self.served.clone(),
            warnings,
            acknowledged: warnings::acknowledged(self.zone),
            pending,
            basis: Basis::of(self.zone, past),
        };
        self.accepted(plan)
    }

    /// Compares what is wanted with what there is.
    ///
    /// # Errors
    /// [`Error::Problems`] with everything in which the two do not go together.
    fn compared<'d>(
        &self,
        mut diff: Diff<'d>,
        graph: &ResourceGraph,
        index: &Index<'_>,
        observed: &Observed,
        settled: &Settled<'_>,
    ) -> Result<Diff<'d>, Error> {
        diff.problems.extend(observed.organization.as_ref().and_then(features));
        for resource in graph.iter() {
            diff.compare(resource, index);
        }
        diff.problems.extend(prune::elsewhere::problems(self.zone, observed, index.names(), &diff.known));
        diff.problems.extend(regions::problems(self.zone, observed, &diff.known, settled));
        diff.problems.extend(zones::name(graph, index, &diff.known, &mut diff.steps));
        if diff.problems.is_empty() { Ok(diff) } else { Err(Error::Problems(Problems(diff.problems))) }
    }

    /// Returns the warnings about what a survey could not read.
    ///
    /// # Errors
    /// [`Error::Problems`] where a plan needs what was not read, or the resources are those of another zone.
    fn read_enough(&self, scope: &Scope, observed: &Observed) -> Result<Vec<Problem>, Error> {
        let made = self.remembered.keys().chain(self.applied.iter().flat_map(|applied| applied.specs.keys()));
        let (shut, unseen): (Vec<Problem>, Vec<Problem>) =
            unread::problems(scope, observed, &Memory::of(made)).into_iter().partition(Problem::is_error);
        let mut barred =
            other_zone::problems(scope, observed, self.applied.as_ref().map(|applied| &applied.specs));
        barred.extend(shut);
        if barred.is_empty() { Ok(unseen) } else { Err(Error::Problems(Problems(barred))) }
    }

    /// Returns the plan, where its guardrails lock nothing out that it needs and its margin is high enough.
    fn accepted(&self, mut plan: Plan) -> Result<Plan, Error> {
        let (errors, doubts): (Vec<Problem>, Vec<Problem>) =
            lockout::problems(self.zone, &plan).into_iter().partition(Problem::is_error);
        if !errors.is_empty() {
            return Err(Error::Problems(Problems(errors)));
        }
        plan.warnings.extend(doubts);
        if let Some(floor) = &self.margin_floor {
            floor.check(&plan)?;
        }
        Ok(plan)
    }
}

/// An organization for consolidated billing only has no control policies, and a plan cannot give it any: every account that
/// was invited has to agree.
fn features(found: &ObservedOrganization) -> Option<Problem> {
    (!found.organization.all_features).then(|| {
        Problem::error(
            "organization-features",
            Address::organization().as_str(),
            format!(
                "invalid organization `{}`: expected all features, it has consolidated billing only",
                found.organization.id
            ),
            "enable all features in the settings of AWS Organizations and have every invited account accept it, then plan \
             again",
        )
    })
}

/// The comparison as it goes along the graph.
#[derive(Default)]
struct Diff<'b> {
    base: Option<&'b Base<'b>>,
    drift: Vec<Drifted>,
    steps: IndexMap<Address, Step>,
    known: BTreeMap<Address, ResourceId>,
    problems: Vec<Problem>,
    /// The steps that must be done before a resource is as it shall be, for those that have no step of their own.
    pending: BTreeMap<Address, Vec<Address>>,
    /// The tenant that was asked for last, and the address of its account.
    home: Option<(TenantKey, Address)>,
}

impl Diff<'_> {
    /// The address of a tenant's account. Its resources come one after the other and share it.
    fn home(&mut self, key: &TenantKey) -> Address {
        match &self.home {
            Some((last, account)) if last == key => account.clone(),
            _ => {
                let account = Address::tenant(key, "account");
                self.home = Some((key.clone(), account.clone()));
                account
            }
        }
    }

    /// The steps a resource waits for.
    fn pending_of(&self, resource: &Resource) -> Vec<Dependency> {
        let mut all: BTreeMap<Address, DependencyReason> = BTreeMap::new();
        for Dependency { on, reason } in resource.dependencies() {
            if self.steps.contains_key(&on) {
                all.insert(on, reason);
            } else if let Some(pending) = self.pending.get(&on) {
                for on in pending {
                    all.entry(on.clone()).or_insert(reason);
                }
            }
        }
        all.into_iter().map(|(on, reason)| Dependency { on, reason }).collect()
    }

    fn compare<'a>(&mut self, resource: &'a Resource, index: &Index<'a>) {
        let home = resource.tenant.as_ref().map(|key| self.home(key));
        let account = home.as_ref().and_then(|home| account_id(&self.known, home));
        let look_first = account.is_some_and(|account| index.member(account, &resource.region).is_none());
        let ours = self.base.map(|base| base.ours(&resource.address)).unwrap_or_default();
        let presence = match index.find(resource, &self.known, account, ours) {
            Ok(presence) => presence,
            Err(problem) => {
                self.problems.push(problem);
                return;
            }
        };
        let facts = facts(resource.kind());
        let (action, id, changes) = match presence {
            Presence::Present { id, changes } if changes.is_empty() => (Action::NoOp, Some(id), changes),
            Presence::Present { id, changes } => (facts.when_different, Some(id), changes),
            Presence::Foreign { id, changes } => (Action::Adopt, Some(id), changes),
            // Nobody gets an account in order to leave it.
            Presence::Absent if index.offboarding(tenant_of(&resource.address)).is_some() => return,
            Presence::Absent => (facts.when_absent, None, Vec::new()),
        };
        if let Some(id) = &id {
            self.known.insert(resource.address.clone(), id.clone());
        }
        if let Some(base) = self.base {
            match id {
                None => self.drift.extend(base.missing(resource, !look_first)),
                Some(_) if !changes.is_empty() => {
                    self.drift.extend(base.differs(resource, &changes, index, &self.known));
                }
                Some(_) => {}
            }
        }
        let depends_on = self.pending_of(resource);
        if action == Action::NoOp {
            // Whoever waits for it waits for what it waits for: a policy that changes is not in force because it is attached.
            if !depends_on.is_empty() {
                let pending = depends_on.into_iter().map(|dependency| dependency.on).collect();
                self.pending.insert(resource.address.clone(), pending);
            }
            return;
        }
        self.steps.insert(
            resource.address.clone(),
            Step {
                address: resource.address.clone(),
                kind: resource.kind(),
                action,
                tenant: resource.tenant.clone(),
                site: site_of(resource, home),
                spec: resource.spec.clone(),
                id,
                changes,
                look_first,
                depends_on,
            },
        );
    }
}

/// The account a resource is in, as far as its id is known.
pub(super) fn account_of(resource: &Resource, known: &BTreeMap<Address, ResourceId>) -> Option<AccountId> {
    account_id(known, &Address::tenant(resource.tenant.as_ref()?, "account"))
}

/// Where the calls for a resource go, given the account of its tenant.
fn site_of(resource: &Resource, home: Option<Address>) -> Site {
    match (home, &facts(resource.kind()).home) {
        (None, _) | (_, Home::Management) => Site::Management,
        (Some(account), Home::Member(_)) => Site::Member { account, region: resource.region.clone() },
    }
}

fn planned_tenants(
    zone: &LandingZone,
    blocks: &BTreeMap<TenantKey, Cidr>,
) -> Result<Vec<PlannedTenant>, Error> {
    let (mut tenants, mut problems) = (Vec::new(), Vec::new());
    for tenant in &zone.tenants {
        match zone.tier_of(tenant) {
            Ok(tier) => tenants.push(PlannedTenant {
                key: tenant.key.clone(),
                tier: tenant.tier.clone(),
                tier_title: tier.title.clone(),
                monthly_price: tenant.monthly_price,
                region: tenant.region.clone(),
                vpc_cidr: blocks.get(&tenant.key).copied(),
                offboard: tenant.offboard,
            }),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(Error::Problems(Problems(problems)));
    }
    tenants.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(tenants)
}

impl Observed {
    /// An organization that exists and holds nothing but its management account.
    pub fn empty() -> Self {
        let id = |text: &str| -> ResourceId {
            #[expect(clippy::expect_used, reason = "a constant that is an id")]
            text.parse().expect("a constant id")
        };
        #[expect(clippy::expect_used, reason = "a constant that is an account id")]
        let management: AccountId = "000000000000".parse().expect("a constant account id");
        Self {
            organization: Some(ObservedOrganization {
                organization: crate::cloud::organizations::Organization {
                    id: id(PLACEHOLDER),
                    management_account: management,
                    all_features: true,
                },
                root: crate::cloud::organizations::Root { id: id("r-empty"), service_control_policies: true },
                units: Vec::new(),
                accounts: Vec::new(),
                other_account_count: 0,
                policies: Vec::new(),
            }),
            members: BTreeMap::new(),
        }
    }
}
