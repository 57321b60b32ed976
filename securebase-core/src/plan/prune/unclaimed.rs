//! Accounts in the zone's units that no tenant of the file claims.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AccountId, Address, LandingZone, Problem, ResourceId, TenantKey, ZONE_TAG};
use crate::observe::{Names, ObservedOrganization, Scope, unit_paths};
use crate::plan::diff::account_id;

/// Warns of each. A tenant that vanished from the file has an account all the same: nothing is done to it.
pub(super) fn find(
    organization: &ObservedOrganization,
    zone: &LandingZone,
    scope: &Scope,
    names: &Names<'_>,
    known: &BTreeMap<Address, ResourceId>,
    warnings: &mut Vec<Problem>,
) {
    let paths = unit_paths(organization);
    let account_of = |key: &TenantKey| account_id(known, &Address::tenant(key, "account"));
    let claimed: BTreeSet<AccountId> =
        scope.tenants.iter().filter_map(|tenant| account_of(&tenant.key)).collect();
    for found in &organization.accounts {
        let account = &found.account;
        let Some(path) = paths.get(&found.parent).filter(|path| scope.watches(path)) else { continue };
        // Whoever was suspended or closed on purpose is where it belongs.
        let is_management = account.id == organization.organization.management_account;
        if is_management || claimed.contains(&account.id) || found.is_closed() || *path == zone.suspended_ou {
            continue;
        }
        let tenant = names.tenant(&found.tags);
        let whose = tenant.map_or_else(String::new, |key| format!(", the account of tenant `{key}`,"));
        let of_file = |key: &str| scope.tenants.iter().any(|tenant| tenant.key.as_str() == key);
        let way = match tenant {
            // The file has the tenant, with another account.
            Some(key) if of_file(key) => format!(
                "nothing is done to it: to serve `{key}` in it, write its id as `account_id` there; else take its \
                 `securebase:` tags off and move it elsewhere"
            ),
            Some(key) => format!(
                "nothing is done to it: put `{key}` back into the file; if it leaves, with `offboard = \"suspend\"` or \
                 `\"close\"`; if it has a new key, write `renamed_from = \"{key}\"` there"
            ),
            None if found.tags.contains_key(ZONE_TAG) => {
                "nothing is done to it: it belongs to another zone, move it into a unit of that one"
                    .to_owned()
            }
            None => "nothing is done to it: write its id as `account_id` of a tenant, or move it elsewhere"
                .to_owned(),
        };
        warnings.push(Problem::warning(
            "account-unclaimed",
            format!("organization/ou/{path}"),
            format!(
                "account `{}` (`{}`){whose} sits in this unit and no tenant of the file claims it",
                account.id, account.name
            ),
            way,
        ));
    }
}
