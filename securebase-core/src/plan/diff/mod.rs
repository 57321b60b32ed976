//! Desired against observed, one resource at a time.
//!
//! A resource is recognised by its natural key: accounts by id or e-mail, units and policies by name, roles and log groups
//! by name, everything in a VPC by the address tag. Formatting is never a difference: documents compare by meaning, tags by
//! value. Tags are taken off where earlier runs have set them; all others are left alone.

mod account;
mod adoption;
pub(super) mod applied;
mod changes;
pub(super) mod drift;
pub(super) mod existing;
pub(super) mod incremental;
mod member;

use std::collections::{BTreeMap, BTreeSet};

use super::desired::graph::{Resource, ResourceGraph};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::Change;
use crate::kinds::{AccountSpec, ResourceSpec};
use crate::model::{AccountId, Address, Offboarding, Problem, Region, ResourceId, Tags, ZONE_TAG};
use crate::observe::{
    Accounts, Names, Observed, ObservedAccount, ObservedMember, ObservedOrganization, ObservedPolicy,
    ObservedUnit, Scope, unit_paths,
};
use applied::Ours;
use incremental::Settled;

pub(super) use account::account_id;
pub(super) use member::Member;

use changes::tag_changes;

/// What was found in the place of a desired resource.
pub(in crate::plan) enum Presence {
    /// Nothing.
    Absent,
    /// A resource; it differs by the changes, if any.
    Present { id: ResourceId, changes: Vec<Change> },
    /// A resource that is nobody's yet; making it ours changes what is listed.
    Foreign { id: ResourceId, changes: Vec<Change> },
}

/// What was observed, by natural key.
pub(in crate::plan) struct Index<'a> {
    organization: Option<&'a ObservedOrganization>,
    units: BTreeMap<(&'a ResourceId, &'a str), &'a ObservedUnit>,
    /// The path of the root (empty) and of every unit.
    paths: BTreeMap<ResourceId, String>,
    policies: BTreeMap<&'a str, &'a ObservedPolicy>,
    accounts: Accounts<'a>,
    /// What was read. The comparison leaves out what was not: see [`unread`](super::check::unread).
    members: BTreeMap<(AccountId, &'a Region), Member<'a>>,
    /// The accounts that are known by id, by the key of their tenant.
    known_accounts: BTreeMap<&'a str, AccountId>,
    /// The keys of all tenants of the file.
    keys: BTreeSet<&'a str>,
    /// The tenants that leave.
    leaving: BTreeMap<&'a str, Offboarding>,
    names: Names<'a>,
}
impl<'a> Index<'a> {
    /// Everything observed but what is inside the accounts of settled tenants.
    pub(in crate::plan) fn new(observed: &'a Observed, scope: &'a Scope, settled: &Settled<'_>) -> Self {
        let names = Names::of(scope);
        let organization = observed.organization.as_ref();
        Self {
            organization,
            paths: organization.map(unit_paths).unwrap_or_default(),
            units: organization
                .iter()
                .flat_map(|organization| &organization.units)
                .map(|unit| ((&unit.parent, unit.name.as_str()), unit))
                .collect(),
            policies: organization
                .iter()
                .flat_map(|organization| &organization.policies)
                .map(|policy| (policy.policy.name.as_str(), policy))
                .collect(),
            accounts: organization.map(|organization| Accounts::of(organization, &names)).unwrap_or_default(),
            members: observed
                .known_members()
                .filter(|(account, ..)| !settled.has(*account))
                .map(|(account, region, member)| ((account, region), Member::new(member, &names)))
                .collect(),
            known_accounts: scope
                .tenants
                .iter()
                .filter_map(|tenant| Some((tenant.key.as_str(), tenant.account_id?)))
                .collect(),
            keys: scope.tenants.iter().map(|tenant| tenant.key.as_str()).collect(),
            leaving: scope
                .tenants
                .iter()
                .filter_map(|tenant| Some((tenant.key.as_str(), tenant.offboard?)))
                .collect(),
            names,
        }
    }

