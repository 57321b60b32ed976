//! A month of many trials at once, column by column, in loops that the compiler can vectorize.
//!
//! Every trial's figures come from the same operations in the same order regardless of the other trials, so they do not
//! depend on how trials are split into ranges.

use super::{Bends, Fast};
use crate::finance::business::metric::Metric;
use crate::finance::inputs::line::Category;

/// The number of trials processed together, whose columns fit the innermost cache.
pub(in crate::finance) const BLOCK: usize = 512;

/// A factor that is not uncertain.
pub(in crate::finance) static ONES: [f64; BLOCK] = [1.0; BLOCK];

/// The input of a month's figures, for at most [`BLOCK`] trials.
#[derive(Debug, Clone, Copy)]
pub(in crate::finance) struct Given<'a> {
    /// Tenants, tier by tier: `stride` values each, used from index `from`.
    pub(in crate::finance) tenants: &'a [u32],
    pub(in crate::finance) stride: usize,
    pub(in crate::finance) from: usize,
    /// Tenants won in the month.
    pub(in crate::finance) won: &'a [u32],
    /// What tenants pay before price changes, where they do not all pay the same.
    pub(in crate::finance) paid: Option<&'a [f64]>,
    pub(in crate::finance) price: &'a [f64],
    pub(in crate::finance) infrastructure: &'a [f64],
    pub(in crate::finance) support: &'a [f64],
    pub(in crate::finance) other: &'a [f64],
}

impl<'a> Given<'a> {
    fn tier(&self, tier: usize) -> &'a [u32] {
        &self.tenants[tier * self.stride + self.from..][..self.won.len()]
    }

    /// One of the trials alone.
    pub(in crate::finance) fn one(&self, trial: usize) -> Self {
        let at = trial..trial + 1;
        Self {
            from: self.from + trial,
            won: &self.won[at.clone()],
            paid: self.paid.map(|paid| &paid[at.clone()]),
            price: &self.price[at.clone()],
            infrastructure: &self.infrastructure[at.clone()],
            support: &self.support[at.clone()],
            other: &self.other[at],
            ..*self
        }
    }
}

/// The figures of a month, trial by trial.
#[derive(Debug, Default)]
pub(in crate::finance) struct Outcomes {
    pub(in crate::finance) tenants: Vec<u32>,
    pub(in crate::finance) revenue: Vec<f64>,
    /// By category, in the order of [`Category::ALL`].
    pub(in crate::finance) costs: [Vec<f64>; 4],
    pub(in crate::finance) profit: Vec<f64>,
    /// Tiers that have tenants.
    present: Vec<f64>,
    fee: Vec<f64>,
    quantity: Vec<f64>,
}

impl Outcomes {
    pub(in crate::finance) fn resize(&mut self, trials: usize) {
        let Self { tenants, revenue, costs, profit, present, fee, quantity } = self;
        tenants.resize(trials, 0);
        let [first, second, third, fourth] = costs;
        for column in [revenue, first, second, third, fourth, profit, present, fee, quantity] {
            column.resize(trials, 0.0);
        }
    }

    /// A metric trial by trial; a margin is NaN where there is no revenue.
    pub(in crate::finance) fn metric(&self, metric: Metric) -> Vec<f64> {
        let mut values = Vec::new();
        let all = self.all(metric, &mut values);
        let known = all.iter().zip(&self.revenue);
        known
            .map(|(value, revenue)| if metric.is_margin() && *revenue <= 0.0 { f64::NAN } else { *value })
            .collect()
    }

    /// A metric of the trials that have it, in `values` or as it is held here.
    pub(in crate::finance) fn present<'a>(&'a self, metric: Metric, values: &'a mut Vec<f64>) -> &'a [f64] {
        if metric.is_margin() && self.revenue.iter().any(|revenue| *revenue <= 0.0) {
            *values = self.metric(metric);
            values.retain(|value| !value.is_nan());
            return values;
        }
        self.all(metric, values)
    }

    fn all<'a>(&'a self, metric: Metric, values: &'a mut Vec<f64>) -> &'a [f64] {
        let [infrastructure, support, ..] = &self.costs;
        let revenue = self.revenue.iter();
        values.clear();
        match metric {
            Metric::Tenants => values.extend(self.tenants.iter().map(|tenants| count(*tenants))),
            Metric::Revenue => return &self.revenue,
            Metric::Profit => return &self.profit,
            Metric::InfrastructureMargin => {
                values.extend(revenue.zip(infrastructure).map(|(revenue, cost)| (revenue - cost) / revenue));
            }
            Metric::GrossMargin => {
                let costs = infrastructure.iter().zip(support).map(|(first, second)| first + second);
                values.extend(revenue.zip(costs).map(|(revenue, cost)| (revenue - cost) / revenue));
            }
            Metric::OperatingMargin => {
                values.extend(revenue.zip(&self.profit).map(|(revenue, profit)| profit / revenue));
            }
        }
        values
    }

    /// Puts the figures of more trials behind these.
    pub(in crate::finance) fn append(&mut self, more: &Self) {
        self.tenants.extend_from_slice(&more.tenants);
        self.revenue.extend_from_slice(&more.revenue);
        for (costs, more) in self.costs.iter_mut().zip(&more.costs) {
            costs.extend_from_slice(more);
        }
        self.profit.extend_from_slice(&more.profit);
    }

