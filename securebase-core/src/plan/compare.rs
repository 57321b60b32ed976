//! Desired against observed, one resource at a time.
//!
//! A resource is recognised by its natural key: accounts by id or e-mail, units and policies by name, roles and log groups
//! by name, everything in a VPC by the address tag. Formatting is never a difference: documents compare by meaning, tags by
//! value; tags that are not ours are left alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::cloud::{AccountState, NatGatewayState};
use crate::model::{AccountId, Address, Departure, Problem, Region, ResourceId, ResourceSpec, Tags};
use crate::observe::{
    Observed, ObservedAccount, ObservedMember, ObservedOrganization, ObservedPolicy, ObservedUnit,
};
use crate::policy::PolicyDocument;

use super::adopt;
use super::desired::{TENANT_TAG, ZONE_TAG};
use super::graph::{Resource, ResourceGraph};
use super::owner::Names;
use super::scope::{Scope, ScopedTenant, unit_paths};
use super::step::Change;

/// What was found in the place of a desired resource.
pub(super) enum Presence {
    /// Nothing.
    Absent,
    /// A resource; it differs by the changes, if any.
    Present { id: ResourceId, changes: Vec<Change> },
    /// A resource that is nobody's yet; making it ours changes what is listed.
    Foreign { id: ResourceId, changes: Vec<Change> },
}

/// What was observed, by natural key.
pub(super) struct Index<'a> {
    organization: Option<&'a ObservedOrganization>,
    units: BTreeMap<(&'a ResourceId, &'a str), &'a ObservedUnit>,
    /// The path of the root (empty) and of every unit.
    paths: BTreeMap<ResourceId, String>,
    policies: BTreeMap<&'a str, &'a ObservedPolicy>,
    accounts: BTreeMap<AccountId, &'a ObservedAccount>,
    accounts_by_email: BTreeMap<String, &'a ObservedAccount>,
    accounts_by_name: BTreeMap<&'a str, &'a ObservedAccount>,
    /// By the key their tenant has now.
    accounts_by_tenant: BTreeMap<String, Vec<&'a ObservedAccount>>,
    members: BTreeMap<(AccountId, &'a Region), Member<'a>>,
    /// The accounts that are known by id, by the key of their tenant.
    known_accounts: BTreeMap<&'a str, AccountId>,
    /// The tenants that leave.
    leaving: BTreeMap<&'a str, Departure>,
    names: Names<'a>,
}

/// A member account in one region, with everything tagged as ours by address.
pub(super) struct Member<'a> {
    pub(super) observed: &'a ObservedMember,
    by_address: BTreeMap<Cow<'a, str>, Tagged<'a>>,
}

/// A resource that carries an address tag, and whether others carry the same.
struct Tagged<'a> {
    id: &'a ResourceId,
    twins: Vec<&'a ResourceId>,
}

impl<'a> Member<'a> {
    fn new(observed: &'a ObservedMember, names: &Names<'_>) -> Self {
        let mut by_address: BTreeMap<Cow<'a, str>, Tagged<'a>> = BTreeMap::new();
        for (id, tags) in ids_and_tags(observed) {
            let Some(address) = names.address(tags) else { continue };
            by_address
                .entry(address)
                .and_modify(|tagged| tagged.twins.push(id))
                .or_insert(Tagged { id, twins: Vec::new() });
        }
        Self { observed, by_address }
    }

    fn id(&self, address: &Address) -> Option<&'a ResourceId> {
        self.by_address.get(address.as_str()).map(|tagged| tagged.id)
    }

    /// Everything tagged as ours, by address.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (&str, &'a ResourceId)> + '_ {
        self.by_address.iter().map(|(address, tagged)| (address.as_ref(), tagged.id))
    }
}

