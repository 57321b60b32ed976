//! Revenue against infrastructure, and a floor under the margin.

use rust_decimal::Decimal;

use crate::finance::error::Error;
use crate::model::Money;

/// Revenue against infrastructure: the margin before any people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margin {
    /// What tenants pay a month.
    pub revenue: Money,
    /// What AWS is paid a month.
    pub infrastructure: Money,
}

impl Margin {
    /// (revenue - infrastructure) / revenue, unrounded; `None` without revenue.
    pub fn fraction(&self) -> Option<Decimal> {
        let left = self.revenue.checked_sub(self.infrastructure).ok()?;
        left.ratio_of(self.revenue).ok()?
    }

    /// Refuses a margin below `floor` (a fraction such as 0.95), or one that does not exist.
    ///
    /// # Errors
    /// [`Error::BelowFloor`] with the numbers and the changes that would reach the floor; [`Error::Range`] for a floor above 1,
    /// which no margin reaches.
    pub fn ensure_at_least(&self, floor: Decimal) -> Result<(), Error> {
        if floor > Decimal::ONE {
            return Err(Error::range(
                "margin floor",
                &floor,
                "expected a fraction of at most 1, such as 0.95",
            ));
        }
        match self.fraction() {
            Some(margin) if margin >= floor => Ok(()),
            margin => Err(Error::BelowFloor {
                margin,
                floor,
                revenue: self.revenue,
                infrastructure: self.infrastructure,
            }),
        }
    }
}
