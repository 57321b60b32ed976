//! What of the cloud a zone is concerned with: what a survey must look at, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use super::ObservedOrganization;
use crate::cloud::ec2::Vpc;
use crate::cloud::organizations::Account;
use crate::model::{
    AccountId, Address, Cidr, LandingZone, Offboarding, Region, ResourceId, RoleName, TenantKey, ZoneName,
};

/// What of the cloud a zone is concerned with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The zone: the value of the zone tag.
    pub zone: ZoneName,
    /// The role to assume in member accounts.
    pub access_role: RoleName,
    /// The paths of its organizational units, names joined by `/`, parents before children.
    pub unit_paths: Vec<String>,
    /// The paths of units that may be left over: those of tiers without tenants, units in the state that no tenant needs now,
    /// and that of departed tenants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_unit_paths: Vec<String>,
    /// Its tenants, by key.
    pub tenants: Vec<ScopedTenant>,
    /// Whether tenants have networks. If not, the survey skips an account that denies access.
    pub network: bool,
    /// The name of the flow-log delivery role in every account.
    pub flow_log_role: String,
    /// The zone's own region, then those of its tenants in order: the regions in which the survey covers unclaimed accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// The regions in which the state knows accounts to have worked, where the survey would not look otherwise: those of
    /// tenants that the file now gives another region, and of accounts that the file no longer claims.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "former_regions")]
    pub former_regions: BTreeMap<AccountId, BTreeSet<Region>>,
    /// The unit of departed tenants. Plans of earlier versions do not name it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suspended_ou: String,
    /// Whether networks keep flow logs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flow_logs: bool,
}

/// What of one tenant must be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopedTenant {
    /// Its key.
    pub key: TenantKey,
    /// The key it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_key: Option<TenantKey>,
    /// The name its account has or will have.
    pub account_name: String,
    /// The address of its root user, in lower case.
    pub account_email: String,
    /// The account to adopt, or the one known from the state.
    pub account_id: Option<AccountId>,
    /// The region of its network.
    pub region: Region,
    /// The VPC to adopt, and the block it must have, as far as they are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<ResourceId>,
    /// See `vpc_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_cidr: Option<Cidr>,
    /// How it leaves, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offboard: Option<Offboarding>,
}

/// Plans of earlier versions name one region of an account.
fn former_regions<'de, D: Deserializer<'de>>(
    stored: D,
) -> Result<BTreeMap<AccountId, BTreeSet<Region>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Regions {
        One(Region),
        All(BTreeSet<Region>),
    }
    let stored = BTreeMap::<AccountId, Regions>::deserialize(stored)?;
    let all = |regions| match regions {
        Regions::One(region) => BTreeSet::from([region]),
        Regions::All(regions) => regions,
    };
    Ok(stored.into_iter().map(|(account, regions)| (account, all(regions))).collect())
}

impl ScopedTenant {
    /// The VPC that is not ours yet and shall be: the one the file names, else one that has the written block. None where the
    /// tenant has a VPC of ours, or leaves.
    pub(crate) fn adoptable<'v>(&self, vpcs: &'v [Vpc], is_ours: impl Fn(&Vpc) -> bool) -> Option<&'v Vpc> {
        if self.offboard.is_some() || vpcs.iter().any(is_ours) {
            return None;
        }
        let named = |vpc: &&Vpc| self.vpc_id.as_ref() == Some(&vpc.id);
        let fits = |vpc: &&Vpc| self.vpc_id.is_none() && self.vpc_cidr == Some(vpc.cidr) && !vpc.is_default;
        vpcs.iter().find(|vpc| named(vpc) || fits(vpc))
    }
}

impl Scope {
    /// The scope of a zone.
    pub fn of(zone: &LandingZone) -> Self {
        let units: BTreeSet<&[String]> = zone
            .tenants
            .iter()
            .flat_map(|tenant| (1..=tenant.ou_path.len()).map(|depth| &tenant.ou_path[..depth]))
            .collect();
        let mut unit_paths: Vec<String> = units.iter().map(|unit| unit.join("/")).collect();
        let leaving = zone.tenants.iter().any(|tenant| tenant.offboard.is_some());
        let mut former_unit_paths = Vec::new();
        (if leaving { &mut unit_paths } else { &mut former_unit_paths }).push(zone.suspended_ou.clone());
        // The unit of a tier without tenants may hold an account that the file no longer claims.
        former_unit_paths.extend(zone.tiers.iter().map(|tier| tier.ou_name.clone()));
        // Text order puts a parent before its children: a path is a prefix of every path below it.
        unit_paths.sort();
        unit_paths.dedup();
        former_unit_paths.sort();
        former_unit_paths.dedup();
        former_unit_paths.retain(|path| !unit_paths.contains(path));
        let mut tenants: Vec<ScopedTenant> = zone
            .tenants
            .iter()
            .map(|tenant| ScopedTenant {
                key: tenant.key.clone(),
                former_key: tenant.renamed_from.clone(),
                account_name: tenant.account_name.clone(),
                account_email: tenant.account_email.folded(),
                account_id: tenant.account_id,
                region: tenant.region.clone(),
                vpc_id: tenant.vpc_id.clone(),
                vpc_cidr: tenant.vpc_cidr,
                offboard: tenant.offboard,
            })
            .collect();
        tenants.sort_by(|a, b| a.key.cmp(&b.key));
        let mut regions: BTreeSet<&Region> = zone.tenants.iter().map(|tenant| &tenant.region).collect();
        regions.remove(&zone.region);
        Self {
            zone: zone.name.clone(),
            access_role: zone.access_role.clone(),
            unit_paths,
            former_unit_paths,
            tenants,
            network: zone.network.is_some(),
            flow_log_role: flow_log_role_name(&zone.name),
            regions: std::iter::once(&zone.region).chain(regions).cloned().collect(),
            former_regions: BTreeMap::new(),
            suspended_ou: zone.suspended_ou.clone(),
            flow_logs: zone.network.is_some_and(|network| network.flow_logs),
        }
    }
}

