//! What holds for every resource of a kind.

use crate::kinds::ResourceSpec;
use crate::model::{Address, ResourceId, Tags, TenantKey};
use crate::observe::ObservedMember;

/// What holds for every resource of a kind, whatever it looks like.
pub(crate) trait KindInfo {
    /// The operations that steps may call in the tenant's account. None for kinds that live in the management account: no
    /// policy binds the executor there.
    const CALLS: MemberCalls = MemberCalls { create: &[], update: &[], delete: &[], look_up: &[] };

    /// Calls `each` with every living resource of the kind that is recognised by its address tag.
    fn tagged<'o>(_: &'o ObservedMember, _: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {}

    /// Calls `each` with every resource of the kind that the zone may have made in the account of a tenant.
    fn list(_: &MemberAccount<'_>, _: &mut dyn FnMut(&Listed<'_>)) {}
}

/// The operations (`service:Name`) of a kind in a member account, those after a lost reply among them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemberCalls {
    pub(crate) create: &'static [&'static str],
    pub(crate) update: &'static [&'static str],
    pub(crate) delete: &'static [&'static str],
    pub(crate) look_up: &'static [&'static str],
}

/// The account of a tenant in one region.
pub(crate) struct MemberAccount<'a> {
    pub(crate) tenant: &'a TenantKey,
    pub(crate) member: &'a ObservedMember,
    /// The address of a resource, or its id where it has none, so that what refers to it can still be described.
    pub(crate) name: &'a dyn Fn(&ResourceId) -> Address,
}

impl MemberAccount<'_> {
    /// The address of something that may be absent.
    pub(crate) fn name_of(&self, id: Option<&ResourceId>) -> Address {
        id.map_or_else(|| Address::new("none"), self.name)
    }
}

/// A resource that exists.
pub(crate) struct Listed<'a> {
    pub(crate) id: ResourceId,
    /// The tags that name its owner: its own, or those of the resource that it is a part of.
    pub(crate) tags: &'a Tags,
    /// What follows the address in those tags, for a part of another resource.
    pub(crate) suffix: Option<String>,
    /// How it looks.
    pub(crate) spec: &'a dyn Fn() -> ResourceSpec,
}