    /// Takes note of the parts of networks that exist and are to become ours.
    ///
    /// # Errors
    /// One problem for every tenant whose network cannot be adopted.
    pub(in crate::plan) fn adopt(
        &mut self,
        scope: &'a Scope,
        graph: &ResourceGraph,
    ) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        for tenant in &scope.tenants {
            if tenant.vpc_id.is_none() && tenant.vpc_cidr.is_none() {
                continue;
            }
            let account = self.accounts.of_tenant(tenant).map(|found| found.account.id);
            let Some(member) = account.and_then(|account| self.members.get_mut(&(account, &tenant.region)))
            else {
                continue;
            };
            match adoption::network(tenant, member.observed, graph, &self.names) {
                Ok(found) => {
                    for (address, id) in found {
                        member.claim(&address, id);
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The organization, if there is one.
    pub(in crate::plan) fn organization(&self) -> Option<&'a ObservedOrganization> {
        self.organization
    }

    /// Whose resources are.
    pub(in crate::plan) fn names(&self) -> &Names<'a> {
        &self.names
    }

    /// How a tenant leaves, if it does.
    pub(in crate::plan) fn offboarding(&self, key: &str) -> Option<Offboarding> {
        self.leaving.get(key).copied()
    }

    /// An account by id.
    pub(in crate::plan) fn account(&self, id: AccountId) -> Option<&'a ObservedAccount> {
        self.accounts.by_id(id)
    }

    /// A member account in one region, if it was read.
    pub(in crate::plan) fn member(&self, account: AccountId, region: &'a Region) -> Option<&Member<'a>> {
        self.members.get(&(account, region))
    }

    /// What was found in the place of `resource`. `ids` holds the ids of the resources it names, where those exist; `ours`
    /// the tags that earlier runs have set.
    ///
    /// # Errors
    /// A problem where what was found can be neither kept nor changed.
    pub(in crate::plan) fn find(
        &self,
        resource: &'a Resource,
        ids: &BTreeMap<Address, ResourceId>,
        account: Option<AccountId>,
        ours: Ours<'_>,
    ) -> Result<Presence, Problem> {
        let member = account.and_then(|account| self.member(account, &resource.region));
        if let Some(member) = member {
            member.refuse_twins(&resource.address)?;
        }
        let presence = self.find_as(&resource.address, &resource.spec, ids, member, ours)?;
        let mut presence = self.claimed(&resource.address, presence)?;
        let is_foreign = matches!(presence, Presence::Foreign { .. });
        if let Presence::Present { id, changes } | Presence::Foreign { id, changes } = &mut presence
            && !ours.were_set_on(id, is_foreign)
        {
            changes.retain(|change| !change.takes_tag_off());
        }
        Ok(presence)
    }

    /// As [`Index::find`], against another description of the same resource.
    pub(in crate::plan) fn find_spec(
        &self,
        resource: &Resource,
        spec: &ResourceSpec,
        ids: &BTreeMap<Address, ResourceId>,
        account: Option<AccountId>,
    ) -> Result<Presence, Problem> {
        let member = account.and_then(|account| self.members.get(&(account, &resource.region)));
        self.find_as(&resource.address, spec, ids, member, Ours::default())
    }

    /// What is somebody else's is not ours to change; what is nobody's is taken over.
    fn claimed(&self, address: &Address, presence: Presence) -> Result<Presence, Problem> {
        let Presence::Present { id, changes } = presence else { return Ok(presence) };
        let zone_tag = |change: &&Change| change.field.strip_prefix("tags.") == Some(ZONE_TAG);
        match changes.iter().find(zone_tag).map(|change| change.from.as_deref()) {
            None => Ok(Presence::Present { id, changes }),
            Some(None) => Ok(Presence::Foreign { id, changes }),
            Some(Some(zone)) => Err(Problem::error(
                "resource-of-another",
                address.as_str(),
                format!("`{id}` has this name and belongs to zone `{zone}`, not to `{}`", self.names.zone()),
                "give one of the two another name; to take it over, take the tag `securebase:zone` off it",
            )),
        }
    }

    fn find_as(
        &self,
        address: &Address,
        spec: &ResourceSpec,
        ids: &BTreeMap<Address, ResourceId>,
        member: Option<&Member<'a>>,
        ours: Ours<'_>,
    ) -> Result<Presence, Problem> {
        let found = spec.as_kind().find(&Place { index: self, address, ids, member, ours })?;
        Ok(found.map_or(Presence::Absent, |Standing { id, changes }| Presence::Present { id, changes }))
    }
}

/// The place of one resource in what was observed.
struct Place<'i, 'a> {
    index: &'i Index<'a>,
    address: &'i Address,
    ids: &'i BTreeMap<Address, ResourceId>,
    member: Option<&'i Member<'a>>,
    ours: Ours<'i>,
}

impl Seen for Place<'_, '_> {
    fn address(&self) -> &Address {
        self.address
    }

    fn id_at(&self, address: &Address) -> Option<&ResourceId> {
        self.ids.get(address)
    }

    fn organization(&self) -> Option<&ObservedOrganization> {
        self.index.organization
    }

    fn unit(&self, parent: &ResourceId, name: &str) -> Option<&ObservedUnit> {
        self.index.units.get(&(parent, name)).copied()
    }

    fn unit_name(&self, unit: &ResourceId) -> String {
        match self.index.paths.get(unit) {
            Some(path) if path.is_empty() => "root".to_owned(),
            Some(path) => format!("ou/{path}"),
            None => unit.to_string(),
        }
    }

    fn policy(&self, name: &str) -> Option<&ObservedPolicy> {
        self.index.policies.get(name).copied()
    }

    fn is_attached(&self, policy: &ResourceId, target: &ResourceId) -> bool {
        let mut policies = self.index.policies.values();
        policies.any(|found| found.policy.id == *policy && found.targets.contains(target))
    }

    fn account(&self, id: AccountId) -> Option<&ObservedAccount> {
        self.index.accounts.by_id(id)
    }

    fn account_of_tenant(&self, spec: &AccountSpec) -> Result<Option<Standing>, Problem> {
        self.index.find_account(self.address, spec, self.ours)
    }

    fn member(&self) -> Option<&ObservedMember> {
        self.member.map(|member| member.observed)
    }

    fn tagged(&self) -> Option<&ResourceId> {
        self.member?.id(self.address)
    }

    fn is_claimed(&self, id: &ResourceId) -> bool {
        self.member.is_some_and(|member| member.addresses().any(|(_, claimed)| claimed == id))
    }

    fn was_worked_in(&self) -> bool {
        self.member.is_some_and(Member::was_worked_in)
    }

    fn tag_changes(&self, found: &Tags, desired: &Tags) -> Vec<Change> {
        tag_changes(found, desired, self.ours)
    }
}
