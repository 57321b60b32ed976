//! Amazon EC2 in one region of an account: its network and its flow logs.
//!
//! Each kind of resource has a file with its operations and an `impl Kind`; `kinds!` below is the register.

use std::collections::BTreeMap;

use super::Manners;
use super::context::{Context, Outcome, TagFault};
use super::iam::Roles;
use crate::cloud::ec2::{
    ElasticIp, FlowLog, InternetGateway, NatGateway, Operation, RouteTable, Subnet, VpcEndpoint, VpnGateway,
};
use crate::cloud::{self, CloudError};
use crate::model::{Cidr, Latency, ResourceId, Tags, UsableZones};
use crate::observe::{ObservedMember, ObservedVpc};
use crate::sim::holdings::{Holding, Holdings, Kept, Place, Site};
use crate::sim::key::Subject;
use crate::sim::schedule::agenda;
use crate::sim::schedule::chance::Chance;
use crate::sim::view::Snapshot;
use crate::time::Time;

mod elastic_ip;
mod flow_log;
mod internet_gateway;
mod nat_gateway;
mod route_table;
mod shelf;
mod subnet;
mod tags;
mod vpc;
mod vpc_endpoint;
mod vpn_gateway;
mod zones;

use shelf::{Kind, Shelf, Shelved, absent, matching, paged, visible, visible_mut};
pub(in crate::sim) use zones::of as zones_of;

pub(super) const MANNERS: Manners = Manners {
    throttled: "RequestLimitExceeded",
    contended: |operation| match operation {
        cloud::Operation::Ec2(Operation::CreateTags { .. } | Operation::DeleteTags { .. }) => {
            Some("ConcurrentTagAccess")
        }
        _ => None,
    },
    failed: "InternalError",
    expired: "ExpiredToken",
    denied: "UnauthorizedOperation",
    off: Some("AuthFailure"),
    answers_early: false,
    write: Latency::Ec2Write,
};

/// The fields of an operation that say what it is about: as a pattern, and added to the natural key.
macro_rules! about {
    (pattern $operation:ident { $($part:ident),+ }) => { Operation::$operation { $($part,)+ .. } };
    (add $subject:ident { $($part:ident),+ }) => {{ $($subject.add($part);)+ }};
}

