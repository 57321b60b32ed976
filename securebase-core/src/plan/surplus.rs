//! What is ours and no longer wanted: deleted where nothing is lost, warned about where something would be.
//!
//! Accounts are never deleted here: leaving is an explicit act, because closing an account takes ninety days and its e-mail
//! address stays taken. Log groups are never deleted either: they hold the audit trail.

use std::collections::BTreeMap;

use crate::model::{
    AccountId, Address, LandingZone, Problem, Region, ResourceId, ResourceKind, ResourceSpec, RouteTarget,
    Tags, Tenant,
};
use crate::observe::{ObservedMember, ObservedOrganization};

use super::compare::{Index, Member, account_id, attachment_id, our_address};
use super::graph::{Dependency, ResourceGraph, Why};
use super::scope::Scope;
use super::step::{Action, Site, Step};

/// What to delete, and what to say about the rest.
pub(super) struct Surplus {
    pub(super) deletions: Vec<Step>,
    pub(super) warnings: Vec<Problem>,
}

/// The order in which kinds can go: each after all that depend on it.
const ORDER: [ResourceKind; 13] = [
    ResourceKind::FlowLog,
    ResourceKind::Route,
    ResourceKind::RouteTableAssociation,
    ResourceKind::NatGateway,
    ResourceKind::ElasticIp,
    ResourceKind::VpnGateway,
    ResourceKind::InternetGateway,
    ResourceKind::RouteTable,
    ResourceKind::Subnet,
    ResourceKind::Vpc,
    ResourceKind::FlowLogRole,
    ResourceKind::PolicyAttachment,
    ResourceKind::ServiceControlPolicy,
];

pub(super) fn find(
    zone: &LandingZone,
    scope: &Scope,
    graph: &ResourceGraph,
    index: &Index<'_>,
    known: &BTreeMap<Address, ResourceId>,
) -> Surplus {
    let mut surplus = Surplus { deletions: Vec::new(), warnings: Vec::new() };
    let mut tenants: Vec<&Tenant> = zone.tenants.iter().collect();
    tenants.sort_by(|a, b| a.key.cmp(&b.key));
    for tenant in tenants {
        let account_address = Address::tenant(&tenant.key, "account");
        let Some(account) = account_id(known, &account_address) else { continue };
        if let Some(member) = index.member(account, &tenant.region) {
            let mut found =
                TenantSurplus { tenant, region: &tenant.region, graph, known, deletions: Vec::new() };
            found.collect(member, zone.name.as_str(), &mut surplus.warnings);
            surplus.deletions.extend(chained(found.deletions));
        }
    }
    if let Some(organization) = index.organization() {
        surplus.deletions.extend(chained(organization_surplus(
            organization,
            zone.name.as_str(),
            graph,
            known,
        )));
        surplus.warnings.extend(unclaimed(organization, scope, known));
    }
    surplus
}

/// Sorts deletions so that each comes after those it must wait for, and makes it wait for the kinds before it.
fn chained(mut steps: Vec<Step>) -> Vec<Step> {
    let rank = |kind: ResourceKind| ORDER.iter().position(|known| *known == kind).unwrap_or(ORDER.len());
    steps.sort_by(|a, b| rank(a.kind).cmp(&rank(b.kind)).then_with(|| a.address.cmp(&b.address)));
    let mut before: Vec<Address> = Vec::new();
    let mut same: Vec<Address> = Vec::new();
    let mut kind = None;
    for step in &mut steps {
        if kind != Some(step.kind) {
            if !same.is_empty() {
                before = std::mem::take(&mut same);
            }
            kind = Some(step.kind);
        }
        step.depends_on = before.iter().map(|on| Dependency { on: on.clone(), why: Why::Freed }).collect();
        step.depends_on.sort();
        same.push(step.address.clone());
    }
    steps
}

struct TenantSurplus<'a> {
    tenant: &'a Tenant,
    region: &'a Region,
    graph: &'a ResourceGraph,
    known: &'a BTreeMap<Address, ResourceId>,
    deletions: Vec<Step>,
}

