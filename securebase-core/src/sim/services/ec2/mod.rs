//! One account in one region: its network, its flow logs, its log groups.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::context::{Context, Outcome};
use super::iam::Roles;
use crate::cloud::{
    CloudError, ElasticIp, FlowLog, InternetGateway, NatGateway, Operation, RouteTable, Subnet, Vpc,
    VpcEndpoint, VpnGateway,
};
use crate::model::{AccountId, Region, ResourceId, Tags, UsableZones};
use crate::observe::{ObservedLogGroup, ObservedVpc};
use crate::sim::schedule::chance::Chance;
use crate::time::Time;

mod describe;
mod endpoints;
mod flow_logs;
mod gateways;
mod nat;
mod routes;
mod tags;
mod vpc;
mod vpn;
mod zones;

pub(in crate::sim) use zones::of as zones_of;

/// Something that exists, and from when on every read shows it.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Kept<T> {
    pub(in crate::sim) value: T,
    pub(in crate::sim) visible_from: Time,
}

/// What is kept of a kind, by id.
pub(in crate::sim) type Shelf<T> = BTreeMap<ResourceId, Kept<T>>;

/// An account in a region. Everything in it is small, so nothing but ids is indexed.
///
/// Not modelled: main route tables, default security groups and network ACLs, and what is in the default VPC.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Place {
    pub(in crate::sim) account: AccountId,
    pub(in crate::sim) region: Region,
    pub(in crate::sim) vpcs: Shelf<ObservedVpc>,
    /// The zones the account can use here.
    pub(in crate::sim) zones: UsableZones,
    pub(in crate::sim) subnets: Shelf<Subnet>,
    pub(in crate::sim) internet_gateways: Shelf<InternetGateway>,
    pub(in crate::sim) elastic_ips: Shelf<ElasticIp>,
    pub(in crate::sim) nat_gateways: Shelf<NatGateway>,
    pub(in crate::sim) route_tables: Shelf<RouteTable>,
    pub(in crate::sim) flow_logs: Shelf<FlowLog>,
    pub(in crate::sim) vpn_gateways: Shelf<VpnGateway>,
    pub(in crate::sim) vpc_endpoints: Shelf<VpcEndpoint>,
    pub(in crate::sim) log_groups: BTreeMap<String, Kept<ObservedLogGroup>>,
    /// The failures that pending NAT gateways are going to end with.
    doomed: BTreeMap<ResourceId, &'static str>,
    /// What each client token has made, and with which parameters.
    tokens: BTreeMap<(&'static str, String), (Operation, ResourceId)>,
}

/// The block of the VPC that AWS makes in every region of a new account.
pub(in crate::sim) fn default_block() -> Ipv4Net {
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(172, 31, 0, 0), 16)
}

impl Place {
    /// An account's region as AWS hands it over: with a default VPC.
    pub(in crate::sim) fn new(account: AccountId, region: Region, chance: &mut Chance) -> Self {
        let mut place = Self::empty(account, region, chance);
        let id = chance.ec2_id("vpc", &format!("{}|{}|default", place.account, place.region), |_| false);
        let vpc = Vpc { id: id.clone(), cidr: default_block(), is_default: true, tags: Tags::new() };
        let value = ObservedVpc { vpc, dns_support: true, dns_hostnames: true };
        place.vpcs.insert(id, Kept { value, visible_from: Time::ZERO });
        place
    }

    /// With nothing in it.
    pub(in crate::sim) fn empty(account: AccountId, region: Region, chance: &Chance) -> Self {
        let zones = zones::of(account, &region, chance);
        Self {
            account,
            region,
            zones,
            vpcs: Shelf::new(),
            subnets: Shelf::new(),
            internet_gateways: Shelf::new(),
            elastic_ips: Shelf::new(),
            nat_gateways: Shelf::new(),
            route_tables: Shelf::new(),
            flow_logs: Shelf::new(),
            vpn_gateways: Shelf::new(),
            vpc_endpoints: Shelf::new(),
            log_groups: BTreeMap::new(),
            doomed: BTreeMap::new(),
            tokens: BTreeMap::new(),
        }
    }

