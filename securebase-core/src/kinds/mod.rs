//! The kinds of resource: one file for each, with what SecureBase knows about it.
//!
//! Purpose: planner and executor are engines over the `Kind` of a resource. Invariant: a kind stands in
//! [`ResourceSpec`] once, and the compiler names everything that a new one still lacks. Not here: which resources a zone wants
//! (`plan::desired`), in which order they come to exist (`plan`), when their calls leave (`exec`).

mod accounts;
pub(crate) mod billing;
mod governance;
pub(crate) mod guardrail_role;
pub(crate) mod info;
mod logging;
mod network;
pub(crate) mod seen;
pub(crate) mod step;

use serde::{Deserialize, Serialize};

use crate::model::{Address, Cidr, Latency, Problem, ResourceId, ResourceKind, SubnetZone, Tags};
use crate::observe::ObservedMember;
use guardrail_role::GuardrailRole;
use info::{AccountQuota, Facts, KindInfo, Listed, MemberAccount, OrganizationQuota, Planned};
use seen::{Seen, Standing};
use step::{Action, Procedure};

pub use accounts::{AccountPlacementSpec, AccountReadinessSpec, AccountSpec};
pub(crate) use accounts::{TOO_MANY_DECIDED, advice, advice_on_refusal};
pub(crate) use governance::attachment_id;
pub use governance::{
    OrganizationRootSpec, OrganizationSpec, OrganizationalUnitSpec, PolicyAttachmentSpec,
    ServiceControlPolicySpec,
};
pub(crate) use logging::LONGEST_RETENTION_DAYS;
pub use logging::{FlowLogRoleSpec, FlowLogSpec, KmsKeySpec, LogGroupSpec};
pub use network::{
    ElasticIpSpec, InternetGatewaySpec, NatGatewaySpec, RouteSpec, RouteTableAssociationSpec, RouteTableSpec,
    RouteTarget, SubnetSpec, VpcEndpointSpec, VpcSpec, VpnGatewaySpec,
};

/// What SecureBase knows about one resource of a kind.
pub(crate) trait Kind {
    /// The tags that the resource must carry; `None` for kinds that take no tags.
    fn tags(&self) -> Option<&Tags> {
        None
    }

    /// The resources that this one names: all must exist before it can.
    fn references(&self) -> Vec<&Address> {
        Vec::new()
    }

    /// The resource that stands in this one's place, and how it differs.
    ///
    /// # Errors
    /// A problem where what was found can be neither kept nor changed.
    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem>;

    /// The warning that a resource which the zone no longer wants is kept, given what else is in its account; `None` for one that is
    /// deleted.
    fn kept(&self, _: &Address, _: &ResourceId, _: &ObservedMember) -> Option<Problem> {
        None
    }

    /// The resource's role in the guardrails that apply to accounts.
    fn guardrail_role(&self) -> Option<GuardrailRole<'_>> {
        None
    }

    /// The block of addresses that the resource takes.
    fn block(&self) -> Option<Cidr> {
        None
    }

    /// The availability zone that the resource lies in.
    fn zone(&self) -> Option<&SubnetZone> {
        None
    }

    /// The availability zone, to name it once it is known.
    fn zone_mut(&mut self) -> Option<&mut SubnetZone> {
        None
    }

    /// The name and the root e-mail address by which AWS lists a request for the resource.
    fn requested_as(&self) -> Option<(&str, &str)> {
        None
    }

    /// The days for which the resource keeps what it stores.
    fn retention_days(&self) -> Option<u32> {
        None
    }

    /// How long a step of the resource usually takes by itself.
    fn typical(&self, action: Action) -> Latency;

    /// How a step of the resource is carried out.
    fn procedure(&self) -> Box<dyn Procedure + '_>;
}

