//! Which account is which tenant's.

use std::collections::BTreeMap;

use crate::model::AccountId;
use crate::observe::{ObservedAccount, ObservedOrganization};

use super::owner::Names;
use super::scope::Scope;

/// The account of every tenant that has one, by the key of the tenant: by id, by tag, by root e-mail.
pub(crate) fn accounts<'a>(
    scope: &'a Scope,
    organization: &'a ObservedOrganization,
) -> BTreeMap<&'a str, &'a ObservedAccount> {
    let names = Names::of(scope);
    let all = || organization.accounts.iter();
    let by_id: BTreeMap<AccountId, &ObservedAccount> = all().map(|found| (found.account.id, found)).collect();
    let by_tenant: BTreeMap<String, &ObservedAccount> =
        all().filter_map(|found| Some((names.tenant(&found.tags)?.to_owned(), found))).collect();
    let by_email: BTreeMap<String, &ObservedAccount> =
        all().map(|found| (found.account.email.to_lowercase(), found)).collect();
    let claims = scope.tenants.iter().filter_map(|tenant| {
        let found = tenant
            .account_id
            .and_then(|id| by_id.get(&id))
            .or_else(|| by_tenant.get(tenant.key.as_str()))
            .or_else(|| by_email.get(&tenant.account_email))?;
        Some((tenant.key.as_str(), *found))
    });
    claims.collect()
}
