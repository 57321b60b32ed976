//! Assumptions, changes and what became of an offer file, as tables.

use super::{FigureChange, Month};
use crate::finance::business::model::Model;
use crate::finance::error::Error;
use crate::finance::inputs::assumptions::Assumptions;
use crate::finance::inputs::growth::Growth;
use crate::finance::pricing::offers::OfferReport;
use crate::table::{Column, Table};

impl Assumptions {
    /// The assumed lines of cost: `category, item, quantity, unit, price, source`.
    ///
    /// # Errors
    /// [`Error::Table`] for a number of too many digits.
    pub fn lines_table(&self) -> Result<Table, Error> {
        let lines = self.lines();
        Ok(Table::new(vec![
            Column::utf8("category", lines.iter().map(|line| line.category.name()))?,
            Column::utf8("item", lines.iter().map(|line| line.item.as_str()))?,
            Column::decimal("quantity", 10, lines.iter().map(|line| line.quantity))?,
            Column::utf8("unit", lines.iter().map(|line| line.unit.as_str()))?,
            Column::decimal("price", 10, lines.iter().map(|line| line.price))?,
            Column::utf8("source", lines.iter().map(|line| line.source.as_str()))?,
        ])?)
    }
}

impl Model {
    /// Every number that [`Model::assumption_values`] finds: `path, value`.
    ///
    /// # Errors
    /// [`Error::Table`] for a number of too many digits.
    pub fn assumptions_table(&self, growth: &Growth) -> Result<Table, Error> {
        let values = self.assumption_values(growth);
        let paths: Vec<String> = values.iter().map(|(path, _)| path.to_string()).collect();
        Ok(Table::new(vec![
            Column::utf8("path", paths.iter().map(String::as_str))?,
            Column::decimal("value", 10, values.iter().map(|(_, value)| *value))?,
        ])?)
    }
}

impl Month {
    /// What has changed since another month: `figure, before, after, absolute, relative`.
    ///
    /// # Errors
    /// [`Error::Table`] for a number of too many digits.
    pub fn changes_table(&self, before: &Self) -> Result<Table, Error> {
        let changes = self.since(before);
        Ok(Table::new(vec![
            Column::utf8("figure", changes.iter().map(|change| change.figure))?,
            Column::decimal("before", 10, changes.iter().map(|change| change.before))?,
            Column::decimal("after", 10, changes.iter().map(|change| change.after))?,
            Column::decimal("absolute", 10, changes.iter().map(FigureChange::absolute))?,
            Column::decimal("relative", 10, changes.iter().map(FigureChange::relative))?,
        ])?)
    }
}

impl OfferReport {
    /// What became of each product: `sku, usage_type, price_id, left_out`, of the last two one.
    ///
    /// # Errors
    /// [`Error::Table`] for more text than a column holds.
    pub fn table(&self) -> Result<Table, Error> {
        let mapped = self.mapped.iter().map(|(sku, usage, id)| (sku, usage, Some(id.name()), None));
        let left_out = self.unmapped.iter().map(|(sku, usage, why)| (sku, usage, None, Some(why.as_str())));
        let rows: Vec<(&String, &String, Option<&str>, Option<&str>)> = mapped.chain(left_out).collect();
        Ok(Table::new(vec![
            Column::utf8("sku", rows.iter().map(|row| row.0.as_str()))?,
            Column::utf8("usage_type", rows.iter().map(|row| row.1.as_str()))?,
            Column::utf8("price_id", rows.iter().map(|row| row.2))?,
            Column::utf8("left_out", rows.iter().map(|row| row.3))?,
        ])?)
    }
}
