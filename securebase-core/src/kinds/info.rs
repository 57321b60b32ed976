//! What holds for every resource of a kind.

use crate::kinds::ResourceSpec;
use crate::model::{Address, Quota, ResourceId, Tags, TenantKey};
use crate::observe::{ObservedMember, ObservedOrganization};

/// What holds for every resource of a kind, whatever it looks like.
pub(crate) trait KindInfo {
    /// What the engines must know.
    const FACTS: Facts;

    /// Calls `each` with every living resource of the kind that is recognised by its address tag.
    fn tagged<'o>(_: &'o ObservedMember, _: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {}

    /// Calls `each` with every resource of the kind that the zone may have made in the account of a tenant.
    fn list(_: &MemberAccount<'_>, _: &mut dyn FnMut(&Listed<'_>)) {}
}

/// What the engines must know of a kind in order not to name it.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The account in which steps make their calls.
    pub(crate) home: Home,
    /// The quota of the organization that the resources count against.
    pub(crate) organization_quota: Option<OrganizationQuota>,
    /// The quota of a tenant's account that the resources count against.
    pub(crate) account_quota: Option<AccountQuota>,
}

impl Facts {
    /// A kind that lives in the management account.
    pub(super) const MANAGEMENT: Self =
        Self { home: Home::Management, organization_quota: None, account_quota: None };

    /// A kind that lives in a tenant's account, where steps may make these calls.
    pub(super) const fn member(calls: MemberCalls) -> Self {
        Self { home: Home::Member(calls), ..Self::MANAGEMENT }
    }
}

/// The account that a kind lives in.
#[derive(Debug)]
pub(crate) enum Home {
    /// The management account: no policy binds the executor there.
    Management,
    /// The account of the tenant, with the operations that guardrails must let pass.
    Member(MemberCalls),
}

/// A quota that applies to the organization.
#[derive(Debug)]
pub(crate) struct OrganizationQuota {
    pub(crate) quota: Quota,
    /// The number that a survey found.
    pub(crate) found: fn(Option<&ObservedOrganization>) -> usize,
}

/// A quota that applies to one account and region, or to a part of it.
#[derive(Debug)]
pub(crate) struct AccountQuota {
    pub(crate) quota: Quota,
    /// Whether it applies to each VPC.
    pub(crate) is_per_vpc: bool,
    /// The number that AWS creates.
    pub(crate) from_aws: u64,
    /// The number that a survey found; `None` where that number does not say how much of the quota is left.
    pub(crate) found: Option<fn(&ObservedMember) -> usize>,
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
