//! What tenants have already and cannot lose: the blocks of their VPCs, the names of their log groups.

use std::borrow::Cow;
use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::model::{AccountId, Address, Cidr, LandingZone, Tenant, TenantKey, ZONE_TAG};
use crate::observe::{Names, Observed, ObservedUnit, Scope, unit_paths};

/// What exists and stays as it is, by tenant.
#[derive(Debug, Default)]
pub(in crate::plan) struct Existing {
    /// The primary block of its VPC, which AWS never changes.
    pub(in crate::plan) blocks: BTreeMap<TenantKey, Cidr>,
    /// Blocks of VPCs in the tenants' accounts that are not ours, and which: nobody is given what overlaps them.
    pub(in crate::plan) foreign: Vec<(Cidr, String)>,
    /// How many policies of others are attached to a unit, by its path, as far as it was asked.
    foreign_policies: BTreeMap<String, usize>,
    /// The name of its log group, which AWS never changes either: it may be of a key the tenant had before.
    pub(in crate::plan) log_groups: BTreeMap<TenantKey, String>,
}

impl Existing {
    /// How many of a unit's places for policies others have taken. AWS attaches `FullAWSAccess` to whatever is made.
    pub(in crate::plan) fn places_taken(&self, unit: &str) -> usize {
        self.foreign_policies.get(unit).copied().unwrap_or(1)
    }

    pub(in crate::plan) fn of(
        zone: &LandingZone,
        scope: &Scope,
        observed: &Observed,
        names: &Names<'_>,
    ) -> Self {
        let mut blocks: IndexMap<Cow<'_, str>, Cidr> = IndexMap::new();
        let mut groups: IndexMap<Cow<'_, str>, &str> = IndexMap::new();
        for (_, _, member) in observed.known_members() {
            for vpc in &member.vpcs {
                if let Some(address) = names.address(&vpc.vpc.tags) {
                    blocks.insert(address, vpc.vpc.cidr);
                }
            }
            for group in &member.log_groups {
                if let Some(address) = names.address(&group.tags) {
                    groups.insert(address, &group.group.name);
                }
            }
        }
        let organization = observed.organization.as_ref();
        let paths = organization.map(unit_paths).unwrap_or_default();
        // A policy whose name begins like the zone's and whose tags name another zone is that one's.
        let others = |unit: &ObservedUnit| {
            let policies = organization.iter().flat_map(|organization| &organization.policies);
            policies
                .filter(|policy| !policy.policy.aws_managed && policy.targets.contains(&unit.id))
                .filter(|policy| policy.tags.contains_key(ZONE_TAG) && !names.ours(&policy.tags))
                .count()
        };
        let units = organization.iter().flat_map(|organization| &organization.units);
        let taken = units
            .filter_map(|unit| Some((paths.get(&unit.id)?.clone(), unit.foreign_policies? + others(unit))));
        let mut existing = Self { foreign_policies: taken.collect(), ..Self::default() };
        let adopted = |tenant: &Tenant| {
            let id = tenant.vpc_id.as_ref()?;
            let mut vpcs = observed.known_members().flat_map(|(_, _, member)| &member.vpcs);
            vpcs.find(|found| found.vpc.id == *id).map(|found| found.vpc.cidr)
        };
        for tenant in &zone.tenants {
            existing.blocks.extend(adopted(tenant).map(|block| (tenant.key.clone(), block)));
        }
        let tenants: BTreeMap<AccountId, &str> = scope
            .tenants
            .iter()
            .filter_map(|tenant| Some((tenant.account_id?, tenant.key.as_str())))
            .collect();
        for (account, _, member) in observed.known_members() {
            for vpc in &member.foreign_vpcs {
                let whose =
                    tenants.get(&account).map_or_else(|| account.to_string(), |key| (*key).to_owned());
                existing.foreign.push((vpc.cidr, format!("VPC `{}` in the account of {whose}", vpc.id)));
            }
        }
        existing.foreign.sort();
        for key in zone.tenants.iter().map(|tenant| &tenant.key) {
            if let Some(block) = blocks.get(Address::tenant(key, "vpc").as_str()) {
                existing.blocks.insert(key.clone(), *block);
            }
            if let Some(name) = groups.get(Address::tenant(key, "flow-log-group").as_str()) {
                existing.log_groups.insert(key.clone(), (*name).to_owned());
            }
        }
        existing
    }
}
