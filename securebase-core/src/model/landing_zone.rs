//! The landing zone: everything the user wants to exist.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Cidr, Latencies, Limits, Problem, Region, RoleName, Tags, Tenant, Tier, TierName, ZoneName};

/// What every tenant's network has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NetworkFeatures {
    /// A NAT gateway with its elastic IP, so that private subnets reach the internet.
    pub nat_gateway: bool,
    /// A virtual private gateway, for site-to-site VPN.
    pub vpn_gateway: bool,
    /// Flow logs into CloudWatch Logs.
    pub flow_logs: bool,
    /// Public DNS names for instances with public addresses.
    pub dns_hostnames: bool,
    /// Name resolution through the VPC's resolver.
    pub dns_support: bool,
    /// Gateway endpoints, so that traffic to these services passes no NAT gateway.
    #[serde(default, skip_serializing_if = "GatewayEndpoints::is_empty")]
    pub gateway_endpoints: GatewayEndpoints,
    /// Flow logs encrypted with a key of the tenant's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub encrypt_flow_logs: bool,
}

/// A network with private subnets that reach the internet, watched by flow logs, without VPN.
impl Default for NetworkFeatures {
    fn default() -> Self {
        Self {
            nat_gateway: true,
            vpn_gateway: false,
            flow_logs: true,
            dns_hostnames: true,
            dns_support: true,
            gateway_endpoints: GatewayEndpoints::default(),
            encrypt_flow_logs: false,
        }
    }
}

/// The services that each VPC reaches through a gateway endpoint of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GatewayEndpoints {
    /// Amazon S3.
    pub s3: bool,
    /// Amazon DynamoDB.
    pub dynamodb: bool,
}

impl GatewayEndpoints {
    /// The names of all services that AWS has gateway endpoints for.
    pub const NAMES: [&str; 2] = ["s3", "dynamodb"];

    /// Every service.
    pub fn all() -> Self {
        Self { s3: true, dynamodb: true }
    }

    /// Returns the names of the services, as they end the names of AWS's endpoint services.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let Self { s3, dynamodb } = self;
        Self::NAMES.into_iter().zip([s3, dynamodb]).filter_map(|(name, wanted)| wanted.then_some(name))
    }

    /// Returns whether no service has one.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds the service of that name; returns whether AWS has gateway endpoints for it.
    pub fn add(&mut self, name: &str) -> bool {
        match name {
            "s3" => self.s3 = true,
            "dynamodb" => self.dynamodb = true,
            _ => return false,
        }
        true
    }
}

/// How blocks are shared between tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolStrategy {
    /// No two tenants of the zone overlap.
    #[default]
    Unique,
    /// Each tier has a pool of its own; no two tenants of a tier overlap.
    PerTier,
    /// Tenants may overlap: each account is an island.
    PerAccount,
}

/// Where blocks for tenants without a `vpc_cidr` come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pool {
    /// How blocks are shared.
    pub strategy: PoolStrategy,
    /// The ranges to allocate from, in order.
    pub cidrs: Vec<Cidr>,
    /// A tier's own ranges, under `per-tier`.
    pub per_tier: BTreeMap<TierName, Vec<Cidr>>,
    /// The size of a tenant's block.
    pub prefix_len: u8,
}

/// Tenants that are, or are to become, connected: their blocks may not overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Link {
    /// Its name.
    pub name: String,
    /// `peering`, `transit-gateway`, `vpn` or `shared-services`: what joins them.
    pub kind: String,
    /// The keys of the tenants it joins.
    pub tenants: Vec<super::TenantKey>,
    /// Ranges on the far side (an on-premises network, shared services) that no joined tenant may overlap.
    pub cidrs: Vec<Cidr>,
}

/// The desired state of an organization, valid by construction: only `spec` makes one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LandingZone {
    /// The name of the zone: the value of the tag by which its resources are known.
    pub name: ZoneName,
    /// `dev`, `prod` …: part of the zone's tags.
    pub environment: String,
    /// The region of every tenant that names none.
    pub region: Region,
    /// Whether tenants get a network at all, and of what.
    pub network: Option<NetworkFeatures>,
    /// Tags on everything that takes tags.
    pub tags: Tags,
    /// The tiers, in the order of the file (or of the shipped data).
    pub tiers: Vec<Tier>,
    /// The tenants, in the order of the file.
    pub tenants: Vec<Tenant>,
    /// Where blocks come from.
    pub pool: Pool,
    /// What is to be connected.
    pub links: Vec<Link>,
    /// The unit, directly under the root, for the accounts of tenants that have left: everything is denied in it.
    pub suspended_ou: String,
    /// The role the management account assumes in member accounts.
    pub access_role: RoleName,
    /// The quotas and rates in force, overrides included.
    pub limits: Limits,
    /// How long AWS takes.
    pub latencies: Latencies,
    /// What the input deserves a warning for.
    pub warnings: Vec<Problem>,
    /// The warnings that the input acknowledges: known, accepted, and counted only.
    pub acknowledged: Vec<Problem>,
    /// What was written, as a plain document: templates stay templates, so that a tenant added to it is named by them.
    pub document: serde_json::Value,
}

impl LandingZone {
    /// A tier by name.
    pub fn tier(&self, name: &TierName) -> Option<&Tier> {
        self.tiers.iter().find(|tier| tier.name == *name)
    }

    /// Returns the tier that a tenant buys.
    ///
    /// # Errors
    /// `tier-unknown` where the zone has no such tier, which reading a file excludes.
    pub fn tier_of(&self, tenant: &Tenant) -> Result<&Tier, Problem> {
        self.tier(&tenant.tier).ok_or_else(|| {
            let known: Vec<&str> = self.tiers.iter().map(|tier| tier.name.as_str()).collect();
            Problem::error(
                "tier-unknown",
                format!("clients.\"{}\".tier", tenant.key),
                format!("unknown tier `{}`", tenant.tier),
                format!("use one of {}, or add it to `tiers`", known.join(", ")),
            )
        })
    }

    /// A tenant by key.
    pub fn tenant(&self, key: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.key.as_str() == key)
    }

    /// The tenants whose key, name, prefix, e-mail, e-mail domain or account id contains `text`, exact matches first;
    /// without regard to case.
    pub fn find(&self, text: &str) -> Vec<&Tenant> {
        let needle = text.trim().to_lowercase();
        if needle.is_empty() {
            return Vec::new();
        }
        let rank = |tenant: &Tenant| {
            let mut words = vec![
                tenant.key.as_str().to_lowercase(),
                tenant.account_name.to_lowercase(),
                tenant.prefix.to_lowercase(),
                tenant.contact_email.folded(),
                tenant.account_email.folded(),
                tenant.contact_email.domain().to_lowercase(),
                tenant.account_email.domain().to_lowercase(),
            ];
            words.extend(tenant.account_id.map(|id| id.to_string()));
            words.extend(tenant.tags.get("Customer").map(|name| name.to_lowercase()));
            if words.contains(&needle) {
                Some(0)
            } else if words.iter().any(|word| word.contains(&needle)) {
                Some(1)
            } else {
                None
            }
        };
        let mut found: Vec<(i32, &Tenant)> =
            self.tenants.iter().filter_map(|tenant| Some((rank(tenant)?, tenant))).collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, tenant)| tenant).collect()
    }
}
