//! The figures of a month as floats.

use crate::finance::inputs::line::Category;

/// What one month brings in one trial.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::finance) struct Outcome {
    pub(in crate::finance) tenants: f64,
    pub(in crate::finance) revenue: f64,
    /// By category, in the order of [`Category::ALL`].
    pub(in crate::finance) costs: [f64; 4],
}

impl Outcome {
    pub(in crate::finance) fn total_cost(&self) -> f64 {
        self.costs[0] + self.costs[1] + self.costs[2] + self.costs[3]
    }

    pub(in crate::finance) fn profit(&self) -> f64 {
        self.revenue - self.total_cost()
    }

    /// What is left of revenue after the categories up to and including one; NaN without revenue.
    pub(in crate::finance) fn margin(&self, upto: Category) -> f64 {
        let costs: f64 = self.costs.iter().take(upto as usize + 1).sum();
        if self.revenue > 0.0 { (self.revenue - costs) / self.revenue } else { f64::NAN }
    }
}
