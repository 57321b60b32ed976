//! What a landing zone is made of: kinds of resource and what each must look like.

use std::fmt;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Address, Email, SubnetZone, Tags};

/// Declares the kinds and their snake_case names in one table, so that no kind can be forgotten in either.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $title:literal;)*) => {
        /// The kind of a resource. Its name is stable: plans, counts, state and tags use it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ResourceKind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl ResourceKind {
            /// Every kind, in the order in which they come to exist.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable name, in snake_case.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The name a person reads.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

kinds! {
    /// The AWS organization.
    Organization = "organization", "organization";
    /// The root of the organization, with service control policies enabled.
    OrganizationRoot = "organization_root", "organization root";
    /// An organizational unit.
    OrganizationalUnit = "organizational_unit", "organizational unit";
    /// A guardrail document: a service control policy.
    ServiceControlPolicy = "service_control_policy", "service control policy";
    /// The attachment of a policy to an organizational unit.
    PolicyAttachment = "policy_attachment", "policy attachment";
    /// A member account.
    Account = "account", "account";
    /// The place of an account: its organizational unit.
    AccountPlacement = "account_placement", "account placement";
    /// The proof that an account can be worked in: access role assumable, EC2 answering.
    AccountReadiness = "account_readiness", "account readiness check";
    /// The role with which VPC flow logs are delivered.
    FlowLogRole = "flow_log_role", "flow log delivery role";
    /// The log group that flow logs are delivered to.
    LogGroup = "log_group", "log group";
    /// A VPC.
    Vpc = "vpc", "VPC";
    /// A subnet.
    Subnet = "subnet", "subnet";
    /// An internet gateway, attached.
    InternetGateway = "internet_gateway", "internet gateway";
    /// An elastic IP address.
    ElasticIp = "elastic_ip", "elastic IP";
    /// A NAT gateway.
    NatGateway = "nat_gateway", "NAT gateway";
    /// A route table.
    RouteTable = "route_table", "route table";
    /// A route.
    Route = "route", "route";
    /// The association of a subnet with a route table.
    RouteTableAssociation = "route_table_association", "route table association";
    /// A flow log on a VPC.
    FlowLog = "flow_log", "flow log";
    /// A virtual private gateway, attached.
    VpnGateway = "vpn_gateway", "VPN gateway";
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ResourceKind {
    /// Whether something is lost for good when a resource of this kind is deleted: data, an address others rely on, an account.
    pub fn holds_data(self) -> bool {
        matches!(self, Self::Account | Self::Vpc | Self::LogGroup | Self::ElasticIp)
    }
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteTarget {
    /// To an internet gateway.
    InternetGateway(Address),
    /// To a NAT gateway.
    NatGateway(Address),
}

impl RouteTarget {
    /// The address of the gateway.
    pub fn address(&self) -> &Address {
        match self {
            Self::InternetGateway(address) | Self::NatGateway(address) => address,
        }
    }
}

/// What a resource must look like. Other resources are named by address; their ids are learned on the way.
///
/// Regional kinds live in the account of the tenant their address names, in the region the graph node carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ResourceSpec {
    /// See [`ResourceKind::Organization`].
    Organization,
    /// See [`ResourceKind::OrganizationRoot`].
    OrganizationRoot,
    /// See [`ResourceKind::OrganizationalUnit`].
    OrganizationalUnit {
        /// Its name, unique under its parent.
        name: String,
        /// The root or the organizational unit above it.
        parent: Address,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::ServiceControlPolicy`].
    ServiceControlPolicy {
        /// Its name, unique in the organization.
        name: String,
        /// What it is for, at most 512 characters.
        description: String,
        /// The canonical, minimal text of the document.
        document: String,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::PolicyAttachment`].
    PolicyAttachment {
        /// The policy.
        policy: Address,
        /// The organizational unit.
        target: Address,
    },
    /// See [`ResourceKind::Account`].
    Account {
        /// Its name.
        name: String,
        /// The address of its root user.
        email: Email,
        /// An existing account to take over instead of creating one.
        adopt: Option<AccountId>,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::AccountPlacement`].
    AccountPlacement {
        /// The account.
        account: Address,
        /// The organizational unit it must sit in.
        parent: Address,
    },
    /// See [`ResourceKind::AccountReadiness`].
    AccountReadiness {
        /// The account.
        account: Address,
    },
    /// See [`ResourceKind::FlowLogRole`].
    FlowLogRole {
        /// Its name, unique in the account.
        name: String,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::LogGroup`].
    LogGroup {
        /// Its name, unique in the account and region.
        name: String,
        /// How long events are kept, in days.
        retention_days: u32,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::Vpc`].
    Vpc {
        /// Its primary block.
        cidr: Ipv4Net,
        /// Name resolution.
        dns_support: bool,
        /// Public DNS names.
        dns_hostnames: bool,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::Subnet`].
    Subnet {
        /// The VPC.
        vpc: Address,
        /// Its block.
        cidr: Ipv4Net,
        /// Its availability zone.
        zone: SubnetZone,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::InternetGateway`].
    InternetGateway {
        /// The VPC it is attached to.
        vpc: Address,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::ElasticIp`].
    ElasticIp {
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::NatGateway`].
    NatGateway {
        /// The public subnet it stands in.
        subnet: Address,
        /// Its public address.
        elastic_ip: Address,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::RouteTable`].
    RouteTable {
        /// The VPC.
        vpc: Address,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::Route`].
    Route {
        /// The table it stands in.
        table: Address,
        /// The destinations it matches.
        destination: Ipv4Net,
        /// Where it leads.
        target: RouteTarget,
    },
    /// See [`ResourceKind::RouteTableAssociation`].
    RouteTableAssociation {
        /// The table.
        table: Address,
        /// The subnet.
        subnet: Address,
    },
    /// See [`ResourceKind::FlowLog`].
    FlowLog {
        /// The VPC it watches.
        vpc: Address,
        /// Where it delivers.
        log_group: Address,
        /// With which role.
        role: Address,
        /// Its tags.
        tags: Tags,
    },
    /// See [`ResourceKind::VpnGateway`].
    VpnGateway {
        /// The VPC it is attached to.
        vpc: Address,
        /// Its tags.
        tags: Tags,
    },
}

impl ResourceSpec {
    /// The kind it describes.
    pub fn kind(&self) -> ResourceKind {
        match self {
            Self::Organization => ResourceKind::Organization,
            Self::OrganizationRoot => ResourceKind::OrganizationRoot,
            Self::OrganizationalUnit { .. } => ResourceKind::OrganizationalUnit,
            Self::ServiceControlPolicy { .. } => ResourceKind::ServiceControlPolicy,
            Self::PolicyAttachment { .. } => ResourceKind::PolicyAttachment,
            Self::Account { .. } => ResourceKind::Account,
            Self::AccountPlacement { .. } => ResourceKind::AccountPlacement,
            Self::AccountReadiness { .. } => ResourceKind::AccountReadiness,
            Self::FlowLogRole { .. } => ResourceKind::FlowLogRole,
            Self::LogGroup { .. } => ResourceKind::LogGroup,
            Self::Vpc { .. } => ResourceKind::Vpc,
            Self::Subnet { .. } => ResourceKind::Subnet,
            Self::InternetGateway { .. } => ResourceKind::InternetGateway,
            Self::ElasticIp { .. } => ResourceKind::ElasticIp,
            Self::NatGateway { .. } => ResourceKind::NatGateway,
            Self::RouteTable { .. } => ResourceKind::RouteTable,
            Self::Route { .. } => ResourceKind::Route,
            Self::RouteTableAssociation { .. } => ResourceKind::RouteTableAssociation,
            Self::FlowLog { .. } => ResourceKind::FlowLog,
            Self::VpnGateway { .. } => ResourceKind::VpnGateway,
        }
    }

    /// Its tags, for kinds that take tags.
    pub fn tags(&self) -> Option<&Tags> {
        match self {
            Self::OrganizationalUnit { tags, .. }
            | Self::ServiceControlPolicy { tags, .. }
            | Self::Account { tags, .. }
            | Self::FlowLogRole { tags, .. }
            | Self::LogGroup { tags, .. }
            | Self::Vpc { tags, .. }
            | Self::Subnet { tags, .. }
            | Self::InternetGateway { tags, .. }
            | Self::ElasticIp { tags }
            | Self::NatGateway { tags, .. }
            | Self::RouteTable { tags, .. }
            | Self::FlowLog { tags, .. }
            | Self::VpnGateway { tags, .. } => Some(tags),
            Self::Organization
            | Self::OrganizationRoot
            | Self::PolicyAttachment { .. }
            | Self::AccountPlacement { .. }
            | Self::AccountReadiness { .. }
            | Self::Route { .. }
            | Self::RouteTableAssociation { .. } => None,
        }
    }

    /// The resources it names: all must exist before it can.
    pub fn references(&self) -> Vec<&Address> {
        match self {
            Self::OrganizationalUnit { parent, .. } => vec![parent],
            Self::PolicyAttachment { policy, target } => vec![policy, target],
            Self::AccountPlacement { account, parent } => vec![account, parent],
            Self::AccountReadiness { account } => vec![account],
            Self::Subnet { vpc, .. }
            | Self::InternetGateway { vpc, .. }
            | Self::RouteTable { vpc, .. }
            | Self::VpnGateway { vpc, .. } => vec![vpc],
            Self::NatGateway { subnet, elastic_ip, .. } => vec![subnet, elastic_ip],
            Self::Route { table, target, .. } => vec![table, target.address()],
            Self::RouteTableAssociation { table, subnet } => vec![table, subnet],
            Self::FlowLog { vpc, log_group, role, .. } => vec![vpc, log_group, role],
            Self::Organization
            | Self::OrganizationRoot
            | Self::ServiceControlPolicy { .. }
            | Self::Account { .. }
            | Self::FlowLogRole { .. }
            | Self::LogGroup { .. }
            | Self::Vpc { .. }
            | Self::ElasticIp { .. } => Vec::new(),
        }
    }
}
