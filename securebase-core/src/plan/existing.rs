//! What tenants have already and cannot lose: the blocks of their VPCs, the names of their log groups.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use crate::model::{Address, LandingZone, TenantKey};
use crate::observe::Observed;

use super::owner::Names;

/// What exists and stays as it is, by tenant.
#[derive(Debug, Default)]
pub(super) struct Existing {
    /// The primary block of its VPC, which AWS never changes.
    pub(super) blocks: BTreeMap<TenantKey, Ipv4Net>,
    /// The name of its log group, which AWS never changes either: it may be of a key the tenant had before.
    pub(super) log_groups: BTreeMap<TenantKey, String>,
}

impl Existing {
    pub(super) fn of(zone: &LandingZone, observed: &Observed, names: &Names<'_>) -> Self {
        let mut blocks: BTreeMap<String, Ipv4Net> = BTreeMap::new();
        let mut groups: BTreeMap<String, &str> = BTreeMap::new();
        for member in observed.members.values().flat_map(BTreeMap::values) {
            for vpc in &member.vpcs {
                if let Some(address) = names.address(&vpc.vpc.tags) {
                    blocks.insert(address.into_owned(), vpc.vpc.cidr);
                }
            }
            for group in &member.log_groups {
                if let Some(address) = names.address(&group.tags) {
                    groups.insert(address.into_owned(), &group.group.name);
                }
            }
        }
        let mut existing = Self::default();
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
