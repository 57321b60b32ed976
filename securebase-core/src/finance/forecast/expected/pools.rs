//! The expected cost at a price whose steps the whole organization fills together.
//!
//! Up to its first bound such a price is linear in the tenants. At each bound the price of a unit changes: what is left is that
//! change times the expected quantity above the bound. It is linear where the bound is certainly passed, nothing where it
//! certainly is not, and near the bound a sum over the distribution of the quantity.
//!
//! The quantity is a sum over the tiers. Either it is counted in steps of a lattice, or each number of tenants that stays below
//! the bound is looked at, half of the tiers against the other half: the more a tenant uses, the fewer numbers these are.

use std::cell::OnceCell;

use rust_decimal::Decimal;

use super::counts::{Counts, State};
use crate::finance::business::curve::PooledCurve;
use crate::finance::rounding::float;

/// Quantities are counted in steps of their common divisor, if a bound is at most this many of them away.
const LATTICE_MAX: f64 = 20_000.0;
/// Otherwise in this many steps; a quantity between two is shared between them so that its mean stays.
const LATTICE: f64 = 2_000.0;

/// What it costs to make and sort a sum of quantities, in steps of a lattice.
const SORTED: f64 = 16.0;

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
        let steps = &curve.price.bands;
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
        let quantities = self.quantities(room, tiers);
        let lattice =
            (room / bend.step).max(1.0) * quantities.iter().map(|one| one.len() as f64).sum::<f64>();
        let (left, right) = quantities.split_at(quantities.len() / 2);
        let pairs = |half: &[Vec<(f64, f64)>]| half.iter().map(|one| one.len() as f64).product::<f64>();
        if SORTED * (pairs(left) + pairs(right)) <= lattice {
            met(room, &sums(left, room), &sums(right, room))
        } else {
            self.counted(bend, tiers)
        }
    }

    /// What the tenants of each tier use, with its chance, as far as it stays below a bound. Tiers whose tenants use the same are one.
    fn quantities(&self, room: f64, tiers: &Tiers<'_>) -> Vec<Vec<(f64, f64)>> {
        let mut alike: Vec<(f64, Counts)> = Vec::new();
        for (tier, each) in self.per_tenant.iter().enumerate() {
            if *each <= 0.0 && self.per_present_tier <= 0.0 {
                continue;
            }
            let counts = tiers.counts(tier);
            let known = alike.iter_mut().find(|(known, _)| known.to_bits() == each.to_bits());
            match known.filter(|_| self.per_present_tier <= 0.0) {
                Some((_, sum)) => *sum = sum.and(counts),
                None => alike.push((*each, counts.clone())),
            }
        }
        let below = |(each, counts): (f64, Counts)| {
            let uses = (counts.from..).zip(counts.chances).map(|(number, chance)| {
                let present = if number > 0 { self.per_present_tier } else { 0.0 };
                (each * number as f64 + present, chance)
            });
            uses.filter(|(_, chance)| *chance > 0.0).take_while(|(quantity, _)| *quantity < room).collect()
        };
        alike.into_iter().map(below).collect()
    }

    /// [`Self::below`], in steps of a lattice.
    fn counted(&self, bend: &Bend, tiers: &Tiers<'_>) -> f64 {
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

/// The sums of one quantity of each tier that stay below a bound, rising, with their chances.
fn sums(tiers: &[Vec<(f64, f64)>], room: f64) -> Vec<(f64, f64)> {
    let mut all = vec![(0.0, 1.0)];
    for tier in tiers {
        let with = |(sum, chance): (f64, f64)| {
            let more = tier.iter().map(move |(quantity, share)| (sum + quantity, chance * share));
            more.take_while(|(sum, _)| *sum < room)
        };
        all = all.into_iter().flat_map(with).collect();
    }
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    all
}

/// By how much the sum of two independent quantities is expected to stay below a bound; both rise. The larger the one, the
/// fewer values of the other are left below.
fn met(room: f64, left: &[(f64, f64)], right: &[(f64, f64)]) -> f64 {
    // The chance of the values of the right that are left below, and what they are expected to be.
    let (mut chances, mut amounts) = (0.0, 0.0);
    let mut next = right.iter().peekable();
    let mut below = 0.0;
    for (quantity, chance) in left.iter().rev() {
        let room = room - quantity;
        while let Some((other, share)) = next.next_if(|(other, _)| *other < room) {
            chances += share;
            amounts += share * other;
        }
        below += chance * (room * chances - amounts);
    }
    below
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected cost by its definition: every combination of numbers of tenants.
    fn by_hand(pool: &Pool, states: &[State]) -> f64 {
        let mut all = vec![(pool.base, 1.0)];
        for (state, each) in states.iter().zip(&pool.per_tenant) {
            let counts = state.counts();
            let mut next = Vec::new();
            for (sum, chance) in all {
                for (number, share) in (counts.from..).zip(&counts.chances) {
                    let present = if number > 0 { pool.per_present_tier } else { 0.0 };
                    if chance * share > 1e-15 {
                        next.push((sum + present + each * number as f64, chance * share));
                    }
                }
            }
            all = next;
        }
        all.into_iter().map(|(quantity, chance)| chance * pool.bent(quantity)).sum()
    }

    fn pool(per_tenant: [f64; 4], per_present_tier: f64, step: f64) -> Pool {
        let bend =
            |bound: f64, more| Bend { bound, more, step: if step > 0.0 { step } else { bound / LATTICE } };
        Pool {
            base: 7.0,
            per_present_tier,
            per_tenant: per_tenant.to_vec(),
            first_price: 0.5,
            bends: vec![bend(1_031.0, -0.1), bend(5_127.0, -0.2)],
        }
    }

    const STATES: [State; 4] = [
        State { there: 4, stays: 0.8, won: 1.5 },
        State { there: 2, stays: 0.9, won: 0.3 },
        State { there: 3, stays: 0.8, won: 0.0 },
        State { there: 0, stays: 0.9, won: 2.0 },
    ];

    #[test]
    fn every_way_of_summing_is_the_definition() {
        for (per_tenant, present) in [
            ([333.0, 333.0, 333.0, 333.0], 0.0),
            ([333.31, 101.5, 0.0, 777.0], 0.0),
            ([5_000.0, 170.01, 5_000.0, 90.0], 0.0),
            ([100.0, 250.0, 100.0, 0.0], 50.0),
        ] {
            let pool = pool(per_tenant, present, 0.0);
            let wanted = by_hand(&pool, &STATES);
            let tiers = Tiers::new(&STATES);
            let found = pool.expected(&tiers);
            assert!((found - wanted).abs() < 1e-11 * wanted.abs(), "{per_tenant:?}: {found} {wanted}");
            for bend in &pool.bends {
                let room = bend.bound - pool.base;
                let quantities = pool.quantities(room, &tiers);
                let exact = met(room, &sums(&quantities, room), &[(0.0, 1.0)]);
                // The quantities of this lattice lie between its steps.
                let lattice = pool.counted(bend, &tiers);
                assert!((exact - lattice).abs() < 1e-3 * room, "{per_tenant:?}: {exact} {lattice}");
            }
        }
    }

    /// However fine the common step of the quantities is: a few hundred numbers of tenants stay below a bound.
    #[test]
    fn what_is_looked_at_does_not_depend_on_the_size_of_a_quantity() {
        for scale in [1.0, 100.0, 10_000.0] {
            let mut pool = pool([333.31, 101.57, 90.03, 777.77].map(|each| each * scale), 0.0, 0.01 * scale);
            for bend in &mut pool.bends {
                bend.bound *= scale;
            }
            let tiers = Tiers::new(&STATES);
            for bend in &pool.bends {
                let room = bend.bound - pool.base;
                let quantities = pool.quantities(room, &tiers);
                let (left, right) = quantities.split_at(2);
                let looked_at = sums(left, room).len() + sums(right, room).len();
                assert!(looked_at < 1_500, "{looked_at}");
                let wanted = met(room, &sums(&quantities, room), &[(0.0, 1.0)]);
                let found = pool.below(bend, &tiers);
                assert!((found - wanted).abs() < 1e-9 * room, "{found} {wanted}");
            }
        }
    }
}
