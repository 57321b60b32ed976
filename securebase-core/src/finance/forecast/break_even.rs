//! The number of tenants from which a tier alone covers all costs.

use rust_decimal::Decimal;

use super::expected::Expected;
use crate::finance::business::model::{Model, unknown_tier};
use crate::finance::cost::demand::Age;
use crate::finance::error::Error;
use crate::finance::inputs::growth::Growth;
use crate::finance::inputs::line::Category;
use crate::finance::rounding::cents;
use crate::finance::rounding::float;
use crate::model::MoneyError;

/// The largest number of tenants that a search tries.
const TENANTS_SEARCHED: u32 = 1_000;

/// The numbers of tenants at which a tier breaks even. A step in cost (one more person) can turn a profit into a loss again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakEven {
    /// The number from which profit lasts up to a thousand tenants; `None` if a thousand tenants make a loss.
    pub lasting: Option<u32>,
    /// The first number that makes no loss; `None` if every number up to a thousand makes one.
    pub first: Option<u32>,
    /// The numbers at which a profit turns into a loss again, in order: each makes a loss, one tenant fewer does not.
    pub lost_again_at: Vec<u32>,
}

impl Model {
    /// How many tenants of a tier, alone in the organization, cover all costs: the number from which profit lasts, searched up
    /// to a thousand tenants, and the numbers below it at which a profit turns into a loss again.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a tier the zone does not have, [`Error::Money`] for amounts with too many digits.
    pub fn break_even(&self, tier: &str) -> Result<BreakEven, Error> {
        let place = self.tiers.iter().position(|known| known.name.as_str() == tier);
        let place = place.ok_or_else(|| unknown_tier(tier, &self.tiers))?;
        let price = self.tiers[place].monthly_price.amount;
        price.checked_mul(TENANTS_SEARCHED.into()).ok_or(MoneyError::Overflow)?;
        let prices: Vec<Decimal> = self.tiers.iter().map(|tier| tier.monthly_price.amount).collect();
        let expected = Expected::compiled(self, &Growth::none(), &prices, 1)?;
        let curve = self.curve(Age::Steady)?;
        let mut counts = vec![Decimal::ZERO; self.tiers.len()];
        let mut is_profit = |tenants: u32| -> Result<bool, Error> {
            let count = Decimal::from(tenants);
            let near = float(price * count) - expected.cost_alone(place, tenants.into());
            // Floats are off by some cents, so they decide only where the result is not close to zero.
            if near.abs() > 1.0 {
                return Ok(near > 0.0);
            }
            counts[place] = count;
            let assumed: Decimal =
                Category::ALL.iter().map(|category| self.assumed(*category, tenants)).sum();
            let infrastructure = match &curve {
                Some(curve) => curve.infrastructure(&counts)?,
                None => Decimal::ZERO,
            };
            Ok(cents(price * count) >= assumed + infrastructure)
        };
        let mut found = BreakEven { lasting: None, first: None, lost_again_at: Vec::new() };
        for tenants in 1..=TENANTS_SEARCHED {
            if is_profit(tenants)? {
                found.lasting = found.lasting.or(Some(tenants));
                found.first = found.first.or(Some(tenants));
            } else if found.lasting.take().is_some() {
                found.lost_again_at.push(tenants);
            }
        }
        Ok(found)
    }

    /// The number of tenants of a tier, alone in the organization, from which profit lasts; `None` if a thousand tenants make
    /// a loss. [`Self::break_even`] also returns the numbers below it at which a profit turns into a loss again.
    ///
    /// # Errors
    /// As [`Self::break_even`].
    pub fn break_even_tenants(&self, tier: &str) -> Result<Option<u32>, Error> {
        Ok(self.break_even(tier)?.lasting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::Assumptions;
    use crate::finance::tests::model;

    /// Every number of tenants up to the limit, by the months of models with that number of tenants.
    fn by_months(model: &Model, tier: usize, limit: u32) -> BreakEven {
        let mut found = BreakEven { lasting: None, first: None, lost_again_at: Vec::new() };
        let mut before = false;
        for tenants in 1..=limit {
            let mut counts = vec![0; model.tiers().len()];
            counts[tier] = tenants;
            let month = model.with_counts(&counts).unwrap().month().unwrap();
            let now = month.profit().amount >= Decimal::ZERO;
            if now && found.first.is_none() {
                found.first = Some(tenants);
            }
            if now && !before {
                found.lasting = Some(tenants);
            }
            if before && !now {
                found.lasting = None;
                found.lost_again_at.push(tenants);
            }
            before = now;
        }
        found
    }

    #[test]
    fn the_number_found_is_that_of_the_months() {
        let documents = ["five-customers", "ten-customers-vpc", "second-customer"];
        let seeds = documents.map(|name| Assumptions::seed(name).unwrap());
        for assumptions in seeds.into_iter().chain([Assumptions::aws()]) {
            let model = model([1, 0, 0, 0], assumptions);
            for (place, tier) in model.tiers().to_vec().iter().enumerate() {
                let found = model.break_even(tier.name.as_str()).unwrap();
                assert_eq!(found, by_months(&model, place, 60), "{}", tier.name);
            }
        }
    }

    #[test]
    fn a_profit_that_is_lost_again_does_not_count() {
        let aws = model([1, 0, 0, 0], Assumptions::aws());
        let standard = aws.break_even("standard").unwrap();
        // Three pay 6,000 against 3,000 of people, 2,500 and about 200; the sixth brings an engineer, and eight pay for it.
        assert_eq!((standard.first, standard.lasting), (Some(3), Some(8)));
        assert_eq!(standard.lost_again_at, [6]);
        assert_eq!(aws.break_even_tenants("standard").unwrap(), Some(8));
        assert_eq!(aws.break_even_tenants("gov-federal").unwrap(), Some(1));
        assert!(aws.break_even("platinum").is_err());
    }
}
