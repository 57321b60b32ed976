//! The model compiled to floats: what a simulation evaluates in every month of every trial.
//!
//! Floats are good enough here because what comes out are statistics of uncertain numbers; a test holds the result
//! against the exact model. Mathematics comes from `libm`, so that the same trial gives the same bits everywhere.

mod assumed;
pub(super) mod months;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::finance::business::curve::Curve;
use crate::finance::business::model::Model;
use crate::finance::cost::demand::Age;
use crate::finance::error::Error;
use crate::finance::forecast::tail::{FlowMeans, departed, lost};
use crate::finance::forecast::yearly;
use crate::finance::inputs::growth::Growth;
use crate::finance::inputs::line::Category;
use crate::finance::rounding::float;
use assumed::Assumed;

/// A graduated price, cumulated: above `from` units the cost is `cost` plus `price` for each further unit.
#[derive(Debug, Clone, Copy, Serialize)]
struct Band {
    from: f64,
    cost: f64,
    price: f64,
}

#[derive(Debug, Clone, Serialize)]
struct Pooled {
    steps: Vec<Band>,
    base: f64,
    per_present_tier: f64,
    per_tenant: Vec<f64>,
}

impl Pooled {
    /// The step that the quantity without tenants lies on, which tenants only add to, and what it costs.
    fn start(&self) -> (usize, f64) {
        let place = self.steps.iter().rposition(|step| step.from <= self.base).unwrap_or_default();
        let cost = self.steps.get(place).map_or(0.0, |step| step.cost + (self.base - step.from) * step.price);
        (place, cost)
    }
}

/// A pooled price beyond the step that it starts on: at each bound passed, the price of a unit changes by `more`.
///
/// The step it starts on is linear in the tenants and is counted with them; what is left is nothing up to `reach` tenants.
#[derive(Debug, Clone)]
struct Bends {
    reach: f64,
    base: f64,
    per_present_tier: f64,
    per_tenant: Vec<f64>,
    /// Whether a tenant of every tier uses the same quantity, so that the total number of tenants is enough.
    alike: bool,
    /// Bound and change of price.
    bends: Vec<(f64, f64)>,
}

impl Bends {
    fn new(pool: &Pooled) -> Option<Self> {
        let (start, _) = pool.start();
        let bends: Vec<(f64, f64)> = pool.steps[start..]
            .windows(2)
            .map(|pair| (pair[1].from, pair[1].price - pair[0].price))
            .collect();
        let first = bends.first()?.0;
        let most = pool.per_tenant.iter().copied().fold(0.0, f64::max);
        let present = pool.per_present_tier * pool.per_tenant.len() as f64;
        let reach = if most > 0.0 { (first - pool.base - present) / most } else { -1.0 };
        Some(Self {
            reach,
            base: pool.base,
            per_present_tier: pool.per_present_tier,
            per_tenant: pool.per_tenant.clone(),
            alike: pool.per_tenant.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits()),
            bends,
        })
    }
}

/// Infrastructure taken apart: what is linear in the tenants, and the bends of pooled prices.
#[derive(Debug, Clone)]
struct Linear {
    base: f64,
    per_present_tier: f64,
    each: Vec<f64>,
    bends: Vec<Bends>,
}

impl Linear {
    fn new(base: f64, each: &[f64], pooled: &[Pooled]) -> Self {
        let mut linear = Self { base, per_present_tier: 0.0, each: each.to_vec(), bends: Vec::new() };
        for pool in pooled {
            let (start, cost) = pool.start();
            let price = pool.steps.get(start).map_or(0.0, |step| step.price);
            linear.base += cost;
            linear.per_present_tier += pool.per_present_tier * price;
            for (each, more) in linear.each.iter_mut().zip(&pool.per_tenant) {
                *each += more * price;
            }
            linear.bends.extend(Bends::new(pool));
        }
        linear
    }
}

