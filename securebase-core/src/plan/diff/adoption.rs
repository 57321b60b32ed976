//! A network that exists and is to become ours: which of its parts stand where ours would.
//!
//! A part is recognised by what AWS allows once only: the VPC by id or block, a subnet by its block in the VPC, the gateway
//! that is attached, the NAT gateway in the public subnet with its address, the route table a subnet is associated with.
//! What is recognised is tagged, not made; what is missing is made; what fits nowhere is left alone.

use std::collections::BTreeMap;

use crate::cloud::ec2::NatGatewayState;
use crate::model::{Address, Problem, ResourceId};
use crate::observe::{Names, ObservedMember, ObservedVpc, ScopedTenant};
use crate::plan::desired::graph::ResourceGraph;

/// The ids of the parts of a VPC to adopt, by the address each gets; nothing where there is none to adopt.
///
/// # Errors
/// A problem where the file names a VPC that is not there, or one that cannot be the tenant's.
pub(in crate::plan) fn network<'a>(
    tenant: &ScopedTenant,
    member: &'a ObservedMember,
    graph: &ResourceGraph,
    names: &Names<'_>,
) -> Result<BTreeMap<Address, &'a ResourceId>, Problem> {
    let at = |rest: &str| Address::tenant(&tenant.key, rest);
    let ours = |found: &&ObservedVpc| names.ours(&found.vpc.tags);
    if tenant.offboard.is_some() || member.vpcs.iter().any(|found| ours(&found)) {
        return Ok(BTreeMap::new());
    }
    let path = || format!("clients.\"{}\".vpc_id", tenant.key);
    let fits = |found: &&ObservedVpc| match &tenant.vpc_id {
        Some(id) => found.vpc.id == *id,
        None => tenant.vpc_cidr == Some(found.vpc.cidr) && !found.vpc.is_default,
    };
    let Some(vpc) = member.vpcs.iter().find(fits).map(|found| &found.vpc) else {
        let Some(id) = &tenant.vpc_id else { return Ok(BTreeMap::new()) };
        return Err(Problem::error(
            "vpc-id-unknown",
            path(),
            format!("the account has no VPC `{id}` in `{}`", tenant.region),
            "write the id of a VPC of this account and region, or drop the line to have one made",
        ));
    };
    let wanted = |rest: &str| graph.get(&at(rest));
    if let Some(cidr) = wanted("vpc").and_then(|resource| resource.spec.as_kind().block())
        && cidr != vpc.cidr
    {
        return Err(Problem::error(
            "vpc-block-differs",
            path(),
            format!("VPC `{}` has the block `{}`, not `{cidr}`", vpc.id, vpc.cidr),
            format!("write `vpc_cidr = \"{}\"`: AWS never changes a primary block", vpc.cidr),
        ));
    }
    let mut found = BTreeMap::from([(at("vpc"), &vpc.id)]);
    let mut subnets: BTreeMap<&ResourceId, Address> = BTreeMap::new();
    for resource in graph.iter().filter(|resource| resource.tenant.as_ref() == Some(&tenant.key)) {
        let kind = resource.spec.as_kind();
        // What takes a block in a zone is a subnet.
        let Some(cidr) = kind.block().filter(|_| kind.zone().is_some()) else { continue };
        if let Some(subnet) = member.subnets.iter().find(|found| found.vpc == vpc.id && found.cidr == cidr) {
            found.insert(resource.address.clone(), &subnet.id);
            subnets.insert(&subnet.id, resource.address.clone());
        }
    }
    found.extend(gateways(tenant, member, &vpc.id, &subnets));
    tables(tenant, member, &vpc.id, &subnets, &mut found)?;
    found.retain(|address, _| graph.get(address).is_some());
    Ok(found)
}

/// The gateways of a VPC, by the address each gets: those attached to it, and the NAT gateway in the public subnet.
fn gateways<'a>(
    tenant: &ScopedTenant,
    member: &'a ObservedMember,
    vpc: &ResourceId,
    subnets: &BTreeMap<&ResourceId, Address>,
) -> Vec<(Address, &'a ResourceId)> {
    let at = |rest: &str| Address::tenant(&tenant.key, rest);
    let mut found = Vec::new();
    let attached = |to: &Option<ResourceId>| to.as_ref() == Some(vpc);
    let internet = member.internet_gateways.iter().find(|gateway| attached(&gateway.vpc));
    found.extend(internet.map(|gateway| (at("vpc/internet-gateway"), &gateway.id)));
    let vpn = member.vpn_gateways.iter().find(|gateway| attached(&gateway.vpc) && !gateway.deleted);
    found.extend(vpn.map(|gateway| (at("vpc/vpn-gateway"), &gateway.id)));
    let public = public_subnet(tenant);
    let nat = member
        .nat_gateways
        .iter()
        .find(|nat| subnets.get(&nat.subnet) == Some(&public) && nat.state == NatGatewayState::Available);
    if let Some(nat) = nat {
        found.push((at("vpc/nat-gateway/nat-1"), &nat.id));
        let elastic_ip = member.elastic_ips.iter().find(|found| nat.allocation.as_ref() == Some(&found.id));
        found.extend(elastic_ip.map(|elastic_ip| (at("vpc/elastic-ip/nat-1"), &elastic_ip.id)));
    }
    found
}

/// Adds the route tables of a VPC, by the subnets that use them.
///
/// # Errors
/// A problem where public and private subnets share a table, or those of one kind have two.
fn tables<'a>(
    tenant: &ScopedTenant,
    member: &'a ObservedMember,
    vpc: &ResourceId,
    subnets: &BTreeMap<&ResourceId, Address>,
    found: &mut BTreeMap<Address, &'a ResourceId>,
) -> Result<(), Problem> {
    let at = |rest: &str| Address::tenant(&tenant.key, rest);
    let public = public_subnet(tenant);
    for table in member.route_tables.iter().filter(|table| table.vpc == *vpc) {
        let mut roles: Vec<&str> = table
            .associations
            .iter()
            .filter_map(|association| subnets.get(&association.subnet))
            .map(|subnet| if *subnet == public { "public" } else { "private" })
            .collect();
        roles.dedup();
        match roles[..] {
            [] => {}
            [role] if !found.contains_key(&at(&format!("vpc/route-table/{role}"))) => {
                found.insert(at(&format!("vpc/route-table/{role}")), &table.id);
            }
            _ => return Err(shared_table(tenant, &table.id)),
        }
    }
    Ok(())
}

fn public_subnet(tenant: &ScopedTenant) -> Address {
    Address::tenant(&tenant.key, "vpc/subnet/public-1")
}

/// A subnet belongs to one table, and public and private ones of ours to one each.
fn shared_table(tenant: &ScopedTenant, table: &ResourceId) -> Problem {
    Problem::error(
        "vpc-routes-differ",
        format!("clients.\"{}\".vpc_id", tenant.key),
        format!(
            "route table `{table}` does not fit: the public subnet has one table and all private ones share another"
        ),
        "associate the subnets so in the VPC to adopt, or take the associations off, then plan again",
    )
}
