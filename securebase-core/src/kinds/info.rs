//! What holds for every resource of a kind.

use crate::kinds::ResourceSpec;
use crate::kinds::billing::OnBill;
use crate::kinds::step::{Action, Change};
use crate::model::{Address, Limits, NetworkFeatures, Problem, Quota, ResourceId, Tags, TenantKey};
use crate::observe::{ObservedMember, ObservedOrganization};

/// What holds for every resource of a kind, whatever it looks like.
pub(crate) trait KindInfo {
    /// What the engines must know.
    const FACTS: Facts;

    /// The warnings about what a plan does to the resources of the kind.
    fn cautions(_: Planned<'_>) -> Vec<Problem> {
        Vec::new()
    }

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
    /// The phase of a deployment in which the resources come to exist.
    pub(crate) phase: Phase,
    /// What a step does about a resource that does not exist.
    pub(crate) when_absent: Action,
    /// What a step does about a resource that differs.
    pub(crate) when_different: Action,
    /// Whether AWS makes the resources upon a request that it decides on later.
    pub(crate) is_requested: bool,
    /// Whether the resources take a block of addresses.
    pub(crate) has_block: bool,
    /// Whether something is lost for good when a resource is deleted: data, an address others rely on, an account. Such a
    /// deletion is carried out only when it is named.
    pub(crate) holds_data: bool,
    /// When a resource is deleted from a tenant's account: after those of all lower turns, among which are all that use it.
    /// `None` for a kind that is never deleted from there.
    pub(crate) deletion_turn: Option<u8>,
    /// Whether the resources stay when their tenant leaves, as what is stored does.
    pub(crate) outlives_tenant: bool,
    /// What the resources are on the bill of their tenant.
    pub(crate) on_bill: OnBill,
    /// Whether a bill without a plan counts one for a tenant whose network has these features; `None` for a tenant without a
    /// network.
    pub(crate) is_billed_with: fn(Option<NetworkFeatures>) -> bool,
    /// The quota of the organization that the resources count against.
    pub(crate) organization_quota: Option<OrganizationQuota>,
    /// The quota of a tenant's account that the resources count against.
    pub(crate) account_quota: Option<AccountQuota>,
}

impl Facts {
    /// A kind that lives in the management account.
    pub(super) const fn management(phase: Phase) -> Self {
        Self {
            home: Home::Management,
            phase,
            when_absent: Action::Create,
            when_different: Action::Update,
            is_requested: false,
            has_block: false,
            holds_data: false,
            deletion_turn: None,
            outlives_tenant: false,
            on_bill: OnBill::Nothing,
            is_billed_with: |_| false,
            organization_quota: None,
            account_quota: None,
        }
    }

    /// A kind that lives in a tenant's account, where steps may make these calls.
    pub(super) const fn member(phase: Phase, calls: MemberCalls) -> Self {
        Self { home: Home::Member(calls), ..Self::management(phase) }
    }
}

/// A phase of a deployment, in the order in which a tenant goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// The organization, its units, and the policies on them.
    Guardrails,
    /// The account is made and placed.
    Account,
    /// The account becomes usable.
    Readiness,
    /// Everything in the account.
    Network,
}

impl Phase {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Guardrails, Self::Account, Self::Readiness, Self::Network];
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

/// What a plan does to the resources of a kind.
pub(crate) struct Planned<'a> {
    /// The steps, in the order of the plan.
    pub(crate) steps: Box<dyn Iterator<Item = PlannedStep<'a>> + 'a>,
    pub(crate) organization: Option<&'a ObservedOrganization>,
    pub(crate) limits: &'a Limits,
}

/// A step on a resource of a kind.
pub(crate) struct PlannedStep<'a> {
    pub(crate) address: &'a Address,
    pub(crate) action: Action,
    pub(crate) changes: &'a [Change],
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
