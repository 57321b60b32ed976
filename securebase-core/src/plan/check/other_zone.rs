//! Whether the file has the name of the zone that its tenants belong to. The name stands in every name and tag of a zone: under
//! another one, all that exists looks like a stranger's, and everything would be made a second time.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::ResourceSpec;
use crate::model::{Address, Problem, TENANT_TAG, TenantKey, ZONE_TAG};
use crate::observe::{Accounts, Names, Observed, Scope};

/// One problem for each zone that the tenants of the file, or what was applied for it, belong to instead.
pub(in crate::plan) fn problems(
    scope: &Scope,
    observed: &Observed,
    applied: Option<&BTreeMap<Address, ResourceSpec>>,
) -> Vec<Problem> {
    let ours = scope.zone.as_str();
    let specs = applied.into_iter().flat_map(BTreeMap::values);
    let of_state = specs.filter_map(|spec| spec.tags()?.get(ZONE_TAG)).map(String::as_str);
    let of_state: BTreeSet<&str> = of_state.filter(|zone| *zone != ours).collect();
    let mut of_accounts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    if let Some(organization) = &observed.organization {
        let accounts = Accounts::of(organization, &Names::of(scope));
        for tenant in &scope.tenants {
            let Some(found) = accounts.of_tenant(tenant) else { continue };
            let (Some(zone), Some(key)) = (found.tags.get(ZONE_TAG), found.tags.get(TENANT_TAG)) else {
                continue;
            };
            let former = tenant.former_key.as_ref().map(TenantKey::as_str);
            // Another tenant's account is another matter.
            if zone != ours && (key == tenant.key.as_str() || former == Some(key)) {
                of_accounts.entry(zone).or_default().push(format!("`{key}` ({})", found.account.id));
            }
        }
    }
    let zones: BTreeSet<&str> = of_state.iter().copied().chain(of_accounts.keys().copied()).collect();
    let problem = |zone: &str| {
        let mut belongs = Vec::new();
        if of_state.contains(zone) {
            belongs.push("what the state says was applied".to_owned());
        }
        if let Some(accounts) = of_accounts.get(zone) {
            belongs.push(format!("the accounts of {} tenant(s): {}", accounts.len(), accounts.join(", ")));
        }
        Problem::error(
            "zone-renamed",
            "org_name",
            format!(
                "invalid org_name `{ours}`: expected `{zone}`, the zone to which belong {}",
                belongs.join("; ")
            ),
            format!(
                "write `org_name = \"{zone}\"`: the name of a zone cannot change, because it is part of every name and tag; \
                 for a second zone beside it, use tenants, root e-mail addresses and a state of its own"
            ),
        )
    };
    zones.into_iter().map(problem).collect()
}
