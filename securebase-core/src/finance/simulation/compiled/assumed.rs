//! The assumed lines of one category as a function of the number of tenants.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::finance::business::model::Model;
use crate::finance::inputs::line::{AppliesTo, AssumedLine, Category, CostDriver};
use crate::finance::rounding::float;

/// How many tenants the table of a compiled model shown as JSON reaches.
const SHOWN: u32 = 4_096;
/// The longest table a simulation keeps: half a megabyte for each category that has steps.
const TABLE_MAX: usize = 1 << 16;

/// What the lines of a category cost a month.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Assumed {
    always: f64,
    with_tenants: f64,
    without_tenants: f64,
    per_tenant: f64,
    /// In JSON what the lines that are not linear cost with 0, 1, 2 … tenants; empty where there are none.
    #[serde(serialize_with = "shown")]
    steps: Steps,
    /// The whole category by number of tenants, as far as it is tabulated; empty if `always` is all there is.
    #[serde(skip)]
    known: Vec<f64>,
}

/// Lines that are not linear in the number of tenants, which only the line itself can price.
#[derive(Debug, Clone, Default)]
struct Steps {
    lines: Vec<AssumedLine>,
    networked: bool,
}

impl Steps {
    fn cost(&self, tenants: u32) -> f64 {
        let networks = if self.networked { tenants } else { 0 };
        float(self.lines.iter().map(|line| line.priced(tenants, networks).2).sum::<Decimal>())
    }
}

fn shown<S: Serializer>(steps: &Steps, serializer: S) -> Result<S::Ok, S::Error> {
    let most = if steps.lines.is_empty() { 0 } else { SHOWN };
    serializer.collect_seq((0..most).map(|tenants| steps.cost(tenants)))
}

impl Assumed {
    pub(super) fn new(model: &Model, category: Category) -> Self {
        let networked = model.has_networks();
        let mut assumed = Self::default();
        assumed.steps.networked = networked;
        for line in model.assumptions().lines().iter().filter(|line| line.category == category) {
            let amount = float(line.quantity * line.price);
            match (&line.driver, line.applies_to) {
                (CostDriver::Tenant, AppliesTo::Always) => assumed.per_tenant += amount,
                (CostDriver::Tenant, AppliesTo::WithNetwork)
                | (CostDriver::Network, AppliesTo::Always | AppliesTo::WithNetwork)
                    if networked =>
                {
                    assumed.per_tenant += amount;
                }
                (CostDriver::Tenant, AppliesTo::WithoutNetwork) if !networked => assumed.per_tenant += amount,
                (CostDriver::Organization, AppliesTo::WithNetwork) if networked => {
                    assumed.with_tenants += amount;
                }
                // Without tenants there are no networks either.
                (CostDriver::Organization, AppliesTo::WithoutNetwork) if networked => {
                    assumed.without_tenants += amount;
                }
                (CostDriver::Organization, AppliesTo::Always | AppliesTo::WithoutNetwork) => {
                    assumed.always += amount;
                }
                (CostDriver::Organization | CostDriver::Tenant | CostDriver::Network, _) => {}
                _ => assumed.steps.lines.push(line.clone()),
            }
        }
        assumed
    }

    /// What a whole number of tenants costs.
    pub(super) fn exact(&self, tenants: u32) -> f64 {
        let once = if tenants > 0 { self.with_tenants } else { self.without_tenants };
        let linear = self.always + once + self.per_tenant * f64::from(tenants);
        if self.steps.lines.is_empty() { linear } else { linear + self.steps.cost(tenants) }
    }

    /// Tabulates the costs for numbers of tenants up to this one for [`Self::fill`]. The table does not change any figure: beyond
    /// it the lines are priced directly.
    pub(super) fn reach(&mut self, tenants: usize) {
        let only_always = self.with_tenants.abs() + self.without_tenants.abs() + self.per_tenant.abs() == 0.0;
        if only_always && self.steps.lines.is_empty() {
            return;
        }
        let known = self.known.len();
        if tenants >= known && known < TABLE_MAX {
            let end = (tenants + 1).next_power_of_two().min(TABLE_MAX);
            let more: Vec<f64> = (0..).skip(known).take(end - known).map(|count| self.exact(count)).collect();
            self.known.extend(more);
        }
    }

    /// What each number of tenants costs.
    pub(super) fn fill(&self, tenants: &[u32], costs: &mut [f64]) {
        for (cost, &tenants) in costs.iter_mut().zip(tenants) {
            *cost = match self.known.get(tenants as usize) {
                Some(known) => *known,
                None => self.exact(tenants),
            };
        }
    }
}
