//! Looking at the world from above.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::services::ec2::{Place, Shelf, zones_of};
use super::services::iam::RoleRow;
use super::services::organizations::{FULL_ACCESS, Org};
use super::world::World;
use crate::cloud::{Account, AccountRequest, ControlPolicy, NatGatewayState};
use crate::model::{AccountId, Region, ResourceId, ResourceKind as Kind, Tags};
use crate::observe::{
    Observed, ObservedAccount, ObservedMember, ObservedOrganization, ObservedPolicy, ObservedRolePolicy,
    ObservedUnit, Reading,
};

/// Objects by kind, as a snapshot shows them.
struct Snapshot {
    kinds: Map<String, Value>,
}

impl Snapshot {
    fn add(
        &mut self,
        kind: Kind,
        (account, region): (AccountId, &Region),
        id: &str,
        tags: Option<&Tags>,
        more: Value,
    ) {
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(id));
        object.insert("account_id".to_owned(), json!(account.to_string()));
        object.insert("region".to_owned(), json!(region.as_str()));
        object.insert("tags".to_owned(), tags.map_or_else(|| json!({}), |tags| json!(tags)));
        if let Value::Object(more) = more {
            object.extend(more);
        }
        if let Some(Value::Array(list)) = self.kinds.get_mut(kind.name()) {
            list.push(Value::Object(object));
        }
    }
}

pub(super) fn snapshot(world: &World) -> Value {
    let listed = |kind: &&Kind| !matches!(kind, Kind::AccountPlacement | Kind::AccountReadiness);
    let kinds = Kind::ALL.iter().filter(listed).map(|kind| (kind.name().to_owned(), json!([]))).collect();
    let mut snapshot = Snapshot { kinds };
    if let Some(org) = &world.org {
        organization(&mut snapshot, org);
    }
    let global = Region::us_east_1();
    for (account, roles) in &world.roles {
        for row in roles.values() {
            let more = json!({"name": row.role.name, "arn": row.role.arn, "trust": row.role.trust, "policies": row.policies});
            let tags = Some(&row.role.tags);
            snapshot.add(Kind::FlowLogRole, (*account, &global), &row.role.arn, tags, more);
        }
    }
    for place in world.places.values() {
        network(&mut snapshot, place);
    }
    Value::Object(snapshot.kinds)
}

fn organization(snapshot: &mut Snapshot, org: &Org) {
    let global = Region::us_east_1();
    let management = org.organization.management_account;
    let site = (management, &global);
    snapshot.add(
        Kind::Organization,
        site,
        org.organization.id.as_str(),
        None,
        json!({"management_account_id": management.to_string(), "all_features": org.organization.all_features}),
    );
    snapshot.add(
        Kind::OrganizationRoot,
        site,
        org.root.id.as_str(),
        Some(&org.root_tags),
        json!({"service_control_policies": org.root.service_control_policies}),
    );
    for (id, unit) in &org.units {
        let more = json!({"name": unit.name, "parent_id": unit.parent});
        snapshot.add(Kind::OrganizationalUnit, site, id.as_str(), Some(&unit.tags), more);
    }
    for (id, member) in org.members.iter().filter(|(id, _)| **id != management) {
        let more = json!({
            "name": member.account.name,
            "email": member.account.email,
            "ou_id": member.parent,
            "state": member.account.state,
        });
        snapshot.add(Kind::Account, (*id, &global), &id.to_string(), Some(&member.tags), more);
    }
    for (id, row) in org.policies.iter().filter(|(id, _)| id.as_str() != FULL_ACCESS) {
        let more = json!({
            "name": row.policy.name,
            "description": row.policy.description,
            "document": row.document,
            "targets": row.targets,
        });
        snapshot.add(Kind::ServiceControlPolicy, site, id.as_str(), Some(&row.tags), more);
        for target in &row.targets {
            let more = json!({"policy_id": id, "target_id": target});
            snapshot.add(Kind::PolicyAttachment, site, &format!("{id}/{target}"), None, more);
        }
    }
}