/// The model and its growth, compiled for a number of months.
#[derive(Debug, Clone, Serialize)]
pub(in crate::finance) struct Fast {
    /// What a new tenant pays once it pays in full, by tier.
    pub(in crate::finance) prices: Vec<f64>,
    /// What the tenants there are pay, by tier.
    #[serde(skip)]
    paid: Vec<f64>,
    /// The share by which what a staying tenant pays grows in a month, less that by which it shrinks, by tier.
    #[serde(skip)]
    drift: Vec<f64>,
    /// The share of the price that new tenants pay in each of their first months, up to the last that is not one.
    #[serde(skip)]
    terms: Vec<f64>,
    each: Vec<f64>,
    shield_tiers: Vec<bool>,
    base: f64,
    shield: f64,
    pooled: Vec<Pooled>,
    #[serde(skip)]
    linear: Linear,
    assumed: [Assumed; 4],
    acquisition_cost: f64,
    /// Tenants won a month, by tier.
    pub(in crate::finance) new: Vec<f64>,
    /// The rate at which tenants leave, by tier: a share `1 - exp(-hazard)` of them in a month.
    pub(super) hazard: Vec<f64>,
    price_factor: Vec<f64>,
    inflation: Vec<f64>,
    /// The expected costs of departed tenants in each month, before inflation: the same in every trial, because they are small and
    /// tracking each departed tenant until its logs expire would dominate the run time.
    departed: Vec<f64>,
}

impl Fast {
    pub(in crate::finance) fn new(model: &Model, growth: &Growth, months: u32) -> Result<Self, Error> {
        let paid: Vec<Decimal> = (0..model.tiers().len()).map(|tier| model.average_price(tier)).collect();
        Self::with_paid(model, growth, months, &paid)
    }

    /// The same where what tenants pay now is worked out already.
    pub(in crate::finance) fn with_paid(
        model: &Model,
        growth: &Growth,
        months: u32,
        paid: &[Decimal],
    ) -> Result<Self, Error> {
        let curve = model.curve(Age::Steady)?;
        let tiers = model.tiers().len();
        let growths: Vec<_> = model.tiers().iter().map(|tier| growth.tier(tier.name.as_str())).collect();
        let over = |change| {
            (0..months).map(|month| yearly(change, month).map(float)).collect::<Result<Vec<f64>, Error>>()
        };
        let assumed = Category::ALL.map(|category| Assumed::new(model, category));
        let has_sales = {
            let sales = &assumed[Category::Sales as usize];
            sales.exact(1) > 0.0
        };
        let base = curve.as_ref().map_or(0.0, |curve| float(curve.base));
        let each = curve.as_ref().map_or_else(
            || vec![0.0; tiers],
            |curve| curve.tiers.iter().map(|tier| float(tier.each)).collect(),
        );
        let pooled = curve.as_ref().map(pooled).unwrap_or_default();
        let (there, means) = (model.tenants_by_tier(), FlowMeans::of(growth));
        let leave = growths.iter().zip(&there).map(|(tier, there)| {
            lost(f64::from(*there), 1.0 - float(tier.churn), float(tier.new), means, months as usize)
        });
        let departed = departed(&leave.collect::<Vec<_>>(), &model.tails(months)?, months as usize);
        Ok(Self {
            departed,
            linear: Linear::new(base, &each, &pooled),
            base,
            each,
            pooled,
            prices: model.tiers().iter().map(|tier| float(tier.monthly_price.amount)).collect(),
            paid: paid.iter().map(|price| float(*price)).collect(),
            drift: growths.iter().map(|tier| float(tier.expansion - tier.contraction)).collect(),
            terms: terms(growth, months),
            shield_tiers: curve.as_ref().map_or_else(
                || vec![false; tiers],
                |curve| curve.tiers.iter().map(|tier| tier.shield).collect(),
            ),
            shield: curve.as_ref().map_or(0.0, |curve| float(curve.shield)),
            assumed,
            acquisition_cost: if has_sales { 0.0 } else { float(growth.acquisition_cost) },
            new: growths.iter().map(|tier| float(tier.new)).collect(),
            hazard: growths.iter().map(|tier| -libm::log1p(-float(tier.churn))).collect(),
            price_factor: over(growth.price_change_yearly)?,
            inflation: over(growth.cost_inflation_yearly)?,
        })
    }