/// The living EC2 resources of an account: a NAT gateway that failed or is going does not count.
fn ids_and_tags(member: &ObservedMember) -> impl Iterator<Item = (&ResourceId, &Tags)> {
    let vpcs = member.vpcs.iter().map(|vpc| (&vpc.vpc.id, &vpc.vpc.tags));
    let subnets = member.subnets.iter().map(|subnet| (&subnet.id, &subnet.tags));
    let gateways = member.internet_gateways.iter().map(|gateway| (&gateway.id, &gateway.tags));
    let elastic_ips = member.elastic_ips.iter().map(|elastic_ip| (&elastic_ip.id, &elastic_ip.tags));
    let nats = member
        .nat_gateways
        .iter()
        .filter(|nat| matches!(nat.state, NatGatewayState::Pending | NatGatewayState::Available))
        .map(|nat| (&nat.id, &nat.tags));
    let tables = member.route_tables.iter().map(|table| (&table.id, &table.tags));
    let flow_logs = member.flow_logs.iter().map(|flow_log| (&flow_log.id, &flow_log.tags));
    let vpns = member.vpn_gateways.iter().filter(|vpn| !vpn.deleted).map(|vpn| (&vpn.id, &vpn.tags));
    vpcs.chain(subnets)
        .chain(gateways)
        .chain(elastic_ips)
        .chain(nats)
        .chain(tables)
        .chain(flow_logs)
        .chain(vpns)
}

