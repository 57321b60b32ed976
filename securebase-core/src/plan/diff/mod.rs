//! Desired against observed, one resource at a time.
//!
//! A resource is recognised by its natural key: accounts by id or e-mail, units and policies by name, roles and log groups
//! by name, everything in a VPC by the address tag. Formatting is never a difference: documents compare by meaning, tags by
//! value. Tags are taken off where earlier runs have set them; all others are left alone.

mod account;
mod adoption;
pub(super) mod applied;
mod changes;
pub(super) mod claim;
pub(super) mod drift;
pub(super) mod existing;
mod member;
pub(super) mod owner;
pub(super) mod since;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AccountId, Address, Departure, Problem, Region, ResourceId, ResourceSpec};
use crate::observe::{Observed, ObservedAccount, ObservedOrganization, ObservedPolicy, ObservedUnit};

use super::desired::ZONE_TAG;
use super::desired::graph::{Resource, ResourceGraph};
use super::scope::{Scope, unit_paths};
use super::step::Change;
use applied::Ours;
use claim::{Accounts, is_closed};
use owner::Names;
use since::Settled;

pub(super) use account::account_id;
pub(crate) use account::id_from;
pub(super) use member::Member;

use changes::{document_changes, on_off, tag_changes, text_changes};

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
    /// What was read. What was not is no one's to compare: see [`unread`](super::check::unread).
    members: BTreeMap<(AccountId, &'a Region), Member<'a>>,
    /// The accounts that are known by id, by the key of their tenant.
    known_accounts: BTreeMap<&'a str, AccountId>,
    /// The keys of all tenants of the file.
    keys: BTreeSet<&'a str>,
    /// The tenants that leave.
    leaving: BTreeMap<&'a str, Departure>,
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
    pub(in crate::plan) fn departure(&self, key: &str) -> Option<Departure> {
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
        let id_of = |address: &Address| ids.get(address);
        match spec {
            ResourceSpec::Organization => Ok(self.organization.map_or(Presence::Absent, |organization| {
                present(organization.organization.id.clone(), Vec::new())
            })),
            ResourceSpec::OrganizationRoot => {
                Ok(self.organization.map_or(Presence::Absent, |organization| {
                    let root = &organization.root;
                    let changes = on_off("service_control_policies", root.service_control_policies, true);
                    present(root.id.clone(), changes)
                }))
            }
            ResourceSpec::OrganizationalUnit { name, parent, tags } => {
                let unit = id_of(parent).and_then(|parent| self.units.get(&(parent, name.as_str())));
                Ok(unit.map_or(Presence::Absent, |unit| {
                    present(unit.id.clone(), tag_changes(&unit.tags, tags, ours))
                }))
            }
            ResourceSpec::ServiceControlPolicy { name, description, document, tags } => {
                let Some(found) = self.policies.get(name.as_str()) else { return Ok(Presence::Absent) };
                let mut changes = text_changes("description", &found.policy.description, description);
                changes.extend(document_changes("document", found.policy.document.as_ref(), document));
                changes.extend(tag_changes(&found.tags, tags, ours));
                Ok(present(found.policy.id.clone(), changes))
            }
            ResourceSpec::PolicyAttachment { policy, target } => {
                let (Some(policy), Some(target)) = (id_of(policy), id_of(target)) else {
                    return Ok(Presence::Absent);
                };
                let attached = self
                    .policies
                    .values()
                    .any(|found| found.policy.id == *policy && found.targets.contains(target));
                Ok(if attached {
                    present(attachment_id(policy, target), Vec::new())
                } else {
                    Presence::Absent
                })
            }
            ResourceSpec::Account { name, email, adopt, tags } => {
                self.find_account(address, name, &email.folded(), *adopt, tags, ours)
            }
            ResourceSpec::AccountPlacement { account, parent } => {
                let Some(found) = account_id(ids, account).and_then(|id| self.accounts.by_id(id)) else {
                    return Ok(Presence::Absent);
                };
                // A closed account stays where it is until AWS deletes it.
                let moved = id_of(parent) != Some(&found.parent) && !is_closed(found);
                let changes = if moved {
                    let path = self.paths.get(&found.parent);
                    let from = path
                        .map(|path| if path.is_empty() { "root".to_owned() } else { format!("ou/{path}") });
                    vec![Change::new(
                        "parent",
                        Some(from.unwrap_or_else(|| found.parent.to_string())),
                        Some(parent.local().to_owned()),
                    )]
                } else {
                    Vec::new()
                };
                Ok(Presence::Present { id: id_from(found.account.id), changes })
            }
            // Anything of ours in the account proves that it could be worked in once, and it stays so.
            ResourceSpec::AccountReadiness { account } => {
                let proven = member.is_some_and(Member::was_worked_in);
                Ok(match account_id(ids, account) {
                    Some(id) if proven => present(id_from(id), Vec::new()),
                    _ => Presence::Absent,
                })
            }
            spec => member.map_or(Ok(Presence::Absent), |member| member.find(address, spec, ids, ours)),
        }
    }
}

fn present(id: ResourceId, changes: Vec<Change>) -> Presence {
    Presence::Present { id, changes }
}

/// The id of an attachment, which AWS gives none: the policy and its target.
pub(crate) fn attachment_id(policy: &ResourceId, target: &ResourceId) -> ResourceId {
    #[expect(clippy::expect_used, reason = "two ids without white space, joined by a slash, are one")]
    format!("{policy}/{target}").parse().expect("joined ids are an id")
}
