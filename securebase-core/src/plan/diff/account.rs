//! The account of a tenant: by id, by tag, by root e-mail; and whose it is.

use std::collections::BTreeMap;

use super::Index;
use super::applied::Ours;
use super::changes::tag_changes;
use crate::cloud::organizations::Account;
use crate::kinds::AccountSpec;
use crate::kinds::seen::{Standing, value_changes};
use crate::model::{AccountId, Address, Problem, ResourceId, TENANT_TAG, ZONE_TAG};
use crate::observe::ObservedAccount;

impl<'a> Index<'a> {
    pub(super) fn find_account(
        &self,
        address: &Address,
        spec: &AccountSpec,
        ours: Ours<'_>,
    ) -> Result<Option<Standing>, Problem> {
        let AccountSpec { name, email, adopt, tags } = spec;
        let email = &email.folded();
        let key = address.tenant_key().unwrap_or_default();
        let path = format!("clients.\"{key}\"");
        let found = match adopt {
            Some(id) => Some(self.accounts.by_id(*id).ok_or_else(|| {
                Problem::error(
                    "account-id-unknown",
                    format!("{path}.account_id"),
                    format!("the organization has no account `{id}`; AWS assigns ids and they cannot be chosen"),
                    "drop the line to have an account created, or invite that account into the organization first",
                )
            })?),
            None => self.account_without_id(address, key, email)?,
        };
        let Some(found) = found else {
            return match self.accounts.by_name(name) {
                Some(other) => Err(self.name_taken(key, name, email, other)),
                None => Ok(None),
            };
        };
        let account = &found.account;
        if self.accounts.is_management(account.id) {
            return Err(management(&path, account, adopt.is_some()));
        }
        if found.is_closed() {
            if self.leaving.contains_key(key) {
                return Ok(Some(Standing::new(account.id.into(), [])));
            }
            return Err(closed(&path, account, adopt.is_some()));
        }
        if let (Some(zone), Some(tenant)) = (found.tags.get(ZONE_TAG), found.tags.get(TENANT_TAG))
            && self.names.tenant(&found.tags) != Some(key)
        {
            let way = self.renamed_from(found).map_or_else(String::new, |former| {
                format!("; if it is tenant `{former}` under a new key, write `renamed_from = \"{former}\"`")
            });
            return Err(Problem::error(
                "account-of-another",
                path,
                format!("account `{}` belongs to tenant `{tenant}` of zone `{zone}`", account.id),
                format!(
                    "give this tenant an account of its own, with an `account_email` and an `account_name` that no \
                     account has and without an `account_id`{way}"
                ),
            ));
        }
        let changes = [value_changes("name", &account.name, name), tag_changes(&found.tags, tags, ours)];
        Ok(Some(Standing::new(account.id.into(), changes)))
    }

    /// The account of a tenant whose entry names none by its id.
    fn account_without_id(
        &self,
        address: &Address,
        key: &str,
        email: &str,
    ) -> Result<Option<&'a ObservedAccount>, Problem> {
        let remembered = self.known_accounts.get(key).and_then(|id| self.accounts.remembered(*id, email));
        let found = match remembered {
            Some(account) => Some(account),
            None => self.tagged_account(address, key, email)?,
        };
        if let Some(ObservedAccount { account, .. }) =
            found.filter(|found| !found.account.email.eq_ignore_ascii_case(email))
        {
            return Err(Problem::error(
                "account-email-differs",
                format!("clients.\"{key}\".account_email"),
                format!(
                    "account `{}` of this tenant has the root e-mail `{}`, not `{email}`",
                    account.id, account.email
                ),
                format!(
                    "to keep that address, write `account_email = \"{}\"`; to change it, ask AWS to mail a code to \
                     the new one (`start_root_email_change`) and give that code back (`finish_root_email_change`), \
                     then plan again",
                    account.email
                ),
            ));
        }
        Ok(found.or_else(|| self.accounts.by_email(email)))
    }

    /// The account that carries the tenant's key.
    fn tagged_account(
        &self,
        address: &Address,
        key: &str,
        email: &str,
    ) -> Result<Option<&'a ObservedAccount>, Problem> {
        match &self.accounts.tagged(key, email)[..] {
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

    /// The key an account of the zone is tagged for, where no tenant of the file has it: a tenant may be it under a new key.
    fn renamed_from<'t>(&'t self, found: &'t ObservedAccount) -> Option<&'t str> {
        self.names.tenant(&found.tags).filter(|former| !self.keys.contains(former))
    }

    fn name_taken(&self, key: &str, name: &str, email: &str, other: &ObservedAccount) -> Problem {
        let account = &other.account;
        let another = "choose another `account_name`";
        let way = if let Some(former) = self.renamed_from(other) {
            format!(
                "if it is this tenant's under its former key, write `renamed_from = \"{former}\"` and \
                 `account_email = \"{}\"`; to have a new account, {another}",
                account.email
            )
        } else if self.accounts.is_management(account.id) || other.tags.contains_key(TENANT_TAG) {
            another.to_owned()
        } else {
            format!(
                "to keep that account, set `account_email` to its address or `account_id` to its id; to have a new one, \
                 {another}"
            )
        };
        Problem::error(
            "account-name-taken",
            format!("clients.\"{key}\""),
            format!(
                "account `{}` is named `{name}` but belongs to `{}`, not to `{email}`",
                account.id, account.email
            ),
            way,
        )
    }
}

/// A tenant would be the management account: control policies do not bind it, and everything of everybody is paid there.
fn management(path: &str, account: &Account, adopt: bool) -> Problem {
    let (attribute, given) = match adopt {
        true => ("account_id", account.id.to_string()),
        false => ("account_email", account.email.clone()),
    };
    let way = if adopt {
        "drop the line to have an account created, under an `account_email` that no account has; or write the id of a \
         member account"
    } else {
        "write an `account_email` that no account has"
    };
    Problem::error(
        "account-is-management",
        format!("{path}.{attribute}"),
        format!(
            "invalid {attribute} `{given}`: expected a member account, account `{}` is the organization's management \
             account",
            account.id
        ),
        way,
    )
}

/// A tenant would be an account that is closed.
fn closed(path: &str, account: &Account, adopt: bool) -> Problem {
    let attribute = if adopt { "account_id" } else { "account_email" };
    let drop_line = if adopt { "drop `account_id` and " } else { "" };
    Problem::error(
        "account-closed",
        format!("{path}.{attribute}"),
        format!(
            "`{}` belongs to account `{}`, which is being closed or suspended",
            account.email, account.id
        ),
        format!(
            "to have a new account, {drop_line}write another `account_email`: AWS keeps the address of a closed account \
             taken; to have this one back, have AWS reopen it first"
        ),
    )
}

/// The account at an address, if its id is known.
pub(in crate::plan) fn account_id(
    ids: &BTreeMap<Address, ResourceId>,
    address: &Address,
) -> Option<AccountId> {
    ids.get(address)?.as_str().parse().ok()
}
