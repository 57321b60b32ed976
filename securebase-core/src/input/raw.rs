//! The written format as types: the way in from code, and the source of the JSON Schema.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::model::{LandingZone, Problems};

/// A landing zone as it is written.
///
/// Everything but `clients` has a default. Built in code, it becomes a zone by [`LandingZoneSpec::resolve`]:
///
/// ```
/// use securebase_core::input::{ClientSpec, LandingZoneSpec};
///
/// let mut spec = LandingZoneSpec::default();
/// let acme = ClientSpec::new("fintech", "acme", "soc2", "john@acmefinance.com");
/// spec.clients.insert("acme-finance".to_owned(), acme);
/// let zone = spec.resolve()?;
/// assert_eq!(zone.tenants[0].ou_path(), "Customers-Fintech");
/// # Ok::<(), securebase_core::model::Problems>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Landing zone")]
pub struct LandingZoneSpec {
    /// The version of this format: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1))]
    pub version: Option<u32>,
    /// The name of the zone, the value of the tag by which its resources are known. Default `securebase`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_name: Option<String>,
    /// The environment, such as `dev` or `prod`. Default `dev`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The region of every tenant that names none. Default `us-east-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_region: Option<String>,
    /// Whether tenants get a network. Default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_vpc: Option<bool>,
    /// What every network has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_config: Option<VpcConfigSpec>,
    /// Tags on everything that takes tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "tags_schema")]
    pub tags: BTreeMap<String, String>,
    /// Custom tiers, and changes to the shipped ones, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub tiers: IndexMap<String, TierSpec>,
    /// Where the blocks of tenants without a `vpc_cidr` come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolSpec>,
    /// What is, or is to be, connected, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub links: IndexMap<String, LinkSpec>,
    /// A template for root e-mail addresses, such as `aws+{prefix}@example.com`; placeholders `{prefix}`, `{key}`, `{tier}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_email: Option<String>,
    /// A template for account names; placeholders `{prefix}`, `{key}`, `{tier}`. Default `{key}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// A template for the path of organizational units, parts joined by `/`, beginning with `{ou}`; placeholders `{ou}`,
    /// `{region}`, `{vertical}`, `{tier}`. Default `{ou}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ou_path: Option<String>,
    /// The organizational unit, directly under the root, for the accounts of tenants that have left. Default `Suspended`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_ou: Option<String>,
    /// The role the management account assumes in member accounts. Default `OrganizationAccountAccessRole`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_role: Option<String>,
    /// Parameters of the guardrails of every tier, such as `exempt_roles`, `regions` or `required_tag`, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub guardrails: BTreeMap<String, TextsSpec>,
    /// Custom policy documents for every tier, each written out or the name of its JSON file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "policies_schema")]
    pub policies: Vec<serde_json::Value>,
    /// Quotas and rates that AWS has granted beyond its defaults, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, f64>,
    /// The codes of the warnings that are known and accepted, such as `cidr-overlap`: counted, no longer repeated in full.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acknowledge: Vec<String>,
    /// The tenants, by key.
    pub clients: IndexMap<String, ClientSpec>,
}

/// A tenant as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSpec {
    /// The tier it buys.
    pub tier: String,
    /// A short name unique in the zone.
    pub prefix: String,
    /// The framework of its tier.
    pub framework: String,
    /// Whom the provider writes to.
    pub contact_email: String,
    /// The key this tenant had before. What carries that key in the cloud is then renamed, not made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The tenant leaves: its network is taken down and its account suspended, or suspended and closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offboard: Option<OffboardSpec>,
    /// An account that exists and is to be adopted. Left out, AWS assigns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9]{12}$"))]
    pub account_id: Option<String>,
    /// The block of its VPC, /16 to /28. Left out, one is allocated from the pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_cidr: Option<String>,
    /// A VPC that exists and is to be adopted. Left out, one with the tenant's block is adopted where there is one, else
    /// one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^vpc-[0-9a-f]{8,17}$"))]
    pub vpc_id: Option<String>,
    /// The VPC endpoint through which it reaches shared services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpce_id: Option<String>,
    /// The bucket its audit logs are copied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_bucket: Option<String>,
    /// The region of its network. Default: the zone's `target_region`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its industry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vertical: Option<String>,
    /// The name of its account. Default: the zone's template, else the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// The address of its account's root user. Default: the zone's template, else `contact_email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_email: Option<String>,
    /// Tags of its account, put over the zone's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "tags_schema")]
    pub tags: BTreeMap<String, String>,
}

