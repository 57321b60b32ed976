//! The input of a bill: each tenant's terms, and its number of resources of each kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::kinds::billing::OnBill;
use crate::kinds::facts;
use crate::model::{LandingZone, Money, NetworkFeatures, Offboarding, Region, ResourceKind, TierName};

const KINDS: usize = ResourceKind::ALL.len();

/// How many resources of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::finance) struct Counts([u32; KINDS]);

impl Counts {
    const NONE: Self = Self([0; KINDS]);

    /// The resources of one tenant whose network has these features: what `plan::desired` makes of them, for a bill without a
    /// plan.
    pub(in crate::finance) fn of_tenant(network: Option<NetworkFeatures>) -> Self {
        let mut counts = Self::NONE;
        for kind in ResourceKind::ALL.iter().filter(|kind| (facts(**kind).is_billed_with)(network)) {
            counts.add(*kind);
        }
        counts
    }

    /// Those of them that remain when the tenant's account is suspended: the account, and what is stored in it.
    fn of_suspended(network: Option<NetworkFeatures>) -> Self {
        let mut counts = Self::of_tenant(network);
        for kind in ResourceKind::ALL {
            match facts(*kind).on_bill {
                OnBill::Account(_) | OnBill::Stored(_) => {}
                OnBill::Counted(_) if facts(*kind).outlives_tenant => {}
                OnBill::Nothing | OnBill::Terms | OnBill::Counted(_) => counts.0[*kind as usize] = 0,
            }
        }
        counts
    }

    pub(in crate::finance) fn of(&self, kind: ResourceKind) -> u32 {
        self.0[kind as usize]
    }

    fn add(&mut self, kind: ResourceKind) {
        self.0[kind as usize] += 1;
    }

    fn remove(&mut self, kind: ResourceKind) {
        self.0[kind as usize] = self.0[kind as usize].saturating_sub(1);
    }
}

/// Whether a tenant is served, or has left and keeps only its stored logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Standing {
    /// It pays, and the bill includes what its tier promises.
    #[default]
    Served,
    /// Its account is suspended or closed. It pays nothing; its logs are kept until their retention ends.
    Departed,
}

/// The log groups of a tenant in one region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(super) struct LogGroups {
    pub(in crate::finance) number: u32,
    /// Their retention in days, added up.
    pub(in crate::finance) days: u32,
}

/// The owner of what is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CostOwner<'a> {
    /// The organization itself.
    Organization,
    /// A tenant, by the key it has on the bill, and its tier where that is known.
    Tenant {
        /// The key: that of a tenant of the zone, the id of an account without one, or the name in a row of a data frame.
        key: &'a str,
        /// The tier whose terms it has.
        tier: Option<&'a TierName>,
    },
}

/// One tenant on the bill: its terms and its resources.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BilledTenant {
    tier: Option<TierName>,
    price: Option<Money>,
    standing: Standing,
    counts: Counts,
    /// Log groups with a region and a retention of their own; the others are counted.
    log_groups: BTreeMap<Region, LogGroups>,
    archived: bool,
    region: Option<Region>,
}

impl BilledTenant {
    /// A served tenant of a tier without resources, at the tier's price and log retention. Without a tier, it is billed by
    /// the default usage profile and pays nothing.
    pub fn new(tier: Option<TierName>) -> Self {
        Self {
            tier,
            price: None,
            standing: Standing::Served,
            counts: Counts::NONE,
            log_groups: BTreeMap::new(),
            archived: false,
            region: None,
        }
    }

    /// The region whose prices apply to its resources; `None` for that of the price book.
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// Sets the region whose prices apply to its resources.
    pub fn set_region(&mut self, region: Region) {
        self.region = Some(region);
    }

    /// The tier whose terms it has.
    pub fn tier(&self) -> Option<&TierName> {
        self.tier.as_ref()
    }

    /// Moves it to the terms of another tier.
    pub fn set_tier(&mut self, tier: TierName) {
        self.tier = Some(tier);
    }

    /// Its monthly price, if that is not the price of its tier.
    pub fn price(&self) -> Option<Money> {
        self.price
    }

    /// Sets its monthly price.
    pub fn set_price(&mut self, price: Money) {
        self.price = Some(price);
    }

    /// Whether it is served or has left.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Sets whether it is served or has left; a tenant that has left pays nothing.
    pub fn set_standing(&mut self, standing: Standing) {
        self.standing = standing;
    }

    /// Adds a resource of a kind.
    pub fn add(&mut self, kind: ResourceKind) {
        self.counts.add(kind);
    }

    /// Removes a resource of a kind.
    pub fn remove(&mut self, kind: ResourceKind) {
        self.counts.remove(kind);
    }

    /// How many resources of a kind it has.
    pub fn count(&self, kind: ResourceKind) -> u32 {
        let own = match facts(kind).on_bill {
            OnBill::Stored(_) => self.log_groups.values().map(|groups| groups.number).sum(),
            OnBill::Nothing | OnBill::Account(_) | OnBill::Terms | OnBill::Counted(_) => 0,
        };
        self.counts.of(kind) + own
    }

    /// Removes all its resources, as when its account is closed.
    pub fn clear(&mut self) {
        self.counts = Counts::NONE;
        self.log_groups.clear();
    }

    /// Adds a log group with a retention of its own. It is billed at the prices of the region it is in, which need not be the
    /// tenant's: a log group stays where it is when its tenant gets another region.
    pub fn add_log_group(&mut self, region: Region, days: u32) {
        let groups = self.log_groups.entry(region).or_default();
        groups.number += 1;
        groups.days = groups.days.saturating_add(days);
    }

