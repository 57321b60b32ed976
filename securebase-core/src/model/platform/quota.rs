//! The quotas of AWS that this crate counts against.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares the quotas and their names in one table.
macro_rules! quotas {
    ($($(#[$doc:meta])* $quota:ident = $name:literal;)*) => {
        /// A quota of AWS. Its value is data: see [`Limits`](crate::model::Limits).
        ///
        /// ```
        /// use securebase_core::model::{Limits, Quota};
        ///
        /// assert_eq!(Limits::default().quota(Quota::PoliciesPerTarget), 10);
        /// assert_eq!(Quota::PoliciesPerTarget.name(), "policies_per_target");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Quota {
            $($(#[$doc])* #[serde(rename = $name)] $quota,)*
        }

        impl Quota {
            /// Every quota.
            pub const ALL: &[Self] = &[$(Self::$quota),*];

            /// The name by which a zone or a simulated cloud overrides it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$quota => $name,)* }
            }
        }
    };
}

quotas! {
    /// Accounts in the organization.
    Accounts = "accounts";
    /// Requests for accounts that AWS decides on at a time.
    AccountsInCreation = "accounts_in_creation";
    /// Accounts that are being closed at a time.
    AccountsInClosure = "accounts_in_closure";
    /// Accounts that may be closed within 30 days.
    AccountClosures = "account_closures";
    /// Organizational units in the organization.
    OrganizationalUnits = "organizational_units";
    /// Levels of organizational units below the root.
    OrganizationalUnitDepth = "organizational_unit_depth";
    /// Service control policies in the organization.
    Policies = "policies";
    /// Service control policies attached to one root, unit or account.
    PoliciesPerTarget = "policies_per_target";
    /// Characters of a service control policy.
    PolicySize = "policy_size";
    /// Tags on one resource.
    TagsPerResource = "tags_per_resource";
    /// VPCs in an account and region.
    Vpcs = "vpcs";
    /// Subnets in a VPC.
    SubnetsPerVpc = "subnets_per_vpc";
    /// Internet gateways in an account and region.
    InternetGateways = "internet_gateways";
    /// Elastic IP addresses in an account and region.
    ElasticIps = "elastic_ips";
    /// NAT gateways in an availability zone.
    NatGateways = "nat_gateways";
    /// Route tables in a VPC.
    RouteTablesPerVpc = "route_tables_per_vpc";
    /// Routes in a route table.
    RoutesPerTable = "routes_per_table";
    /// Virtual private gateways in an account and region.
    VpnGateways = "vpn_gateways";
    /// Gateway endpoints in an account and region.
    GatewayEndpoints = "gateway_endpoints";
    /// KMS keys in an account and region.
    KmsKeys = "kms_keys";
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