fn network(snapshot: &mut Snapshot, place: &Place) {
    let site = (place.account, &place.region);
    for kept in place.vpcs.values().filter(|kept| !kept.value.vpc.is_default) {
        let vpc = &kept.value.vpc;
        let more = json!({
            "cidr": vpc.cidr,
            "dns_support": kept.value.dns_support,
            "dns_hostnames": kept.value.dns_hostnames,
        });
        snapshot.add(Kind::Vpc, site, vpc.id.as_str(), Some(&vpc.tags), more);
    }
    for row in values(&place.subnets) {
        let more = json!({"vpc_id": row.vpc, "cidr": row.cidr, "zone": row.zone});
        snapshot.add(Kind::Subnet, site, row.id.as_str(), Some(&row.tags), more);
    }
    for row in values(&place.internet_gateways) {
        let more = json!({"vpc_id": row.vpc});
        snapshot.add(Kind::InternetGateway, site, row.id.as_str(), Some(&row.tags), more);
    }
    for row in values(&place.elastic_ips) {
        let more = json!({"public_ip": row.public_ip, "association_id": row.association});
        snapshot.add(Kind::ElasticIp, site, row.id.as_str(), Some(&row.tags), more);
    }
    for row in values(&place.nat_gateways).filter(|row| row.state != NatGatewayState::Deleted) {
        let more = json!({
            "vpc_id": row.vpc,
            "subnet_id": row.subnet,
            "allocation_id": row.allocation,
            "state": row.state,
            "failure": row.failure,
        });
        snapshot.add(Kind::NatGateway, site, row.id.as_str(), Some(&row.tags), more);
    }
    for table in values(&place.route_tables).map(|table| place.shown(table)) {
        let routes: Vec<Value> = table
            .routes
            .iter()
            .map(|route| {
                json!({"destination": route.destination, "gateway_id": route.gateway, "blackhole": route.blackhole})
            })
            .collect();
        let subnets: Vec<&ResourceId> =
            table.associations.iter().map(|association| &association.subnet).collect();
        let more = json!({"vpc_id": table.vpc, "routes": routes, "subnet_ids": subnets});
        snapshot.add(Kind::RouteTable, site, table.id.as_str(), Some(&table.tags), more);
        for (route, shown) in table.routes.iter().zip(routes) {
            let mut more = shown;
            more["route_table_id"] = json!(table.id);
            snapshot.add(Kind::Route, site, &format!("{}_{}", table.id, route.destination), None, more);
        }
        for association in &table.associations {
            let more = json!({"route_table_id": table.id, "subnet_id": association.subnet});
            snapshot.add(Kind::RouteTableAssociation, site, association.id.as_str(), None, more);
        }
    }
    for row in values(&place.flow_logs) {
        let more = json!({"vpc_id": row.vpc, "log_group": row.log_group, "role_arn": row.role_arn});
        snapshot.add(Kind::FlowLog, site, row.id.as_str(), Some(&row.tags), more);
    }
    for row in values(&place.vpn_gateways).filter(|row| !row.deleted) {
        let more = json!({"vpc_id": row.vpc});
        snapshot.add(Kind::VpnGateway, site, row.id.as_str(), Some(&row.tags), more);
    }
    for row in values(&place.vpc_endpoints).filter(|row| !row.deleted) {
        let more = json!({"vpc_id": row.vpc, "service": row.service, "route_table_ids": row.route_tables});
        snapshot.add(Kind::VpcEndpoint, site, row.id.as_str(), Some(&row.tags), more);
    }
    for kept in place.log_groups.values() {
        let group = &kept.value.group;
        let more = json!({"name": group.name, "arn": group.arn, "retention_days": group.retention_days});
        snapshot.add(Kind::LogGroup, site, &group.name, Some(&kept.value.tags), more);
    }
}

fn values<T>(shelf: &Shelf<T>) -> impl Iterator<Item = &T> {
    shelf.values().map(|kept| &kept.value)
}

pub(super) fn accounts(world: &World) -> Vec<(Account, ResourceId)> {
    let members = world.org.iter().flat_map(|org| org.members.values());
    members
        .filter(|member| member.account.id != world.management)
        .map(|member| (member.account.clone(), member.parent.clone()))
        .collect()
}