    /// Takes over one trial's figures from the only ones of another.
    pub(in crate::finance) fn set(&mut self, trial: usize, one: &Self) {
        self.tenants[trial] = one.tenants[0];
        self.revenue[trial] = one.revenue[0];
        for (costs, one) in self.costs.iter_mut().zip(&one.costs) {
            costs[trial] = one[0];
        }
        self.profit[trial] = one.profit[0];
    }
}

/// A number of tenants as a float. Converting from [`u32`] would need no cast but takes three times as long.
#[inline]
fn count(tenants: u32) -> f64 {
    f64::from(tenants.cast_signed())
}

impl Bends {
    /// Adds what a pooled price costs beyond its first step.
    fn add(
        &self,
        given: &Given<'_>,
        tenants: &[u32],
        present: &[f64],
        quantity: &mut [f64],
        costs: &mut [f64],
    ) {
        let each = self.per_tenant.first().copied().unwrap_or_default();
        for (quantity, present) in quantity.iter_mut().zip(present) {
            *quantity = self.base + self.per_present_tier * present;
        }
        if self.alike {
            for (quantity, tenants) in quantity.iter_mut().zip(tenants) {
                *quantity += each * count(*tenants);
            }
        } else {
            for (tier, each) in self.per_tenant.iter().enumerate() {
                for (quantity, tenants) in quantity.iter_mut().zip(given.tier(tier)) {
                    *quantity += each * count(*tenants);
                }
            }
        }
        let most =
            quantity.iter().fold(0.0, |most, quantity| if *quantity > most { *quantity } else { most });
        for &(bound, more) in &self.bends {
            // What no trial reaches would add nothing to any.
            if most <= bound {
                break;
            }
            for (cost, quantity) in costs.iter_mut().zip(&*quantity) {
                let above = quantity - bound;
                *cost += if above > 0.0 { above } else { 0.0 } * more;
            }
        }
    }
}

impl Fast {
    /// Tabulates the costs for numbers of tenants up to this one.
    pub(in crate::finance) fn reach(&mut self, tenants: usize) {
        for assumed in &mut self.assumed {
            assumed.reach(tenants);
        }
    }

    /// The month from 0 of every trial.
    pub(in crate::finance) fn outcomes(&self, given: &Given<'_>, month: usize, out: &mut Outcomes) {
        let trials = given.won.len();
        out.resize(trials);
        // Slices of one length: loops over vectors would check their places and look their addresses up in every turn.
        let tenants = &mut out.tenants[..trials];
        let (revenue, profit) = (&mut out.revenue[..trials], &mut out.profit[..trials]);
        let [infrastructure, support, sales, other] = &mut out.costs;
        let (infrastructure, support) = (&mut infrastructure[..trials], &mut support[..trials]);
        let (sales, other) = (&mut sales[..trials], &mut other[..trials]);
        let (present, fee) = (&mut out.present[..trials], &mut out.fee[..trials]);
        let quantity = &mut out.quantity[..trials];
        tenants.fill(0);
        revenue.fill(0.0);
        infrastructure.fill(self.linear.base + self.departed[month]);
        present.fill(0.0);
        fee.fill(0.0);
        for (tier, (&price, &each)) in self.prices.iter().zip(&self.linear.each).enumerate() {
            let counts = &given.tier(tier)[..trials];
            for trial in 0..trials {
                let number = count(counts[trial]);
                tenants[trial] += counts[trial];
                revenue[trial] += number * price;
                infrastructure[trial] += number * each;
                present[trial] += if number > 0.0 { 1.0 } else { 0.0 };
            }
            if self.shield_tiers[tier] {
                for (fee, tenants) in fee.iter_mut().zip(counts) {
                    *fee = if count(*tenants) > 0.0 { self.shield } else { *fee };
                }
            }
        }
        if self.linear.per_present_tier > 0.0 {
            for (cost, present) in infrastructure.iter_mut().zip(&*present) {
                *cost += self.linear.per_present_tier * present;
            }
        }
        let most = tenants.iter().fold(0, |most, tenants| most.max(*tenants));
        for bends in &self.linear.bends {
            if f64::from(most) > bends.reach {
                bends.add(given, tenants, present, quantity, infrastructure);
            }
        }
        if let Some(paid) = given.paid {
            revenue.copy_from_slice(paid);
        }
        let (inflation, price_factor) = (self.inflation[month], self.price_factor[month]);
        let of = |category: Category| &self.assumed[category as usize];
        let listed = quantity;
        of(Category::Infrastructure).fill(tenants, listed);
        of(Category::Support).fill(tenants, support);
        of(Category::Sales).fill(tenants, sales);
        of(Category::Other).fill(tenants, other);
        let won = &given.won[..trials];
        let (by_price, by_infrastructure) = (&given.price[..trials], &given.infrastructure[..trials]);
        let (by_support, by_other) = (&given.support[..trials], &given.other[..trials]);
        for trial in 0..trials {
            revenue[trial] *= price_factor * by_price[trial];
            let uncertain = infrastructure[trial] + listed[trial];
            infrastructure[trial] = (uncertain * by_infrastructure[trial] + fee[trial]) * inflation;
            support[trial] *= by_support[trial] * inflation;
            let factor = by_other[trial] * inflation;
            sales[trial] = (sales[trial] + self.acquisition_cost * count(won[trial])) * factor;
            other[trial] *= factor;
            profit[trial] =
                revenue[trial] - (infrastructure[trial] + support[trial] + sales[trial] + other[trial]);
        }
    }
}