impl<'a> Index<'a> {
    pub(super) fn new(observed: &'a Observed, scope: &'a Scope) -> Self {
        let names = Names::of(scope);
        let organization = observed.organization.as_ref();
        let accounts = || organization.iter().flat_map(|organization| &organization.accounts);
        let mut accounts_by_tenant: BTreeMap<String, Vec<&ObservedAccount>> = BTreeMap::new();
        for account in accounts() {
            if let Some(key) = names.tenant(&account.tags) {
                accounts_by_tenant.entry(key.to_owned()).or_default().push(account);
            }
        }
        Self {
            organization,
            paths: organization.map(unit_paths).unwrap_or_default(),
            accounts_by_tenant,
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
            accounts: accounts().map(|account| (account.account.id, account)).collect(),
            accounts_by_email: accounts()
                .map(|account| (account.account.email.to_lowercase(), account))
                .collect(),
            accounts_by_name: accounts().map(|account| (account.account.name.as_str(), account)).collect(),
            members: observed
                .members
                .iter()
                .flat_map(|(account, regions)| {
                    regions.iter().map(|(region, member)| ((*account, region), member))
                })
                .map(|(key, member)| (key, Member::new(member, &names)))
                .collect(),
            known_accounts: scope
                .tenants
                .iter()
                .filter_map(|tenant| Some((tenant.key.as_str(), tenant.account_id?)))
                .collect(),
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
    pub(super) fn adopt(&mut self, scope: &'a Scope, graph: &ResourceGraph) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        for tenant in &scope.tenants {
            if tenant.vpc_id.is_none() && tenant.vpc_cidr.is_none() {
                continue;
            }
            let account = self.account_of_tenant(tenant);
            let Some(member) = account.and_then(|account| self.members.get_mut(&(account, &tenant.region)))
            else {
                continue;
            };
            match adopt::network(tenant, member.observed, graph, &self.names) {
                Ok(found) => {
                    for (address, id) in found {
                        let tagged = Tagged { id, twins: Vec::new() };
                        member.by_address.entry(Cow::Owned(address.to_string())).or_insert(tagged);
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The account of a tenant as a survey finds it: by id, by tag, by root e-mail.
    fn account_of_tenant(&self, tenant: &ScopedTenant) -> Option<AccountId> {
        let by_id = tenant.account_id.filter(|id| self.accounts.contains_key(id));
        let tagged = || Some(self.accounts_by_tenant.get(tenant.key.as_str())?.first()?.account.id);
        let by_email = || Some(self.accounts_by_email.get(&tenant.account_email)?.account.id);
        by_id.or_else(tagged).or_else(by_email)
    }

    /// The organization, if there is one.
    pub(super) fn organization(&self) -> Option<&'a ObservedOrganization> {
        self.organization
    }

    /// Whose resources are.
    pub(super) fn names(&self) -> &Names<'a> {
        &self.names
    }

    /// How a tenant leaves, if it does.
    pub(super) fn departure(&self, key: &str) -> Option<Departure> {
        self.leaving.get(key).copied()
    }

    /// An account by id.
    pub(super) fn account(&self, id: AccountId) -> Option<&'a ObservedAccount> {
        self.accounts.get(&id).copied()
    }

    /// A member account in one region, if it was looked into.
    pub(super) fn member(&self, account: AccountId, region: &'a Region) -> Option<&Member<'a>> {
        self.members.get(&(account, region))
    }

    /// What was found in the place of `resource`. `ids` holds the ids of the resources it names, where those exist.
    ///
    /// # Errors
    /// A problem where what was found can be neither kept nor changed.
    pub(super) fn find(
        &self,
        resource: &'a Resource,
        ids: &BTreeMap<Address, ResourceId>,
        account: Option<AccountId>,
    ) -> Result<Presence, Problem> {
        let member = account.and_then(|account| self.member(account, &resource.region));
        if let Some(tagged) = member.and_then(|member| member.by_address.get(resource.address.as_str()))
            && !tagged.twins.is_empty()
        {
            return Err(twins(&resource.address, tagged));
        }
        let presence = self.find_as(&resource.address, &resource.spec, ids, member)?;
        self.claimed(&resource.address, presence)
    }

    /// As [`Index::find`], against another description of the same resource.
    pub(super) fn find_spec(
        &self,
        resource: &Resource,
        spec: &ResourceSpec,
        ids: &BTreeMap<Address, ResourceId>,
        account: Option<AccountId>,
    ) -> Result<Presence, Problem> {
        let member = account.and_then(|account| self.members.get(&(account, &resource.region)));
        self.find_as(&resource.address, spec, ids, member)
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
                Ok(unit
                    .map_or(Presence::Absent, |unit| present(unit.id.clone(), tag_changes(&unit.tags, tags))))
            }
            ResourceSpec::ServiceControlPolicy { name, description, document, tags } => {
                let Some(found) = self.policies.get(name.as_str()) else { return Ok(Presence::Absent) };
                let mut changes = text_changes("description", &found.policy.description, description);
                if !same_meaning(found.policy.document.as_deref().unwrap_or_default(), document) {
                    changes.push(Change::new(
                        "document",
                        found.policy.document.clone(),
                        Some(document.clone()),
                    ));
                }
                changes.extend(tag_changes(&found.tags, tags));
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
                self.find_account(address, name, &email.folded(), *adopt, tags)
            }
            ResourceSpec::AccountPlacement { account, parent } => {
                let Some(found) = account_id(ids, account).and_then(|id| self.accounts.get(&id)) else {
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
                let proven = member.is_some_and(|member| {
                    !member.by_address.is_empty()
                        || !member.observed.roles.is_empty()
                        || !member.observed.log_groups.is_empty()
                });
                Ok(match account_id(ids, account) {
                    Some(id) if proven => present(id_from(id), Vec::new()),
                    _ => Presence::Absent,
                })
            }
            spec => member.map_or(Ok(Presence::Absent), |member| member.find(address, spec, ids)),
        }
    }

    fn find_account(
        &self,
        address: &Address,
        name: &str,
        email: &str,
        adopt: Option<AccountId>,
        tags: &Tags,
    ) -> Result<Presence, Problem> {
        let path = format!("clients.\"{}\"", address.tenant_key().unwrap_or_default());
        let found = match adopt {
            Some(id) => Some(self.accounts.get(&id).copied().ok_or_else(|| {
                Problem::error(
                    "account-id-unknown",
                    format!("{path}.account_id"),
                    format!("the organization has no account `{id}`; AWS assigns ids, nobody can choose one"),
                    "drop the line to have an account created, or invite that account into the organization first",
                )
            })?),
            None => {
                let key = address.tenant_key().unwrap_or_default();
                let remembered = self.known_accounts.get(key).and_then(|id| self.accounts.get(id)).copied();
                let found = match remembered {
                    Some(account) => Some(account),
                    None => self.tagged_account(address, key)?,
                };
                if let Some(account) = found.filter(|found| !found.account.email.eq_ignore_ascii_case(email))
                    && !is_closed(account)
                {
                    return Err(Problem::error(
                        "account-email-differs",
                        format!("{path}.account_email"),
                        format!(
                            "account `{}` of this tenant has the root e-mail `{}`, not `{email}`",
                            account.account.id, account.account.email
                        ),
                        format!(
                            "to keep that address, write `account_email = \"{}\"`; to change it, ask AWS to mail a \
                             code to the new one (`start_root_email_change`) and give that code back \
                             (`finish_root_email_change`), then plan again",
                            account.account.email
                        ),
                    ));
                }
                found.or_else(|| self.accounts_by_email.get(email).copied())
            }
        };
        let Some(found) = found else {
            return match self.accounts_by_name.get(name) {
                Some(other) => Err(Problem::error(
                    "account-name-taken",
                    path,
                    format!(
                        "account `{}` is named `{name}` but belongs to `{}`, not to `{email}`",
                        other.account.id, other.account.email
                    ),
                    "to keep that account, set `account_email` to its address or `account_id` to its id; \
                     to have a new one, choose another name",
                )),
                None => Ok(Presence::Absent),
            };
        };
        let account = &found.account;
        if is_closed(found) {
            if self.leaving.contains_key(address.tenant_key().unwrap_or_default()) {
                return Ok(present(id_from(account.id), Vec::new()));
            }
            return Err(Problem::error(
                "account-closed",
                format!("{path}.account_email"),
                format!(
                    "`{}` belongs to account `{}`, which is being closed or suspended",
                    account.email, account.id
                ),
                "use another address: AWS keeps the address of a closed account taken",
            ));
        }
        let (zone, tenant) = (found.tags.get(ZONE_TAG), found.tags.get(TENANT_TAG));
        let ours = self.names.tenant(&found.tags);
        if let (Some(zone), Some(tenant)) = (zone, tenant)
            && ours != address.tenant_key()
        {
            return Err(Problem::error(
                "account-of-another",
                path,
                format!("account `{}` belongs to tenant `{tenant}` of zone `{zone}`", account.id),
                format!(
                    "give this tenant an account of its own; if it is tenant `{tenant}` under a new key, write \
                     `renamed_from = \"{tenant}\"`"
                ),
            ));
        }
        let mut changes = text_changes("name", &account.name, name);
        changes.extend(tag_changes(&found.tags, tags));
        Ok(present(id_from(account.id), changes))
    }

    /// The account that carries the tenant's key.
    fn tagged_account(&self, address: &Address, key: &str) -> Result<Option<&'a ObservedAccount>, Problem> {
        match self.accounts_by_tenant.get(key).map_or(&[][..], Vec::as_slice) {
            [] => Ok(None),
            [account] => Ok(Some(account)),
            several => {
                let ids: Vec<String> = several.iter().map(|found| found.account.id.to_string()).collect();
                Err(Problem::error(
                    "duplicate-resource",
                    address.as_str(),
                    format!("{} accounts carry this tenant's key: `{}`", ids.len(), ids.join("`, `")),
                    "write the id of the right one as `account_id`, or take the `securebase:` tags off the others",
                ))
            }
        }
    }
}

/// Whether an account is closed, on its way there, or suspended by AWS.
pub(crate) fn is_closed(account: &ObservedAccount) -> bool {
    matches!(
        account.account.state,
        AccountState::Suspended | AccountState::PendingClosure | AccountState::Closed
    )
}

impl Member<'_> {
    fn find(
        &self,
        address: &Address,
        spec: &ResourceSpec,
        ids: &BTreeMap<Address, ResourceId>,
    ) -> Result<Presence, Problem> {
        let (observed, id_of) = (self.observed, |address: &Address| ids.get(address));
        let with_id = |id: &ResourceId| self.id(address) == Some(id);
        let presence = match spec {
            ResourceSpec::FlowLogRole { name, tags } => {
                observed.roles.iter().find(|role| role.name == *name).map(|role| {
                    let id: Option<ResourceId> = role.arn.parse().ok();
                    (id, tag_changes(&role.tags, tags))
                })
            }
            ResourceSpec::LogGroup { name, retention_days, tags } => {
                observed.log_groups.iter().find(|found| found.group.name == *name).map(|found| {
                    let days = found.group.retention_days;
                    let mut changes = Vec::new();
                    if days != Some(*retention_days) {
                        let from = days.map(|days| days.to_string());
                        changes.push(Change::new("retention_days", from, Some(retention_days.to_string())));
                    }
                    changes.extend(tag_changes(&found.tags, tags));
                    (found.group.name.parse().ok(), changes)
                })
            }
            ResourceSpec::Vpc { cidr, dns_support, dns_hostnames, tags } => {
                match observed.vpcs.iter().find(|found| with_id(&found.vpc.id)) {
                    Some(found) if found.vpc.cidr.trunc() != cidr.trunc() => {
                        return Err(immutable(
                            address,
                            "vpc_cidr",
                            &found.vpc.cidr.to_string(),
                            &cidr.to_string(),
                        ));
                    }
                    found => found.map(|found| {
                        let mut changes = on_off("dns_support", found.dns_support, *dns_support);
                        changes.extend(on_off("dns_hostnames", found.dns_hostnames, *dns_hostnames));
                        changes.extend(tag_changes(&found.vpc.tags, tags));
                        (Some(found.vpc.id.clone()), changes)
                    }),
                }
            }
            ResourceSpec::Subnet { vpc, cidr, zone, tags } => {
                match observed.subnets.iter().find(|found| with_id(&found.id)) {
                    Some(found)
                        if id_of(vpc) == Some(&found.vpc)
                            && (found.cidr.trunc(), &found.zone) != (cidr.trunc(), zone) =>
                    {
                        let as_text = |cidr: &dyn std::fmt::Display, zone: &str| format!("{cidr} in {zone}");
                        let (from, to) = (as_text(&found.cidr, &found.zone), as_text(cidr, zone));
                        return Err(immutable(address, "subnet", &from, &to));
                    }
                    found => found
                        .filter(|found| id_of(vpc) == Some(&found.vpc))
                        .map(|found| (Some(found.id.clone()), tag_changes(&found.tags, tags))),
                }
            }
            ResourceSpec::InternetGateway { vpc, tags } => observed
                .internet_gateways
                .iter()
                .find(|found| with_id(&found.id))
                .map(|found| (&found.id, attached(&found.vpc, id_of(vpc)), &found.tags, tags))
                .map(with_tags),
            ResourceSpec::ElasticIp { tags } => observed
                .elastic_ips
                .iter()
                .find(|found| with_id(&found.id))
                .map(|found| (Some(found.id.clone()), tag_changes(&found.tags, tags))),
            ResourceSpec::NatGateway { subnet, tags, .. } => observed
                .nat_gateways
                .iter()
                .find(|found| with_id(&found.id) && id_of(subnet) == Some(&found.subnet))
                .map(|found| (Some(found.id.clone()), tag_changes(&found.tags, tags))),
            ResourceSpec::RouteTable { vpc, tags } => observed
                .route_tables
                .iter()
                .find(|found| with_id(&found.id) && id_of(vpc) == Some(&found.vpc))
                .map(|found| (Some(found.id.clone()), tag_changes(&found.tags, tags))),
            ResourceSpec::Route { table, destination, target } => {
                let found = observed
                    .route_tables
                    .iter()
                    .filter(|found| id_of(table) == Some(&found.id))
                    .flat_map(|found| &found.routes)
                    .find(|route| route.destination == *destination);
                found.map(|route| {
                    let stands = id_of(target.address()) == Some(&route.gateway) && !route.blackhole;
                    let to = Some(target.address().local().to_owned());
                    let change = Change::new("target", Some(route.gateway.to_string()), to);
                    (id_of(table).cloned(), if stands { Vec::new() } else { vec![change] })
                })
            }
            ResourceSpec::RouteTableAssociation { table, subnet } => observed
                .route_tables
                .iter()
                .filter(|found| id_of(table) == Some(&found.id))
                .flat_map(|found| &found.associations)
                .find(|association| id_of(subnet) == Some(&association.subnet))
                .map(|association| (Some(association.id.clone()), Vec::new())),
            ResourceSpec::FlowLog { vpc, tags, .. } => observed
                .flow_logs
                .iter()
                .find(|found| with_id(&found.id) && id_of(vpc) == Some(&found.vpc))
                .map(|found| (Some(found.id.clone()), tag_changes(&found.tags, tags))),
            ResourceSpec::VpnGateway { vpc, tags } => observed
                .vpn_gateways
                .iter()
                .find(|found| with_id(&found.id))
                .map(|found| (&found.id, attached(&found.vpc, id_of(vpc)), &found.tags, tags))
                .map(with_tags),
            ResourceSpec::Organization
            | ResourceSpec::OrganizationRoot
            | ResourceSpec::OrganizationalUnit { .. }
            | ResourceSpec::ServiceControlPolicy { .. }
            | ResourceSpec::PolicyAttachment { .. }
            | ResourceSpec::Account { .. }
            | ResourceSpec::AccountPlacement { .. }
            | ResourceSpec::AccountReadiness { .. } => None,
        };
        Ok(match presence {
            Some((Some(id), changes)) => Presence::Present { id, changes },
            _ => Presence::Absent,
        })
    }
}

type Attached<'a> = (&'a ResourceId, Vec<Change>, &'a Tags, &'a Tags);

