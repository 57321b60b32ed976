//! The kinds of resource that a landing zone is made of.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// A gateway endpoint of a VPC, with which its route tables reach S3 or DynamoDB.
    VpcEndpoint = "vpc_endpoint", "VPC endpoint";
    /// The key that encrypts the flow logs of a tenant.
    KmsKey = "kms_key", "KMS key";
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
