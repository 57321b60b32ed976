//! One number of the assumptions turned by hand.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::Model;
use super::varied::Varied;
use crate::finance::error::Error;
use crate::finance::inputs::assumption::{Assumption, TierFigure};
use crate::finance::inputs::growth::Growth;

impl Model {
    /// The model and its growth with an assumption at a value: a factor at that factor, any other path at the value that
    /// [`Self::assumption_values`] would then show. What else the path names moves in proportion; every tenant of a tier pays
    /// the price that `price.<tier>` is put at.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a path that names nothing in this model, with the near ones, [`Error::Range`] for a value that
    /// cannot be.
    pub fn with_lever(
        &self,
        growth: &Growth,
        lever: &Assumption,
        value: f64,
    ) -> Result<(Self, Growth), Error> {
        let (low, high, rule) = lever.range();
        if !(low..=high).contains(&value) {
            return Err(Error::lever(lever, value, rule));
        }
        let exact = Decimal::from_f64(value).ok_or(crate::model::MoneyError::Overflow)?;
        let (model, growth) = match lever {
            Assumption::Factor(factor) => {
                let mut growth = growth.clone();
                growth.set_factor(*factor, value);
                (self.clone(), growth)
            }
            path => {
                let mut varied = Varied::new(self, growth, [path])?;
                varied.set(path, exact)?;
                let mut model = varied.model;
                if let Assumption::Tier(TierFigure::Price, tier) = path {
                    // What single tenants pay is no assumption and would stay as it is.
                    let place = model.tiers.iter().position(|known| known.name.as_str() == tier);
                    place.into_iter().for_each(|place| model.set_price(place, exact));
                }
                (model, varied.growth)
            }
        };
        growth.check()?;
        Ok((model, growth))
    }
}
