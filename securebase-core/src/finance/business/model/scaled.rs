//! The same business with another number of tenants.

use super::Model;
use crate::finance::error::Error;

impl Model {
    /// A number of tenants at the current mix of tiers, by largest remainder, each at its tier's price.
    ///
    /// # Errors
    /// [`Error::Range`] for a model without tenants, whose mix is unknown, and beyond 100,000 tenants.
    pub fn scaled(&self, tenants: u32) -> Result<Self, Error> {
        let counts = self.tenants_by_tier();
        let whole: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        if whole == 0 {
            return Err(Error::range("zone to scale", &"no tenants", "give it tenants, their mix is kept"));
        }
        let share = |count: u32| {
            let product = u64::from(count) * u64::from(tenants);
            (product / whole, product % whole)
        };
        let mut scaled: Vec<(u64, u64)> = counts.iter().map(|count| share(*count)).collect();
        let left = u64::from(tenants) - scaled.iter().map(|(count, _)| count).sum::<u64>();
        let mut order: Vec<usize> = (0..scaled.len()).collect();
        order.sort_by_key(|tier| std::cmp::Reverse(scaled[*tier].1));
        for tier in order.into_iter().take(usize::try_from(left).unwrap_or_default()) {
            scaled[tier].0 += 1;
        }
        let scaled = scaled
            .into_iter()
            .map(|(count, _)| u32::try_from(count).map_err(|_| crate::model::MoneyError::Overflow.into()))
            .collect::<Result<Vec<_>, Error>>()?;
        self.with_counts(&scaled)
    }
}
