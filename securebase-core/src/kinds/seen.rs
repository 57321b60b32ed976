//! What a survey shows in the place of a resource, and how it differs from what the resource must look like.

use super::AccountSpec;
use super::step::Change;
use crate::model::{AccountId, Address, Problem, ResourceId, Tags};
use crate::observe::{ObservedAccount, ObservedMember, ObservedOrganization, ObservedPolicy, ObservedUnit};
use crate::policy::PolicyText;

/// A resource that exists, and how it differs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Standing {
    pub(crate) id: ResourceId,
    pub(crate) changes: Vec<Change>,
}

impl Standing {
    /// A resource of that id and the differences that were found.
    pub(crate) fn new(id: ResourceId, changes: impl IntoIterator<Item = Vec<Change>>) -> Self {
        Self { id, changes: changes.into_iter().flatten().collect() }
    }
}

/// What a survey shows around one resource.
pub(crate) trait Seen {
    /// The address of the resource.
    fn address(&self) -> &Address;

    /// The id of a resource that this one names, where that exists.
    fn id_at(&self, address: &Address) -> Option<&ResourceId>;

    /// The account at an address, where it exists.
    fn account_at(&self, address: &Address) -> Option<AccountId> {
        self.id_at(address)?.as_str().parse().ok()
    }

    /// The organization.
    fn organization(&self) -> Option<&ObservedOrganization>;

    /// The organizational unit of that name under a parent.
    fn unit(&self, parent: &ResourceId, name: &str) -> Option<&ObservedUnit>;

    /// How the plan names the root or a unit: `root`, `ou/Customers`, or the id of a unit outside the zone.
    fn unit_name(&self, unit: &ResourceId) -> String;

    /// The policy of that name.
    fn policy(&self, name: &str) -> Option<&ObservedPolicy>;

    /// Whether a policy is attached to a target.
    fn is_attached(&self, policy: &ResourceId, target: &ResourceId) -> bool;

    /// An account of the organization.
    fn account(&self, id: AccountId) -> Option<&ObservedAccount>;

    /// The account of a tenant: by id, by tag, by root e-mail address.
    ///
    /// # Errors
    /// A problem where several accounts could be it, or the one that is cannot be used.
    fn account_of_tenant(&self, spec: &AccountSpec) -> Result<Option<Standing>, Problem>;

    /// What is in the tenant's account and region, where that was read.
    fn member(&self) -> Option<&ObservedMember>;

    /// The resource of the member account that carries the address tag.
    fn tagged(&self) -> Option<&ResourceId>;

    /// Whether a resource of the member account carries the tag with any address of the zone.
    fn is_claimed(&self, id: &ResourceId) -> bool;

    /// Whether anything of the zone is in the member account.
    fn was_worked_in(&self) -> bool;

    /// The tags to take off and those to set.
    fn tag_changes(&self, found: &Tags, desired: &Tags) -> Vec<Change>;
}

/// A policy document, which differs where it does not mean the same.
pub(crate) fn document_changes(field: &str, found: Option<&PolicyText>, desired: &PolicyText) -> Vec<Change> {
    if found.is_some_and(|found| found.same_meaning(desired)) {
        Vec::new()
    } else {
        vec![Change::new(field, found.map(ToString::to_string), Some(desired.to_string()))]
    }
}

/// An attribute that is written as text.
pub(crate) fn value_changes<T: PartialEq + ToString + ?Sized>(
    field: &str,
    found: &T,
    desired: &T,
) -> Vec<Change> {
    if found == desired {
        Vec::new()
    } else {
        vec![Change::new(field, Some(found.to_string()), Some(desired.to_string()))]
    }
}
