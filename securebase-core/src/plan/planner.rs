//! The planner: zone and observation in, plan out.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use ipnet::Ipv4Net;

use crate::model::{
    AccountId, Address, LandingZone, Problem, Problems, ResourceId, ResourceKind, ResourceSpec, TenantKey,
};
use crate::observe::{Observed, ObservedOrganization};

use super::compare::{Index, Presence, account_id};
use super::cost::MarginFloor;
use super::desired;
use super::graph::{Dependency, Resource, ResourceGraph};
use super::scope::Scope;
use super::step::{Action, Plan, PlannedTenant, Site, Step};
use super::{Error, blocks, lockout, saved, surplus};

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
    remembered: BTreeMap<Address, ResourceId>,
    margin_floor: Option<MarginFloor>,
}

impl<'a> Planner<'a> {
    /// A planner for that zone, against an organization that exists and is empty.
    pub fn new(zone: &'a LandingZone) -> Self {
        Self { zone, observed: None, remembered: BTreeMap::new(), margin_floor: None }
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
        self.remembered.extend(remembered);
        self
    }

    /// The same planner, which refuses a plan that leaves less than that margin.
    #[must_use]
    pub fn margin_floor(mut self, floor: MarginFloor) -> Self {
        self.margin_floor = Some(floor);
        self
    }

    /// What of the cloud a survey for this planner must look at.
    pub fn scope(&self) -> Scope {
        Scope::of(self.zone).remember(&self.remembered)
    }

    /// The desired graph, without comparing it with anything.
    ///
    /// # Errors
    /// As [`Planner::plan`].
    pub fn desired(&self) -> Result<ResourceGraph, Error> {
        let scope = self.scope();
        let blocks = self.blocks()?;
        desired::graph(self.zone, &scope, &blocks)
    }

    fn blocks(&self) -> Result<BTreeMap<TenantKey, Ipv4Net>, Error> {
        if self.zone.network.is_none() {
            return Ok(BTreeMap::new());
        }
        let existing = self.observed.map(|observed| existing_blocks(self.zone, observed)).unwrap_or_default();
        blocks::assign(self.zone, &existing).map_err(|problems| Error::Problems(Problems(problems)))
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
        let scope = self.scope();
        let blocks = self.blocks()?;
        let graph = desired::graph(self.zone, &scope, &blocks)?;
        let index = Index::new(observed, &scope);
        let mut diff = Diff::default();
        for resource in graph.iter() {
            diff.compare(resource, &index);
        }
        if !diff.problems.is_empty() {
            return Err(Error::Problems(Problems(diff.problems)));
        }
        let Diff { mut steps, known, .. } = diff;
        let mut warnings = self.zone.warnings.clone();
        let surplus = surplus::find(self.zone, &scope, &graph, &index, &known);
        warnings.extend(surplus.warnings);
        warnings.extend(quota_warnings(self.zone, observed, &steps));
        for step in surplus.deletions {
            steps.insert(step.address.clone(), step);
        }
        let (errors, doubts): (Vec<Problem>, Vec<Problem>) =
            lockout::problems(self.zone, &graph, &steps).into_iter().partition(Problem::is_error);
        if !errors.is_empty() {
            return Err(Error::Problems(Problems(errors)));
        }
        warnings.extend(doubts);
        let inventory = graph.iter().map(|resource| (resource.address.clone(), resource.kind())).collect();
        let plan = Plan {
            observed_fingerprint: saved::fingerprint(observed, &scope),
            observed: observed.clone(),
            scope,
            limit_overrides: self.zone.limit_overrides.clone(),
            tiers: self.zone.tiers.clone(),
            tenants: planned_tenants(self.zone, &blocks),
            steps,
            known,
            inventory,
            warnings,
        };
        if let Some(floor) = &self.margin_floor {
            floor.check(&plan)?;
        }
        Ok(plan)
    }
}

/// The comparison as it goes along the graph.
#[derive(Default)]
struct Diff {
    steps: IndexMap<Address, Step>,
    known: BTreeMap<Address, ResourceId>,
    problems: Vec<Problem>,
}

impl Diff {
    fn compare<'a>(&mut self, resource: &'a Resource, index: &Index<'a>) {
        let look_first = resource.tenant.as_ref().is_some_and(|key| {
            account_id(&self.known, &Address::tenant(key, "account"))
                .is_some_and(|account| index.member(account, &resource.region).is_none())
        });
        let account = resource
            .tenant
            .as_ref()
            .and_then(|key| account_id(&self.known, &Address::tenant(key, "account")));
        let presence = match index.find(resource, &self.known, account) {
            Ok(presence) => presence,
            Err(problem) => {
                self.problems.push(problem);
                return;
            }
        };
        let kind = resource.kind();
        let (action, id, changes) = match presence {
            Presence::Present { id, changes } if changes.is_empty() => (Action::NoOp, Some(id), changes),
            Presence::Present { id, changes } if kind == ResourceKind::AccountPlacement => {
                (Action::Move, Some(id), changes)
            }
            Presence::Present { id, changes } => (Action::Update, Some(id), changes),
            Presence::Foreign { id } => (Action::Adopt, Some(id), Vec::new()),
            Presence::Absent => match kind {
                ResourceKind::AccountPlacement => (Action::Move, None, Vec::new()),
                ResourceKind::AccountReadiness => (Action::Verify, None, Vec::new()),
                // The root comes with its organization; what is left to do is to enable its policies.
                ResourceKind::OrganizationRoot => (Action::Update, None, Vec::new()),
                _ => (Action::Create, None, Vec::new()),
            },
        };
        if let Some(id) = &id {
            self.known.insert(resource.address.clone(), id.clone());
        }
        if action == Action::NoOp {
            return;
        }
        let depends_on: Vec<Dependency> = resource
            .dependencies()
            .into_iter()
            .filter(|dependency| self.steps.contains_key(&dependency.on))
            .collect();
        self.steps.insert(
            resource.address.clone(),
            Step {
                address: resource.address.clone(),
                kind,
                action,
                tenant: resource.tenant.clone(),
                site: site_of(resource),
                spec: resource.spec.clone(),
                id,
                changes,
                look_first,
                depends_on,
            },
        );
    }
}

