//! From a zone to the graph of everything it wants to exist.

pub(super) mod blocks;
pub(super) mod graph;
mod guardrail_documents;
pub(super) mod zones;

use std::collections::BTreeMap;

use super::Error;
use super::diff::existing::Existing;
use super::diff::incremental::Settled;
use crate::kinds::{
    AccountPlacementSpec, AccountReadinessSpec, AccountSpec, ElasticIpSpec, FlowLogRoleSpec, FlowLogSpec,
    InternetGatewaySpec, KmsKeySpec, LogGroupSpec, NatGatewaySpec, OrganizationRootSpec, OrganizationSpec,
    OrganizationalUnitSpec, PolicyAttachmentSpec, ResourceSpec, RouteSpec, RouteTableAssociationSpec,
    RouteTableSpec, RouteTarget, ServiceControlPolicySpec, SubnetSpec, VpcEndpointSpec, VpcSpec,
    VpnGatewaySpec,
};
use crate::model::{
    ADDRESS_TAG, Address, Cidr, LandingZone, NetworkFeatures, Problem, SubnetZone, TENANT_TAG, Tags, Tenant,
    TenantKey, TierName, ZONE_TAG, ZoneOrdinal,
};
use crate::net::{SubnetPlan, SubnetRole, layout};
use crate::observe::{Scope, flow_log_group_name};
use graph::{Dependency, DependencyReason, Resource, ResourceGraph};

/// Everything a zone wants to exist, given the block of each tenant's VPC and what exists and cannot change its name.
///
/// A tenant that leaves has an account in the unit of those who left, and nothing else. Settled ones are left out.
pub(super) fn graph(
    zone: &LandingZone,
    scope: &Scope,
    blocks: &BTreeMap<TenantKey, Cidr>,
    existing: &Existing,
    settled: &Settled<'_>,
) -> Result<ResourceGraph, Error> {
    let mut build = Build { zone, scope, existing, resources: Vec::new(), problems: Vec::new() };
    build.organization();
    let attachments = build.guardrails();
    let suspended = build.suspended();
    let mut tenants: Vec<&Tenant> =
        zone.tenants.iter().filter(|tenant| !settled.holds(&tenant.key)).collect();
    tenants.sort_by(|a, b| a.key.cmp(&b.key));
    for tenant in tenants {
        if tenant.offboard.is_some() {
            build.account(tenant, &zone.suspended_ou, &suspended);
            continue;
        }
        let guardrails = attachments.get(&tenant.tier).map_or(&[][..], Vec::as_slice);
        build.account(tenant, &tenant.ou_path(), guardrails);
        if let (Some(features), Some(block)) = (zone.network, blocks.get(&tenant.key)) {
            build.network(tenant, features, *block);
        }
    }
    if build.problems.is_empty() {
        ResourceGraph::new(build.resources)
    } else {
        Err(Error::Problems(crate::model::Problems(build.problems)))
    }
}

struct Build<'a> {
    zone: &'a LandingZone,
    scope: &'a Scope,
    existing: &'a Existing,
    resources: Vec<Resource>,
    problems: Vec<Problem>,
}

