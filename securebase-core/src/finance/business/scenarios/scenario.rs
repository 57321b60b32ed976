//! A named model with its growth.

use crate::finance::business::model::Model;
use crate::finance::inputs::growth::Growth;

/// A named model with the growth that its forecast assumes.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name, which becomes the name of a column.
    pub name: String,
    /// The model: tenants and assumptions.
    pub model: Model,
    /// The growth of its forecast: new tenants, churn, price and cost changes.
    pub growth: Growth,
}