/// Where the calls for a resource go.
fn site_of(resource: &Resource) -> Site {
    match (&resource.tenant, &resource.spec) {
        (None, _) | (_, ResourceSpec::Account { .. } | ResourceSpec::AccountPlacement { .. }) => {
            Site::Management
        }
        (Some(key), _) => {
            Site::Member { account: Address::tenant(key, "account"), region: resource.region.clone() }
        }
    }
}

/// The blocks of the VPCs that exist, by tenant.
fn existing_blocks(zone: &LandingZone, observed: &Observed) -> BTreeMap<TenantKey, Ipv4Net> {
    let name = zone.name.as_str();
    let mut blocks: BTreeMap<&str, Ipv4Net> = BTreeMap::new();
    for member in observed.members.values().flat_map(BTreeMap::values) {
        for vpc in &member.vpcs {
            if let Some(address) = super::compare::our_address(&vpc.vpc.tags, name) {
                blocks.insert(address, vpc.vpc.cidr);
            }
        }
    }
    zone.tenants
        .iter()
        .filter_map(|tenant| {
            let block = blocks.get(Address::tenant(&tenant.key, "vpc").as_str())?;
            Some((tenant.key.clone(), *block))
        })
        .collect()
}

fn planned_tenants(zone: &LandingZone, blocks: &BTreeMap<TenantKey, Ipv4Net>) -> Vec<PlannedTenant> {
    let mut tenants: Vec<PlannedTenant> = zone
        .tenants
        .iter()
        .map(|tenant| PlannedTenant {
            key: tenant.key.clone(),
            tier: tenant.tier.clone(),
            tier_title: zone.tier(&tenant.tier).map_or_else(String::new, |tier| tier.title.clone()),
            monthly_price: tenant.monthly_price,
            region: tenant.region.clone(),
            vpc_cidr: blocks.get(&tenant.key).copied(),
        })
        .collect();
    tenants.sort_by(|a, b| a.key.cmp(&b.key));
    tenants
}

/// What the plan needs beyond what AWS grants unasked: one warning a quota, with the request to make.
fn quota_warnings(zone: &LandingZone, observed: &Observed, steps: &IndexMap<Address, Step>) -> Vec<Problem> {
    let creates = |kind: ResourceKind| {
        steps.values().filter(|step| step.kind == kind && step.action == Action::Create).count() as u64
    };
    let organization = observed.organization.as_ref();
    let exist = |count: Option<usize>| count.unwrap_or_default() as u64;
    let account_count =
        |organization: &ObservedOrganization| organization.accounts.len() + organization.other_account_count;
    // The management account is there even where nothing was observed.
    let accounts = exist(organization.map(account_count)).max(1);
    let units = exist(organization.map(|organization| organization.units.len()));
    let policies = exist(organization.map(|organization| organization.policies.len()));
    let needs = [
        ("accounts", accounts + creates(ResourceKind::Account)),
        ("organizational_units", units + creates(ResourceKind::OrganizationalUnit)),
        ("policies", policies + creates(ResourceKind::ServiceControlPolicy)),
    ];
    needs
        .into_iter()
        .filter_map(|(name, needed)| {
            let limit = zone.limits.get(name)?;
            let granted = zone.limits.quota(name);
            (needed > granted).then(|| {
                let request = limit.request.as_deref().map_or_else(
                    || "AWS does not raise this quota: use a second organization".to_owned(),
                    |request| {
                        format!(
                            "ask for at least {needed} in Service Quotas: {request}; once granted, write \
                             `limits.{name} = {needed}`"
                        )
                    },
                );
                let message =
                    format!("the plan needs {needed} {}, the quota `{name}` is {granted}", limit.unit);
                Problem::warning("quota-request", format!("limits.{name}"), message, request)
            })
        })
        .collect()
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
                organization: crate::cloud::Organization {
                    id: id("o-empty"),
                    management_account: management,
                    all_features: true,
                },
                root: crate::cloud::Root { id: id("r-empty"), service_control_policies: true },
                units: Vec::new(),
                accounts: Vec::new(),
                other_account_count: 0,
                policies: Vec::new(),
            }),
            members: BTreeMap::new(),
        }
    }
}
