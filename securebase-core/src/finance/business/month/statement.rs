//! The month of a model: its lines, and what they add up to.

use super::lines;
use super::{Month, MonthLine};
use crate::finance::business::model::Model;
use crate::finance::cost::demand::Age;
use crate::finance::error::Error;
use crate::finance::inputs::line::CostDriver;
use crate::model::Money;

impl Model {
    /// A month in which stored logs have reached their retention.
    ///
    /// # Errors
    /// [`Error::Money`] where amounts have too many digits.
    pub fn month(&self) -> Result<Month, Error> {
        self.month_at(Age::Steady)
    }

    /// A month of the given age for all tenants.
    ///
    /// # Errors
    /// [`Error::Money`] where amounts have too many digits.
    pub fn month_at(&self, age: Age) -> Result<Month, Error> {
        let report = self.cost(age)?;
        let (tenants, networks) = self.sizes();
        let mut lines = report.as_ref().map_or(Ok(Vec::new()), lines::infrastructure)?;
        for line in &self.assumptions.lines {
            let (quantity, unit_price, amount) = line.priced(tenants, networks);
            if quantity.is_zero() {
                continue;
            }
            lines.push(MonthLine {
                category: line.category,
                item: line.item.clone(),
                basis: Some(matches!(line.driver, CostDriver::Tenant | CostDriver::Network)),
                networked_only: matches!(line.driver, CostDriver::Network),
                recurring: line.recurring,
                quantity,
                unit: line.unit.clone(),
                unit_price,
                amount: Money::new(amount, self.currency()),
                source: line.source.clone(),
            });
        }
        let revenue = Money::sum(self.currency(), self.tenants.iter().map(|tenant| tenant.price))?;
        Ok(Month::new(self.clone(), revenue, lines, report))
    }
}