impl ClientSpec {
    /// A tenant with what it must have.
    pub fn new(
        tier: impl Into<String>,
        prefix: impl Into<String>,
        framework: impl Into<String>,
        contact_email: impl Into<String>,
    ) -> Self {
        Self {
            tier: tier.into(),
            prefix: prefix.into(),
            framework: framework.into(),
            contact_email: contact_email.into(),
            renamed_from: None,
            offboard: None,
            account_id: None,
            vpc_cidr: None,
            vpc_id: None,
            vpce_id: None,
            audit_bucket: None,
            region: None,
            vertical: None,
            account_name: None,
            account_email: None,
            tags: BTreeMap::new(),
        }
    }
}

/// How a tenant leaves, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OffboardSpec {
    /// Its network is taken down; its account stays, in a unit in which everything is denied.
    Suspend,
    /// As `suspend`; then the account is closed.
    Close,
}

/// What every network has, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcConfigSpec {
    /// A NAT gateway with its elastic IP. Default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_nat_gateway: Option<bool>,
    /// A virtual private gateway. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_vpn_gateway: Option<bool>,
    /// Flow logs. Default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_vpc_flow_logs: Option<bool>,
    /// Public DNS names. Default true; needs `dns_support`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_hostnames: Option<bool>,
    /// Name resolution. Default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_support: Option<bool>,
    /// Gateway endpoints to S3 and DynamoDB: both, or those listed. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_endpoints: Option<GatewayEndpointsSpec>,
    /// Flow logs encrypted with a key of the tenant's own. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypt_flow_logs: Option<bool>,
}

/// The services with a gateway endpoint, as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum GatewayEndpointsSpec {
    /// All of them, or none.
    All(bool),
    /// Those of a list.
    Services(Vec<EndpointServiceSpec>),
}

/// A service that AWS has gateway endpoints for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndpointServiceSpec {
    /// Amazon S3.
    S3,
    /// Amazon DynamoDB.
    DynamoDb,
}

/// A tier as it is written. `ou_name`, `framework` and `monthly_price` may be left out for a shipped tier only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierSpec {
    /// The name a person reads. Default: the tier's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The name of its organizational unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ou_name: Option<String>,
    /// The framework it promises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framework: Option<String>,
    /// What a tenant pays a month, in dollars: a string, or a number of at most 15 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "price_schema")]
    pub monthly_price: Option<Decimal>,
    /// How long flow logs are kept, a step CloudWatch Logs offers. Default 90.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_retention_days: Option<u32>,
    /// Parameters of its guardrails, by name; each takes the place of the zone's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub guardrails: BTreeMap<String, TextsSpec>,
    /// Policy documents of its own, each written out or the name of its JSON file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "policies_schema")]
    pub policies: Vec<serde_json::Value>,
}

/// One text or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TextsSpec {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// How blocks are shared between tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StrategySpec {
    /// No two tenants overlap.
    Unique,
    /// No two tenants of a tier overlap.
    PerTier,
    /// Tenants may overlap.
    PerAccount,
}

/// Where blocks come from, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolSpec {
    /// How blocks are shared. Default `unique`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<StrategySpec>,
    /// The ranges to allocate from, in order. Default `10.0.0.0/8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidrs: Option<Vec<String>>,
    /// Each tier's own ranges, under `per-tier`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub per_tier: BTreeMap<String, Vec<String>>,
    /// The size of a tenant's block. Default 16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16, max = 28))]
    pub prefix_len: Option<u8>,
}

/// What joins tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKindSpec {
    /// VPC peering.
    Peering,
    /// A transit gateway.
    TransitGateway,
    /// Site-to-site VPN.
    Vpn,
    /// A hub of shared services.
    SharedServices,
    /// A network outside AWS.
    OnPremises,
}

/// A connection, as it is written: at least two tenants, or a tenant and the far side's ranges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSpec {
    /// What joins them.
    pub kind: LinkKindSpec,
    /// The keys of the tenants it joins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<String>,
    /// Ranges on the far side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cidrs: Vec<String>,
}

impl LandingZoneSpec {
    /// The zone this describes.
    ///
    /// # Errors
    /// Every problem found; without places, since there is no file.
    pub fn resolve(&self) -> Result<LandingZone, Problems> {
        // Only a non-string key or a failing writer can keep these types from becoming a value; they have neither.
        let value = serde_json::to_value(self).unwrap_or_default();
        LandingZone::from_value(&value)
    }
}

fn price_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["string", "number"],
        "pattern": "^[0-9]+(\\.[0-9]{1,2})?$",
        "minimum": 0
    })
}

fn policies_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": ["string", "object"] } })
}

/// In a file a tag may also be a number or a bool: it is taken as written.
fn tags_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": { "type": ["string", "number", "boolean", "null"] }
    })
}

/// The JSON Schema of the written format, as committed in `docs/landing-zone.schema.json`.
pub fn schema() -> Schema {
    schemars::schema_for!(LandingZoneSpec)
}