/// Registers the kinds: the shelf of each, named as in an observation, and its operations by what they are about. The order is
/// that in which a VPC says what keeps it.
macro_rules! kinds {
    ($($shelf:ident: $kind:ty, $(by $about:tt [$($operation:ident),+]),+;)*) => {
        /// The network of an account in a region. Everything in it is small, so nothing but ids is indexed.
        ///
        /// Not modelled: main route tables, default security groups and network ACLs, and what is in the default VPC.
        #[derive(Debug, Clone)]
        pub(in crate::sim) struct Network {
            site: Site,
            /// The zones the account can use here.
            pub(in crate::sim) zones: UsableZones,
            $($shelf: Shelf<$kind>,)*
            /// The failures that pending NAT gateways are going to end with.
            doomed: BTreeMap<ResourceId, &'static str>,
            /// What each client token has made, and with which parameters.
            tokens: BTreeMap<(&'static str, String), (Operation, ResourceId)>,
        }

        $(impl Shelved for $kind {
            fn shelf_mut(network: &mut Network) -> &mut Shelf<Self> {
                &mut network.$shelf
            }
        })*

        impl Network {
            /// With nothing in it.
            pub(in crate::sim) fn empty(site: &Site, chance: &Chance) -> Self {
                Self {
                    site: site.clone(),
                    zones: zones::of(site.account, &site.region, chance),
                    $($shelf: Shelf::new(),)*
                    doomed: BTreeMap::new(),
                    tokens: BTreeMap::new(),
                }
            }

            /// Carries out an operation.
            fn execute(
                &mut self,
                context: &mut Context<'_>,
                operation: &Operation,
                roles: Option<&Roles>,
            ) -> Outcome {
                match operation {
                    Operation::DescribeAvailabilityZones => Ok(self.describe_zones(context)),
                    Operation::CreateTags { resource, tags } => self.create_tags(context, resource, tags),
                    Operation::DeleteTags { resource, keys } => self.delete_tags(context, resource, keys),
                    $($($(Operation::$operation { .. })|+ => <$kind>::execute(self, context, operation, roles),)+)*
                }
            }

            /// Whether something here has that id already, as it can in a world made from an observation.
            fn holds(&self, id: &ResourceId) -> bool {
                $(if self.$shelf.contains_key(id) || <$kind>::has_part(&self.$shelf, id) {
                    return true;
                })*
                false
            }

            /// The tags of the resource of that id, if it is visible.
            fn tagged(&mut self, id: &ResourceId, now: Time) -> Option<&mut Tags> {
                $(if let Some(kept) = self.$shelf.get_mut(id).filter(|kept| kept.visible_from <= now) {
                    return Some(kept.value.tags_mut());
                })*
                None
            }

            /// Returns the error for an id that no visible resource has, by the prefix of the id.
            fn untagged(id: &ResourceId) -> CloudError {
                $(if id.as_str().strip_prefix(<$kind>::PREFIX).is_some_and(|rest| rest.starts_with('-')) {
                    return absent(<$kind>::ABSENT, id);
                })*
                absent("InvalidID", id)
            }

            /// What still keeps a VPC from being deleted.
            fn keeps(&self, vpc: &ResourceId) -> Option<&'static str> {
                None $(.or_else(|| self.$shelf.values().find_map(|kept| kept.value.keeps(vpc))))*
            }

            /// Takes away what goes with a VPC that a call deletes.
            fn drop_with(&mut self, vpc: &ResourceId) {
                $(if <$kind>::GOES_WITH_VPC {
                    self.$shelf.retain(|_, kept| !kept.value.is_in(vpc));
                })*
            }

            /// Takes away all that cannot exist without a VPC.
            fn drop_in(&mut self, vpc: &ResourceId) {
                $(
                    let rows = self.$shelf.values().filter(|kept| kept.value.is_in(vpc));
                    let ids: Vec<ResourceId> = rows.map(|kept| kept.value.id().clone()).collect();
                    for id in ids {
                        <$kind>::remove(self, &id);
                    }
                )*
            }

            /// Lets everything go of something that is gone.
            fn let_go(&mut self, gone: &ResourceId) {
                $(self.$shelf.values_mut().for_each(|kept| kept.value.let_go(gone));)*
            }

            /// What is gone no longer lists.
            fn forget(&mut self, id: &ResourceId) {
                $(self.$shelf.remove(id);)*
            }
        }

        impl Holding for Network {
            fn import(&mut self, member: &ObservedMember) {
                $(self.$shelf = member.$shelf.iter().map(|row| imported(row.clone())).collect();)*
                self.import_foreign(&member.foreign_vpcs);
                if let Some(zones) = &member.zones {
                    self.zones = zones.clone();
                }
            }

            fn observe(&self, member: &mut ObservedMember) {
                $(member.$shelf = self.$shelf.values().map(|kept| kept.value.shown(self)).collect();)*
                member.zones = Some(self.zones.clone());
            }

            fn list(&self, snapshot: &mut Snapshot, site: &Site) {
                $(for kept in self.$shelf.values() {
                    kept.value.shown(self).list(snapshot, site);
                })*
            }

            fn count(&self) -> usize {
                0 $(+ self.$shelf.values().map(|kept| kept.value.count()).sum::<usize>())*
            }

            fn tags_mut(&mut self, resource: &ResourceId) -> Option<&mut Tags> {
                self.tagged(resource, Time::from_micros(u64::MAX))
            }

            fn remove(&mut self, resource: &ResourceId) {
                $(if <$kind>::remove(self, resource) {
                    return;
                })*
            }
        }

        pub(super) fn name(operation: &Operation, subject: &mut Subject<'_>) {
            match operation {
                Operation::DescribeAvailabilityZones => {}
                Operation::CreateTags { resource, .. } | Operation::DeleteTags { resource, .. } => {
                    subject.add(resource);
                }
                $($($(about!(pattern $operation $about))|+ => about!(add subject $about),)+)*
            }
        }
    };
}

kinds! {
    vpcs: ObservedVpc,
        by { tags } [DescribeVpcs, CreateVpc],
        by { vpc } [DescribeVpcAttribute, ModifyVpcAttribute, DeleteVpc];
    subnets: Subnet, by { tags } [DescribeSubnets, CreateSubnet], by { subnet } [DeleteSubnet];
    internet_gateways: InternetGateway,
        by { tags } [DescribeInternetGateways, CreateInternetGateway],
        by { gateway } [AttachInternetGateway, DetachInternetGateway, DeleteInternetGateway];
    vpn_gateways: VpnGateway,
        by { tags } [DescribeVpnGateways, CreateVpnGateway],
        by { gateway } [AttachVpnGateway, DetachVpnGateway, DeleteVpnGateway];
    elastic_ips: ElasticIp, by { tags } [DescribeAddresses, AllocateAddress], by { allocation } [ReleaseAddress];
    nat_gateways: NatGateway, by { tags } [DescribeNatGateways, CreateNatGateway], by { gateway } [DeleteNatGateway];
    route_tables: RouteTable,
        by { tags } [DescribeRouteTables, CreateRouteTable],
        by { table } [DeleteRouteTable],
        by { table, destination } [CreateRoute, ReplaceRoute, DeleteRoute],
        by { subnet } [AssociateRouteTable],
        by { association } [DisassociateRouteTable];
    flow_logs: FlowLog, by { tags } [DescribeFlowLogs, CreateFlowLogs], by { flow_log } [DeleteFlowLogs];
    vpc_endpoints: VpcEndpoint,
        by { tags } [DescribeVpcEndpoints, CreateVpcEndpoint],
        by { endpoint } [ModifyVpcEndpoint, DeleteVpcEndpoints];
}

