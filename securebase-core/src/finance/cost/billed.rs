//! From resources and usage to priced quantities: what each kind of resource says it is billed for, for all of a tenant's.

use rust_decimal::Decimal;

use super::demand::{Age, CostBasis, Demand, Demands};
use super::footprint::{BilledTenant, Standing};
use super::promised;
use super::usage::UsageProfile;
use crate::kinds::billing::{Charged, OnBill, Rate, Storage};
use crate::kinds::facts;
use crate::model::{Region, ResourceKind};

/// Days CloudWatch keeps logs are counted in months of 30, as the price is.
const DAYS_PER_MONTH: u32 = 30;

/// The quantities that one tenant's resources are billed for in a month, and those that its tier promises. For a tenant that
/// has left, only its logs are billed, until their retention ends.
pub(in crate::finance) fn of_tenant(
    tenant: &BilledTenant,
    profile: &UsageProfile,
    log_retention_days: u32,
    hours: Decimal,
    age: Age,
) -> Vec<Demand> {
    let (mut demands, mut while_served) = (Demands::default(), Demands::default());
    for kind in ResourceKind::ALL.iter().copied() {
        match &facts(kind).on_bill {
            OnBill::Nothing | OnBill::Terms => {}
            OnBill::Account(rates) => charge(&mut while_served, tenant, kind, rates, profile, hours),
            OnBill::Counted(rates) => charge(&mut demands, tenant, kind, rates, profile, hours),
            OnBill::Stored(storage) => {
                let is_here = |region: &Region| tenant.region().is_none_or(|own| own == region);
                let found = tenant.log_groups().filter(|(region, _)| is_here(region));
                let days = log_retention_days
                    .saturating_mul(tenant.with_retention_of_tier(kind))
                    .saturating_add(found.map(|(_, groups)| groups.days).sum());
                demands.0.extend(stored(kind, storage, days, profile, age));
            }
        }
    }
    // Forecasts add pooled prices up in this order, that of the price book.
    demands.0.sort_by_key(|demand| demand.id);
    promised::archive(&mut demands, profile, tenant, age);
    if tenant.standing() == Standing::Served {
        promised::by_tier(&mut demands, profile, tenant, hours);
        demands.0.extend(while_served.0);
    }
    demands.0
}

/// Adds what all resources of a kind are charged at their rates.
fn charge(
    demands: &mut Demands,
    tenant: &BilledTenant,
    kind: ResourceKind,
    rates: &[Rate],
    profile: &UsageProfile,
    hours: Decimal,
) {
    let count = Decimal::from(tenant.count(kind));
    for Rate { price, quantity, through } in rates {
        let (basis, quantity) = match *quantity {
            Charged::Once => (CostBasis::Planned, Decimal::ONE),
            Charged::Hours => (CostBasis::Planned, hours),
            Charged::Usage(quantity) => (CostBasis::Assumed, profile.get(quantity)),
        };
        let bearer = through.filter(|through| tenant.count(*through) > 0).unwrap_or(kind);
        demands.push(bearer, basis, *price, count * quantity);
    }
}

/// The quantities of a tenant's log groups outside its own region, by region.
pub(super) fn of_logs_elsewhere<'a>(
    tenant: &'a BilledTenant,
    profile: &'a UsageProfile,
    age: Age,
) -> impl Iterator<Item = (&'a Region, Demand)> {
    let is_elsewhere = |region: &Region| tenant.region().is_some_and(|own| own != region);
    let kinds = ResourceKind::ALL.iter().filter_map(|kind| match &facts(*kind).on_bill {
        OnBill::Stored(storage) => Some((*kind, storage)),
        OnBill::Nothing | OnBill::Account(_) | OnBill::Terms | OnBill::Counted(_) => None,
    });
    kinds.flat_map(move |(kind, storage)| {
        let groups = tenant.log_groups().filter(move |(region, _)| is_elsewhere(region));
        groups.filter_map(move |(region, groups)| {
            Some((region, stored(kind, storage, groups.days, profile, age)?))
        })
    })
}

/// Returns the charge for what is kept for that many days in all, whether or not anything still arrives.
fn stored(
    kind: ResourceKind,
    storage: &Storage,
    days: u32,
    profile: &UsageProfile,
    age: Age,
) -> Option<Demand> {
    let months = Decimal::from(days) / Decimal::from(DAYS_PER_MONTH);
    let compression = profile.get(storage.compression).max(Decimal::ONE);
    let quantity = profile.get(storage.arriving) / compression * age.held(months);
    (!quantity.is_zero()).then_some(Demand { id: storage.price, kind, basis: CostBasis::Assumed, quantity })
}
