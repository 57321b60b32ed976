//! The network of a tenant: what of it is no longer wanted, or all of it where the tenant leaves.

use crate::kinds::step::Action;
use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::{
    ElasticIpSpec, FlowLogRoleSpec, FlowLogSpec, InternetGatewaySpec, NatGatewaySpec, ResourceSpec,
    RouteSpec, RouteTableAssociationSpec, RouteTableSpec, RouteTarget, SubnetSpec, VpcSpec, VpnGatewaySpec,
};
use crate::model::{Address, Problem, ResourceId, SubnetZone, Tags, Tenant};
use crate::observe::ObservedMember;

use crate::plan::desired::graph::ResourceGraph;
use crate::plan::diff::Member;
use crate::plan::diff::owner::Names;
use crate::plan::step::{Site, Step};

/// The deletions in the tenant's account, in no particular order yet.
pub(super) fn find(
    tenant: &Tenant,
    graph: &ResourceGraph,
    member: &Member<'_>,
    names: &Names<'_>,
    warnings: &mut Vec<Problem>,
) -> Vec<Step> {
    let mut network = Network { tenant, graph, names, deletions: Vec::new() };
    network.collect(member, warnings);
    network.strangers(member, warnings);
    network.deletions
}

struct Network<'a> {
    tenant: &'a Tenant,
    graph: &'a ResourceGraph,
    names: &'a Names<'a>,
    deletions: Vec<Step>,
}

