//! The lowest infrastructure margin a plan may leave.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::finance::{PriceBook, Usage};
use crate::plan::Error;
use crate::plan::step::Plan;

/// An infrastructure margin below which a plan is refused: revenue less infrastructure, over revenue, once the plan is
/// applied.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginFloor {
    least: Decimal,
    prices: Arc<PriceBook>,
    usage: Arc<Usage>,
}

impl MarginFloor {
    /// The lowest infrastructure margin that is accepted, as a fraction such as 0.95, at AWS's list prices and the shipped
    /// usage.
    pub fn new(least: Decimal) -> Self {
        Self::priced(least, PriceBook::shipped().clone(), Usage::shipped().clone())
    }

    /// The same at other prices and usage.
    pub fn priced(least: Decimal, prices: PriceBook, usage: Usage) -> Self {
        Self { least, prices: Arc::new(prices), usage: Arc::new(usage) }
    }

    /// Fails for a plan that leaves a lower margin, unless the plan changes nothing.
    ///
    /// # Errors
    /// [`Error::Cost`] with the margin, the amounts behind it and the changes that would reach the floor.
    pub fn check(&self, plan: &Plan) -> Result<(), Error> {
        if plan.is_empty() {
            return Ok(());
        }
        Ok(plan.cost(&self.prices, &self.usage)?.margin().ensure_at_least(self.least)?)
    }
}
