//! Which account is a tenant's: by the id that is written or remembered, by its tag, by its root e-mail address.
//!
//! The management account is never a tenant's. A closed account is one only as long as the file names its address: a tenant
//! that comes back gets another account under another address, and the closed one is left alone.

use std::collections::BTreeMap;

use super::{Names, ObservedAccount, ObservedOrganization, ScopedTenant};
use crate::model::AccountId;

/// The accounts of an organization, by what a tenant may name of them.
#[derive(Debug, Default)]
pub(crate) struct Accounts<'a> {
    management: Option<AccountId>,
    by_id: BTreeMap<AccountId, &'a ObservedAccount>,
    by_email: BTreeMap<String, &'a ObservedAccount>,
    /// Those in use only: the name of a closed account is free.
    by_name: BTreeMap<&'a str, &'a ObservedAccount>,
    /// By the key their tenant has now.
    by_tenant: BTreeMap<String, Vec<&'a ObservedAccount>>,
}

impl<'a> Accounts<'a> {
    pub(crate) fn of(organization: &'a ObservedOrganization, names: &Names<'_>) -> Self {
        let management = organization.organization.management_account;
        let mut accounts = Self { management: Some(management), ..Self::default() };
        for found in &organization.accounts {
            accounts.by_id.insert(found.account.id, found);
            accounts.by_email.insert(found.account.email.to_lowercase(), found);
            if !found.is_closed() {
                accounts.by_name.insert(&found.account.name, found);
            }
            if let Some(key) = names.tenant(&found.tags).filter(|_| found.account.id != management) {
                accounts.by_tenant.entry(key.to_owned()).or_default().push(found);
            }
        }
        accounts
    }

    /// Whether that is the management account.
    pub(crate) fn is_management(&self, account: AccountId) -> bool {
        self.management == Some(account)
    }

    pub(crate) fn by_id(&self, id: AccountId) -> Option<&'a ObservedAccount> {
        self.by_id.get(&id).copied()
    }

    /// By root e-mail address, in lower case.
    pub(crate) fn by_email(&self, email: &str) -> Option<&'a ObservedAccount> {
        self.by_email.get(email).copied()
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<&'a ObservedAccount> {
        self.by_name.get(name).copied()
    }

    /// The account that a state remembers for a tenant, where it is still the tenant's.
    pub(crate) fn remembered(&self, id: AccountId, email: &str) -> Option<&'a ObservedAccount> {
        self.by_id(id).filter(|found| !self.is_management(found.account.id) && !was_left(found, email))
    }

    /// The accounts that carry a tenant's key.
    pub(crate) fn tagged(&self, key: &str, email: &str) -> Vec<&'a ObservedAccount> {
        let all = self.by_tenant.get(key).into_iter().flatten().copied();
        all.filter(|found| !was_left(found, email)).collect()
    }

    /// The account of a tenant, as far as there is one to look into.
    pub(crate) fn of_tenant(&self, tenant: &ScopedTenant) -> Option<&'a ObservedAccount> {
        let email = tenant.account_email.as_str();
        let known = tenant.account_id.and_then(|id| self.remembered(id, email));
        let found = known
            .or_else(|| self.tagged(tenant.key.as_str(), email).first().copied())
            .or_else(|| self.by_email(email));
        found.filter(|found| !self.is_management(found.account.id))
    }
}

/// Whether a closed account has another address than the file names: its tenant has left it behind.
fn was_left(found: &ObservedAccount, email: &str) -> bool {
    found.is_closed() && !found.account.email.eq_ignore_ascii_case(email)
}
