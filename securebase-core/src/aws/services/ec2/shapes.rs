//! What EC2 answers, in the words of the port.

use aws_sdk_ec2::types as sdk;

use crate::aws::convert::{id, parse, parse_optional, text};
use crate::cloud::CloudError;
use crate::cloud::ec2::{
    AvailabilityZone, ElasticIp, FlowLog, InternetGateway, NatGateway, NatGatewayState, Route, RouteTable,
    RouteTableAssociation, Subnet, Vpc, VpcEndpoint, VpnGateway, ZoneKind,
};
use crate::model::{ResourceId, Tags};

fn tags(tags: &[sdk::Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
        .collect()
}

pub(super) fn vpc(vpc: &sdk::Vpc) -> Result<Vpc, CloudError> {
    Ok(Vpc {
        id: id(vpc.vpc_id(), "VpcId")?,
        cidr: parse(vpc.cidr_block(), "CidrBlock")?,
        is_default: vpc.is_default().unwrap_or(false),
        tags: tags(vpc.tags()),
    })
}

/// Servers that know no other zones leave out what tells them apart: kind and opt-in are then those of any zone.
pub(super) fn zone(zone: &sdk::AvailabilityZone) -> Result<AvailabilityZone, CloudError> {
    let kind = match zone.zone_type() {
        None | Some("availability-zone") => ZoneKind::AvailabilityZone,
        Some(_) => ZoneKind::Other,
    };
    let opt_in = match zone.opt_in_status() {
        None | Some(sdk::AvailabilityZoneOptInStatus::OptInNotRequired) => false,
        Some(_) => true,
    };
    let available = zone.state() == Some(&sdk::AvailabilityZoneState::Available);
    Ok(AvailabilityZone { name: text(zone.zone_name(), "ZoneName")?, kind, available, opt_in })
}

pub(super) fn subnet(subnet: &sdk::Subnet) -> Result<Subnet, CloudError> {
    Ok(Subnet {
        id: id(subnet.subnet_id(), "SubnetId")?,
        vpc: id(subnet.vpc_id(), "VpcId")?,
        cidr: parse(subnet.cidr_block(), "CidrBlock")?,
        zone: text(subnet.availability_zone(), "AvailabilityZone")?,
        tags: tags(subnet.tags()),
    })
}

pub(super) fn internet_gateway(gateway: &sdk::InternetGateway) -> Result<InternetGateway, CloudError> {
    // An attachment that works is `available` here, a state the SDK does not list.
    let attached = gateway.attachments().iter().find(|a| !is_detached(a.state()));
    Ok(InternetGateway {
        id: id(gateway.internet_gateway_id(), "InternetGatewayId")?,
        vpc: parse_optional(attached.and_then(|a| a.vpc_id()), "VpcId")?,
        tags: tags(gateway.tags()),
    })
}

fn is_detached(state: Option<&sdk::AttachmentStatus>) -> bool {
    matches!(state, Some(sdk::AttachmentStatus::Detached | sdk::AttachmentStatus::Detaching))
}

pub(super) fn elastic_ip(address: &sdk::Address) -> Result<ElasticIp, CloudError> {
    Ok(ElasticIp {
        id: id(address.allocation_id(), "AllocationId")?,
        public_ip: text(address.public_ip(), "PublicIp")?,
        association: association(address)?,
        tags: tags(address.tags()),
    })
}

fn association(address: &sdk::Address) -> Result<Option<ResourceId>, CloudError> {
    parse_optional(address.association_id().filter(|id| !id.is_empty()), "AssociationId")
}

pub(super) fn nat_gateway(gateway: &sdk::NatGateway) -> Result<NatGateway, CloudError> {
    let allocation = gateway.nat_gateway_addresses().iter().find_map(|address| address.allocation_id());
    Ok(NatGateway {
        id: id(gateway.nat_gateway_id(), "NatGatewayId")?,
        vpc: id(gateway.vpc_id(), "VpcId")?,
        subnet: id(gateway.subnet_id(), "SubnetId")?,
        allocation: parse_optional(allocation, "AllocationId")?,
        state: match gateway.state() {
            Some(sdk::NatGatewayState::Available) => NatGatewayState::Available,
            Some(sdk::NatGatewayState::Failed) => NatGatewayState::Failed,
            Some(sdk::NatGatewayState::Deleting) => NatGatewayState::Deleting,
            Some(sdk::NatGatewayState::Deleted) => NatGatewayState::Deleted,
            // Pending, or a state nobody knows yet: not to be used.
            _ => NatGatewayState::Pending,
        },
        failure: failure(gateway),
        tags: tags(gateway.tags()),
    })
}

fn failure(gateway: &sdk::NatGateway) -> Option<String> {
    match (gateway.failure_code(), gateway.failure_message()) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (Some(text), None) | (None, Some(text)) => Some(text.to_owned()),
        (None, None) => None,
    }
}