impl Network<'_> {
    fn delete(&mut self, address: Address, spec: ResourceSpec, id: ResourceId) {
        let account = Address::tenant(&self.tenant.key, "account");
        self.deletions.push(Step {
            kind: spec.kind(),
            address,
            action: Action::Delete,
            tenant: Some(self.tenant.key.clone()),
            site: Site::Member { account, region: self.tenant.region.clone() },
            spec,
            id: Some(id),
            changes: Vec::new(),
            look_first: false,
            depends_on: Vec::new(),
        });
    }

    /// The address of what is this tenant's and not in the graph.
    fn unwanted(&self, tags: &Tags) -> Option<Address> {
        let address = self.own(tags)?;
        self.graph.get(&address).is_none().then_some(address)
    }

    /// The address of what is this tenant's. What carries another tenant's name is that one's, whatever account it is in.
    fn own(&self, tags: &Tags) -> Option<Address> {
        let address = Address::new(self.names.address(tags)?);
        (address.tenant_key() == Some(self.tenant.key.as_str())).then_some(address)
    }

    fn collect(&mut self, member: &Member<'_>, warnings: &mut Vec<Problem>) {
        let observed: &ObservedMember = member.observed;
        let addresses: BTreeMap<&ResourceId, &str> =
            member.addresses().map(|(address, id)| (id, address)).collect();
        // A resource that nobody of ours stands behind is named by its id, so that the deletion can still be described.
        let name = |id: &ResourceId| Address::new(addresses.get(id).copied().unwrap_or(id.as_str()));
        for flow_log in &observed.flow_logs {
            if let Some(address) = self.unwanted(&flow_log.tags) {
                let at = |rest| Address::tenant(&self.tenant.key, rest);
                let spec = ResourceSpec::FlowLog(FlowLogSpec {
                    vpc: name(&flow_log.vpc),
                    log_group: at("flow-log-group"),
                    role: at("flow-log-role"),
                    tags: flow_log.tags.clone(),
                });
                self.delete(address, spec, flow_log.id.clone());
            }
        }
        for table in &observed.route_tables {
            let Some(table_address) = self.own(&table.tags) else { continue };
            for route in &table.routes {
                let address = Address::new(format!("{table_address}/route/default"));
                let ours = route.destination == ipnet::Ipv4Net::default();
                if ours && self.graph.get(&address).is_none() {
                    let target = RouteTarget::NatGateway(name(&route.gateway));
                    let spec = ResourceSpec::Route(RouteSpec {
                        table: table_address.clone(),
                        destination: route.destination,
                        target,
                    });
                    self.delete(address, spec, table.id.clone());
                }
            }
            for association in &table.associations {
                let subnet = name(&association.subnet);
                let short = subnet.as_str().rsplit('/').next().unwrap_or_default().to_owned();
                let address = Address::new(format!("{table_address}/association/{short}"));
                if self.graph.get(&address).is_none() {
                    let spec = ResourceSpec::RouteTableAssociation(RouteTableAssociationSpec {
                        table: table_address.clone(),
                        subnet,
                    });
                    self.delete(address, spec, association.id.clone());
                }
            }
            if self.graph.get(&table_address).is_none() {
                let spec = ResourceSpec::RouteTable(RouteTableSpec {
                    vpc: name(&table.vpc),
                    tags: table.tags.clone(),
                });
                self.delete(table_address, spec, table.id.clone());
            }
        }
        for nat in &observed.nat_gateways {
            let alive = member.addresses().any(|(_, id)| *id == nat.id);
            if let Some(address) = self.unwanted(&nat.tags).filter(|_| alive) {
                let elastic_ip = nat.allocation.as_ref().map_or_else(|| Address::new("none"), &name);
                let spec = ResourceSpec::NatGateway(NatGatewaySpec {
                    subnet: name(&nat.subnet),
                    elastic_ip,
                    tags: nat.tags.clone(),
                });
                self.delete(address, spec, nat.id.clone());
            }
        }
        for elastic_ip in &observed.elastic_ips {
            if let Some(address) = self.unwanted(&elastic_ip.tags) {
                self.delete(
                    address,
                    ResourceSpec::ElasticIp(ElasticIpSpec { tags: elastic_ip.tags.clone() }),
                    elastic_ip.id.clone(),
                );
            }
        }
        for gateway in observed.vpn_gateways.iter().filter(|gateway| !gateway.deleted) {
            if let Some(address) = self.unwanted(&gateway.tags) {
                let vpc = gateway.vpc.as_ref().map_or_else(|| Address::new("none"), &name);
                self.delete(
                    address,
                    ResourceSpec::VpnGateway(VpnGatewaySpec { vpc, tags: gateway.tags.clone() }),
                    gateway.id.clone(),
                );
            }
        }
        for gateway in &observed.internet_gateways {
            if let Some(address) = self.unwanted(&gateway.tags) {
                let vpc = gateway.vpc.as_ref().map_or_else(|| Address::new("none"), &name);
                let spec =
                    ResourceSpec::InternetGateway(InternetGatewaySpec { vpc, tags: gateway.tags.clone() });
                self.delete(address, spec, gateway.id.clone());
            }
        }
        for subnet in &observed.subnets {
            if let Some(address) = self.unwanted(&subnet.tags) {
                let spec = ResourceSpec::Subnet(SubnetSpec {
                    vpc: name(&subnet.vpc),
                    cidr: subnet.cidr,
                    zone: SubnetZone::Named(subnet.zone.clone()),
                    tags: subnet.tags.clone(),
                });
                self.delete(address, spec, subnet.id.clone());
            }
        }
        for vpc in &observed.vpcs {
            if let Some(address) = self.unwanted(&vpc.vpc.tags) {
                let spec = ResourceSpec::Vpc(VpcSpec {
                    cidr: vpc.vpc.cidr,
                    dns_support: vpc.dns_support,
                    dns_hostnames: vpc.dns_hostnames,
                    tags: vpc.vpc.tags.clone(),
                });
                self.delete(address, spec, vpc.vpc.id.clone());
            }
        }
        for role in &observed.roles {
            if let (Some(address), Ok(id)) = (self.unwanted(&role.tags), role.arn.parse()) {
                let spec = ResourceSpec::FlowLogRole(FlowLogRoleSpec {
                    name: role.name.clone(),
                    tags: role.tags.clone(),
                });
                self.delete(address, spec, id);
            }
        }
        for group in &observed.log_groups {
            if let Some(address) = self.unwanted(&group.tags) {
                warnings.push(Problem::warning(
                    "log-group-kept",
                    address.as_str(),
                    format!("log group `{}` is no longer written to; it is kept", group.group.name),
                    "delete it by hand once its retention has passed",
                ));
            }
        }
    }

    /// What is tagged for a tenant that this account is not: most likely this one under a key it had before.
    fn strangers(&self, member: &Member<'_>, warnings: &mut Vec<Problem>) {
        let tenants: BTreeSet<&str> = member
            .addresses()
            .filter_map(|(address, _)| address.strip_prefix("tenant/")?.split('/').next())
            .filter(|key| *key != self.tenant.key.as_str())
            .collect();
        for other in tenants {
            warnings.push(Problem::warning(
                "resource-of-another-tenant",
                format!("clients.\"{}\"", self.tenant.key),
                format!("the account of `{}` holds resources tagged for tenant `{other}`", self.tenant.key),
                format!(
                    "nothing is done to them; if `{other}` is what this tenant was called, write `renamed_from = \
                     \"{other}\"`"
                ),
            ));
        }
    }
}