impl Build<'_> {
    fn shared(&mut self, address: Address, spec: ResourceSpec, after: Vec<Dependency>) {
        self.resources.push(Resource {
            address,
            spec,
            tenant: None,
            region: self.zone.region.clone(),
            after,
        });
    }

    fn of_tenant(&mut self, tenant: &Tenant, address: &Address, spec: ResourceSpec, after: Vec<Dependency>) {
        self.resources.push(Resource {
            address: address.clone(),
            spec,
            tenant: Some(tenant.key.clone()),
            region: tenant.region.clone(),
            after,
        });
    }

    /// The tags of a resource: the zone's, those that make it ours, and what the console shows as its name.
    fn tags(&self, address: &Address, tenant: Option<&Tenant>, name: Option<String>) -> Tags {
        let mut tags = self.zone.tags.clone();
        // IAM takes two keys that differ in case only for one key given twice.
        if !tags.keys().any(|key| key.eq_ignore_ascii_case("Environment")) {
            tags.insert("Environment".to_owned(), self.zone.environment.clone());
        }
        tags.insert(ZONE_TAG.to_owned(), self.zone.name.to_string());
        tags.insert(ADDRESS_TAG.to_owned(), address.to_string());
        if let Some(tenant) = tenant {
            tags.insert(TENANT_TAG.to_owned(), tenant.key.to_string());
        }
        if let Some(name) = name {
            tags.insert("Name".to_owned(), name);
        }
        tags
    }

    fn organization(&mut self) {
        self.shared(Address::organization(), ResourceSpec::Organization(OrganizationSpec {}), Vec::new());
        let on_organization = Dependency { on: Address::organization(), reason: DependencyReason::Id };
        self.shared(
            Address::root(),
            ResourceSpec::OrganizationRoot(OrganizationRootSpec {}),
            vec![on_organization],
        );
        for path in &self.scope.unit_paths {
            let (parent, name) = match path.rsplit_once('/') {
                Some((above, name)) => (Address::organizational_unit(above), name),
                None => (Address::root(), path.as_str()),
            };
            let address = Address::organizational_unit(path);
            let tags = self.tags(&address, None, None);
            let spec = ResourceSpec::OrganizationalUnit(OrganizationalUnitSpec {
                name: name.to_owned(),
                parent,
                tags,
            });
            self.shared(address, spec, Vec::new());
        }
    }

    /// The guardrail documents of every tier that has tenants; answers the attachments of each tier's unit.
    fn guardrails(&mut self) -> BTreeMap<TierName, Vec<Address>> {
        let mut attachments = BTreeMap::new();
        let mut tiers: Vec<_> = self
            .zone
            .tiers
            .iter()
            .filter(|tier| self.zone.tenants.iter().any(|tenant| tenant.tier == tier.name))
            .collect();
        tiers.sort_by(|a, b| a.name.cmp(&b.name));
        for tier in tiers {
            let documents = match guardrail_documents::documents(
                self.zone,
                tier,
                self.existing.places_taken(&tier.ou_name),
            ) {
                Ok(documents) => documents,
                Err(problem) => {
                    self.problems.push(problem);
                    continue;
                }
            };
            for document in documents {
                let attachment = self.attached(document, &tier.ou_name);
                attachments.entry(tier.name.clone()).or_insert_with(Vec::new).push(attachment);
            }
        }
        attachments
    }

    /// A guardrail document on a unit; answers its attachment.
    fn attached(&mut self, document: guardrail_documents::Document, unit: &str) -> Address {
        let guardrail_documents::Document { name, description, text } = document;
        let policy = Address::policy(&name);
        let tags = self.tags(&policy, None, None);
        let enabled = Dependency { on: Address::root(), reason: DependencyReason::PoliciesEnabled };
        let spec = ResourceSpec::ServiceControlPolicy(ServiceControlPolicySpec {
            name: name.clone(),
            description,
            document: text,
            tags,
        });
        self.shared(policy.clone(), spec, vec![enabled]);
        let attachment = Address::attachment(unit, &name);
        let spec = ResourceSpec::PolicyAttachment(PolicyAttachmentSpec {
            policy,
            target: Address::organizational_unit(unit),
        });
        self.shared(attachment.clone(), spec, Vec::new());
        attachment
    }

    /// What denies everything in the unit of those who left, where somebody leaves.
    fn suspended(&mut self) -> Vec<Address> {
        if self.zone.tenants.iter().all(|tenant| tenant.offboard.is_none()) {
            return Vec::new();
        }
        match guardrail_documents::suspended(self.zone, self.existing.places_taken(&self.zone.suspended_ou)) {
            Ok(document) => vec![self.attached(document, &self.zone.suspended_ou)],
            Err(problem) => {
                self.problems.push(problem);
                Vec::new()
            }
        }
    }

    fn account(&mut self, tenant: &Tenant, unit: &str, attachments: &[Address]) {
        let guarded: Vec<Dependency> = attachments
            .iter()
            .map(|on| Dependency { on: on.clone(), reason: DependencyReason::Guarded })
            .collect();
        let account = Address::tenant(&tenant.key, "account");
        let mut tags = self.tags(&account, Some(tenant), None);
        for (key, value) in &tenant.tags {
            tags.insert(key.clone(), value.clone());
        }
        let spec = ResourceSpec::Account(AccountSpec {
            name: tenant.account_name.clone(),
            email: tenant.account_email.clone(),
            adopt: tenant.account_id,
            tags,
        });
        let unit = Address::organizational_unit(unit);
        let mut after = guarded.clone();
        after.push(Dependency { on: unit.clone(), reason: DependencyReason::Guarded });
        self.of_tenant(tenant, &account, spec, after);
        let placement = Address::tenant(&tenant.key, "account/placement");
        let spec =
            ResourceSpec::AccountPlacement(AccountPlacementSpec { account: account.clone(), parent: unit });
        self.of_tenant(tenant, &placement, spec, guarded);
        if self.zone.network.is_some() && tenant.offboard.is_none() {
            let readiness = Address::tenant(&tenant.key, "account/readiness");
            let placed = Dependency { on: placement, reason: DependencyReason::Placed };
            self.of_tenant(
                tenant,
                &readiness,
                ResourceSpec::AccountReadiness(AccountReadinessSpec { account }),
                vec![placed],
            );
        }
    }

    fn network(&mut self, tenant: &Tenant, features: NetworkFeatures, block: Cidr) {
        let at = |rest: &str| Address::tenant(&tenant.key, rest);
        let subnets = match layout::seed(block) {
            Ok(subnets) => subnets,
            Err(error) => {
                self.problems.push(error.problem(format!("clients.\"{}\".vpc_cidr", tenant.key)));
                return;
            }
        };
        let vpc = at("vpc");
        let spec = ResourceSpec::Vpc(VpcSpec {
            cidr: block,
            dns_support: features.dns_support,
            dns_hostnames: features.dns_hostnames,
            tags: self.tags(&vpc, Some(tenant), named(tenant, "vpc")),
        });
        self.of_tenant(tenant, &vpc, spec, when_ready(tenant));
        self.subnets(tenant, &subnets);
        let internet = at("vpc/internet-gateway");
        let spec = ResourceSpec::InternetGateway(InternetGatewaySpec {
            vpc: vpc.clone(),
            tags: self.tags(&internet, Some(tenant), named(tenant, "internet")),
        });
        self.of_tenant(tenant, &internet, spec, Vec::new());
        let nat = features.nat_gateway.then(|| self.nat_gateway(tenant, &internet));
        let public_way = Some(RouteTarget::InternetGateway(internet));
        let private_way = nat.map(RouteTarget::NatGateway);
        for (name, role, way) in
            [("public", SubnetRole::Public, public_way), ("private", SubnetRole::Private, private_way)]
        {
            let associated = subnets.iter().filter(|subnet| subnet.role == role);
            self.route_table(tenant, name, way, associated.map(|subnet| subnet.name.as_str()));
        }
        if features.flow_logs {
            self.flow_log(tenant, features, &vpc);
        }
        self.gateway_endpoints(tenant, features);
        if features.vpn_gateway {
            let gateway = at("vpc/vpn-gateway");
            let spec = ResourceSpec::VpnGateway(VpnGatewaySpec {
                vpc,
                tags: self.tags(&gateway, Some(tenant), named(tenant, "vpn")),
            });
            self.of_tenant(tenant, &gateway, spec, Vec::new());
        }
    }

    fn subnets(&mut self, tenant: &Tenant, subnets: &[SubnetPlan]) {
        for subnet in subnets {
            let address = subnet_of(tenant, &subnet.name);
            // A layout is checked before it is applied: every label is a letter.
            let Some(place) = ZoneOrdinal::of_letter(subnet.zone_suffix) else { continue };
            let spec = ResourceSpec::Subnet(SubnetSpec {
                vpc: Address::tenant(&tenant.key, "vpc"),
                cidr: subnet.cidr,
                zone: SubnetZone::Ordinal(place),
                tags: self.tags(&address, Some(tenant), named(tenant, &subnet.name)),
            });
            self.of_tenant(tenant, &address, spec, Vec::new());
        }
    }

    /// A NAT gateway in the first public subnet, with its Elastic IP; returns its address.
    fn nat_gateway(&mut self, tenant: &Tenant, internet: &Address) -> Address {
        let elastic_ip = Address::tenant(&tenant.key, "vpc/elastic-ip/nat-1");
        let tags = self.tags(&elastic_ip, Some(tenant), named(tenant, "nat-1"));
        let spec = ResourceSpec::ElasticIp(ElasticIpSpec { tags });
        self.of_tenant(tenant, &elastic_ip, spec, when_ready(tenant));
        let nat = Address::tenant(&tenant.key, "vpc/nat-gateway/nat-1");
        let spec = ResourceSpec::NatGateway(NatGatewaySpec {
            subnet: subnet_of(tenant, "public-1"),
            elastic_ip,
            tags: self.tags(&nat, Some(tenant), named(tenant, "nat-1")),
        });
        let attached = Dependency { on: internet.clone(), reason: DependencyReason::Attached };
        self.of_tenant(tenant, &nat, spec, vec![attached]);
        nat
    }

    /// A route table with its default route, if there is a way out, and the subnets that use it.
    fn route_table<'s>(
        &mut self,
        tenant: &Tenant,
        name: &str,
        way: Option<RouteTarget>,
        subnets: impl Iterator<Item = &'s str>,
    ) {
        let table = Address::tenant(&tenant.key, &format!("vpc/route-table/{name}"));
        let spec = ResourceSpec::RouteTable(RouteTableSpec {
            vpc: Address::tenant(&tenant.key, "vpc"),
            tags: self.tags(&table, Some(tenant), named(tenant, name)),
        });
        self.of_tenant(tenant, &table, spec, Vec::new());
        if let Some(target) = way {
            let route = Address::tenant(&tenant.key, &format!("vpc/route-table/{name}/route/default"));
            let (table, destination) = (table.clone(), Cidr::ANYWHERE);
            let spec = ResourceSpec::Route(RouteSpec { table, destination, target });
            self.of_tenant(tenant, &route, spec, Vec::new());
        }
        for subnet in subnets {
            let place = format!("vpc/route-table/{name}/association/{subnet}");
            let association = Address::tenant(&tenant.key, &place);
            let (table, subnet) = (table.clone(), subnet_of(tenant, subnet));
            let spec = ResourceSpec::RouteTableAssociation(RouteTableAssociationSpec { table, subnet });
            self.of_tenant(tenant, &association, spec, Vec::new());
        }
    }

    /// An endpoint to each service, reached from every subnet of the VPC.
    fn gateway_endpoints(&mut self, tenant: &Tenant, features: NetworkFeatures) {
        let at = |rest: &str| Address::tenant(&tenant.key, rest);
        for service in features.gateway_endpoints.names() {
            let address = at(&format!("vpc/endpoint/{service}"));
            let spec = ResourceSpec::VpcEndpoint(VpcEndpointSpec {
                vpc: at("vpc"),
                service: format!("com.amazonaws.{}.{service}", tenant.region),
                route_tables: ["public", "private"]
                    .map(|name| at(&format!("vpc/route-table/{name}")))
                    .to_vec(),
                tags: self.tags(&address, Some(tenant), named(tenant, service)),
            });
            self.of_tenant(tenant, &address, spec, Vec::new());
        }
    }

    /// The key for a log group; returns its address.
    fn log_key(&mut self, tenant: &Tenant, log_group: &str) -> Address {
        let address = Address::tenant(&tenant.key, "key/logs");
        let spec = ResourceSpec::KmsKey(KmsKeySpec {
            account: Address::tenant(&tenant.key, "account"),
            description: format!("flow logs of {}", tenant.key),
            policy: KmsKeySpec::policy_for_log_group(tenant.region.as_str(), log_group),
            rotation_days: KmsKeySpec::ROTATION_DAYS,
            tags: self.tags(&address, Some(tenant), named(tenant, "logs")),
        });
        self.of_tenant(tenant, &address, spec, when_ready(tenant));
        address
    }

    fn flow_log(&mut self, tenant: &Tenant, features: NetworkFeatures, vpc: &Address) {
        let retention_days = match self.zone.tier_of(tenant) {
            Ok(tier) => tier.log_retention_days,
            Err(problem) => return self.problems.push(problem),
        };
        let at = |rest: &str| Address::tenant(&tenant.key, rest);
        let role = at("flow-log-role");
        let spec = ResourceSpec::FlowLogRole(FlowLogRoleSpec {
            name: self.scope.flow_log_role.clone(),
            tags: self.tags(&role, Some(tenant), None),
        });
        self.of_tenant(tenant, &role, spec, when_ready(tenant));
        let log_group = at("flow-log-group");
        let own = self.existing.log_groups.get(&tenant.key).cloned();
        let name = own.unwrap_or_else(|| flow_log_group_name(&self.zone.name, &tenant.key));
        let key = features.encrypt_flow_logs.then(|| self.log_key(tenant, &name));
        let spec = ResourceSpec::LogGroup(LogGroupSpec {
            name,
            retention_days,
            key,
            tags: self.tags(&log_group, Some(tenant), None),
        });
        self.of_tenant(tenant, &log_group, spec, when_ready(tenant));
        let flow_log = at("vpc/flow-log");
        let spec = ResourceSpec::FlowLog(FlowLogSpec {
            vpc: vpc.clone(),
            log_group,
            role,
            tags: self.tags(&flow_log, Some(tenant), named(tenant, "flow-log")),
        });
        self.of_tenant(tenant, &flow_log, spec, Vec::new());
    }
}

fn named(tenant: &Tenant, rest: &str) -> Option<String> {
    Some(format!("{}-{rest}", tenant.prefix))
}

fn subnet_of(tenant: &Tenant, name: &str) -> Address {
    Address::tenant(&tenant.key, &format!("vpc/subnet/{name}"))
}

/// What waits until the account can be entered.
fn when_ready(tenant: &Tenant) -> Vec<Dependency> {
    vec![Dependency {
        on: Address::tenant(&tenant.key, "account/readiness"),
        reason: DependencyReason::Ready,
    }]
}
