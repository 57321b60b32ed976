//! Accounts that a survey could not look into. What is in them is unknown, which is not the same as nothing: where a network
//! is wanted or known, there is no plan; where nothing of ours needs to be there, the plan says what it has not seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::organizations::Account;
use crate::model::{AccountId, Address, Problem, TenantKey};
use crate::observe::{Accounts, Names, Observed, ObservedOrganization, Scope, ScopedTenant, Unread};

/// What a state knows of where tenants had something.
pub(in crate::plan) struct Memory<'a> {
    /// The keys of tenants whose account answered once.
    entered: BTreeSet<&'a str>,
    /// The keys of tenants that had a network.
    with_network: BTreeSet<&'a str>,
}

impl<'a> Memory<'a> {
    /// From the addresses of what was made.
    pub(in crate::plan) fn of(addresses: impl Iterator<Item = &'a Address>) -> Self {
        let (mut entered, mut with_network) = (BTreeSet::new(), BTreeSet::new());
        for address in addresses {
            let Some(key) = address.tenant_key() else { continue };
            match address.local() {
                // These stand in the management account.
                "account" | "account/placement" => {}
                local => {
                    entered.insert(key);
                    if local == "vpc" || local.starts_with("vpc/") {
                        with_network.insert(key);
                    }
                }
            }
        }
        Self { entered, with_network }
    }

    fn knows(of: &BTreeSet<&str>, tenant: &ScopedTenant) -> bool {
        let former = tenant.former_key.as_ref().map(TenantKey::as_str);
        of.contains(tenant.key.as_str()) || former.is_some_and(|former| of.contains(former))
    }
}

/// Errors for the accounts that a plan cannot be made without, warnings for the others.
pub(in crate::plan) fn problems(scope: &Scope, observed: &Observed, memory: &Memory<'_>) -> Vec<Problem> {
    let Some(organization) = &observed.organization else { return Vec::new() };
    let accounts = Accounts::of(organization, &Names::of(scope));
    let mut problems = Vec::new();
    // Those that the access role cannot enter: never, as far as their age says, and no longer, as the state says.
    let (mut shut, mut silent) = (Vec::new(), Vec::new());
    let mut refused: BTreeSet<AccountId> = BTreeSet::new();
    for tenant in &scope.tenants {
        let Some(found) = accounts.of_tenant(tenant).filter(|found| !found.is_closed()) else {
            continue;
        };
        let reading = observed.member(found.account.id, &tenant.region);
        let Some(why) = reading.unread().filter(|why| is_needed(scope, tenant, why, memory)) else {
            continue;
        };
        refused.insert(found.account.id);
        let account = found.account.id;
        match why {
            Unread::NoEntry { .. } => shut.push(format!("`{}` ({account})", tenant.key)),
            Unread::NotReady => silent.push(format!("`{}` ({account})", tenant.key)),
            why => problems.push(Problem::error(
                "account-not-entered",
                format!("clients.\"{}\".region", tenant.key),
                format!(
                    "account `{account}` of tenant `{}` could not be looked into in `{}`: {why}",
                    tenant.key, tenant.region
                ),
                way_out(why),
            )),
        }
    }
    let role = &scope.access_role;
    for (accounts, what) in
        [(shut, "cannot be assumed in the accounts"), (silent, "can no longer work in the accounts")]
    {
        if !accounts.is_empty() {
            problems.push(Problem::error(
                "account-not-entered",
                "access_role",
                format!(
                    "role `{role}` {what} of {} tenant(s), and nothing is known of the networks there: {}",
                    accounts.len(),
                    accounts.join(", ")
                ),
                way_out(&Unread::NoEntry { role: role.clone() }),
            ));
        }
    }
    problems.extend(warnings(organization, observed, &claimed_by(scope, &accounts), &refused));
    problems
}

/// Whether a plan cannot do without knowing what is in the account of a tenant.
fn is_needed(scope: &Scope, tenant: &ScopedTenant, why: &Unread, memory: &Memory<'_>) -> bool {
    if !(scope.network || Memory::knows(&memory.with_network, tenant)) {
        return false;
    }
    match why {
        // What is to be taken over must be seen; whatever else is wanted is looked for before it is made.
        Unread::NotAsked => tenant.vpc_id.is_some(),
        // An account that answered once is not new.
        Unread::NotReady => tenant.vpc_id.is_some() || Memory::knows(&memory.entered, tenant),
        // Of where a network is wanted and the region is off, `regions` says what is to be done.
        Unread::RegionOff => !scope.network || tenant.offboard.is_some(),
        _ => true,
    }
}

fn claimed_by<'a>(scope: &'a Scope, accounts: &Accounts<'_>) -> BTreeMap<AccountId, &'a str> {
    let claims = scope.tenants.iter();
    claims.filter_map(|tenant| Some((accounts.of_tenant(tenant)?.account.id, tenant.key.as_str()))).collect()
}

/// One warning for each account that was asked in vain and that no error names.
fn warnings(
    organization: &ObservedOrganization,
    observed: &Observed,
    tenants: &BTreeMap<AccountId, &str>,
    refused: &BTreeSet<AccountId>,
) -> Vec<Problem> {
    let accounts: BTreeMap<AccountId, &Account> =
        organization.accounts.iter().map(|found| (found.account.id, &found.account)).collect();
    let mut unread: BTreeMap<AccountId, (Vec<&str>, &Unread)> = BTreeMap::new();
    for (account, region, why) in observed.unread_members().filter(|(account, ..)| !refused.contains(account))
    {
        unread.entry(account).or_insert_with(|| (Vec::new(), why)).0.push(region.as_str());
    }
    let warning = |(account, (regions, why)): (AccountId, (Vec<&str>, &Unread))| {
        let name = accounts.get(&account).map_or_else(String::new, |found| format!(" (`{}`)", found.name));
        let (path, whose) = match tenants.get(&account) {
            Some(key) => (format!("clients.\"{key}\""), format!(" of tenant `{key}`")),
            None => ("access_role".to_owned(), String::new()),
        };
        Problem::warning(
            "account-not-read",
            path,
            format!(
                "account `{account}`{name}{whose} was not looked into in `{}`: {why}; comparison, drift and bill leave out \
                 what may be there",
                regions.join("`, `")
            ),
            way_out(why),
        )
    };
    unread.into_iter().map(warning).collect()
}

/// What to do so that an account can be looked into.
fn way_out(why: &Unread) -> String {
    match why {
        Unread::NotAsked => "survey the cloud with this zone, then plan again".to_owned(),
        Unread::NotReady => {
            "nothing needs to be done: a plan looks before it makes anything in a new account; in a few minutes it answers"
                .to_owned()
        }
        Unread::NoEntry { role } => format!(
            "write as `access_role` the role that these accounts have, or make a role `{role}` in them that trusts the \
             management account; if they were made minutes ago, wait and plan again"
        ),
        Unread::RegionOff => {
            "enable the region in the account (`account:EnableRegion`), wait until it is on, then plan again".to_owned()
        }
        Unread::Refused { call, .. } => format!(
            "let the access role call `{call}`: its own policies and the policies of the units above the account must allow \
             it; then plan again"
        ),
    }
}
