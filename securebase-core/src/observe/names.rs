//! Whose a resource is, as its tags say, under the name its tenant has now.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Scope;
use crate::model::{ADDRESS_TAG, Address, TENANT_TAG, Tags, ZONE_TAG};

/// The zone, and who of its tenants had another key before.
pub(crate) struct Names<'a> {
    zone: &'a str,
    /// The key a tenant has now, by the one it had.
    renamed: BTreeMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        let renamed = scope
            .tenants
            .iter()
            .filter_map(|tenant| Some((tenant.former_key.as_ref()?.as_str(), tenant.key.as_str())))
            .collect();
        Self { zone: scope.zone.as_str(), renamed }
    }

    /// The name of the zone.
    pub(crate) fn zone(&self) -> &'a str {
        self.zone
    }

    /// Whether the tags name our zone.
    pub(crate) fn ours(&self, tags: &Tags) -> bool {
        tags.get(ZONE_TAG).map(String::as_str) == Some(self.zone)
    }

    /// The address a resource of ours has now, whatever its tenant was called when it was tagged.
    pub(crate) fn address<'t>(&self, tags: &'t Tags) -> Option<Cow<'t, str>> {
        if !self.ours(tags) {
            return None;
        }
        let tagged = tags.get(ADDRESS_TAG)?.as_str();
        let renamed = || {
            let (key, local) = tagged.strip_prefix("tenant/")?.split_once('/')?;
            Some(format!("tenant/{}/{local}", self.renamed.get(key)?))
        };
        Some(renamed().map_or(Cow::Borrowed(tagged), Cow::Owned))
    }

    /// The key that the tenant an account of ours is tagged for has now.
    pub(crate) fn tenant<'t>(&'t self, tags: &'t Tags) -> Option<&'t str> {
        if !self.ours(tags) {
            return None;
        }
        let tagged = tags.get(TENANT_TAG)?.as_str();
        Some(self.renamed.get(tagged).copied().unwrap_or(tagged))
    }
}

/// The key of the tenant an address belongs to; nothing for the organization's own.
pub(crate) fn tenant_of(address: &Address) -> &str {
    address.tenant_key().unwrap_or_default()
}