    /// Changes the retention of one log group from `before` days to `after` days.
    pub fn change_retention(&mut self, region: &Region, before: u32, after: u32) {
        if let Some(groups) = self.log_groups.get_mut(region) {
            groups.days = groups.days.saturating_sub(before).saturating_add(after);
        }
    }

    /// The regions of its log groups that have a retention of their own.
    pub fn log_regions(&self) -> impl Iterator<Item = &Region> {
        self.log_groups.keys()
    }

    /// Those log groups, by region.
    pub(super) fn log_groups(&self) -> impl Iterator<Item = (&Region, LogGroups)> {
        self.log_groups.iter().map(|(region, groups)| (region, *groups))
    }

    /// How many resources of a kind that stores have the retention of its tier.
    pub(super) fn with_retention_of_tier(&self, kind: ResourceKind) -> u32 {
        self.counts.of(kind)
    }

    /// Whether the archive of its tier holds its logs: while it has a log group, and after it has left where that is known.
    pub fn is_archived(&self) -> bool {
        self.archived || self.count(ResourceKind::LogGroup) > 0
    }

    /// Sets whether the archive holds its logs although it no longer has a log group.
    pub fn set_archived(&mut self, archived: bool) {
        self.archived = archived;
    }

    /// A served tenant with these resources.
    pub(in crate::finance) fn with_counts(tier: &TierName, counts: Counts) -> Self {
        Self { tier: Some(tier.clone()), counts, ..Self::new(None) }
    }

    /// The tenant once it has left a network with these features: a suspended account keeps its log group, a closed one
    /// nothing; the archive outlives both.
    pub(in crate::finance) fn departed(
        mut self,
        offboarding: Offboarding,
        network: Option<NetworkFeatures>,
    ) -> Self {
        self.standing = Standing::Departed;
        self.archived = network.is_some_and(|network| network.flow_logs);
        self.counts = match offboarding {
            Offboarding::Suspend => Counts::of_suspended(network),
            Offboarding::Close => Counts::NONE,
        };
        self
    }
}

/// The organization and its tenants on the bill. Tenants keep the order in which they were first named.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Footprint {
    has_organization: bool,
    home: Option<Region>,
    pub(in crate::finance) tenants: IndexMap<Arc<str>, BilledTenant>,
}

impl Footprint {
    /// Counts one resource of an owner.
    pub fn add(&mut self, owner: CostOwner<'_>, kind: ResourceKind) {
        match owner {
            CostOwner::Organization => self.has_organization = true,
            CostOwner::Tenant { key, tier } => {
                let billed =
                    self.tenants.entry(key.into()).or_insert_with(|| BilledTenant::new(tier.cloned()));
                billed.add(kind);
                if billed.tier.is_none() {
                    billed.tier = tier.cloned();
                }
            }
        }
    }

    /// The region whose prices apply to the organization's own costs; `None` for that of the price book.
    pub fn home(&self) -> Option<&Region> {
        self.home.as_ref()
    }

    /// Sets the region whose prices apply to the organization's own costs.
    pub fn set_home(&mut self, region: Region) {
        self.home = Some(region);
    }

    /// Adds a tenant, or replaces the one of that key.
    pub fn insert(&mut self, key: &str, tenant: BilledTenant) {
        self.tenants.insert(key.into(), tenant);
    }

    /// The tenant of that key.
    pub fn tenant(&self, key: &str) -> Option<&BilledTenant> {
        self.tenants.get(key)
    }

    /// The tenant of that key, to change it.
    pub fn tenant_mut(&mut self, key: &str) -> Option<&mut BilledTenant> {
        self.tenants.get_mut(key)
    }

    /// The billed resources of a zone once it is applied, for a cost without a plan.
    pub fn of_zone(zone: &LandingZone) -> Self {
        let mut footprint =
            Self { has_organization: true, home: Some(zone.region.clone()), ..Self::default() };
        let counts = Counts::of_tenant(zone.network);
        for tenant in &zone.tenants {
            let mut billed = BilledTenant::with_counts(&tenant.tier, counts);
            billed.price = Some(tenant.monthly_price);
            billed.region = Some(tenant.region.clone());
            if let Some(offboarding) = tenant.offboard {
                billed = billed.departed(offboarding, zone.network);
            }
            footprint.tenants.insert(tenant.key.as_str().into(), billed);
        }
        footprint
    }

    /// The organization and identical tenants, `count` of each tier, named `{tier}-{number}` from 1.
    pub(in crate::finance) fn of_mix<'a>(
        mix: impl IntoIterator<Item = (&'a TierName, u32)>,
        counts: Counts,
    ) -> Self {
        let mut footprint = Self { has_organization: true, ..Self::default() };
        for (tier, number) in mix {
            for index in 1..=number {
                let tenant = BilledTenant::with_counts(tier, counts);
                footprint.tenants.insert(format!("{tier}-{index}").into(), tenant);
            }
        }
        footprint
    }

    /// How many tenants have a resource of a kind.
    pub(in crate::finance) fn tenants_with(&self, kind: ResourceKind) -> usize {
        self.tenants.values().filter(|tenant| tenant.count(kind) > 0).count()
    }

    /// Whether there is neither an organization nor a tenant.
    pub fn is_empty(&self) -> bool {
        self.tenants.is_empty() && !self.has_organization
    }
}

impl<'a> FromIterator<(CostOwner<'a>, ResourceKind)> for Footprint {
    fn from_iter<I: IntoIterator<Item = (CostOwner<'a>, ResourceKind)>>(resources: I) -> Self {
        let mut footprint = Self::default();
        for (owner, kind) in resources {
            footprint.add(owner, kind);
        }
        footprint
    }
}
