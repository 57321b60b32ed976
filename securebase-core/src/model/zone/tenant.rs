//! Tenants: the provider's customers.

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Cidr, Email, Framework, Money, Region, ResourceId, Tags, TenantKey, TierName};

/// How a tenant leaves. Its network goes either way, what holds its audit trail stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offboarding {
    /// Its account stays, in a unit in which everything is denied.
    Suspend,
    /// Its account is suspended, then closed: AWS deletes it after ninety days.
    Close,
}

impl Offboarding {
    /// `suspend` or `close`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Close => "close",
        }
    }
}

/// A tenant, valid by construction: only `spec` makes one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Tenant {
    /// Its key in the `clients` map.
    pub key: TenantKey,
    /// The key it had before: what carries that key in the cloud is this tenant's.
    pub renamed_from: Option<TenantKey>,
    /// How it leaves, if it does.
    pub offboard: Option<Offboarding>,
    /// The tier it buys.
    pub tier: TierName,
    /// The framework of that tier.
    pub framework: Framework,
    /// A short name unique in the zone, used in account names and e-mail templates.
    pub prefix: String,
    /// The name of its account, at most 50 printable ASCII characters, unique in the zone.
    pub account_name: String,
    /// Whom the provider writes to.
    pub contact_email: Email,
    /// The address of the account's root user, unique over the whole zone.
    pub account_email: Email,
    /// An existing account to adopt, never one to create.
    pub account_id: Option<AccountId>,
    /// The block of its VPC as written; `None` lets the planner allocate one.
    pub vpc_cidr: Option<Cidr>,
    /// An existing VPC to adopt, never one to create.
    pub vpc_id: Option<ResourceId>,
    /// The VPC endpoint through which the tenant reaches shared services, if any.
    pub vpce_id: Option<String>,
    /// The bucket its audit logs are copied to, if any.
    pub audit_bucket: Option<String>,
    /// The region of its network.
    pub region: Region,
    /// Its industry, for grouping.
    pub vertical: Option<String>,
    /// The organizational units its account lives under, outermost first; the first is the tier's.
    pub ou_path: Vec<String>,
    /// What it pays a month: the tier's price.
    pub monthly_price: Money,
    /// The tags of its account, zone tags included.
    pub tags: Tags,
}

impl Tenant {
    /// The path of its organizational unit, names joined by `/`.
    pub fn ou_path(&self) -> String {
        self.ou_path.join("/")
    }
}