fn with_tags((id, mut changes, from, to): Attached<'_>) -> (Option<ResourceId>, Vec<Change>) {
    changes.extend(tag_changes(from, to));
    (Some(id.clone()), changes)
}

fn attached(found: &Option<ResourceId>, vpc: Option<&ResourceId>) -> Vec<Change> {
    if found.as_ref() == vpc && vpc.is_some() {
        Vec::new()
    } else {
        vec![Change::new("vpc", found.as_ref().map(ToString::to_string), vpc.map(ToString::to_string))]
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

/// An account's id as a resource id.
pub(crate) fn id_from(account: AccountId) -> ResourceId {
    #[expect(clippy::expect_used, reason = "twelve digits are an id")]
    account.to_string().parse().expect("an account id is a resource id")
}

/// The account at an address, if its id is known.
pub(super) fn account_id(ids: &BTreeMap<Address, ResourceId>, address: &Address) -> Option<AccountId> {
    ids.get(address)?.as_str().parse().ok()
}

fn same_meaning(found: &str, desired: &str) -> bool {
    found == desired
        || match (PolicyDocument::parse(found), PolicyDocument::parse(desired)) {
            (Ok(found), Ok(desired)) => found == desired,
            _ => false,
        }
}

fn on_off(field: &str, found: bool, desired: bool) -> Vec<Change> {
    if found == desired {
        Vec::new()
    } else {
        vec![Change::new(field, Some(found.to_string()), Some(desired.to_string()))]
    }
}

fn text_changes(field: &str, found: &str, desired: &str) -> Vec<Change> {
    if found == desired {
        Vec::new()
    } else {
        vec![Change::new(field, Some(found.to_owned()), Some(desired.to_owned()))]
    }
}

/// The tags to set. Tags that somebody else has set are theirs and stay.
fn tag_changes(found: &Tags, desired: &Tags) -> Vec<Change> {
    desired
        .iter()
        .filter(|(key, value)| found.get(*key) != Some(value))
        .map(|(key, value)| Change::new(format!("tags.{key}"), found.get(key).cloned(), Some(value.clone())))
        .collect()
}

fn twins(address: &Address, tagged: &Tagged<'_>) -> Problem {
    let mut ids: Vec<&str> = vec![tagged.id.as_str()];
    ids.extend(tagged.twins.iter().map(|id| id.as_str()));
    Problem::error(
        "duplicate-resource",
        address.as_str(),
        format!("{} resources carry this address: `{}`", ids.len(), ids.join("`, `")),
        "delete the surplus ones, or take the `securebase:address` tag off them",
    )
}

fn immutable(address: &Address, what: &str, from: &str, to: &str) -> Problem {
    let tenant = address.tenant_key().unwrap_or_default();
    Problem::error(
        "block-immutable",
        format!("clients.\"{tenant}\".vpc_cidr"),
        format!(
            "the {what} `{address}` is `{from}` and cannot become `{to}`: AWS never changes a primary block"
        ),
        format!("write the block it has, or move tenant `{tenant}` to a new network deliberately"),
    )
}
