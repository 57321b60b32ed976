//! Quotas of the tenants' accounts that a plan needs more of than the zone says AWS has granted.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::warnings::request;
use crate::kinds::step::Action;
use crate::model::{Address, LandingZone, Problem, Quota, ResourceId, ResourceKind, Tenant, TenantKey};
use crate::observe::{Observed, ObservedMember};
use crate::plan::diff::account_id;
use crate::plan::step::Step;

/// A quota that applies to one account and region, or to one of its VPCs.
struct AccountQuota {
    quota: Quota,
    kind: ResourceKind,
    /// The number that AWS creates: the default VPC of a region with its internet gateway, the main route table of a VPC.
    from_aws: u64,
    /// The number that a survey found.
    exist: fn(&ObservedMember) -> usize,
}

impl AccountQuota {
    const fn new(
        quota: Quota,
        kind: ResourceKind,
        from_aws: u64,
        exist: fn(&ObservedMember) -> usize,
    ) -> Self {
        Self { quota, kind, from_aws, exist }
    }
}

const QUOTAS: [AccountQuota; 6] = [
    AccountQuota::new(Quota::Vpcs, ResourceKind::Vpc, 1, |it| it.vpcs.len() + it.foreign_vpcs.len()),
    AccountQuota::new(Quota::InternetGateways, ResourceKind::InternetGateway, 1, |it| {
        it.internet_gateways.len()
    }),
    AccountQuota::new(Quota::ElasticIps, ResourceKind::ElasticIp, 0, |it| it.elastic_ips.len()),
    AccountQuota::new(Quota::VpnGateways, ResourceKind::VpnGateway, 0, |it| it.vpn_gateways.len()),
    AccountQuota::new(Quota::SubnetsPerVpc, ResourceKind::Subnet, 0, |it| it.subnets.len()),
    AccountQuota::new(Quota::RouteTablesPerVpc, ResourceKind::RouteTable, 1, |it| it.route_tables.len()),
];

/// The most that an account needs of a quota, how many accounts need more than was granted, and the first tenant of them.
struct Need<'a> {
    most: u64,
    accounts: usize,
    first: &'a TenantKey,
}

/// One warning for each quota that the steps of a tenant exceed.
pub(in crate::plan) fn warnings(
    zone: &LandingZone,
    observed: &Observed,
    known: &BTreeMap<Address, ResourceId>,
    steps: &IndexMap<Address, Step>,
) -> Vec<Problem> {
    let mut created: BTreeMap<&TenantKey, [u64; QUOTAS.len()]> = BTreeMap::new();
    for step in steps.values().filter(|step| step.action == Action::Create) {
        let place = QUOTAS.iter().position(|quota| quota.kind == step.kind);
        if let (Some(place), Some(tenant)) = (place, &step.tenant) {
            created.entry(tenant).or_default()[place] += 1;
        }
    }
    let tenants: BTreeMap<&TenantKey, &Tenant> =
        zone.tenants.iter().map(|tenant| (&tenant.key, tenant)).collect();
    let member = |key: &TenantKey| {
        let account = account_id(known, &Address::tenant(key, "account"))?;
        let region = &tenants.get(key)?.region;
        observed.members.get(&account)?.get(region)?.known()
    };
    let mut needs: [Option<Need<'_>>; QUOTAS.len()] = Default::default();
    for (key, counts) in created {
        let member = member(key);
        for ((quota, count), need) in QUOTAS.iter().zip(counts).zip(&mut needs) {
            let exist = member.map_or(0, quota.exist) as u64;
            let needed = exist + quota.from_aws + count;
            if count == 0 || needed <= zone.limits.quota(quota.quota) {
                continue;
            }
            let need = need.get_or_insert(Need { most: 0, accounts: 0, first: key });
            need.most = need.most.max(needed);
            need.accounts += 1;
        }
    }
    let warning = |(AccountQuota { quota, .. }, need): (&AccountQuota, Option<Need<'_>>)| {
        let Need { most, accounts, first } = need?;
        let limit = zone.limits.limit(*quota);
        Some(Problem::warning(
            "quota-request",
            format!("limits.{quota}"),
            format!(
                "the accounts of {accounts} tenant(s) need up to {most} {}, that of `{first}` among them; the quota `{quota}` is {}",
                limit.unit,
                zone.limits.quota(*quota)
            ),
            request(limit, *quota, most),
        ))
    };
    QUOTAS.iter().zip(needs).filter_map(warning).collect()
}
