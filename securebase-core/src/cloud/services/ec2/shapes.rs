//! What Amazon EC2 answers, in the parts this crate reads.

use serde::{Deserialize, Serialize};

use crate::model::{Cidr, ResourceId, Tags, UsableZones};

/// An attribute of a VPC; AWS changes one a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VpcAttribute {
    /// Name resolution; must be on before host names can be.
    DnsSupport,
    /// Public DNS names.
    DnsHostnames,
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// Its id.
    pub id: ResourceId,
    /// Its primary block.
    pub cidr: Cidr,
    /// Whether AWS made it with the account.
    pub is_default: bool,
    /// Its tags.
    pub tags: Tags,
}

/// What a zone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneKind {
    /// An availability zone of the region.
    AvailabilityZone,
    /// A local zone, a wavelength zone, or a kind this crate does not know.
    Other,
}

/// A zone as an account sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityZone {
    /// Its name in this account.
    pub name: String,
    /// What it is.
    pub kind: ZoneKind,
    /// Whether it takes new resources.
    pub available: bool,
    /// Whether accounts must ask for it.
    pub opt_in: bool,
}

impl AvailabilityZone {
    /// Those of `zones` that a network can be built in, in the order of their names.
    pub fn usable(zones: &[Self]) -> UsableZones {
        let usable = |zone: &&Self| zone.kind == ZoneKind::AvailabilityZone && zone.available && !zone.opt_in;
        UsableZones::new(zones.iter().filter(usable).map(|zone| zone.name.clone()))
    }
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// Its id.
    pub id: ResourceId,
    /// Its VPC.
    pub vpc: ResourceId,
    /// Its block.
    pub cidr: Cidr,
    /// Its availability zone.
    pub zone: String,
    /// Its tags.
    pub tags: Tags,
}

/// An internet gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternetGateway {
    /// Its id.
    pub id: ResourceId,
    /// The VPC it is attached to.
    pub vpc: Option<ResourceId>,
    /// Its tags.
    pub tags: Tags,
}

/// An elastic IP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElasticIp {
    /// Its allocation (`eipalloc-…`).
    pub id: ResourceId,
    /// The address itself.
    pub public_ip: String,
    /// Its association, while it is in use.
    pub association: Option<ResourceId>,
    /// Its tags.
    pub tags: Tags,
}

/// Where a NAT gateway stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NatGatewayState {
    /// Being made.
    Pending,
    /// In use.
    Available,
    /// Could not be made; it must be deleted.
    Failed,
    /// Being deleted.
    Deleting,
    /// Gone; it still lists for a while.
    Deleted,
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// Its id.
    pub id: ResourceId,
    /// Its VPC.
    pub vpc: ResourceId,
    /// The subnet it stands in.
    pub subnet: ResourceId,
    /// Its elastic IP.
    pub allocation: Option<ResourceId>,
    /// Where it stands in its life.
    pub state: NatGatewayState,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A route to a gateway; routes of other kinds (the local one, peering …) are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The destinations.
    pub destination: Cidr,
    /// The internet or NAT gateway.
    pub gateway: ResourceId,
    /// Whether the gateway is gone and traffic is dropped.
    pub blackhole: bool,
}

/// An association of a subnet with a route table; the main table's implicit one is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTableAssociation {
    /// Its id (`rtbassoc-…`).
    pub id: ResourceId,
    /// The subnet.
    pub subnet: ResourceId,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Its id.
    pub id: ResourceId,
    /// Its VPC.
    pub vpc: ResourceId,
    /// Its routes to gateways.
    pub routes: Vec<Route>,
    /// Its explicit associations.
    pub associations: Vec<RouteTableAssociation>,
    /// Its tags.
    pub tags: Tags,
}

/// What observations say of a flow log that leave it out: those of earlier versions, in which every one recorded all traffic.
fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_yes(all_traffic: &bool) -> bool {
    *all_traffic
}

/// A flow log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLog {
    /// Its id (`fl-…`).
    pub id: ResourceId,
    /// The VPC it watches.
    pub vpc: ResourceId,
    /// The name of the log group it delivers to.
    pub log_group: Option<String>,
    /// Whether it records all traffic, not only what was accepted or rejected.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub all_traffic: bool,
    /// The ARN of the delivery role.
    pub role_arn: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A virtual private gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpnGateway {
    /// Its id.
    pub id: ResourceId,
    /// The VPC it is attached to.
    pub vpc: Option<ResourceId>,
    /// Whether it is gone; it still lists for a while.
    pub deleted: bool,
    /// Its tags.
    pub tags: Tags,
}

/// A gateway endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcEndpoint {
    /// Its id (`vpce-…`).
    pub id: ResourceId,
    /// Its VPC.
    pub vpc: ResourceId,
    /// The name of the service it leads to.
    pub service: String,
    /// The route tables that lead to it, in the order of their ids.
    pub route_tables: Vec<ResourceId>,
    /// Whether it is gone or going; it still lists for a while.
    pub deleted: bool,
    /// Its tags.
    pub tags: Tags,
}
