//! The cost of a list of resources: price book × resources × usage.
//!
//! Invariants: every line is whole cents, rounded once, half to even; every total is the exact sum of its lines;
//! usage priced over the whole organization is shared out so that its parts add up to its price.
//! Not here: people, sales, revenue (`model`), how a report is printed (`report`).

mod allocation;
mod bill;
pub(super) mod billed;
pub(super) mod demand;
pub(super) mod footprint;
mod margin;
mod pricing;
pub(super) mod promised;
pub(super) mod report;
mod tenants;
pub(super) mod usage;

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use rust_decimal::Decimal;

use super::error::Error;
use super::pricing::prices::{PriceBook, PriceId};
use crate::model::{Money, Region, ResourceKind, Tier, TierName};
use bill::Group;
use billed::{of_logs_elsewhere, of_tenant};
use demand::{Age, CostBasis, Demand};
use footprint::{BilledTenant, CostOwner, Footprint, Standing};
use pricing::Shared;
use promised::{of_core_account, of_organization};
use usage::Usage;

pub use allocation::Allocation;
pub(super) use allocation::{Bearer, share};
pub use bill::{CostLine, CostReport};
pub use margin::Margin;
pub(super) use pricing::is_pooled;
pub use tenants::TenantCost;

/// The cost a month of resources, each given as its owner and its kind. See [`cost_of_footprint`].
///
/// # Errors
/// [`Error::Unknown`] for a tier that is not among `tiers`, [`Error::Money`] where currencies mix.
pub fn cost_of<'a>(
    resources: impl IntoIterator<Item = (CostOwner<'a>, ResourceKind)>,
    tiers: &[Tier],
    prices: &PriceBook,
    usage: &Usage,
) -> Result<CostReport, Error> {
    cost_of_footprint(&resources.into_iter().collect(), tiers, prices, usage, Age::Steady)
}

/// The cost a month of counted resources, in a month of the given age for all tenants.
///
/// # Errors
/// [`Error::Unknown`] for a tier that is not among `tiers`, [`Error::Money`] where currencies mix.
pub fn cost_of_footprint(
    footprint: &Footprint,
    tiers: &[Tier],
    prices: &PriceBook,
    usage: &Usage,
    age: Age,
) -> Result<CostReport, Error> {
    let mut report = at_age(footprint, tiers, prices, usage, age)?;
    report.first_month = match age {
        Age::Month(1) => report.total().amount,
        _ => at_age(footprint, tiers, prices, usage, Age::Month(1))?.total().amount,
    };
    Ok(report)
}

fn at_age(
    footprint: &Footprint,
    tiers: &[Tier],
    prices: &PriceBook,
    usage: &Usage,
    age: Age,
) -> Result<CostReport, Error> {
    let mut books = Books { given: prices, regions: BTreeMap::new() };
    let mut report = CostReport {
        prices: books.of(footprint.home()),
        currency: prices.currency(),
        groups: Vec::new(),
        order: Vec::with_capacity(footprint.tenants.len()),
        shared: Vec::new(),
        first_month: Decimal::ZERO,
    };
    if footprint.is_empty() {
        return Ok(report);
    }
    let mut demands = Vec::new();
    let mut places: IndexMap<&BilledTenant, usize> = IndexMap::new();
    for (key, tenant) in &footprint.tenants {
        let place = match places.get(tenant) {
            Some(place) => *place,
            None => {
                let tier = find_tier(tenant.tier(), tiers)?;
                let served = tenant.standing() == Standing::Served;
                let price = tenant.price().or_else(|| tier.map(|tier| tier.monthly_price));
                let price = price.filter(|_| served).unwrap_or_else(|| Money::zero(report.currency));
                // Fails early where the tenant's price and the price book are in two currencies.
                price.checked_add(Money::zero(report.currency))?;
                let profile = usage.profile(tier);
                let days = tier.map_or(RETENTION_DAYS, |tier| tier.log_retention_days);
                let book = books.of(tenant.region());
                let own = of_tenant(tenant, profile, days, book.hours_per_month(), age);
                let mut priced: Vec<_> = own.into_iter().map(|demand| (Arc::clone(&book), demand)).collect();
                let elsewhere = of_logs_elsewhere(tenant, profile, age);
                priced.extend(elsewhere.map(|(region, demand)| (books.of(Some(region)), demand)));
                demands.push(priced);
                report.groups.push(Group {
                    tier: tenant.tier().cloned(),
                    price,
                    standing: tenant.standing(),
                    shield: served && profile.shield_advanced && tenant.count(ResourceKind::Account) > 0,
                    prices: book,
                    tenants: Vec::new(),
                    lines: Vec::new(),
                });
                places.insert(tenant, report.groups.len() - 1);
                report.groups.len() - 1
            }
        };
        report.order.push((key.clone(), place, report.groups[place].tenants.len()));
        report.groups[place].tenants.push(key.clone());
    }
    let shared = shared_demands(&report.groups, usage);
    report.price_all(&demands, &shared, age)?;
    Ok(report)
}

/// The price book of each region, from the one that was given.
struct Books<'a> {
    given: &'a PriceBook,
    regions: BTreeMap<Option<Region>, Arc<PriceBook>>,
}

impl Books<'_> {
    fn of(&mut self, region: Option<&Region>) -> Arc<PriceBook> {
        let book = self.regions.entry(region.cloned()).or_insert_with(|| {
            Arc::new(region.map_or_else(|| self.given.clone(), |region| self.given.in_region(region)))
        });
        Arc::clone(book)
    }
}

/// The log retention of a tenant without a tier: that of every shipped tier.
const RETENTION_DAYS: u32 = 90;

fn find_tier<'a>(name: Option<&TierName>, tiers: &'a [Tier]) -> Result<Option<&'a Tier>, Error> {
    let Some(name) = name else { return Ok(None) };
    let known = || tiers.iter().map(|tier| tier.name.as_str());
    let found = tiers.iter().find(|tier| tier.name == *name);
    found.map(Some).ok_or_else(|| Error::unknown("tier", name.as_str(), known()))
}

fn shared_demands(groups: &[Group], usage: &Usage) -> Vec<Shared> {
    let served = groups.iter().filter(|group| group.standing == Standing::Served);
    let mut tiers: Vec<_> = served.filter_map(|group| group.tier.as_ref()).collect();
    tiers.sort_unstable();
    tiers.dedup();
    let core = of_core_account(usage).into_iter().map(|demand| Shared {
        demand,
        copies: usage.core_accounts,
        shield: false,
    });
    let once = of_organization(usage, tiers.len()).into_iter().map(|demand| Shared {
        demand,
        copies: 1,
        shield: false,
    });
    let mut shared: Vec<Shared> = core.filter(|line| line.copies > 0).chain(once).collect();
    if groups.iter().any(|group| group.shield) {
        let demand = Demand {
            id: PriceId::ShieldAdvancedMonth,
            kind: ResourceKind::Organization,
            basis: CostBasis::Promised,
            quantity: Decimal::ONE,
        };
        shared.push(Shared { demand, copies: 1, shield: true });
    }
    shared
}
