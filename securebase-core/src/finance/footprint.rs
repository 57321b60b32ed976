//! How many resources of which kind each tenant has: all that a price needs to know of a plan.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::model::{LandingZone, NetworkFeatures, ResourceKind};

const KINDS: usize = ResourceKind::ALL.len();

/// How many resources of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Counts([u32; KINDS]);

impl Counts {
    const NONE: Self = Self([0; KINDS]);

    /// What one tenant has whose network has these features.
    pub(super) fn of_tenant(network: Option<NetworkFeatures>) -> Self {
        let mut counts = Self::NONE;
        counts.add(ResourceKind::Account);
        let Some(network) = network else { return counts };
        counts.add(ResourceKind::Vpc);
        if network.nat_gateway {
            counts.add(ResourceKind::NatGateway);
            counts.add(ResourceKind::ElasticIp);
        }
        if network.flow_logs {
            counts.add(ResourceKind::FlowLog);
            counts.add(ResourceKind::LogGroup);
        }
        if network.vpn_gateway {
            counts.add(ResourceKind::VpnGateway);
        }
        counts
    }

    pub(super) fn of(&self, kind: ResourceKind) -> u32 {
        self.0[kind as usize]
    }

    fn add(&mut self, kind: ResourceKind) {
        self.0[kind as usize] += 1;
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct TenantFootprint {
    pub(super) tier: Option<Arc<str>>,
    pub(super) counts: Counts,
}

/// The resources of a zone, counted by tenant and kind. Tenants keep the order in which they were first named.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    pub(super) organization: Counts,
    pub(super) tenants: IndexMap<Arc<str>, TenantFootprint>,
}

impl Default for Footprint {
    fn default() -> Self {
        Self { organization: Counts::NONE, tenants: IndexMap::new() }
    }
}

impl Footprint {
    /// Counts one resource: of a tenant of a tier, or with neither the organization's own.
    pub fn add(&mut self, tenant: Option<&str>, tier: Option<&str>, kind: ResourceKind) {
        let Some(tenant) = tenant else {
            self.organization.add(kind);
            return;
        };
        if let Some(known) = self.tenants.get_mut(tenant) {
            known.counts.add(kind);
            if known.tier.is_none() {
                known.tier = tier.map(Arc::from);
            }
            return;
        }
        let mut counts = Counts::NONE;
        counts.add(kind);
        self.tenants.insert(tenant.into(), TenantFootprint { tier: tier.map(Arc::from), counts });
    }

    /// What a zone will contain, as far as prices care: for questions asked before there is a plan.
    pub fn of_zone(zone: &LandingZone) -> Self {
        let mut footprint = Self::default();
        footprint.organization.add(ResourceKind::Organization);
        let counts = Counts::of_tenant(zone.network);
        let mut names: Vec<Arc<str>> = Vec::new();
        for tenant in &zone.tenants {
            let tier = tenant.tier.as_str();
            let name = names.iter().find(|name| name.as_ref() == tier).cloned().unwrap_or_else(|| {
                let name: Arc<str> = tier.into();
                names.push(name.clone());
                name
            });
            footprint
                .tenants
                .insert(tenant.key.as_str().into(), TenantFootprint { tier: Some(name), counts });
        }
        footprint
    }

    /// The organization and tenants of one make: so many of each tier, named `{tier}-{number}` from 1.
    pub(super) fn of_mix<'a>(mix: impl IntoIterator<Item = (&'a str, u32)>, counts: Counts) -> Self {
        let mut footprint = Self::default();
        footprint.organization.add(ResourceKind::Organization);
        for (tier, number) in mix {
            let name: Arc<str> = tier.into();
            for index in 1..=number {
                let tenant = TenantFootprint { tier: Some(name.clone()), counts };
                footprint.tenants.insert(format!("{tier}-{index}").into(), tenant);
            }
        }
        footprint
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.tenants.is_empty() && self.organization == Counts::NONE
    }
}

impl<'a> FromIterator<(Option<&'a str>, Option<&'a str>, ResourceKind)> for Footprint {
    fn from_iter<I: IntoIterator<Item = (Option<&'a str>, Option<&'a str>, ResourceKind)>>(
        resources: I,
    ) -> Self {
        let mut footprint = Self::default();
        for (tenant, tier, kind) in resources {
            footprint.add(tenant, tier, kind);
        }
        footprint
    }
}
