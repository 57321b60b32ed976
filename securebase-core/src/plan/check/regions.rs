//! Regions that accounts do not have from the beginning: nothing can be built there before they are enabled.

use std::collections::BTreeMap;

use crate::model::{AccountId, Address, LandingZone, Problem, Region, Regions, ResourceId, Tenant};
use crate::observe::{Observed, Unread};
use crate::plan::diff::account_id;
use crate::plan::diff::incremental::Settled;

/// The most tenants that a message names.
const NAMED: usize = 3;

/// The tenants that cannot have their network in a region.
#[derive(Default)]
struct Off<'a> {
    /// Those in whose accounts a survey found the region off.
    found: Vec<(&'a Tenant, AccountId)>,
    /// Those of which nothing is known: their accounts do not exist yet, or do not answer yet.
    likely: Vec<&'a Tenant>,
}

/// One error for each region that is off in accounts in which the plan wants a network, and one for each region that most
/// likely is.
///
/// An account that answered the survey there has the region. An account that did not may not exist yet, and a new account has
/// none of these regions.
pub(in crate::plan) fn problems(
    zone: &LandingZone,
    observed: &Observed,
    known: &BTreeMap<Address, ResourceId>,
    settled: &Settled<'_>,
) -> Vec<Problem> {
    if zone.network.is_none() {
        return Vec::new();
    }
    let mut off: BTreeMap<&Region, Off<'_>> = BTreeMap::new();
    for tenant in &zone.tenants {
        if tenant.region.is_on_in_every_account() || tenant.offboard.is_some() || settled.holds(&tenant.key) {
            continue;
        }
        let Some(account) = account_id(known, &Address::tenant(&tenant.key, "account")) else {
            off.entry(&tenant.region).or_default().likely.push(tenant);
            continue;
        };
        match observed.member(account, &tenant.region).unread() {
            None => {}
            Some(Unread::RegionOff) => {
                off.entry(&tenant.region).or_default().found.push((tenant, account));
            }
            Some(_) => off.entry(&tenant.region).or_default().likely.push(tenant),
        }
    }
    off.into_iter()
        .flat_map(|(region, Off { found, likely })| {
            [is_off(zone, region, found), is_likely_off(zone, region, likely)]
        })
        .flatten()
        .collect()
}

fn is_off(zone: &LandingZone, region: &Region, mut found: Vec<(&Tenant, AccountId)>) -> Option<Problem> {
    found.sort_unstable_by(|(a, _), (b, _)| a.key.cmp(&b.key));
    let &(first, account) = found.first()?;
    let named = list(found.iter().map(|(tenant, account)| format!("`{}` ({account})", tenant.key)));
    Some(Problem::error(
        "region-not-enabled",
        path(zone, region, first),
        format!("region {} is off in the accounts of {named}: no network can be built there", titled(region)),
        format!(
            "enable it in each account, which takes minutes to hours (`aws account enable-region --region-name {region} \
             --account-id {account}`), then plan again; or choose a region that every account has, such as `{}`",
            nearby(region)
        ),
    ))
}

fn is_likely_off(zone: &LandingZone, region: &Region, mut tenants: Vec<&Tenant>) -> Option<Problem> {
    tenants.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let first = *tenants.first()?;
    let named = list(tenants.iter().map(|tenant| format!("`{}`", tenant.key)));
    Some(Problem::error(
        "region-not-enabled",
        path(zone, region, first),
        format!(
            "region {} is off in new accounts and not known to be enabled in those of {named}: no network can be built there",
            titled(region)
        ),
        format!(
            "enable it in the account first (`aws account enable-region --region-name {region}`, which takes minutes to \
             hours) and name the account with `account_id`, or choose a region that every account has, such as `{}`",
            nearby(region)
        ),
    ))
}

/// The first few of some names, and how many more there are.
fn list(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let listed = names.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{listed} and {more} more") } else { listed }
}

/// The attribute that names the region.
fn path(zone: &LandingZone, region: &Region, first: &Tenant) -> String {
    if *region == zone.region {
        return "target_region".to_owned();
    }
    format!("clients.\"{}\".region", first.key)
}

/// A region with its title, where the shipped list has one.
fn titled(region: &Region) -> String {
    let title = Regions::shipped().get(region).map(|facts| format!(" ({})", facts.title()));
    format!("`{region}`{}", title.unwrap_or_default())
}

/// A region of the same part of the world that every account has.
fn nearby(region: &Region) -> Region {
    let part = |region: &Region| region.as_str().split('-').next().map(str::to_owned);
    let same = |other: &Region| part(other) == part(region);
    Region::enabled_by_default().find(same).unwrap_or_else(Region::us_east_1)
}
