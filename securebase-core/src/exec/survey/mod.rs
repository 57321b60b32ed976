//! What exists: asks the cloud, as far as a zone is concerned.

mod asker;
mod member;
mod organization;

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::cloud::{Cloud, Operation, Reply, Target};
use crate::model::{AccountId, Address, Region, ResourceId};
use crate::observe::{Observed, ObservedMember, ObservedOrganization};
use crate::plan::{Names, Scope, ScopedTenant, is_closed};

use super::Error;
use asker::{Asker, Pace};

/// How many accounts are looked into at a time.
const ACCOUNTS_AT_ONCE: usize = 16;

/// Surveys as much of a cloud as a zone is concerned with.
///
/// # Flow
/// The organization with the zone's units, accounts and policies, page by page, several questions at a time; then every
/// account of a tenant, several at a time, by the zone's tag. No question is asked faster than AWS's rates allow.
///
/// # Guarantees
/// Nothing is changed. What is tagged as another zone's is left out. An account that does not answer yet (it was made a
/// moment ago) is left out of [`Observed::members`], and a plan made from that looks before it creates anything there.
///
/// # Errors
/// [`Error::Survey`] where the cloud fails for longer than a retry is worth.
pub async fn survey(cloud: &dyn Cloud, scope: &Scope) -> Result<Observed, Error> {
    let surveyor = Surveyor { cloud, scope, pace: Pace::default() };
    let Some(organization) = surveyor.organization().await? else { return Ok(Observed::default()) };
    let members = if scope.network { surveyor.members(&organization).await? } else { BTreeMap::new() };
    Ok(Observed { organization: Some(organization), members })
}

/// The ids of the organization and its root, as far as they exist.
pub(super) async fn organization_ids(cloud: &dyn Cloud) -> Result<BTreeMap<Address, ResourceId>, Error> {
    let pace = Pace::default();
    let asker = Asker { cloud, pace: &pace, target: Target::Management };
    let mut ids = BTreeMap::new();
    if let Some(Reply::Organization(organization)) = asker.find(Operation::DescribeOrganization).await? {
        ids.insert(Address::organization(), organization.id);
        if let Reply::Roots(roots) = asker.ask(Operation::ListRoots).await? {
            ids.extend(roots.into_iter().take(1).map(|root| (Address::root(), root.id)));
        }
    }
    Ok(ids)
}

struct Surveyor<'a> {
    cloud: &'a dyn Cloud,
    scope: &'a Scope,
    pace: Pace,
}

impl Surveyor<'_> {
    fn management(&self) -> Asker<'_> {
        Asker { cloud: self.cloud, pace: &self.pace, target: Target::Management }
    }

    async fn members(
        &self,
        organization: &ObservedOrganization,
    ) -> Result<BTreeMap<AccountId, BTreeMap<Region, ObservedMember>>, Error> {
        let names = Names::of(self.scope);
        let by_tenant: BTreeMap<&str, AccountId> = organization
            .accounts
            .iter()
            .filter_map(|account| Some((names.tenant(&account.tags)?, account.account.id)))
            .collect();
        let by_email: BTreeMap<String, AccountId> = organization
            .accounts
            .iter()
            .map(|account| (account.account.email.to_lowercase(), account.account.id))
            .collect();
        // Nobody can look into an account that is closed.
        let open: BTreeMap<AccountId, bool> =
            organization.accounts.iter().map(|found| (found.account.id, !is_closed(found))).collect();
        let found: Vec<(AccountId, &ScopedTenant)> = self
            .scope
            .tenants
            .iter()
            .filter_map(|tenant| {
                let account = tenant
                    .account_id
                    .filter(|id| open.contains_key(id))
                    .or_else(|| by_tenant.get(tenant.key.as_str()).copied())
                    .or_else(|| by_email.get(&tenant.account_email).copied())?;
                open.get(&account).copied().unwrap_or_default().then_some((account, tenant))
            })
            .collect();
        // Collected first: a closure kept across the wait would hide from callers that the future can change threads.
        let surveys: Vec<_> = found
            .into_iter()
            .map(|(account, tenant)| async move {
                let member = self.member(account, tenant).await?;
                Ok::<_, Error>((account, tenant.region.clone(), member))
            })
            .collect();
        let surveyed: Vec<_> = stream::iter(surveys).buffered(ACCOUNTS_AT_ONCE).try_collect().await?;
        let mut members: BTreeMap<AccountId, BTreeMap<Region, ObservedMember>> = BTreeMap::new();
        for (account, region, member) in surveyed {
            if let Some(member) = member {
                members.entry(account).or_default().insert(region, member);
            }
        }
        Ok(members)
    }
}
