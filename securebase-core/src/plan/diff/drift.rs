//! Drift apart from change: which differences are the cloud's doing, not the file's.
//!
//! A difference between what is and what shall be has two possible authors. What was last applied tells them apart: where
//! the cloud no longer looks as it was made to look, the cloud has drifted; where the file asks for something else than it
//! did then, the file has changed; and both may be true of one attribute.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::applied::{Applied, Ours};
use super::{Index, Presence};
use crate::kinds::ResourceSpec;
use crate::kinds::step::Change;
use crate::model::{Address, ResourceId, TenantKey};
use crate::observe::Scope;
use crate::plan::desired::graph::Resource;
use crate::plan::step::Plan;
use crate::table::{Column, Error, Table};

/// The attribute of a resource that is gone.
const EXISTS: &str = "exists";

/// What was found of a resource that is gone.
const GONE: &str = "no";

/// The observation of a resource in an account that could not be read.
const UNKNOWN: &str = "unknown";

/// An attribute that changed in the cloud since it was last applied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Drifted {
    /// The resource.
    pub address: Address,
    /// The attribute, as [`Change::field`] names it; `exists` where the resource was not found.
    pub attribute: String,
    /// As it was last applied.
    pub applied: Option<String>,
    /// As it is; of `exists`, `no` where the resource is gone and `unknown` where its account could not be looked into.
    pub observed: Option<String>,
    /// As it shall be: the same as `applied` unless the file has changed too.
    pub wanted: Option<String>,
}

/// What was last applied, and the ids of that time.
pub(in crate::plan) struct Base<'a> {
    applied: BTreeMap<Address, &'a ResourceSpec>,
    stray_tags: &'a BTreeMap<Address, BTreeSet<String>>,
    remembered: &'a BTreeMap<Address, ResourceId>,
    /// The keys that tenants had, by those that they have.
    former: BTreeMap<&'a str, &'a TenantKey>,
}

impl<'a> Base<'a> {
    /// What was applied under the names that tenants have now.
    pub(in crate::plan) fn new(
        scope: &'a Scope,
        Applied { specs, stray_tags, pending: _ }: &'a Applied,
        remembered: &'a BTreeMap<Address, ResourceId>,
    ) -> Self {
        let renamed = || {
            let tenants = scope.tenants.iter();
            tenants.filter_map(|tenant| Some((tenant.former_key.as_ref()?, &tenant.key)))
        };
        let later: BTreeMap<&str, _> = renamed().map(|(former, key)| (former.as_str(), key)).collect();
        let now = |address: &Address| match address.tenant_key().and_then(|key| later.get(key)) {
            Some(key) => Address::tenant(key, address.local()),
            None => address.clone(),
        };
        Self {
            applied: specs.iter().map(|(address, spec)| (now(address), spec)).collect(),
            stray_tags,
            remembered,
            former: renamed().map(|(former, key)| (key.as_str(), former)).collect(),
        }
    }

    /// The tags of a resource that earlier runs have set.
    pub(in crate::plan) fn ours(&self, address: &Address) -> Ours<'_> {
        let former = address.tenant_key().and_then(|key| self.former.get(key));
        let former = former.map(|key| Address::tenant(key, address.local()));
        let stray = at(self.stray_tags, address, former.as_ref());
        let id = at(self.remembered, address, former.as_ref());
        Ours::new(self.applied.get(address).copied(), stray, id)
    }

    /// A resource that is there and differs: which of the differences the cloud has made.
    pub(in crate::plan) fn differs(
        &self,
        resource: &Resource,
        changes: &[Change],
        index: &Index<'_>,
        known: &BTreeMap<Address, ResourceId>,
    ) -> Vec<Drifted> {
        let Some(spec) = self.applied.get(&resource.address) else { return Vec::new() };
        // What it named then may be gone from the file since: its id is remembered all the same.
        let ids = spec
            .references()
            .into_iter()
            .filter_map(|on| Some((on.clone(), known.get(on).or_else(|| self.remembered.get(on))?.clone())))
            .collect();
        let account = crate::plan::planner::account_of(resource, known);
        let found = index.find_spec(resource, spec, &ids, account);
        let Ok(Presence::Present { changes: since, .. } | Presence::Foreign { changes: since, .. }) = found
        else {
            return Vec::new();
        };
        let drifted = since.into_iter().filter(|change| change.from != change.to);
        drifted
            .filter_map(|Change { field, from, to }| {
                let wanted = changes.iter().find(|change| change.field == field)?.to.clone();
                Some(Drifted {
                    address: resource.address.clone(),
                    attribute: field,
                    applied: to,
                    observed: from,
                    wanted,
                })
            })
            .collect()
    }

    /// A resource that was not found: if it was applied once it is gone, or unknown where its account was not read. What was in
    /// an account that was closed on purpose went with it.
    pub(in crate::plan) fn missing(&self, resource: &Resource, is_read: bool) -> Option<Drifted> {
        let account = resource.tenant.as_ref().map(|key| Address::tenant(key, "account"));
        let has_account = account.is_none_or(|account| self.applied.contains_key(&account));
        (has_account && self.applied.contains_key(&resource.address)).then(|| Drifted {
            address: resource.address.clone(),
            attribute: EXISTS.to_owned(),
            applied: Some("yes".to_owned()),
            observed: Some(if is_read { GONE } else { UNKNOWN }.to_owned()),
            wanted: Some("yes".to_owned()),
        })
    }
}

/// What is known under an address, or under the one before.
fn at<'a, V>(all: &'a BTreeMap<Address, V>, address: &Address, former: Option<&Address>) -> Option<&'a V> {
    all.get(address).or_else(|| all.get(former?))
}

impl Drifted {
    /// Whether the resource itself is gone.
    pub fn is_gone(&self) -> bool {
        self.attribute == EXISTS && self.observed.as_deref() == Some(GONE)
    }

    /// Whether it is unknown if the resource exists, because its account could not be read.
    pub fn is_unknown(&self) -> bool {
        self.attribute == EXISTS && self.observed.as_deref() == Some(UNKNOWN)
    }
}

impl Plan {
    /// What changed in the cloud since it was last applied: `address, attribute, applied, observed, wanted`. Without rows
    /// where nothing did, and where nobody knows what was applied ([`Plan::drift`] is `None`).
    ///
    /// # Errors
    /// [`Error::TooLong`] beyond 2 GiB of text.
    pub fn drift_table(&self) -> Result<Table, Error> {
        let rows = || self.drift.iter().flatten();
        Table::new(vec![
            Column::utf8("address", rows().map(|row| row.address.as_str()))?,
            Column::utf8("attribute", rows().map(|row| row.attribute.as_str()))?,
            Column::utf8("applied", rows().map(|row| row.applied.as_deref()))?,
            Column::utf8("observed", rows().map(|row| row.observed.as_deref()))?,
            Column::utf8("wanted", rows().map(|row| row.wanted.as_deref()))?,
        ])
    }
}