impl Scope {
    /// The same scope with the accounts that a state remembers: a tenant's account is then known by its id, whatever has
    /// become of its e-mail address and name.
    #[must_use]
    pub fn remember(mut self, remembered: &BTreeMap<Address, ResourceId>) -> Self {
        let without = |tenant: &&mut ScopedTenant| tenant.account_id.is_none() && !remembered.is_empty();
        for tenant in self.tenants.iter_mut().filter(without) {
            let of = |key: &TenantKey| remembered.get(&Address::tenant(key, "account"));
            let id = of(&tenant.key).or_else(|| tenant.former_key.as_ref().and_then(of));
            tenant.account_id = id.and_then(|id| id.as_str().parse().ok());
        }
        let paths = remembered.keys().filter_map(|address| address.as_str().strip_prefix("organization/ou/"));
        self.former_unit_paths.extend(paths.map(str::to_owned));
        self.former_unit_paths.sort();
        self.former_unit_paths.dedup();
        self.former_unit_paths.retain(|path| !self.unit_paths.contains(path));
        self
    }

    /// Whether the unit at that path is that of departed tenants.
    pub(crate) fn is_suspended(&self, path: &str) -> bool {
        !self.suspended_ou.is_empty() && self.suspended_ou == path
    }

    /// Whether a survey looks at the unit at that path.
    pub(crate) fn watches(&self, path: &str) -> bool {
        self.watched().any(|watched| watched == path)
    }

    /// Whether a survey looks at a unit below that path.
    pub(crate) fn watches_below(&self, path: &str) -> bool {
        self.watched().any(|watched| watched.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }

    fn watched(&self) -> impl Iterator<Item = &str> {
        self.unit_paths.iter().chain(&self.former_unit_paths).map(String::as_str)
    }

    /// A test whether an account is one of the zone's tenants', by id, e-mail or name.
    pub(crate) fn concern(&self) -> impl Fn(&Account) -> bool {
        let ids: BTreeSet<AccountId> = self.tenants.iter().filter_map(|tenant| tenant.account_id).collect();
        let emails: BTreeSet<&str> =
            self.tenants.iter().map(|tenant| tenant.account_email.as_str()).collect();
        let names: BTreeSet<&str> = self.tenants.iter().map(|tenant| tenant.account_name.as_str()).collect();
        move |account| {
            ids.contains(&account.id)
                || emails.contains(account.email.to_lowercase().as_str())
                || names.contains(account.name.as_str())
        }
    }

    /// Whether a policy of that name is the zone's: all its policies begin with its name.
    pub(crate) fn owns_policy(&self, name: &str) -> bool {
        name.strip_prefix(self.zone.as_str()).is_some_and(|rest| rest.starts_with('-'))
    }
}

/// The path of every root (the empty path) and unit of an organization, by id.
pub(crate) fn unit_paths(organization: &ObservedOrganization) -> BTreeMap<ResourceId, String> {
    let mut paths = BTreeMap::from([(organization.root.id.clone(), String::new())]);
    // Parents come before children in an observation.
    for unit in &organization.units {
        if let Some(above) = paths.get(&unit.parent) {
            let path = if above.is_empty() { unit.name.clone() } else { format!("{above}/{}", unit.name) };
            paths.insert(unit.id.clone(), path);
        }
    }
    paths
}

/// The name of its inline policy.
pub(crate) const FLOW_LOG_POLICY_NAME: &str = "deliver-flow-logs";

/// The name of the flow-log delivery role of a zone. Role names are unique in an account, so one name serves all.
fn flow_log_role_name(zone: &ZoneName) -> String {
    let mut name = format!("{zone}-flow-log-delivery");
    name.truncate(64);
    name
}

/// The name of the log group a tenant's flow logs are delivered to.
pub fn flow_log_group_name(zone: &ZoneName, tenant: &TenantKey) -> String {
    format!("{}{tenant}/vpc-flow-logs", flow_log_group_prefix(zone))
}

/// What the names of all log groups of a zone begin with.
pub(crate) fn flow_log_group_prefix(zone: &ZoneName) -> String {
    format!("/{zone}/")
}
