//! Amazon EC2: the network.

mod shapes;

use crate::cloud::operation::operations;
use crate::cloud::reply::replies;
use crate::cloud::{Page, PageToken};
use crate::model::{Cidr, ResourceId, Tags};

pub use shapes::{
    AvailabilityZone, ElasticIp, FlowLog, InternetGateway, NatGateway, NatGatewayState, Route, RouteTable,
    RouteTableAssociation, Subnet, Vpc, VpcAttribute, VpcEndpoint, VpnGateway, ZoneKind,
};

operations! {
    Ec2 "ec2";
    /// VPCs that carry all the tags.
    reads DescribeVpcs {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Whether an attribute is on.
    reads DescribeVpcAttribute {
        /// The VPC.
        vpc: ResourceId,
        /// The attribute.
        attribute: VpcAttribute,
    };
    /// Creates a VPC.
    writes CreateVpc {
        /// Its primary block.
        cidr: Cidr,
        /// Its tags.
        tags: Tags,
    };
    /// Turns an attribute on or off.
    writes ModifyVpcAttribute {
        /// The VPC.
        vpc: ResourceId,
        /// The attribute.
        attribute: VpcAttribute,
        /// On or off.
        value: bool,
    };
    /// Deletes a VPC with nothing left in it.
    writes DeleteVpc {
        /// The VPC.
        vpc: ResourceId,
    };
    /// Subnets that carry all the tags.
    reads DescribeSubnets {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// The zones of the region that the account sees.
    reads DescribeAvailabilityZones;
    /// Creates a subnet.
    writes CreateSubnet {
        /// The VPC.
        vpc: ResourceId,
        /// Its block.
        cidr: Cidr,
        /// Its availability zone.
        zone: String,
        /// Its tags.
        tags: Tags,
    };
    /// Deletes a subnet.
    writes DeleteSubnet {
        /// The subnet.
        subnet: ResourceId,
    };
    /// Internet gateways that carry all the tags.
    reads DescribeInternetGateways {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates an internet gateway, unattached.
    writes CreateInternetGateway {
        /// Its tags.
        tags: Tags,
    };
    /// Attaches an internet gateway.
    writes AttachInternetGateway {
        /// The gateway.
        gateway: ResourceId,
        /// The VPC.
        vpc: ResourceId,
    };
    /// Detaches an internet gateway.
    writes DetachInternetGateway {
        /// The gateway.
        gateway: ResourceId,
        /// The VPC.
        vpc: ResourceId,
    };
    /// Deletes an internet gateway that is not attached.
    writes DeleteInternetGateway {
        /// The gateway.
        gateway: ResourceId,
    };
    /// Elastic IPs that carry all the tags.
    reads DescribeAddresses {
        /// Tags each must carry.
        tags: Tags,
    };
    /// Allocates an elastic IP.
    writes AllocateAddress {
        /// Its tags.
        tags: Tags,
    };
    /// Gives an elastic IP back.
    writes ReleaseAddress {
        /// The allocation.
        allocation: ResourceId,
    };
    /// NAT gateways that carry all the tags, whatever their state.
    reads DescribeNatGateways {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a NAT gateway; it is pending first.
    writes CreateNatGateway {
        /// The public subnet.
        subnet: ResourceId,
        /// The elastic IP.
        allocation: ResourceId,
        /// Makes a repeated request the same request.
        client_token: String,
        /// Its tags.
        tags: Tags,
    };
    /// Deletes a NAT gateway; it lists as deleting, then deleted, for a while.
    writes DeleteNatGateway {
        /// The gateway.
        gateway: ResourceId,
    };
    /// Route tables that carry all the tags, with routes and associations.
    reads DescribeRouteTables {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a route table.
    writes CreateRouteTable {
        /// The VPC.
        vpc: ResourceId,
        /// Makes a repeated request the same request.
        client_token: String,
        /// Its tags.
        tags: Tags,
    };
    /// Deletes a route table.
    writes DeleteRouteTable {
        /// The table.
        table: ResourceId,
    };
    /// Adds a route.
    writes CreateRoute {
        /// The table.
        table: ResourceId,
        /// The destinations.
        destination: Cidr,
        /// The internet or NAT gateway (`igw-…`, `nat-…`).
        gateway: ResourceId,
    };
    /// Makes an existing route lead elsewhere.
    writes ReplaceRoute {
        /// The table.
        table: ResourceId,
        /// The destinations.
        destination: Cidr,
        /// The internet or NAT gateway (`igw-…`, `nat-…`).
        gateway: ResourceId,
    };
    /// Deletes a route.
    writes DeleteRoute {
        /// The table.
        table: ResourceId,
        /// The destinations.
        destination: Cidr,
    };
    /// Associates a subnet with a route table.
    writes AssociateRouteTable {
        /// The table.
        table: ResourceId,
        /// The subnet.
        subnet: ResourceId,
    };
    /// Takes an association away; the subnet falls back to the main table.
    writes DisassociateRouteTable {
        /// The association (`rtbassoc-…`).
        association: ResourceId,
    };
    /// Flow logs that carry all the tags.
    reads DescribeFlowLogs {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a flow log on a VPC, delivered to CloudWatch Logs.
    writes CreateFlowLogs {
        /// The VPC.
        vpc: ResourceId,
        /// The name of the log group.
        log_group: String,
        /// The ARN of the delivery role.
        role_arn: String,
        /// Makes a repeated request the same request.
        client_token: String,
        /// Its tags.
        tags: Tags,
    };
    /// Deletes a flow log; what it delivered stays.
    writes DeleteFlowLogs {
        /// The flow log.
        flow_log: ResourceId,
    };
    /// Virtual private gateways that carry all the tags.
    reads DescribeVpnGateways {
        /// Tags each must carry.
        tags: Tags,
    };
    /// Creates a virtual private gateway, unattached.
    writes CreateVpnGateway {
        /// Its tags.
        tags: Tags,
    };
    /// Attaches a virtual private gateway.
    writes AttachVpnGateway {
        /// The gateway.
        gateway: ResourceId,
        /// The VPC.
        vpc: ResourceId,
    };
    /// Detaches a virtual private gateway; takes a while.
    writes DetachVpnGateway {
        /// The gateway.
        gateway: ResourceId,
        /// The VPC.
        vpc: ResourceId,
    };
    /// Deletes a virtual private gateway that is not attached.
    writes DeleteVpnGateway {
        /// The gateway.
        gateway: ResourceId,
    };
    /// Gateway endpoints that carry all the tags.
    reads DescribeVpcEndpoints {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a gateway endpoint, which adds a route to the service to each of the tables. AWS gives it a policy that lets
    /// everything pass.
    writes CreateVpcEndpoint {
        /// The VPC.
        vpc: ResourceId,
        /// The name of the service, for example `com.amazonaws.us-east-1.s3`.
        service: String,
        /// The route tables.
        route_tables: Vec<ResourceId>,
        /// Makes a repeated request the same request.
        client_token: String,
        /// Its tags.
        tags: Tags,
    };
    /// Changes the route tables of a gateway endpoint.
    writes ModifyVpcEndpoint {
        /// The endpoint.
        endpoint: ResourceId,
        /// The route tables to add.
        add: Vec<ResourceId>,
        /// The route tables to take off.
        remove: Vec<ResourceId>,
    };
    /// Deletes a gateway endpoint with its routes.
    writes DeleteVpcEndpoints {
        /// The endpoint.
        endpoint: ResourceId,
    };
    /// Adds or replaces tags of an EC2 resource.
    writes CreateTags {
        /// The resource.
        resource: ResourceId,
        /// The tags to set.
        tags: Tags,
    };
    /// Removes tags of an EC2 resource.
    writes DeleteTags {
        /// The resource.
        resource: ResourceId,
        /// The keys to remove.
        keys: Vec<String>,
    };
}

replies! {
    Ec2;
    /// To `DescribeVpcs`.
    Vpcs(Page<Vpc>) "VPCs",
    /// To `DescribeVpcAttribute`.
    VpcAttribute(bool) "VPC attribute",
    /// To `DescribeAvailabilityZones`.
    AvailabilityZones(Vec<AvailabilityZone>) "availability zones",
    /// To `DescribeSubnets`.
    Subnets(Page<Subnet>) "subnets",
    /// To `DescribeInternetGateways`.
    InternetGateways(Page<InternetGateway>) "internet gateways",
    /// To `DescribeAddresses`.
    Addresses(Vec<ElasticIp>) "addresses",
    /// To `DescribeNatGateways`.
    NatGateways(Page<NatGateway>) "NAT gateways",
    /// To `DescribeRouteTables`.
    RouteTables(Page<RouteTable>) "route tables",
    /// To `DescribeFlowLogs`.
    FlowLogs(Page<FlowLog>) "flow logs",
    /// To `DescribeVpnGateways`.
    VpnGateways(Vec<VpnGateway>) "VPN gateways",
    /// To `DescribeVpcEndpoints`.
    VpcEndpoints(Page<VpcEndpoint>) "VPC endpoints",
}
