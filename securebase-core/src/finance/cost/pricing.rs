//! Pricing demands: alone where a price is an account's, together where the organization fills its steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::bill::{CENT, CostReport, GroupLine, SharedLine};
use super::demand::{Age, Demand};
use crate::finance::error::Error;
use crate::finance::pricing::prices::{BillingScope, Price, PriceBook, PriceId};
use crate::finance::rounding::cents;
use crate::model::{Money, Rounding};

/// A demand of the organization: the number of copies, and whether only some tenants bear it.
pub(super) struct Shared {
    pub(super) demand: Demand,
    pub(super) copies: u32,
    pub(super) shield: bool,
}

/// What takes part in a pooled price: the lines of a group, or one of the organization's.
#[derive(Clone, Copy)]
enum Part<'a> {
    Group(usize, &'a Arc<PriceBook>, Demand),
    Shared(usize),
}

/// Usage that fills the steps of one price together. Regions with the same steps share a pool, so that a free allowance of
/// the payer is granted once.
struct Pooled<'a> {
    price: Price,
    parts: Vec<(Part<'a>, Decimal)>,
}

impl CostReport {
    pub(super) fn price_all(
        &mut self,
        demands: &[Vec<(Arc<PriceBook>, Demand)>],
        shared: &[Shared],
        age: Age,
    ) -> Result<(), Error> {
        let mut pooled: BTreeMap<PriceId, Vec<Pooled<'_>>> = BTreeMap::new();
        for (place, demands) in demands.iter().enumerate() {
            let tenants = Decimal::from(self.groups[place].tenants.len());
            for (prices, demand) in demands {
                let price = prices.price(demand.id);
                if age.is_free(price) {
                    continue;
                }
                if is_pooled(price) {
                    let part = (Part::Group(place, prices, *demand), demand.quantity * tenants);
                    pool(&mut pooled, price).push(part);
                    continue;
                }
                let amount = price.charge_for(demand.quantity)?;
                let (each, unit_price) = (cents(amount), unit_price(price, amount, demand.quantity));
                let (demand, prices) = (*demand, Arc::clone(prices));
                self.groups[place].lines.push(GroupLine {
                    demand,
                    prices,
                    unit_price,
                    each,
                    remainder_cents: 0,
                });
            }
        }
        let prices = Arc::clone(&self.prices);
        let paid = shared.iter().filter(|shared| !age.is_free(prices.price(shared.demand.id)));
        for (index, &Shared { demand, copies, shield }) in paid.enumerate() {
            let price = prices.price(demand.id);
            let whole = demand.quantity * Decimal::from(copies);
            let mut amount = Decimal::ZERO;
            let mut each = Decimal::ZERO;
            if is_pooled(price) {
                pool(&mut pooled, price).push((Part::Shared(index), whole));
            } else {
                each = price.charge_for(demand.quantity)?;
                amount = cents(each) * Decimal::from(copies);
            }
            let unit_price = unit_price(price, each, demand.quantity);
            self.shared.push(SharedLine { demand, unit_price, amount, copies, shield });
        }
        for Pooled { price, parts } in pooled.into_values().flatten() {
            self.share_out(&price, &parts)?;
        }
        for group in &mut self.groups {
            group.lines.sort_by_key(|line| (line.demand.id, line.demand.kind, line.demand.basis));
        }
        Ok(())
    }

    /// Prices the usage of all parts together and shares the price out by usage, cent by cent.
    fn share_out(&mut self, price: &Price, parts: &[(Part<'_>, Decimal)]) -> Result<(), Error> {
        let quantities: Vec<Decimal> = parts.iter().map(|(_, quantity)| *quantity).collect();
        let whole: Decimal = quantities.iter().sum();
        let amount = price.charge_for(whole)?;
        let unit_price = unit_price(price, amount, whole);
        let total = Money::new(cents(amount), self.currency);
        let shares = total.allocate(&quantities)?;
        for ((part, _), share) in parts.iter().zip(shares) {
            match *part {
                Part::Shared(index) => {
                    self.shared[index].amount = share.amount;
                    self.shared[index].unit_price = unit_price;
                }
                Part::Group(place, prices, demand) => {
                    let group = &mut self.groups[place];
                    let tenants = Decimal::from(group.tenants.len());
                    let each = Rounding::Down.apply(share.amount / tenants, 2);
                    let left = (share.amount - each * tenants) / CENT;
                    let remainder_cents =
                        usize::try_from(left.mantissa() / 10_i128.pow(left.scale())).unwrap_or_default();
                    let prices = Arc::clone(prices);
                    group.lines.push(GroupLine { demand, prices, unit_price, each, remainder_cents });
                }
            }
        }
        Ok(())
    }
}

/// The usage that fills the steps of a price so far.
fn pool<'p, 'a>(
    pooled: &'p mut BTreeMap<PriceId, Vec<Pooled<'a>>>,
    price: &Price,
) -> &'p mut Vec<(Part<'a>, Decimal)> {
    let pools = pooled.entry(price.id).or_default();
    let place = pools.iter().position(|pool| pool.price.bands == price.bands).unwrap_or_else(|| {
        pools.push(Pooled { price: price.clone(), parts: Vec::new() });
        pools.len() - 1
    });
    &mut pools[place].parts
}

pub(in crate::finance) fn is_pooled(price: &Price) -> bool {
    price.is_graduated() && price.billing_scope == BillingScope::Payer
}

fn unit_price(price: &Price, amount: Decimal, quantity: Decimal) -> Decimal {
    if !price.is_graduated() {
        return price.list_price();
    }
    amount.checked_div(quantity).unwrap_or_default().round_dp(10).normalize()
}