/// Declares [`ResourceSpec`] from the list of kinds.
macro_rules! specs {
    ($($kind:ident($spec:ident),)*) => {
        /// What a resource must look like. Other resources are named by address; their ids are learned on the way.
        ///
        /// Regional kinds live in the account of the tenant that their address names, in the region of the graph's node.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum ResourceSpec {
            $(
                #[doc = concat!("See [`ResourceKind::", stringify!($kind), "`].")]
                $kind($spec),
            )*
        }

        /// [`ResourceKind::ALL`] and the list of specs hold the same kinds in the same order.
        const _: () = {
            let specs = [$(ResourceKind::$kind),*];
            assert!(specs.len() == ResourceKind::ALL.len(), "a kind has no spec");
            let mut index = 0;
            while index < specs.len() {
                assert!(specs[index] as usize == index, "the specs stand in another order than the kinds");
                index += 1;
            }
        };

        impl ResourceSpec {
            /// The kind it describes.
            pub fn kind(&self) -> ResourceKind {
                match self { $(Self::$kind(_) => ResourceKind::$kind,)* }
            }

            /// What is known about the resource's kind.
            pub(crate) fn as_kind(&self) -> &dyn Kind {
                match self { $(Self::$kind(spec) => spec,)* }
            }

            /// The same, to change it.
            pub(crate) fn as_kind_mut(&mut self) -> &mut dyn Kind {
                match self { $(Self::$kind(spec) => spec,)* }
            }
        }

        /// What the engines must know of a kind.
        pub(crate) fn facts(kind: ResourceKind) -> &'static Facts {
            match kind { $(ResourceKind::$kind => const { &<$spec as KindInfo>::FACTS },)* }
        }

        /// The warnings about what a plan does to the resources of a kind.
        pub(crate) fn cautions(kind: ResourceKind, planned: Planned<'_>) -> Vec<Problem> {
            match kind { $(ResourceKind::$kind => <$spec as KindInfo>::cautions(planned),)* }
        }

        /// Calls `each` with the kind, id and tags of every living resource that is recognised by its address tag.
        pub(crate) fn tagged<'o>(
            member: &'o ObservedMember,
            each: &mut dyn FnMut(ResourceKind, &'o ResourceId, &'o Tags),
        ) {
            $(<$spec as KindInfo>::tagged(member, &mut |id, tags| each(ResourceKind::$kind, id, tags));)*
        }

        /// Calls `each` with every resource that the zone may have made in the account of a tenant.
        pub(crate) fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
            $(<$spec as KindInfo>::list(account, each);)*
        }

        $(
            impl From<$spec> for ResourceSpec {
                fn from(spec: $spec) -> Self {
                    Self::$kind(spec)
                }
            }
        )*
    };
}

specs! {
    Organization(OrganizationSpec),
    OrganizationRoot(OrganizationRootSpec),
    OrganizationalUnit(OrganizationalUnitSpec),
    ServiceControlPolicy(ServiceControlPolicySpec),
    PolicyAttachment(PolicyAttachmentSpec),
    Account(AccountSpec),
    AccountPlacement(AccountPlacementSpec),
    AccountReadiness(AccountReadinessSpec),
    FlowLogRole(FlowLogRoleSpec),
    LogGroup(LogGroupSpec),
    Vpc(VpcSpec),
    Subnet(SubnetSpec),
    InternetGateway(InternetGatewaySpec),
    ElasticIp(ElasticIpSpec),
    NatGateway(NatGatewaySpec),
    RouteTable(RouteTableSpec),
    Route(RouteSpec),
    RouteTableAssociation(RouteTableAssociationSpec),
    FlowLog(FlowLogSpec),
    VpnGateway(VpnGatewaySpec),
    VpcEndpoint(VpcEndpointSpec),
    KmsKey(KmsKeySpec),
}

/// The quotas of the organization, each with the kind that counts against it, in the order of [`Quota`](crate::model::Quota).
pub(crate) fn organization_quotas() -> Vec<(ResourceKind, &'static OrganizationQuota)> {
    let all = ResourceKind::ALL.iter();
    let mut quotas: Vec<_> =
        all.filter_map(|kind| Some((*kind, facts(*kind).organization_quota.as_ref()?))).collect();
    quotas.sort_by_key(|(_, quota)| quota.quota);
    quotas
}

/// The quotas of a tenant's account, each with the kind that counts against it: those of the whole account, then those of
/// each VPC.
pub(crate) fn account_quotas() -> Vec<(ResourceKind, &'static AccountQuota)> {
    let all = ResourceKind::ALL.iter();
    let mut quotas: Vec<_> =
        all.filter_map(|kind| Some((*kind, facts(*kind).account_quota.as_ref()?))).collect();
    quotas.sort_by_key(|(_, quota)| quota.is_per_vpc);
    quotas
}

impl ResourceSpec {
    /// Its tags, for kinds that take tags.
    pub fn tags(&self) -> Option<&Tags> {
        self.as_kind().tags()
    }

    /// The resources it names: all must exist before it can.
    pub fn references(&self) -> Vec<&Address> {
        self.as_kind().references()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use info::Home;

    #[test]
    fn deletions_from_an_account_have_turns_of_their_own() {
        let mut taken = Vec::new();
        let mut without = Vec::new();
        for kind in ResourceKind::ALL {
            let Facts { home: Home::Member(calls), deletion_turn, .. } = facts(*kind) else { continue };
            match deletion_turn {
                Some(turn) => taken.push(*turn),
                None if !calls.delete.is_empty() => without.push(*kind),
                None => {}
            }
        }
        taken.sort_unstable();
        assert!(taken.is_sorted_by(|a, b| a < b), "{taken:?}");
        // Only its retention deletes what a log group holds.
        assert_eq!(without, [ResourceKind::LogGroup]);
    }
}