impl TenantSurplus<'_> {
    fn delete(&mut self, address: Address, spec: ResourceSpec, id: ResourceId) {
        let account = Address::tenant(&self.tenant.key, "account");
        self.deletions.push(Step {
            kind: spec.kind(),
            address,
            action: Action::Delete,
            tenant: Some(self.tenant.key.clone()),
            site: Site::Member { account, region: self.region.clone() },
            spec,
            id: Some(id),
            changes: Vec::new(),
            look_first: false,
            depends_on: Vec::new(),
        });
    }

    fn unwanted(&self, tags: &Tags, zone: &str) -> Option<Address> {
        let address = Address::new(our_address(tags, zone)?);
        self.graph.get(&address).is_none().then_some(address)
    }

    fn collect(&mut self, member: &Member<'_>, zone: &str, warnings: &mut Vec<Problem>) {
        let observed: &ObservedMember = member.observed;
        let addresses: BTreeMap<&ResourceId, &str> =
            member.addresses().map(|(address, id)| (id, address)).collect();
        // A resource that nobody of ours stands behind is named by its id, so that the deletion can still be described.
        let name = |id: &ResourceId| Address::new(addresses.get(id).copied().unwrap_or(id.as_str()));
        for flow_log in &observed.flow_logs {
            if let Some(address) = self.unwanted(&flow_log.tags, zone) {
                let at = |rest| Address::tenant(&self.tenant.key, rest);
                let spec = ResourceSpec::FlowLog {
                    vpc: name(&flow_log.vpc),
                    log_group: at("flow-log-group"),
                    role: at("flow-log-role"),
                    tags: flow_log.tags.clone(),
                };
                self.delete(address, spec, flow_log.id.clone());
            }
        }
        for table in &observed.route_tables {
            let Some(table_address) = our_address(&table.tags, zone).map(Address::new) else { continue };
            for route in &table.routes {
                let address = Address::new(format!("{table_address}/route/default"));
                let ours = route.destination == ipnet::Ipv4Net::default();
                if ours && self.graph.get(&address).is_none() {
                    let target = RouteTarget::NatGateway(name(&route.gateway));
                    let spec = ResourceSpec::Route {
                        table: table_address.clone(),
                        destination: route.destination,
                        target,
                    };
                    self.delete(address, spec, table.id.clone());
                }
            }
            for association in &table.associations {
                let subnet = name(&association.subnet);
                let short = subnet.as_str().rsplit('/').next().unwrap_or_default().to_owned();
                let address = Address::new(format!("{table_address}/association/{short}"));
                if self.graph.get(&address).is_none() {
                    let spec = ResourceSpec::RouteTableAssociation { table: table_address.clone(), subnet };
                    self.delete(address, spec, association.id.clone());
                }
            }
            if self.graph.get(&table_address).is_none() {
                let spec = ResourceSpec::RouteTable { vpc: name(&table.vpc), tags: table.tags.clone() };
                self.delete(table_address, spec, table.id.clone());
            }
        }
        for nat in &observed.nat_gateways {
            let alive = member.addresses().any(|(_, id)| *id == nat.id);
            if let Some(address) = self.unwanted(&nat.tags, zone).filter(|_| alive) {
                let elastic_ip = nat.allocation.as_ref().map_or_else(|| Address::new("none"), &name);
                let spec = ResourceSpec::NatGateway {
                    subnet: name(&nat.subnet),
                    elastic_ip,
                    tags: nat.tags.clone(),
                };
                self.delete(address, spec, nat.id.clone());
            }
        }
        for elastic_ip in &observed.elastic_ips {
            if let Some(address) = self.unwanted(&elastic_ip.tags, zone) {
                self.delete(
                    address,
                    ResourceSpec::ElasticIp { tags: elastic_ip.tags.clone() },
                    elastic_ip.id.clone(),
                );
            }
        }
        for gateway in observed.vpn_gateways.iter().filter(|gateway| !gateway.deleted) {
            if let Some(address) = self.unwanted(&gateway.tags, zone) {
                let vpc = gateway.vpc.as_ref().map_or_else(|| Address::new("none"), &name);
                self.delete(
                    address,
                    ResourceSpec::VpnGateway { vpc, tags: gateway.tags.clone() },
                    gateway.id.clone(),
                );
            }
        }
        for gateway in &observed.internet_gateways {
            if let Some(address) = self.unwanted(&gateway.tags, zone) {
                let vpc = gateway.vpc.as_ref().map_or_else(|| Address::new("none"), &name);
                let spec = ResourceSpec::InternetGateway { vpc, tags: gateway.tags.clone() };
                self.delete(address, spec, gateway.id.clone());
            }
        }
        for subnet in &observed.subnets {
            if let Some(address) = self.unwanted(&subnet.tags, zone) {
                let spec = ResourceSpec::Subnet {
                    vpc: name(&subnet.vpc),
                    cidr: subnet.cidr,
                    zone: subnet.zone.clone(),
                    tags: subnet.tags.clone(),
                };
                self.delete(address, spec, subnet.id.clone());
            }
        }
        for vpc in &observed.vpcs {
            if let Some(address) = self.unwanted(&vpc.vpc.tags, zone) {
                let spec = ResourceSpec::Vpc {
                    cidr: vpc.vpc.cidr,
                    dns_support: vpc.dns_support,
                    dns_hostnames: vpc.dns_hostnames,
                    tags: vpc.vpc.tags.clone(),
                };
                self.delete(address, spec, vpc.vpc.id.clone());
            }
        }
        for role in &observed.roles {
            if let (Some(address), Ok(id)) = (self.unwanted(&role.tags, zone), role.arn.parse()) {
                let spec = ResourceSpec::FlowLogRole { name: role.name.clone(), tags: role.tags.clone() };
                self.delete(address, spec, id);
            }
        }
        for group in &observed.log_groups {
            if let Some(address) = self.unwanted(&group.tags, zone) {
                warnings.push(Problem::warning(
                    "log-group-kept",
                    address.as_str(),
                    format!("log group `{}` is no longer written to; it is kept", group.group.name),
                    "delete it by hand once its retention has passed",
                ));
            }
        }
        // What a deletion must name by id (a gateway's VPC) has to be known even where its own step is not planned.
        debug_assert!(self.deletions.iter().all(|step| !self.known.contains_key(&step.address)));
    }
}