    /// Carries out an EC2 or CloudWatch Logs operation.
    pub(in crate::sim) fn execute(
        &mut self,
        context: &mut Context<'_>,
        operation: &Operation,
        roles: Option<&Roles>,
    ) -> Outcome {
        use Operation as O;
        match operation {
            O::DescribeVpcs { .. }
            | O::DescribeSubnets { .. }
            | O::DescribeInternetGateways { .. }
            | O::DescribeAddresses { .. }
            | O::DescribeNatGateways { .. }
            | O::DescribeRouteTables { .. }
            | O::DescribeFlowLogs { .. }
            | O::DescribeVpnGateways { .. }
            | O::DescribeVpcEndpoints { .. } => self.describe(context.now, operation),
            O::DescribeAvailabilityZones => Ok(self.describe_zones(context)),
            O::DescribeVpcAttribute { .. }
            | O::CreateVpc { .. }
            | O::ModifyVpcAttribute { .. }
            | O::DeleteVpc { .. }
            | O::CreateSubnet { .. }
            | O::DeleteSubnet { .. } => self.vpc_operation(context, operation),
            O::CreateInternetGateway { .. }
            | O::AttachInternetGateway { .. }
            | O::DetachInternetGateway { .. }
            | O::DeleteInternetGateway { .. }
            | O::AllocateAddress { .. }
            | O::ReleaseAddress { .. } => self.gateway_operation(context, operation),
            O::CreateNatGateway { .. } | O::DeleteNatGateway { .. } => self.nat_operation(context, operation),
            O::CreateRouteTable { .. }
            | O::DeleteRouteTable { .. }
            | O::CreateRoute { .. }
            | O::ReplaceRoute { .. }
            | O::DeleteRoute { .. }
            | O::AssociateRouteTable { .. }
            | O::DisassociateRouteTable { .. } => self.route_operation(context, operation),
            O::CreateFlowLogs { .. } | O::DeleteFlowLogs { .. } => {
                self.flow_log_operation(context, operation, roles)
            }
            O::CreateVpnGateway { .. }
            | O::AttachVpnGateway { .. }
            | O::DetachVpnGateway { .. }
            | O::DeleteVpnGateway { .. } => self.vpn_operation(context, operation),
            O::CreateVpcEndpoint { .. } | O::ModifyVpcEndpoint { .. } | O::DeleteVpcEndpoints { .. } => {
                self.endpoint_operation(context, operation)
            }
            O::CreateTags { .. } | O::DeleteTags { .. } => self.tag_operation(context, operation),
            _ => self.log_group_operation(context, operation),
        }
    }

    /// A new id, from the place and the natural key.
    fn new_id(&self, context: &mut Context<'_>, prefix: &str, key: &str) -> ResourceId {
        let key = format!("{}|{}|{key}", self.account, self.region);
        context.chance.ec2_id(prefix, &key, |id| self.holds(id))
    }

    /// Whether something here has that id already, as it can in a world made from an observation.
    fn holds(&self, id: &ResourceId) -> bool {
        self.vpcs.contains_key(id)
            || self.subnets.contains_key(id)
            || self.internet_gateways.contains_key(id)
            || self.elastic_ips.contains_key(id)
            || self.nat_gateways.contains_key(id)
            || self.route_tables.contains_key(id)
            || self.flow_logs.contains_key(id)
            || self.vpn_gateways.contains_key(id)
            || self.vpc_endpoints.contains_key(id)
            || self.route_tables.values().flat_map(|kept| &kept.value.associations).any(|row| row.id == *id)
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

    /// How many things exist here, as a snapshot counts them.
    pub(in crate::sim) fn count(&self) -> usize {
        let routes: usize = self
            .route_tables
            .values()
            .map(|kept| kept.value.routes.len() + kept.value.associations.len())
            .sum();
        self.vpcs.len()
            + self.subnets.len()
            + self.internet_gateways.len()
            + self.elastic_ips.len()
            + self.nat_gateways.len()
            + self.route_tables.len()
            + self.flow_logs.len()
            + self.vpn_gateways.len()
            + self.vpc_endpoints.len()
            + self.log_groups.len()
            + routes
    }

    /// Whether a route's gateway is gone, so that its traffic is dropped.
    pub(in crate::sim) fn is_blackhole(&self, vpc: &ResourceId, gateway: &ResourceId) -> bool {
        use crate::cloud::NatGatewayState::{Available, Pending};
        if let Some(kept) = self.internet_gateways.get(gateway) {
            return kept.value.vpc.as_ref() != Some(vpc);
        }
        !self.nat_gateways.get(gateway).is_some_and(|kept| matches!(kept.value.state, Pending | Available))
    }
}

/// The visible thing of that id, or the error that there is none.
fn visible<'a, T>(shelf: &'a Shelf<T>, id: &ResourceId, now: Time, code: &str) -> Result<&'a T, CloudError> {
    match shelf.get(id) {
        Some(kept) if kept.visible_from <= now => Ok(&kept.value),
        _ => Err(absent(code, id)),
    }
}

/// As [`visible`], to change it.
fn visible_mut<'a, T>(
    shelf: &'a mut Shelf<T>,
    id: &ResourceId,
    now: Time,
    code: &str,
) -> Result<&'a mut T, CloudError> {
    match shelf.get_mut(id) {
        Some(kept) if kept.visible_from <= now => Ok(&mut kept.value),
        _ => Err(absent(code, id)),
    }
}

fn absent(code: &str, id: &ResourceId) -> CloudError {
    CloudError::rejected(code, format!("`{id}` does not exist"))
}

fn over_quota(code: &str, what: &str) -> CloudError {
    CloudError::rejected(code, format!("the account has as many {what} here as its quota allows"))
}

fn dependency(message: impl Into<String>) -> CloudError {
    CloudError::rejected("DependencyViolation", message)
}
