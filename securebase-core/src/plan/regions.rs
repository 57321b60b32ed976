//! Regions that accounts do not have from the beginning: nothing can be built there before they are enabled.

use std::collections::BTreeMap;

use crate::model::{Address, LandingZone, Problem, Region, Regions, ResourceId, Tenant};

use super::compare::{Index, account_id};
use super::since::Settled;

/// One error for each region that is off in accounts in which the plan wants a network.
///
/// An account that answered the survey there has the region. Everywhere else it is off, or the account does not exist yet,
/// and a new account has none of these regions.
pub(super) fn problems(
    zone: &LandingZone,
    index: &Index<'_>,
    known: &BTreeMap<Address, ResourceId>,
    settled: &Settled<'_>,
) -> Vec<Problem> {
    if zone.network.is_none() {
        return Vec::new();
    }
    let mut off: BTreeMap<&Region, Vec<&Tenant>> = BTreeMap::new();
    for tenant in &zone.tenants {
        if tenant.region.is_on_in_every_account() || tenant.offboard.is_some() || settled.holds(&tenant.key) {
            continue;
        }
        let account = account_id(known, &Address::tenant(&tenant.key, "account"));
        let answers = account.is_some_and(|account| index.member(account, &tenant.region).is_some());
        if !answers {
            off.entry(&tenant.region).or_default().push(tenant);
        }
    }
    off.into_iter().map(|(region, tenants)| problem(zone, region, &tenants)).collect()
}

fn problem(zone: &LandingZone, region: &Region, tenants: &[&Tenant]) -> Problem {
    const NAMED: usize = 3;
    let mut keys: Vec<&str> = tenants.iter().map(|tenant| tenant.key.as_str()).collect();
    keys.sort_unstable();
    let more = keys.len().saturating_sub(NAMED);
    let list = keys.iter().take(NAMED).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let path = match keys.as_slice() {
        _ if *region == zone.region => "target_region".to_owned(),
        [key, ..] => format!("clients.\"{key}\".region"),
        [] => "target_region".to_owned(),
    };
    let title =
        Regions::shipped().get(region).map_or_else(String::new, |facts| format!(" ({})", facts.title()));
    Problem::error(
        "region-not-enabled",
        path,
        format!(
            "region `{region}`{title} is off in new accounts and not known to be enabled in those of {list}{more}: \
             no network can be built there"
        ),
        format!(
            "enable it in the account first (`aws account enable-region --region-name {region}`, which takes minutes to \
             hours) and name the account with `account_id`, or choose a region that every account has, such as `{}`",
            nearby(region)
        ),
    )
}

/// A region of the same part of the world that every account has.
fn nearby(region: &Region) -> Region {
    let part = |region: &Region| region.as_str().split('-').next().map(str::to_owned);
    let same = |other: &Region| part(other) == part(region);
    Region::enabled_by_default().find(same).unwrap_or_else(Region::us_east_1)
}