fn organization_surplus(
    organization: &ObservedOrganization,
    zone: &str,
    graph: &ResourceGraph,
    known: &BTreeMap<Address, ResourceId>,
) -> Vec<Step> {
    let addresses: BTreeMap<&ResourceId, &Address> =
        known.iter().map(|(address, id)| (id, address)).collect();
    let mut steps = Vec::new();
    let mut delete = |address: Address, spec: ResourceSpec, id: ResourceId| {
        steps.push(Step {
            kind: spec.kind(),
            address,
            action: Action::Delete,
            tenant: None,
            site: Site::Management,
            spec,
            id: Some(id),
            changes: Vec::new(),
            look_first: false,
            depends_on: Vec::new(),
        });
    };
    for found in &organization.policies {
        if our_address(&found.tags, zone).is_none() {
            continue;
        }
        let policy = Address::policy(&found.policy.name);
        for target in &found.targets {
            let Some(unit) = addresses.get(target) else { continue };
            let path = unit.local().strip_prefix("ou/").unwrap_or(unit.local());
            let address = Address::attachment(path, &found.policy.name);
            if graph.get(&address).is_none() {
                let spec = ResourceSpec::PolicyAttachment { policy: policy.clone(), target: (*unit).clone() };
                delete(address, spec, attachment_id(&found.policy.id, target));
            }
        }
        let attached_elsewhere = found.targets.iter().any(|target| !addresses.contains_key(target));
        if graph.get(&policy).is_none() && !attached_elsewhere {
            let spec = ResourceSpec::ServiceControlPolicy {
                name: found.policy.name.clone(),
                description: found.policy.description.clone(),
                document: found.policy.document.clone().unwrap_or_default(),
                tags: found.tags.clone(),
            };
            delete(policy, spec, found.policy.id.clone());
        }
    }
    steps
}

/// Accounts that sit in one of the zone's units and that no tenant of the file claims.
fn unclaimed(
    organization: &ObservedOrganization,
    scope: &Scope,
    known: &BTreeMap<Address, ResourceId>,
) -> Vec<Problem> {
    let units: Vec<(&str, &ResourceId)> = scope
        .unit_paths
        .iter()
        .filter_map(|path| Some((path.as_str(), known.get(&Address::organizational_unit(path))?)))
        .collect();
    let claimed: Vec<AccountId> = scope
        .tenants
        .iter()
        .filter_map(|tenant| account_id(known, &Address::tenant(&tenant.key, "account")))
        .collect();
    organization
        .accounts
        .iter()
        .filter(|account| !claimed.contains(&account.account.id))
        .filter_map(|account| {
            let (path, _) = units.iter().find(|(_, id)| **id == account.parent)?;
            Some(Problem::warning(
                "account-unclaimed",
                format!("organization/ou/{path}"),
                format!(
                    "account `{}` (`{}`) sits in this unit and no tenant of the file claims it",
                    account.account.id, account.account.name
                ),
                "nothing is done to it: put its tenant back into the file, or offboard it deliberately",
            ))
        })
        .collect()
}
