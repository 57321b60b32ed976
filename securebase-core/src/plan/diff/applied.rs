//! What earlier runs have made of the zone, and which tags are therefore the zone's to take off.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::kinds::ResourceSpec;
use crate::kinds::step::{Action, Deferral};
use crate::model::{Address, ResourceId, Tags, TenantKey};

/// What was applied, as a state knows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied {
    /// What each resource was last made to look like.
    pub specs: BTreeMap<Address, ResourceSpec>,
    /// The keys of tags that runs have set besides those of `specs`, or may have set before they failed.
    pub stray_tags: BTreeMap<Address, BTreeSet<String>>,
    /// The steps that the last run which reached them put off, each with its action.
    pub pending: BTreeMap<Address, (Action, Deferral)>,
}

/// Keys that begin like this are never taken off: by them resources are found again.
const RESERVED: &str = "securebase:";

/// Which tags of one resource earlier runs have set.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::plan) struct Ours<'a> {
    tags: Option<&'a Tags>,
    stray: Option<&'a BTreeSet<String>>,
    /// The resource that they were set on, where its id is remembered.
    id: Option<&'a ResourceId>,
}

impl<'a> Ours<'a> {
    pub(in crate::plan) fn new(
        spec: Option<&'a ResourceSpec>,
        stray: Option<&'a BTreeSet<String>>,
        id: Option<&'a ResourceId>,
    ) -> Self {
        Self { tags: spec.and_then(ResourceSpec::tags), stray, id }
    }

    /// Whether the tag of that key was set by an earlier run and may be taken off.
    pub(in crate::plan) fn has(&self, key: &str) -> bool {
        !key.starts_with(RESERVED)
            && (self.tags.is_some_and(|tags| tags.contains_key(key))
                || self.stray.is_some_and(|stray| stray.contains(key)))
    }

    /// Whether the tags were set on the resource of that id. Another one may have taken its address since, and what a resource
    /// carries that was never ours is not.
    pub(super) fn were_set_on(&self, id: &ResourceId, is_foreign: bool) -> bool {
        match self.id {
            Some(remembered) => remembered == id,
            None => !is_foreign,
        }
    }
}

/// What of earlier runs decides about the tags to take off.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct Past {
    pub(in crate::plan) applied: Arc<Applied>,
    pub(in crate::plan) remembered: Arc<BTreeMap<Address, ResourceId>>,
}

impl Past {
    /// Whether both let the same tags of a tenant be taken off.
    pub(super) fn agrees_with(&self, other: &Self, key: &TenantKey) -> bool {
        let same = Arc::ptr_eq(&self.applied, &other.applied)
            || (self.tag_keys(key).eq(other.tag_keys(key))
                && of_tenant(&self.applied.stray_tags, key).eq(of_tenant(&other.applied.stray_tags, key)));
        same && of_tenant(&self.remembered, key).eq(of_tenant(&other.remembered, key))
    }

    fn tag_keys<'a>(&'a self, key: &'a TenantKey) -> impl Iterator<Item = (&'a Address, Vec<&'a String>)> {
        let keys = |spec: &'a ResourceSpec| spec.tags().into_iter().flat_map(|tags| tags.keys()).collect();
        of_tenant(&self.applied.specs, key).map(move |(address, spec)| (address, keys(spec)))
    }
}

/// What a tenant has, of all there is.
fn of_tenant<'a, V>(
    all: &'a BTreeMap<Address, V>,
    key: &'a TenantKey,
) -> impl Iterator<Item = (&'a Address, &'a V)> {
    let from = Address::tenant(key, "");
    all.range(from..).take_while(|(address, _)| address.tenant_key() == Some(key.as_str()))
}