/// A resource that has been there from the beginning.
fn imported<T: Kind>(mut row: T) -> (ResourceId, Kept<T>) {
    row.settle();
    (row.id().clone(), Kept::always(row))
}

/// Something that happens in a network without being asked for again.
#[derive(Debug, Clone)]
pub(in crate::sim) enum Event {
    /// A NAT gateway that was pending is available or failed.
    NatDecided(ResourceId),
    /// A NAT gateway that was being deleted is gone.
    NatGone(ResourceId),
    /// A virtual private gateway is detached.
    VpnDetached(ResourceId),
    /// What is gone no longer lists.
    Forgotten(ResourceId),
}

pub(super) fn serve(
    holdings: &mut Holdings,
    site: &Site,
    context: &mut Context<'_>,
    operation: &Operation,
) -> Outcome {
    let Holdings { accounts, places, .. } = holdings;
    let place = places.entry(site.clone()).or_insert_with(|| Place::new(site, context.chance));
    place.network.execute(context, operation, accounts.get(&site.account).map(|held| &held.roles))
}

/// The block of the VPC that AWS makes in every region of a new account.
fn default_block() -> Cidr {
    Cidr::containing(std::net::Ipv4Addr::new(172, 31, 0, 0), 16)
}

impl Network {
    /// What was going to happen happens; answers what follows, and when.
    pub(in crate::sim) fn happen(&mut self, event: Event, now: Time) -> Option<(Time, Event)> {
        match event {
            Event::NatDecided(gateway) => Some((self.decide_nat(&gateway, now)?, Event::Forgotten(gateway))),
            Event::NatGone(gateway) => Some((self.finish_nat(&gateway, now)?, Event::Forgotten(gateway))),
            Event::VpnDetached(gateway) => {
                self.detach_vpn(&gateway);
                None
            }
            Event::Forgotten(gateway) => {
                self.forget(&gateway);
                None
            }
        }
    }

    /// Something that is going to happen here.
    fn event(&self, event: Event) -> agenda::Event {
        agenda::Event::Ec2 { site: self.site.clone(), event }
    }

    /// A new id, from the place and the natural key.
    fn new_id(&self, context: &mut Context<'_>, prefix: &str, key: &str) -> ResourceId {
        let key = format!("{}|{}|{key}", self.site.account, self.site.region);
        context.chance.ec2_id(prefix, &key, |id| self.holds(id))
    }

    /// What a client token has made before; refuses one that was used for something else.
    fn made_by(&self, operation: &Operation, token: &str) -> Result<Option<ResourceId>, CloudError> {
        if token.len() > 64 || !token.is_ascii() {
            return Err(CloudError::rejected(
                "InvalidParameterValue",
                "a client token has at most 64 ASCII characters",
            ));
        }
        match self.tokens.get(&(operation.name(), token.to_owned())) {
            _ if token.is_empty() => Ok(None),
            None => Ok(None),
            Some((before, id)) if before == operation => Ok(Some(id.clone())),
            Some(_) => Err(CloudError::rejected(
                "IdempotentParameterMismatch",
                format!("client token `{token}` was used with other parameters"),
            )),
        }
    }

    /// Remembers what a client token has made.
    fn remember(&mut self, operation: &Operation, token: &str, id: &ResourceId) {
        if !token.is_empty() {
            self.tokens.insert((operation.name(), token.to_owned()), (operation.clone(), id.clone()));
        }
    }
}

fn over_quota(code: &str, what: &str) -> CloudError {
    CloudError::rejected(code, format!("the account has as many {what} here as its quota allows"))
}

fn dependency(message: impl Into<String>) -> CloudError {
    CloudError::rejected("DependencyViolation", message)
}

/// An operation of another kind: `kinds!` sends none there.
fn unknown(operation: &Operation) -> CloudError {
    CloudError::not_sent("UnknownOperationException", format!("`{}` is not served here", operation.action()))
}

/// What tags are refused with.
fn refusal(fault: &TagFault) -> CloudError {
    let code =
        if matches!(fault, TagFault::TooMany(_)) { "TagLimitExceeded" } else { "InvalidParameterValue" };
    CloudError::rejected(code, fault.message())
}
