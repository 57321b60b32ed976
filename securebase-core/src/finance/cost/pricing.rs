//! Pricing demands: alone where a price is an account's, together where the organization fills its steps.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{CENT, CostReport, GroupLine, Shared, SharedLine};
use crate::finance::demand::Demand;
use crate::finance::prices::{Pool, Price, PriceBook, PriceId};
use crate::finance::{Error, cents};
use crate::model::{Money, Rounding};

/// Who takes part in a pooled price: the lines of a group, or one of the organization's.
#[derive(Clone, Copy)]
enum Part {
    Group(usize, Demand),
    Shared(usize),
}

impl CostReport {
    pub(super) fn price_all(
        &mut self,
        prices: &PriceBook,
        demands: &[Vec<Demand>],
        shared: &[Shared],
    ) -> Result<(), Error> {
        let mut pooled: BTreeMap<PriceId, Vec<(Part, Decimal)>> = BTreeMap::new();
        for (place, demands) in demands.iter().enumerate() {
            let tenants = Decimal::from(self.groups[place].tenants.len());
            for demand in demands {
                let price = prices.price(demand.id);
                if is_pooled(price) {
                    let part = (Part::Group(place, *demand), demand.quantity * tenants);
                    pooled.entry(demand.id).or_default().push(part);
                    continue;
                }
                let amount = price.amount(demand.quantity)?;
                let (each, unit_price) = (cents(amount), unit_price(price, amount, demand.quantity));
                self.groups[place].lines.push(GroupLine { demand: *demand, unit_price, each, coins: 0 });
            }
        }
        for (index, &Shared { demand, copies, shield }) in shared.iter().enumerate() {
            let price = prices.price(demand.id);
            let whole = demand.quantity * Decimal::from(copies);
            let mut amount = Decimal::ZERO;
            let mut each = Decimal::ZERO;
            if is_pooled(price) {
                pooled.entry(demand.id).or_default().push((Part::Shared(index), whole));
            } else {
                each = price.amount(demand.quantity)?;
                amount = cents(each) * Decimal::from(copies);
            }
            let unit_price = unit_price(price, each, demand.quantity);
            self.shared.push(SharedLine { demand, unit_price, amount, copies, shield });
        }
        for (id, parts) in pooled {
            self.share_out(prices.price(id), &parts)?;
        }
        for group in &mut self.groups {
            group.lines.sort_by_key(|line| (line.demand.id, line.demand.kind, line.demand.basis));
        }
        Ok(())
    }

    /// Prices the usage of all parts together and shares the price out by usage, cent by cent.
    fn share_out(&mut self, price: &Price, parts: &[(Part, Decimal)]) -> Result<(), Error> {
        let quantities: Vec<Decimal> = parts.iter().map(|(_, quantity)| *quantity).collect();
        let whole: Decimal = quantities.iter().sum();
        let amount = price.amount(whole)?;
        let unit_price = unit_price(price, amount, whole);
        let total = Money::new(cents(amount), self.currency);
        let shares = total.allocate(&quantities)?;
        for ((part, _), share) in parts.iter().zip(shares) {
            match *part {
                Part::Shared(index) => {
                    self.shared[index].amount = share.amount;
                    self.shared[index].unit_price = unit_price;
                }
                Part::Group(place, demand) => {
                    let group = &mut self.groups[place];
                    let tenants = Decimal::from(group.tenants.len());
                    let each = Rounding::Down.apply(share.amount / tenants, 2);
                    let left = (share.amount - each * tenants) / CENT;
                    let coins =
                        usize::try_from(left.mantissa() / 10_i128.pow(left.scale())).unwrap_or_default();
                    group.lines.push(GroupLine { demand, unit_price, each, coins });
                }
            }
        }
        Ok(())
    }
}

pub(in crate::finance) fn is_pooled(price: &Price) -> bool {
    price.is_graduated() && price.pool == Pool::Payer
}

fn unit_price(price: &Price, amount: Decimal, quantity: Decimal) -> Decimal {
    if !price.is_graduated() {
        return price.list_price();
    }
    amount.checked_div(quantity).unwrap_or_default().round_dp(10).normalize()
}
