//! The steps of a plan as a table.

use crate::finance::{PriceBook, Usage};
use crate::model::{ResourceId, TenantKey};
use crate::plan::cost::{PlanCost, StepCost};
use crate::plan::step::Plan;
use crate::table::{Column, Error, Table};

impl Plan {
    /// The steps at AWS's list prices and the shipped usage, as [`Plan::table_at`]; without amounts where the tiers are
    /// priced in another currency.
    ///
    /// # Errors
    /// [`Error::TooLong`] beyond 2 GiB of text.
    pub fn table(&self) -> Result<Table, Error> {
        self.table_at(self.priced(PriceBook::shipped(), Usage::shipped()).ok().as_ref())
    }

    /// The steps: `address, kind, action, tenant, id, depends_on` (addresses joined by line breaks), `monthly_cost` and
    /// `one_time_cost` (decimals), `minutes`.
    ///
    /// # Errors
    /// [`Error::TooLong`] beyond 2 GiB of text.
    pub fn table_at(&self, cost: Option<&PlanCost>) -> Result<Table, Error> {
        let costs = || self.steps().map(|step| cost.and_then(|cost| cost.step(&step.address)));
        let waits: Vec<String> = self
            .steps()
            .map(|step| {
                let on: Vec<&str> = step.depends_on.iter().map(|dependency| dependency.on.as_str()).collect();
                on.join("\n")
            })
            .collect();
        Table::new(vec![
            Column::utf8("address", self.steps().map(|step| step.address.as_str()))?,
            Column::utf8("kind", self.steps().map(|step| step.kind.name()))?,
            Column::utf8("action", self.steps().map(|step| step.action.name()))?,
            Column::utf8("tenant", self.steps().map(|step| step.tenant.as_ref().map(TenantKey::as_str)))?,
            Column::utf8("id", self.steps().map(|step| step.id.as_ref().map(ResourceId::as_str)))?,
            Column::utf8("depends_on", waits.iter().map(String::as_str))?,
            Column::decimal("monthly_cost", 2, costs().map(|cost| cost.map(|cost| cost.monthly.amount)))?,
            Column::decimal("one_time_cost", 10, costs().map(|cost| cost.map(|cost| cost.one_time.amount)))?,
            Column::float64("minutes", costs().map(|cost| cost.map(StepCost::minutes))),
        ])
    }
}
