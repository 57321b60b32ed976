//! What is in a tenant's account, by the tag with its address.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::applied::Ours;
use super::owner::Names;
use crate::cloud::{FlowLog, NatGatewayState, Subnet};
use crate::model::{Address, Problem, ResourceId, ResourceSpec, Tags};
use crate::observe::{ObservedMember, ObservedRolePolicy};
use crate::plan::desired::flow_log_role::{FLOW_LOG_POLICY, FLOW_LOG_POLICY_NAME};
use crate::plan::step::Change;

use super::Presence;
use super::changes::{document_changes, on_off, tag_changes};

/// A member account in one region, with everything tagged as ours by address.
pub(in crate::plan) struct Member<'a> {
    pub(in crate::plan) observed: &'a ObservedMember,
    by_address: BTreeMap<Cow<'a, str>, Tagged<'a>>,
}

/// A resource that carries an address tag, and whether others carry the same.
struct Tagged<'a> {
    id: &'a ResourceId,
    twins: Vec<&'a ResourceId>,
}

impl<'a> Member<'a> {
    pub(super) fn new(observed: &'a ObservedMember, names: &Names<'_>) -> Self {
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

    /// The subnet with that id.
    pub(in crate::plan) fn subnet(&self, id: &ResourceId) -> Option<&'a Subnet> {
        self.observed.subnets.iter().find(|found| found.id == *id)
    }

    /// Takes a resource for ours that carries no tag yet.
    pub(super) fn claim(&mut self, address: &Address, id: &'a ResourceId) {
        let tagged = Tagged { id, twins: Vec::new() };
        self.by_address.entry(Cow::Owned(address.to_string())).or_insert(tagged);
    }

    /// Whether anything of ours is in the account: it could be worked in once, and stays so.
    pub(super) fn was_worked_in(&self) -> bool {
        let Self { observed, by_address } = self;
        !(by_address.is_empty() && observed.roles.is_empty() && observed.log_groups.is_empty())
    }

    /// # Errors
    /// A problem where several resources carry the address.
    pub(super) fn refuse_twins(&self, address: &Address) -> Result<(), Problem> {
        match self.by_address.get(address.as_str()) {
            Some(tagged) if !tagged.twins.is_empty() => Err(twins(address, tagged)),
            _ => Ok(()),
        }
    }

