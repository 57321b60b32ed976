//! Quotas of the tenants' accounts that a plan needs more of than the zone says AWS has granted.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::warnings::request;
use crate::kinds;
use crate::kinds::info::AccountQuota;
use crate::kinds::step::Action;
use crate::model::{Address, LandingZone, Problem, ResourceId, ResourceKind, Tenant, TenantKey};
use crate::observe::{Observed, ObservedMember};
use crate::plan::diff::account_id;
use crate::plan::step::Step;

/// The number that a survey found.
type Survey = fn(&ObservedMember) -> usize;

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
    let quotas: Vec<(ResourceKind, &AccountQuota, Survey)> = kinds::account_quotas()
        .into_iter()
        .filter_map(|(kind, quota)| Some((kind, quota, quota.found?)))
        .collect();
    let mut created: BTreeMap<&TenantKey, Vec<u64>> = BTreeMap::new();
    for step in steps.values().filter(|step| step.action == Action::Create) {
        let place = quotas.iter().position(|(kind, ..)| *kind == step.kind);
        if let (Some(place), Some(tenant)) = (place, &step.tenant) {
            created.entry(tenant).or_insert_with(|| vec![0; quotas.len()])[place] += 1;
        }
    }
    let tenants: BTreeMap<&TenantKey, &Tenant> =
        zone.tenants.iter().map(|tenant| (&tenant.key, tenant)).collect();
    let member = |key: &TenantKey| {
        let account = account_id(known, &Address::tenant(key, "account"))?;
        let region = &tenants.get(key)?.region;
        observed.members.get(&account)?.get(region)?.known()
    };
    let mut needs: Vec<Option<Need<'_>>> = quotas.iter().map(|_| None).collect();
    for (key, counts) in created {
        let member = member(key);
        for (((_, quota, found), count), need) in quotas.iter().zip(counts).zip(&mut needs) {
            let exist = member.map_or(0, found) as u64;
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
    quotas.into_iter().map(|(_, quota, _)| quota).zip(needs).filter_map(warning).collect()
}
