//! A world from an observation.

use super::schedule::chance::id;
use super::services::ec2::{Kept, Place, Shelf};
use super::services::iam::RoleRow;
use super::services::organizations::{FULL_ACCESS, Member, Org, PolicyRow, Unit, target_id};
use super::world::World;
use crate::cloud::NatGatewayState;
use crate::model::ResourceId;
use crate::observe::{Observed, ObservedMember, ObservedOrganization, ObservedVpc};
use crate::time::Time;

impl World {
    /// Makes everything exist that was observed, and the organization the observed one.
    pub(super) fn import(&mut self, observed: &Observed) {
        if let Some(organization) = &observed.organization {
            self.management = organization.organization.management_account;
            self.org = Some(organization_of(organization));
        }
        // What could not be read is as in an account that was just made: a plan expects nothing else of it.
        for (account, region, member) in observed.known_members() {
            let mut place = Place::empty(account, region.clone(), &self.chance);
            fill(&mut place, member);
            self.enabled.insert((account, region.clone()));
            self.places.insert((account, region.clone()), place);
            let roles = self.roles.entry(account).or_default();
            for role in &member.roles {
                let policies = member.role_policies.iter().filter(|policy| policy.role == role.name);
                let row = RoleRow {
                    role: role.clone(),
                    policies: policies.map(|policy| (policy.name.clone(), policy.document.clone())).collect(),
                    visible_from: Time::ZERO,
                    accepted_from: Time::ZERO,
                };
                roles.insert(role.name.clone(), row);
            }
        }
    }
}

fn organization_of(observed: &ObservedOrganization) -> Org {
    let mut org = Org::with(observed.organization.clone(), observed.root.clone());
    for unit in &observed.units {
        let depth = org.units.get(&unit.parent).map_or(1, |above| above.depth + 1);
        let row = Unit {
            name: unit.name.clone(),
            parent: unit.parent.clone(),
            depth,
            tags: unit.tags.clone(),
            visible_from: Time::ZERO,
        };
        org.insert_unit(unit.id.clone(), row);
    }
    for account in &observed.accounts {
        org.insert_member(Member {
            account: account.account.clone(),
            parent: account.parent.clone(),
            tags: account.tags.clone(),
            role: None,
            exists_from: Time::ZERO,
            visible_from: Time::ZERO,
            assumable_from: Time::ZERO,
            ready_from: Time::ZERO,
        });
    }
    if !org.members.contains_key(&org.organization.management_account) {
        org.add_management();
    }
    for policy in &observed.policies {
        if policy.policy.aws_managed {
            continue;
        }
        org.insert_policy(PolicyRow {
            policy: crate::cloud::ControlPolicy { document: None, ..policy.policy.clone() },
            document: policy.policy.document.clone().unwrap_or_default(),
            targets: policy.targets.iter().cloned().collect(),
            tags: policy.tags.clone(),
            visible_from: Time::ZERO,
        });
    }
    attach_full_access(&mut org, observed);
    org
}

/// AWS's own policy: where the observation says, or everywhere where it says nothing of it.
fn attach_full_access(org: &mut Org, observed: &ObservedOrganization) {
    let full_access = id(FULL_ACCESS);
    let targets: Vec<ResourceId> = match observed.policies.iter().find(|policy| policy.policy.aws_managed) {
        Some(policy) if !policy.targets.is_empty() => {
            org.detach(&full_access, &org.root.id.clone());
            policy.targets.clone()
        }
        _ => {
            let accounts = org.members.keys().map(|account| target_id(*account));
            org.units.keys().cloned().chain(accounts).collect()
        }
    };
    for target in targets {
        org.attach(&full_access, &target);
    }
}

fn shelf<T: Clone>(rows: &[T], id: impl Fn(&T) -> &ResourceId) -> Shelf<T> {
    rows.iter().map(|row| (id(row).clone(), Kept { value: row.clone(), visible_from: Time::ZERO })).collect()
}

fn fill(place: &mut Place, member: &ObservedMember) {
    let ObservedMember {
        vpcs,
        foreign_vpcs,
        zones,
        subnets,
        internet_gateways,
        elastic_ips,
        nat_gateways,
        route_tables,
        flow_logs,
        vpn_gateways,
        vpc_endpoints,
        roles: _,
        role_policies: _,
        log_groups,
    } = member;
    place.vpcs = shelf(vpcs, |row| &row.vpc.id);
    for vpc in foreign_vpcs {
        let value = ObservedVpc { vpc: vpc.clone(), dns_support: true, dns_hostnames: false };
        place.vpcs.insert(vpc.id.clone(), Kept { value, visible_from: Time::ZERO });
    }
    if let Some(zones) = zones {
        place.zones = zones.clone();
    }
    place.subnets = shelf(subnets, |row| &row.id);
    place.internet_gateways = shelf(internet_gateways, |row| &row.id);
    place.elastic_ips = shelf(elastic_ips, |row| &row.id);
    place.nat_gateways = shelf(nat_gateways, |row| &row.id);
    place.route_tables = shelf(route_tables, |row| &row.id);
    place.flow_logs = shelf(flow_logs, |row| &row.id);
    place.vpn_gateways = shelf(vpn_gateways, |row| &row.id);
    place.vpc_endpoints = shelf(vpc_endpoints, |row| &row.id);
    for group in log_groups {
        let kept = Kept { value: group.clone(), visible_from: Time::ZERO };
        place.log_groups.insert(group.group.name.clone(), kept);
    }
    // What was under way when it was observed is over.
    for kept in place.nat_gateways.values_mut() {
        kept.value.state = match kept.value.state {
            NatGatewayState::Pending => NatGatewayState::Available,
            NatGatewayState::Deleting => NatGatewayState::Deleted,
            settled => settled,
        };
    }
}