/// Whether a gateway is a NAT gateway: routes name those in a field of their own.
pub(super) fn is_nat_gateway(id: &str) -> bool {
    id.starts_with("nat-")
}

pub(super) fn route_table(table: &sdk::RouteTable) -> Result<RouteTable, CloudError> {
    Ok(RouteTable {
        id: id(table.route_table_id(), "RouteTableId")?,
        vpc: id(table.vpc_id(), "VpcId")?,
        routes: table.routes().iter().filter_map(|r| route(r).transpose()).collect::<Result<_, _>>()?,
        associations: table
            .associations()
            .iter()
            .filter_map(|a| table_association(a).transpose())
            .collect::<Result<_, _>>()?,
        tags: tags(table.tags()),
    })
}

/// A route to an internet or NAT gateway for IPv4 destinations; nothing for other routes.
fn route(route: &sdk::Route) -> Result<Option<Route>, CloudError> {
    let internet = route.gateway_id().filter(|id| id.starts_with("igw-"));
    let nat = route.nat_gateway_id().filter(|id| is_nat_gateway(id));
    let (Some(gateway), Some(destination)) = (internet.or(nat), route.destination_cidr_block()) else {
        return Ok(None);
    };
    Ok(Some(Route {
        destination: parse(Some(destination), "DestinationCidrBlock")?,
        gateway: id(Some(gateway), "GatewayId")?,
        blackhole: route.state() == Some(&sdk::RouteState::Blackhole),
    }))
}

/// An association with a subnet; nothing for the main table's, for gateways' and for those on their way out.
fn table_association(
    association: &sdk::RouteTableAssociation,
) -> Result<Option<RouteTableAssociation>, CloudError> {
    use sdk::RouteTableAssociationStateCode as State;
    let state = association.association_state().and_then(|state| state.state());
    let gone = matches!(state, Some(State::Disassociating | State::Disassociated | State::Failed));
    match association.subnet_id() {
        Some(subnet) if !gone => Ok(Some(RouteTableAssociation {
            id: id(association.route_table_association_id(), "RouteTableAssociationId")?,
            subnet: id(Some(subnet), "SubnetId")?,
        })),
        _ => Ok(None),
    }
}

pub(super) fn flow_log(flow_log: &sdk::FlowLog) -> Result<FlowLog, CloudError> {
    Ok(FlowLog {
        id: id(flow_log.flow_log_id(), "FlowLogId")?,
        vpc: id(flow_log.resource_id(), "ResourceId")?,
        log_group: flow_log.log_group_name().map(str::to_owned),
        all_traffic: flow_log.traffic_type() == Some(&sdk::TrafficType::All),
        role_arn: flow_log.deliver_logs_permission_arn().map(str::to_owned),
        tags: tags(flow_log.tags()),
    })
}

pub(super) fn vpn_gateway(gateway: &sdk::VpnGateway) -> Result<VpnGateway, CloudError> {
    let attached = gateway.vpc_attachments().iter().find(|a| !is_detached(a.state()));
    Ok(VpnGateway {
        id: id(gateway.vpn_gateway_id(), "VpnGatewayId")?,
        vpc: parse_optional(attached.and_then(|a| a.vpc_id()), "VpcId")?,
        deleted: matches!(gateway.state(), Some(sdk::VpnState::Deleting | sdk::VpnState::Deleted)),
        tags: tags(gateway.tags()),
    })
}

pub(super) fn vpc_endpoint(endpoint: &sdk::VpcEndpoint) -> Result<VpcEndpoint, CloudError> {
    let tables = endpoint.route_table_ids().iter().map(|table| id(Some(table), "RouteTableId"));
    let mut route_tables = tables.collect::<Result<Vec<_>, _>>()?;
    route_tables.sort_unstable();
    // EC2 answers in lower case although its model, and so the SDK's type, has capitals.
    let is = |state: &str| endpoint.state().is_some_and(|found| found.as_str().eq_ignore_ascii_case(state));
    Ok(VpcEndpoint {
        id: id(endpoint.vpc_endpoint_id(), "VpcEndpointId")?,
        vpc: id(endpoint.vpc_id(), "VpcId")?,
        service: text(endpoint.service_name(), "ServiceName")?,
        route_tables,
        deleted: is("deleting") || is("deleted"),
        tags: tags(endpoint.tags()),
    })
}
