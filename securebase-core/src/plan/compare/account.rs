//! The account of a tenant: by id, by tag, by root e-mail; and whose it is.

use std::collections::BTreeMap;

use crate::cloud::AccountState;
use crate::model::{AccountId, Address, Problem, ResourceId, Tags};
use crate::observe::ObservedAccount;
use crate::plan::desired::{TENANT_TAG, ZONE_TAG};

use super::changes::{tag_changes, text_changes};
use super::{Index, Presence, present};

impl<'a> Index<'a> {
    pub(super) fn find_account(
        &self,
        address: &Address,
        name: &str,
        email: &str,
        adopt: Option<AccountId>,
        tags: &Tags,
    ) -> Result<Presence, Problem> {
        let path = format!("clients.\"{}\"", address.tenant_key().unwrap_or_default());
        let found = match adopt {
            Some(id) => Some(self.accounts.get(&id).copied().ok_or_else(|| {
                Problem::error(
                    "account-id-unknown",
                    format!("{path}.account_id"),
                    format!("the organization has no account `{id}`; AWS assigns ids, nobody can choose one"),
                    "drop the line to have an account created, or invite that account into the organization first",
                )
            })?),
            None => {
                let key = address.tenant_key().unwrap_or_default();
                let remembered = self.known_accounts.get(key).and_then(|id| self.accounts.get(id)).copied();
                let found = match remembered {
                    Some(account) => Some(account),
                    None => self.tagged_account(address, key)?,
                };
                if let Some(account) = found.filter(|found| !found.account.email.eq_ignore_ascii_case(email))
                    && !is_closed(account)
                {
                    return Err(Problem::error(
                        "account-email-differs",
                        format!("{path}.account_email"),
                        format!(
                            "account `{}` of this tenant has the root e-mail `{}`, not `{email}`",
                            account.account.id, account.account.email
                        ),
                        format!(
                            "to keep that address, write `account_email = \"{}\"`; to change it, ask AWS to mail a \
                             code to the new one (`start_root_email_change`) and give that code back \
                             (`finish_root_email_change`), then plan again",
                            account.account.email
                        ),
                    ));
                }
                found.or_else(|| self.accounts_by_email.get(email).copied())
            }
        };
        let Some(found) = found else {
            return match self.accounts_by_name.get(name) {
                Some(other) => Err(Problem::error(
                    "account-name-taken",
                    path,
                    format!(
                        "account `{}` is named `{name}` but belongs to `{}`, not to `{email}`",
                        other.account.id, other.account.email
                    ),
                    "to keep that account, set `account_email` to its address or `account_id` to its id; \
                     to have a new one, choose another name",
                )),
                None => Ok(Presence::Absent),
            };
        };
        let account = &found.account;
        if is_closed(found) {
            if self.leaving.contains_key(address.tenant_key().unwrap_or_default()) {
                return Ok(present(id_from(account.id), Vec::new()));
            }
            return Err(Problem::error(
                "account-closed",
                format!("{path}.account_email"),
                format!(
                    "`{}` belongs to account `{}`, which is being closed or suspended",
                    account.email, account.id
                ),
                "use another address: AWS keeps the address of a closed account taken",
            ));
        }
        let (zone, tenant) = (found.tags.get(ZONE_TAG), found.tags.get(TENANT_TAG));
        let ours = self.names.tenant(&found.tags);
        if let (Some(zone), Some(tenant)) = (zone, tenant)
            && ours != address.tenant_key()
        {
            return Err(Problem::error(
                "account-of-another",
                path,
                format!("account `{}` belongs to tenant `{tenant}` of zone `{zone}`", account.id),
                format!(
                    "give this tenant an account of its own; if it is tenant `{tenant}` under a new key, write \
                     `renamed_from = \"{tenant}\"`"
                ),
            ));
        }
        let mut changes = text_changes("name", &account.name, name);
        changes.extend(tag_changes(&found.tags, tags));
        Ok(present(id_from(account.id), changes))
    }

    /// The account that carries the tenant's key.
    fn tagged_account(&self, address: &Address, key: &str) -> Result<Option<&'a ObservedAccount>, Problem> {
        match self.accounts_by_tenant.get(key).map_or(&[][..], Vec::as_slice) {
            [] => Ok(None),
            [account] => Ok(Some(account)),
            several => {
                let ids: Vec<String> = several.iter().map(|found| found.account.id.to_string()).collect();
                Err(Problem::error(
                    "duplicate-resource",
                    address.as_str(),
                    format!("{} accounts carry this tenant's key: `{}`", ids.len(), ids.join("`, `")),
                    "write the id of the right one as `account_id`, or take the `securebase:` tags off the others",
                ))
            }
        }
    }
}

/// Whether an account is closed, on its way there, or suspended by AWS.
pub(crate) fn is_closed(account: &ObservedAccount) -> bool {
    matches!(
        account.account.state,
        AccountState::Suspended | AccountState::PendingClosure | AccountState::Closed
    )
}

/// An account's id as a resource id.
pub(crate) fn id_from(account: AccountId) -> ResourceId {
    #[expect(clippy::expect_used, reason = "twelve digits are an id")]
    account.to_string().parse().expect("an account id is a resource id")
}

/// The account at an address, if its id is known.
pub(in crate::plan) fn account_id(
    ids: &BTreeMap<Address, ResourceId>,
    address: &Address,
) -> Option<AccountId> {
    ids.get(address)?.as_str().parse().ok()
}
