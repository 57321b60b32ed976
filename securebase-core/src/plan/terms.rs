//! The terms on which tenants were served when a zone was last applied, which a survey cannot show.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Address, Region, ResourceId, Tier, TierName};
use crate::observe::{Scope, ScopedTenant};

use super::cost::{BilledAccount, accounts_after};
use super::diff::account_id;
use super::step::{Plan, PlannedTenant};

/// Tiers and tenants of a plan: the tier that each tenant bought, its terms and its price.
///
/// A survey shows which unit an account is in and what exists in it. The terms of that unit's tier and the price of a tenant are
/// in the file only, and the file may have changed since. The state records the terms of the last run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Terms {
    /// The tiers.
    pub tiers: Vec<Tier>,
    /// The tenants, by key: those of the plan, then those that have left and that its file no longer names.
    pub tenants: Vec<PlannedTenant>,
    /// The accounts in which the plan serves no tenant of its file: those of departed tenants, and those that no tenant claims.
    /// States of earlier versions do not have them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<AccountId, AccountTerms>,
    /// The regions in which an account has log groups although its tenant works elsewhere: a log group stays where it is when
    /// its tenant gets another region.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub former_regions: BTreeMap<AccountId, BTreeSet<Region>>,
    /// The unit of departed tenants.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suspended_ou: String,
}

/// The terms on which an account stays on the bill although no tenant is served in it.
///
/// An account has them by its id: the file may give the tenant's key to another tenant, or change the entry of a tenant that has
/// left, neither of which changes what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountTerms {
    /// The tier whose terms it has; of a departed tenant, the tier with which it left. `None` for an account in a unit of no
    /// tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierName>,
    /// The region in which it keeps its logs; `None` if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Whether the archive holds its logs.
    pub archived: bool,
    /// Whether its tenant has left, and was not only taken out of the file.
    pub departed: bool,
}

impl Scope {
    /// The same scope with the regions that a state knows: the logs of an account that the file no longer names, or names with
    /// another region, are where the tenant worked.
    #[must_use]
    pub(super) fn serve(mut self, terms: &Terms, remembered: &BTreeMap<Address, ResourceId>) -> Self {
        let of_tenant = |tenant: &PlannedTenant| {
            let id = account_id(remembered, &Address::tenant(&tenant.key, "account"))?;
            Some((id, tenant.region.clone()))
        };
        let mut worked_in: BTreeMap<AccountId, Region> = terms.tenants.iter().filter_map(of_tenant).collect();
        let of_account = |(id, terms): (&AccountId, &AccountTerms)| Some((*id, terms.region.clone()?));
        worked_in.extend(terms.accounts.iter().filter_map(of_account));
        let mut former = terms.former_regions.clone();
        for (account, region) in worked_in {
            former.entry(account).or_default().insert(region);
        }
        let claims = self.tenants.iter().filter_map(|tenant| Some((tenant.account_id?, tenant)));
        let claims: BTreeMap<AccountId, &ScopedTenant> = claims.collect();
        former.retain(|account, regions| {
            regions.retain(|region| match claims.get(account) {
                Some(tenant) => tenant.region != *region,
                None => !self.regions.contains(region),
            });
            !regions.is_empty()
        });
        self.former_regions = former;
        self
    }
}

impl Plan {
    /// The terms of this plan, for plans made after it was applied: see `Planner::served`.
    ///
    /// A tenant that has left remains in them, with the tier it had, when its entry is removed from the file: its logs are still
    /// stored, and no other record has their terms.
    pub fn terms(&self) -> Terms {
        let (mut tiers, mut tenants) = (self.tiers.clone(), self.tenants.clone());
        let (accounts, former_regions) = self.account_terms();
        if let Some(served) = &self.served {
            let named: BTreeSet<&str> = self.tenants.iter().map(|tenant| tenant.key.as_str()).collect();
            let gone = served.tenants.iter().filter(|tenant| tenant.offboard.is_some());
            tenants.extend(gone.filter(|tenant| !named.contains(tenant.key.as_str())).cloned());
            for tier in &served.tiers {
                let is_known = tiers.iter().any(|known| known.name == tier.name);
                let mut of_accounts = accounts.values().filter_map(|terms| terms.tier.as_ref());
                let is_used = tenants.iter().any(|tenant| tenant.tier == tier.name)
                    || of_accounts.any(|name| *name == tier.name);
                if !is_known && is_used {
                    tiers.push(tier.clone());
                }
            }
        }
        Terms { tiers, tenants, accounts, former_regions, suspended_ou: self.scope.suspended_ou.clone() }
    }

    /// The terms and the former regions of accounts as the bill after this plan has them, so that the bill before the next plan
    /// has the same. An account or a region that was not read this time keeps those it had.
    fn account_terms(&self) -> (BTreeMap<AccountId, AccountTerms>, BTreeMap<AccountId, BTreeSet<Region>>) {
        let served = self.served.as_ref();
        let mut accounts = served.map(|served| served.accounts.clone()).unwrap_or_default();
        let mut former = served.map(|served| served.former_regions.clone()).unwrap_or_default();
        for (id, regions) in &mut former {
            regions.retain(|region| self.observed.member(*id, region).known().is_none());
        }
        for BilledAccount { id, is_served, terms, logs_elsewhere } in accounts_after(self) {
            former.entry(id).or_default().extend(logs_elsewhere);
            if is_served {
                accounts.remove(&id);
            } else {
                accounts.insert(id, terms);
            }
        }
        former.retain(|_, regions| !regions.is_empty());
        (accounts, former)
    }
}
