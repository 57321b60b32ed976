//! The steps of a plan as a table.

use crate::model::{ResourceId, TenantKey};
use crate::table::{Column, Error, Table};

use super::step::Plan;

impl Plan {
    /// The steps: `address, kind, action, tenant, id, depends_on` (addresses joined by line breaks).
    ///
    /// # Errors
    /// [`Error::TooLong`] beyond 2 GiB of text.
    pub fn table(&self) -> Result<Table, Error> {
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
        ])
    }
}
