//! Growth against a model: the tiers it names are the model's.

use std::collections::BTreeMap;

use super::Model;
use crate::finance::error::Error;
use crate::finance::inputs::growth::{Growth, TierGrowth};

impl Model {
    /// Whether the growth is in range and every tier it names is one of this model's; rows of the shipped growth and `default`
    /// may be there in any case.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything out of range, [`Error::Unknown`] for a tier.
    pub fn check_growth(&self, growth: &Growth) -> Result<(), Error> {
        growth.check()?;
        let names = || self.tiers().iter().map(|tier| tier.name.as_str());
        let shipped = Growth::shipped();
        let in_shipped = |row: &TierGrowth| shipped.tiers.iter().any(|known| known.tier == row.tier);
        let stray = growth.tiers.iter().find(|row| !in_shipped(row) && names().all(|name| name != row.tier));
        match stray {
            Some(row) if row.tier != "default" => Err(Error::unknown("tier", &row.tier, names())),
            _ => Ok(()),
        }
    }

    /// The path of a growth in the order of this model's tiers, from numbers of tenants by the names of tiers. Tiers that are not
    /// named have none.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a tier that the model does not have.
    pub fn path(&self, targets: &[(u32, BTreeMap<String, u32>)]) -> Result<Vec<(u32, Vec<u32>)>, Error> {
        let row = |(month, counts): &(u32, BTreeMap<String, u32>)| {
            let named = counts.iter().map(|(tier, count)| (tier.as_str(), *count));
            Ok((*month, self.counts_by_name(named)?))
        };
        targets.iter().map(row).collect()
    }
}