    /// Everything tagged as ours, by address.
    pub(in crate::plan) fn addresses(&self) -> impl Iterator<Item = (&str, &'a ResourceId)> + '_ {
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
impl Member<'_> {
    /// What was found in the place of a resource that lives in an account.
    pub(super) fn find(
        &self,
        address: &Address,
        spec: &ResourceSpec,
        ids: &BTreeMap<Address, ResourceId>,
        ours: Ours<'_>,
    ) -> Result<Presence, Problem> {
        let (observed, id_of) = (self.observed, |address: &Address| ids.get(address));
        let with_id = |id: &ResourceId| self.id(address) == Some(id);
        let presence = match spec {
            ResourceSpec::FlowLogRole { name, tags } => {
                observed.roles.iter().find(|role| role.name == *name).map(|role| {
                    let of_role = |policy: &&ObservedRolePolicy| {
                        policy.role == *name && policy.name == FLOW_LOG_POLICY_NAME
                    };
                    let policy = observed.role_policies.iter().find(of_role);
                    let mut changes =
                        document_changes("policy", policy.map(|policy| &policy.document), FLOW_LOG_POLICY);
                    changes.extend(tag_changes(&role.tags, tags, ours));
                    (role.arn.parse().ok(), changes)
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
                    changes.extend(tag_changes(&found.tags, tags, ours));
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
                        changes.extend(tag_changes(&found.vpc.tags, tags, ours));
                        (Some(found.vpc.id.clone()), changes)
                    }),
                }
            }
            // A subnet that stands keeps its zone, whatever its name: `plan::zones` takes note of it.
            ResourceSpec::Subnet { vpc, cidr, zone: _, tags } => {
                match observed.subnets.iter().find(|found| with_id(&found.id)) {
                    Some(found) if id_of(vpc) == Some(&found.vpc) && found.cidr.trunc() != cidr.trunc() => {
                        let (from, to) = (found.cidr.to_string(), cidr.to_string());
                        return Err(immutable(address, "subnet", &from, &to));
                    }
                    found => found
                        .filter(|found| id_of(vpc) == Some(&found.vpc))
                        .map(|found| (Some(found.id.clone()), tag_changes(&found.tags, tags, ours))),
                }
            }
            ResourceSpec::InternetGateway { vpc, tags } => observed
                .internet_gateways
                .iter()
                .find(|found| with_id(&found.id))
                .map(|found| (&found.id, attached(&found.vpc, id_of(vpc)), &found.tags, tags))
                .map(|found| with_tags(found, ours)),
            ResourceSpec::ElasticIp { tags } => observed
                .elastic_ips
                .iter()
                .find(|found| with_id(&found.id))
                .map(|found| (Some(found.id.clone()), tag_changes(&found.tags, tags, ours))),
            ResourceSpec::NatGateway { subnet, tags, .. } => observed
                .nat_gateways
                .iter()
                .find(|found| with_id(&found.id) && id_of(subnet) == Some(&found.subnet))
                .map(|found| (Some(found.id.clone()), tag_changes(&found.tags, tags, ours))),
            ResourceSpec::RouteTable { vpc, tags } => observed
                .route_tables
                .iter()
                .find(|found| with_id(&found.id) && id_of(vpc) == Some(&found.vpc))
                .map(|found| (Some(found.id.clone()), tag_changes(&found.tags, tags, ours))),
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
            ResourceSpec::FlowLog { vpc, log_group, tags, .. } => self
                .flow_log(self.id(address), id_of(vpc), id_of(log_group))
                .map(|found| (Some(found.id.clone()), tag_changes(&found.tags, tags, ours))),
            ResourceSpec::VpnGateway { vpc, tags } => observed
                .vpn_gateways
                .iter()
                .find(|found| with_id(&found.id))
                .map(|found| (&found.id, attached(&found.vpc, id_of(vpc)), &found.tags, tags))
                .map(|found| with_tags(found, ours)),
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

    /// The flow log of that id on a VPC, or the one that stands in its place: AWS lets only one deliver all traffic of a VPC to a
    /// log group, so that no other can be made beside one that has lost its tags.
    fn flow_log(
        &self,
        id: Option<&ResourceId>,
        vpc: Option<&ResourceId>,
        log_group: Option<&ResourceId>,
    ) -> Option<&FlowLog> {
        let of_vpc = || self.observed.flow_logs.iter().filter(|found| Some(&found.vpc) == vpc);
        let tagged = of_vpc().find(|found| Some(&found.id) == id);
        let in_its_place = |found: &&FlowLog| {
            found.all_traffic
                && found.log_group.as_deref() == log_group.map(ResourceId::as_str)
                && !self.addresses().any(|(_, id)| *id == found.id)
        };
        tagged.or_else(|| of_vpc().filter(|_| log_group.is_some()).find(in_its_place))
    }
}

type Attached<'a> = (&'a ResourceId, Vec<Change>, &'a Tags, &'a Tags);

fn with_tags((id, mut changes, from, to): Attached<'_>, ours: Ours<'_>) -> (Option<ResourceId>, Vec<Change>) {
    changes.extend(tag_changes(from, to, ours));
    (Some(id.clone()), changes)
}

fn attached(found: &Option<ResourceId>, vpc: Option<&ResourceId>) -> Vec<Change> {
    if found.as_ref() == vpc && vpc.is_some() {
        Vec::new()
    } else {
        vec![Change::new("vpc", found.as_ref().map(ToString::to_string), vpc.map(ToString::to_string))]
    }
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
    let keep = match what {
        "vpc_cidr" => format!("to keep the network, write `vpc_cidr = \"{from}\"` for this tenant; "),
        _ => String::new(),
    };
    Problem::error(
        "block-immutable",
        format!("clients.\"{tenant}\".vpc_cidr"),
        format!(
            "the {what} `{address}` is `{from}` and cannot become `{to}`: AWS never changes a primary block"
        ),
        format!(
            "{keep}to build a new one, first apply the file with `offboard = \"suspend\"` for this tenant, naming the \
             deletions, and then without that line"
        ),
    )
}
