//! Which zone each subnet lies in, as far as the accounts were asked.
//!
//! A subnet that stands keeps its zone and decides for its place in the network; the other places take the zones of the
//! account that remain, in the order of their names. In an account that was not asked the places stay places: the run asks.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::graph::{Resource, ResourceGraph};
use crate::model::{AccountId, Address, Problem, ResourceId, SubnetZone, TenantKey, ZoneOrdinal};
use crate::plan::diff::{Index, account_id};
use crate::plan::step::Step;

/// The zones of the subnets that a tenant's network has, by place.
type Taken = BTreeMap<ZoneOrdinal, String>;

/// Names the zones of the steps' subnets.
///
/// # Errors
/// One problem for each subnet for which its account has no zone left.
pub(in crate::plan) fn name(
    graph: &ResourceGraph,
    index: &Index<'_>,
    known: &BTreeMap<Address, ResourceId>,
    steps: &mut IndexMap<Address, Step>,
) -> Vec<Problem> {
    let mut found: BTreeMap<&Address, &String> = BTreeMap::new();
    let mut taken: BTreeMap<&TenantKey, Taken> = BTreeMap::new();
    for (resource, tenant, place) in subnets(graph) {
        let account = account_id(known, &Address::tenant(tenant, "account"));
        let member = account.and_then(|account| index.member(account, &resource.region));
        let id = known.get(&resource.address);
        let Some(subnet) = member.zip(id).and_then(|(member, id)| member.subnet(id)) else { continue };
        found.insert(&resource.address, &subnet.zone);
        taken.entry(tenant).or_default().entry(place).or_insert_with(|| subnet.zone.clone());
    }
    let nothing = Taken::new();
    let mut problems = Vec::new();
    for (resource, tenant, place) in subnets(graph) {
        let Some(step) = steps.get_mut(&resource.address) else { continue };
        let Some(zone) = step.spec.as_kind_mut().zone_mut() else { continue };
        if let Some(name) = found.get(&resource.address) {
            *zone = SubnetZone::Named((*name).clone());
            continue;
        }
        let Some(account) = account_id(known, &Address::tenant(tenant, "account")) else { continue };
        let zones = index.member(account, &resource.region).and_then(|member| member.observed.zones.as_ref());
        let Some(zones) = zones else { continue };
        match zones.at(place, taken.get(tenant).unwrap_or(&nothing)) {
            Some(name) => *zone = SubnetZone::Named(name.clone()),
            None => problems.push(too_few(resource, tenant, account, &zones.too_few(place))),
        }
    }
    problems
}

/// The subnets of the graph, each with its tenant and its place.
fn subnets(graph: &ResourceGraph) -> impl Iterator<Item = (&Resource, &TenantKey, ZoneOrdinal)> {
    graph.iter().filter_map(|resource| match (resource.spec.as_kind().zone(), &resource.tenant) {
        (Some(SubnetZone::Ordinal(place)), Some(tenant)) => Some((resource, tenant, *place)),
        _ => None,
    })
}

fn too_few(resource: &Resource, tenant: &TenantKey, account: AccountId, why: &str) -> Problem {
    Problem::error(
        "zones-too-few",
        resource.address.as_str(),
        format!("in account `{account}` of `{tenant}`, region `{}`, {why}", resource.region),
        "choose another region, or ask AWS support for a zone there",
    )
}