    /// Whether every tenant of a tier pays the same at any time, so that counting them is enough.
    pub(super) fn is_uniform(&self) -> bool {
        self.terms.is_empty()
            && self.drift.iter().all(|drift| *drift == 0.0)
            && self.paid.iter().zip(&self.prices).all(|(paid, price)| paid.to_bits() == price.to_bits())
    }

    /// How many months a new tenant pays less than in full.
    pub(super) fn young_months(&self) -> usize {
        self.terms.len()
    }

    /// What the tenants there are would pay in full, by tier: where [`Self::book`] begins.
    pub(in crate::finance) fn opening(
        &self,
        tenants: impl Iterator<Item = f64>,
    ) -> impl Iterator<Item = f64> {
        tenants.zip(&self.paid).map(|(count, paid)| count * paid)
    }

    /// One month of what one tier's tenants pay before price changes. `book` holds what all would pay in full, then for each
    /// of the first months of a tenant's life what those in it would; `kept` is the share of tenants that stay. Returns what
    /// is paid.
    ///
    /// Tenants that leave are not distinguished: each pays the average of its tier. That leaves the mean as it is and makes
    /// the spread a little smaller than drawing leavers one by one would.
    #[inline]
    pub(in crate::finance) fn book(&self, tier: usize, book: &mut [f64], kept: f64, won: f64) -> f64 {
        let stays = kept * (1.0 + self.drift[tier]);
        let Some((full, young)) = book.split_first_mut() else { return 0.0 };
        *full *= stays;
        let ages = young.len();
        for age in (1..ages).rev() {
            young[age] = young[age - 1] * stays;
        }
        let more = won * self.prices[tier];
        *full += more;
        if let Some(first) = young.first_mut() {
            *first = more;
        }
        self.paid_of(book)
    }

    /// What is paid of a book before price changes.
    #[inline]
    pub(super) fn paid_of(&self, book: &[f64]) -> f64 {
        let Some((full, young)) = book.split_first() else { return 0.0 };
        let missing: f64 = young.iter().zip(&self.terms).map(|(value, share)| value * (1.0 - share)).sum();
        full - missing
    }
}

/// The shares of the price a new tenant pays month by month, without the months in which it is the whole.
fn terms(growth: &Growth, months: u32) -> Vec<f64> {
    let last = growth.discount_months.max(growth.ramp_months).min(months);
    let mut terms: Vec<f64> =
        (0..last).map(|age| float(crate::finance::forecast::terms(growth, age, 1))).collect();
    while terms.last().is_some_and(|share| *share >= 1.0) {
        terms.pop();
    }
    terms
}

fn pooled(curve: &Curve) -> Vec<Pooled> {
    let mut pools: Vec<Pooled> = curve
        .pooled
        .iter()
        .map(|pool| {
            let mut from = Decimal::ZERO;
            let mut cost = Decimal::ZERO;
            let mut steps = Vec::with_capacity(pool.price.bands.len());
            for step in &pool.price.bands {
                steps.push(Band { from: float(from), cost: float(cost), price: float(step.price) });
                if let Some(bound) = step.up_to {
                    cost += (bound - from) * step.price;
                    from = bound;
                }
            }
            Pooled {
                steps,
                base: float(pool.base),
                per_present_tier: float(pool.per_present_tier),
                per_tenant: pool.per_tenant.iter().map(|each| float(*each)).collect(),
            }
        })
        .collect();
    // A pool without usage costs nothing.
    pools.retain(|pool| {
        pool.base > 0.0 || pool.per_present_tier > 0.0 || pool.per_tenant.iter().any(|each| *each > 0.0)
    });
    pools
}
