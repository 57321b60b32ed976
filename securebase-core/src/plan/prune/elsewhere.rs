//! Networks outside the region that the file names.

use std::collections::BTreeMap;

use crate::model::{Address, LandingZone, Problem, Region, ResourceId, Tenant};
use crate::observe::{Names, Observed};
use crate::plan::diff::account_id;

/// Reports an error for each: AWS cannot move a network, and AWS would go on billing for one that the zone no longer tracks.
pub(in crate::plan) fn problems(
    zone: &LandingZone,
    observed: &Observed,
    names: &Names<'_>,
    known: &BTreeMap<Address, ResourceId>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut tenants: Vec<&Tenant> = zone.tenants.iter().collect();
    tenants.sort_by(|a, b| a.key.cmp(&b.key));
    for tenant in tenants {
        let account = account_id(known, &Address::tenant(&tenant.key, "account"));
        let Some(account) = account else { continue };
        let vpc = Address::tenant(&tenant.key, "vpc");
        for (region, member) in
            observed.known_regions(account).filter(|(region, _)| **region != tenant.region)
        {
            let is_its = |tags| names.address(tags).is_some_and(|address| address == vpc.as_str());
            if let Some(found) = member.vpcs.iter().find(|found| is_its(&found.vpc.tags)) {
                problems.push(problem(tenant, region, found.vpc.id.as_str()));
            }
        }
    }
    problems
}

fn problem(tenant: &Tenant, region: &Region, vpc: &str) -> Problem {
    let key = &tenant.key;
    Problem::error(
        "network-in-another-region",
        format!("clients.\"{key}\".region"),
        format!(
            "invalid region `{}` of tenant `{key}`: expected `{region}`, where its network `{vpc}` is",
            tenant.region
        ),
        format!(
            "to keep the network, write `region = \"{region}\"` for this tenant; to build a new one elsewhere, first apply \
             the file with that region and `enable_vpc = false`, naming the deletions, and then change the region"
        ),
    )
}
