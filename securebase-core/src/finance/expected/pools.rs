//! The expected cost at a price whose steps the whole organization fills together.
//!
//! Up to its first bound such a price is linear in the tenants. At each bound the price of a unit changes: what is left is that
//! change times the expected quantity above the bound. It is linear where the bound is certainly passed, nothing where it
//! certainly is not, and near the bound a sum over the distribution of the quantity.

use std::cell::OnceCell;

use rust_decimal::Decimal;

use super::counts::{Counts, State};
use super::float;
use crate::finance::curve::PooledCurve;

/// Quantities are counted in steps of their common divisor, if a bound is at most this many of them away.
const LATTICE_MAX: f64 = 20_000.0;
/// Otherwise in this many steps; a quantity between two is shared between them so that its mean stays.
const LATTICE: f64 = 2_000.0;

/// A bound of a price.
#[derive(Debug, Clone)]
struct Bend {
    bound: f64,
    /// The change of the price of a unit above it.
    more: f64,
    /// The size of a step of the quantities.
    step: f64,
}

/// The bounds of one price, and what fills its steps.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    pub(super) base: f64,
    pub(super) per_present_tier: f64,
    pub(super) per_tenant: Vec<f64>,
    /// The price of a unit in the first step.
    pub(super) first_price: f64,
    bends: Vec<Bend>,
}

/// The distribution of each tier's number of tenants, computed on first use.
pub(super) struct Tiers<'a> {
    pub(super) states: &'a [State],
    cells: Vec<OnceCell<Counts>>,
}

impl<'a> Tiers<'a> {
    pub(super) fn new(states: &'a [State]) -> Self {
        Self { states, cells: states.iter().map(|_| OnceCell::new()).collect() }
    }

    fn counts(&self, tier: usize) -> &Counts {
        self.cells[tier].get_or_init(|| self.states[tier].counts())
    }
}

impl Pool {
    pub(super) fn new(curve: &PooledCurve) -> Self {
        let steps = &curve.price.steps;
        let divisor = divisor(curve.per_tenant.iter().chain([&curve.per_present_tier]).copied());
        let bends = steps.windows(2).filter_map(|pair| {
            let bound = pair[0].up_to?;
            let room = float(bound - curve.base);
            let exact = divisor.map(float).filter(|step| *step > 0.0 && room / step <= LATTICE_MAX);
            Some(Bend {
                bound: float(bound),
                more: float(pair[1].price - pair[0].price),
                step: exact.unwrap_or(room / LATTICE),
            })
        });
        Self {
            base: float(curve.base),
            per_present_tier: float(curve.per_present_tier),
            per_tenant: curve.per_tenant.iter().map(|each| float(*each)).collect(),
            first_price: steps.first().map_or(0.0, |step| float(step.price)),
            bends: bends.collect(),
        }
    }

    /// The cost of a quantity beyond the price of its first step.
    pub(super) fn bent(&self, quantity: f64) -> f64 {
        self.bends.iter().map(|bend| (quantity - bend.bound).max(0.0) * bend.more).sum()
    }

    /// The expected cost beyond the price of the first step.
    pub(super) fn expected(&self, tiers: &Tiers<'_>) -> f64 {
        if self.bends.is_empty() {
            return 0.0;
        }
        let (mut mean, mut variance, mut most) = (self.base, 0.0, self.per_present_tier);
        for (state, each) in tiers.states.iter().zip(&self.per_tenant) {
            let none = state.none();
            mean += each * state.mean() + self.per_present_tier * (1.0 - none);
            let deviation =
                each * libm::sqrt(state.variance()) + self.per_present_tier * libm::sqrt(none * (1.0 - none));
            variance += deviation * deviation;
            most = most.max(*each);
        }
        // Beyond ten deviations nothing is left, also where few are expected.
        let margin = 10.0 * libm::sqrt(variance) + 25.0 * most;
        let above = |bend: &Bend| {
            if bend.bound >= mean + margin && bend.bound >= self.base {
                0.0
            } else if bend.bound <= self.base || bend.bound <= mean - margin {
                mean - bend.bound
            } else {
                mean - bend.bound + self.below(bend, tiers)
            }
        };
        self.bends.iter().map(|bend| above(bend) * bend.more).sum()
    }

    /// By how much the quantity is expected to stay below a bound: only quantities below it are looked at.
    fn below(&self, bend: &Bend, tiers: &Tiers<'_>) -> f64 {
        let room = bend.bound - self.base;
        let size = whole((room / bend.step - 1e-9).ceil()).max(1);
        // The chance of each quantity below the bound, in steps.
        let mut chances = vec![0.0; size];
        chances[0] = 1.0;
        for (tier, each) in self.per_tenant.iter().enumerate() {
            if *each <= 0.0 && self.per_present_tier <= 0.0 {
                continue;
            }
            let counts = tiers.counts(tier);
            let mut next = vec![0.0; size];
            for (number, chance) in (counts.from..).zip(&counts.chances) {
                let present = if number > 0 { self.per_present_tier } else { 0.0 };
                let steps = (each * number as f64 + present) / bend.step;
                let low = (steps + 1e-9).floor();
                let (place, rest) = (whole(low), (steps - low).max(0.0));
                let share = if rest < 1e-6 { 0.0 } else { rest };
                add(&mut next, &chances, place, chance * (1.0 - share));
                if share > 0.0 {
                    add(&mut next, &chances, place + 1, chance * share);
                }
                if place >= size {
                    break;
                }
            }
            chances = next;
        }
        chances.iter().enumerate().map(|(steps, chance)| chance * (room - steps as f64 * bend.step)).sum()
    }
}

/// Adds a distribution shifted up by some steps; values past the end are above the bound.
fn add(next: &mut [f64], chances: &[f64], by: usize, weight: f64) {
    if let Some(next) = next.get_mut(by..) {
        for (sum, chance) in next.iter_mut().zip(chances) {
            *sum += weight * chance;
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and far below 2^53"
)]
fn whole(value: f64) -> usize {
    value.max(0.0) as usize
}

/// The greatest common divisor; `None` where it has too many digits.
fn divisor(numbers: impl Iterator<Item = Decimal>) -> Option<Decimal> {
    let mut common = Decimal::ZERO;
    for number in numbers {
        let (mut left, mut right) = (common, number.normalize());
        while !right.is_zero() {
            (left, right) = (right, left.checked_rem(right)?);
        }
        common = left;
    }
    (!common.is_zero()).then_some(common)
}