pub(super) fn account_requests(world: &World) -> Vec<(AccountRequest, String)> {
    let requests = world.org.iter().flat_map(|org| org.requests.values());
    requests.map(|request| (request.answer.clone(), request.email.clone())).collect()
}

pub(super) fn observe(world: &World) -> Observed {
    let mut members: BTreeMap<AccountId, BTreeMap<Region, ObservedMember>> = BTreeMap::new();
    for ((account, region), place) in &world.places {
        members.entry(*account).or_default().insert(region.clone(), member(place));
    }
    if let Some(org) = &world.org {
        for account in org.members.keys().filter(|account| **account != world.management) {
            let regions = members.entry(*account).or_default();
            if regions.is_empty() {
                let zones = Some(zones_of(*account, &world.region, &world.chance));
                regions.insert(world.region.clone(), ObservedMember { zones, ..ObservedMember::default() });
            }
        }
    }
    for (account, roles) in &world.roles {
        let Some(regions) = members.get_mut(account) else { continue };
        for member in regions.values_mut() {
            member.roles = roles.values().map(|row| row.role.clone()).collect();
            member.role_policies = roles.values().flat_map(role_policies).collect();
        }
    }
    let known = members.into_iter().map(|(account, regions)| {
        let regions = regions.into_iter().map(|(region, member)| (region, Reading::Known(member)));
        (account, regions.collect())
    });
    Observed { organization: world.org.as_ref().map(organization_observed), members: known.collect() }
}

fn role_policies(row: &RoleRow) -> impl Iterator<Item = ObservedRolePolicy> + '_ {
    row.policies.iter().map(|(name, document)| ObservedRolePolicy {
        role: row.role.name.clone(),
        name: name.clone(),
        document: document.clone(),
    })
}

fn member(place: &Place) -> ObservedMember {
    ObservedMember {
        vpcs: values(&place.vpcs).cloned().collect(),
        foreign_vpcs: Vec::new(),
        zones: Some(place.zones.clone()),
        subnets: values(&place.subnets).cloned().collect(),
        internet_gateways: values(&place.internet_gateways).cloned().collect(),
        elastic_ips: values(&place.elastic_ips).cloned().collect(),
        nat_gateways: values(&place.nat_gateways).cloned().collect(),
        route_tables: values(&place.route_tables).map(|table| place.shown(table)).collect(),
        flow_logs: values(&place.flow_logs).cloned().collect(),
        vpn_gateways: values(&place.vpn_gateways).cloned().collect(),
        vpc_endpoints: values(&place.vpc_endpoints).cloned().collect(),
        roles: Vec::new(),
        role_policies: Vec::new(),
        log_groups: place.log_groups.values().map(|kept| kept.value.clone()).collect(),
    }
}

fn organization_observed(org: &Org) -> ObservedOrganization {
    let mut units: Vec<(u64, ObservedUnit)> = org
        .units
        .iter()
        .map(|(id, unit)| {
            let observed = ObservedUnit {
                id: id.clone(),
                name: unit.name.clone(),
                parent: unit.parent.clone(),
                tags: unit.tags.clone(),
                // Whose policies are whose depends on who asks.
                foreign_policies: None,
            };
            (unit.depth, observed)
        })
        .collect();
    units.sort_by_key(|(depth, _)| *depth);
    ObservedOrganization {
        organization: org.organization.clone(),
        root: org.root.clone(),
        units: units.into_iter().map(|(_, unit)| unit).collect(),
        accounts: org
            .members
            .values()
            .map(|member| ObservedAccount {
                account: member.account.clone(),
                parent: member.parent.clone(),
                tags: member.tags.clone(),
            })
            .collect(),
        other_account_count: 0,
        policies: org
            .policies
            .values()
            .map(|row| ObservedPolicy {
                policy: ControlPolicy {
                    document: (!row.policy.aws_managed).then(|| row.document.clone()),
                    ..row.policy.clone()
                },
                targets: row.targets.iter().cloned().collect(),
                tags: row.tags.clone(),
            })
            .collect(),
    }
}
