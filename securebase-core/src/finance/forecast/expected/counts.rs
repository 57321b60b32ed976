//! The distribution of a number of tenants.
//!
//! Each current tenant stays independently with the same probability, so their number is binomial. New tenants arrive at random and
//! each stays independently, so the number that remains is Poisson. The number of tenants in a tier is the sum of the two.

use std::cell::OnceCell;

use libm::{exp, lgamma, log, log1p};

/// Probabilities below this are omitted; they are far below the precision of any figure.
const NEGLIGIBLE: f64 = 1e-20;

/// The probability of each whole number from `from` on.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    pub(super) from: usize,
    pub(super) chances: Vec<f64>,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and far below 2^53"
)]
fn floor(value: f64) -> usize {
    value.max(0.0) as usize
}

impl Counts {
    /// Always the same number.
    pub(super) fn certain(number: usize) -> Self {
        Self { from: number, chances: vec![1.0] }
    }

    /// From the probability at a number near the mode outward, by the ratio of each number's probability to that of the number below.
    fn around(mode: usize, last: usize, log_chance: f64, ratio: impl Fn(usize) -> f64) -> Self {
        let peak = exp(log_chance);
        let mut below = Vec::new();
        let mut chance = peak;
        for number in (1..=mode).rev() {
            chance /= ratio(number);
            if chance < NEGLIGIBLE * peak {
                break;
            }
            below.push(chance);
        }
        let from = mode - below.len();
        below.reverse();
        let mut chances = below;
        chances.push(peak);
        chance = peak;
        for number in mode + 1..=last {
            chance *= ratio(number);
            if chance < NEGLIGIBLE * peak {
                break;
            }
            chances.push(chance);
        }
        // What is left out above and below, and the digits a logarithm of a factorial loses.
        let whole: f64 = chances.iter().sum();
        chances.iter_mut().for_each(|chance| *chance /= whole);
        Self { from, chances }
    }

    /// How many arrive where `mean` are expected.
    pub(super) fn poisson(mean: f64) -> Self {
        if mean <= 0.0 {
            return Self::certain(0);
        }
        let mode = floor(mean);
        let log_chance = mode as f64 * log(mean) - mean - lgamma(mode as f64 + 1.0);
        Self::around(mode, usize::MAX - 1, log_chance, |number| mean / number as f64)
    }

    /// How many of `size` stay, each with the same chance.
    pub(super) fn binomial(size: u32, stays: f64) -> Self {
        let count = size as usize;
        if size == 0 || stays <= 0.0 {
            return Self::certain(0);
        }
        if stays >= 1.0 {
            return Self::certain(count);
        }
        let (all, mode) = (f64::from(size), floor((f64::from(size) + 1.0) * stays).min(count));
        let (staying, leaving) = (mode as f64, all - mode as f64);
        let ways = lgamma(all + 1.0) - lgamma(staying + 1.0) - lgamma(leaving + 1.0);
        let log_chance = ways + staying * log(stays) + leaving * log1p(-stays);
        let odds = stays / (1.0 - stays);
        Self::around(mode, count, log_chance, |number| odds * (all - number as f64 + 1.0) / number as f64)
    }

    /// The distribution of the sum of two independent numbers.
    pub(super) fn and(&self, other: &Self) -> Self {
        let mut chances = vec![0.0; self.chances.len() + other.chances.len() - 1];
        for (place, left) in self.chances.iter().enumerate() {
            for (sum, right) in chances[place..].iter_mut().zip(&other.chances) {
                *sum += left * right;
            }
        }
        let head = chances.iter().position(|chance| *chance > NEGLIGIBLE).unwrap_or_default();
        let tail = chances.iter().rposition(|chance| *chance > NEGLIGIBLE).unwrap_or_default();
        chances.truncate(tail + 1);
        chances.drain(..head);
        Self { from: self.from + other.from + head, chances }
    }

    /// The expected value of a function of the number.
    pub(super) fn expected(&self, value: impl Fn(usize) -> f64) -> f64 {
        (self.from..).zip(&self.chances).map(|(number, chance)| chance * value(number)).sum()
    }
}

/// One tier at the end of a month: the tenants at the start of the forecast, the probability that one of them remains, and the
/// expected number of new tenants that remain.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) there: u32,
    pub(super) stays: f64,
    pub(super) won: f64,
}

impl State {
    pub(super) fn mean(&self) -> f64 {
        f64::from(self.there) * self.stays + self.won
    }

    pub(super) fn variance(&self) -> f64 {
        f64::from(self.there) * self.stays * (1.0 - self.stays) + self.won
    }

    /// The probability that the tier has no tenant.
    pub(super) fn none(&self) -> f64 {
        if self.there == 0 {
            return exp(-self.won);
        }
        if self.stays >= 1.0 { 0.0 } else { exp(f64::from(self.there) * log1p(-self.stays) - self.won) }
    }

    pub(super) fn counts(&self) -> Counts {
        Counts::binomial(self.there, self.stays).and(&Counts::poisson(self.won))
    }
}

/// The number of tenants of all tiers; its distribution is computed on first use.
pub(super) struct Total<'a> {
    states: &'a [State],
    pub(super) mean: f64,
    pub(super) variance: f64,
    /// The probability that there are no tenants.
    pub(super) none: f64,
    counts: OnceCell<Counts>,
}

impl<'a> Total<'a> {
    pub(super) fn new(states: &'a [State]) -> Self {
        Self {
            states,
            mean: states.iter().map(State::mean).sum(),
            variance: states.iter().map(State::variance).sum(),
            none: states.iter().map(State::none).product(),
            counts: OnceCell::new(),
        }
    }

    pub(super) fn counts(&self) -> &Counts {
        self.counts.get_or_init(|| {
            let mut all = Counts::poisson(self.states.iter().map(|state| state.won).sum());
            let mut done: Vec<u64> = Vec::new();
            for state in self.states {
                let key = state.stays.to_bits();
                if !done.contains(&key) {
                    done.push(key);
                    // Tiers with the same churn are one number.
                    let alike = self.states.iter().filter(|other| other.stays.to_bits() == key);
                    all = all.and(&Counts::binomial(alike.map(|other| other.there).sum(), state.stays));
                }
            }
            all
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() <= 1e-12 * right.abs().max(1e-3), "{left} {right}");
    }

    /// Chances by their definition: counting the ways, without logarithms.
    fn ways(size: u32, stays: f64) -> Vec<f64> {
        let mut chances = vec![1.0];
        for _ in 0..size {
            let mut next = vec![0.0; chances.len() + 1];
            for (place, chance) in chances.iter().enumerate() {
                next[place] += chance * (1.0 - stays);
                next[place + 1] += chance * stays;
            }
            chances = next;
        }
        chances
    }

    #[test]
    fn a_binomial_number_is_so_many_coins() {
        for (size, stays) in [(1, 0.5), (4, 0.9915), (30, 0.2), (200, 0.7)] {
            let counts = Counts::binomial(size, stays);
            for (number, chance) in ways(size, stays).into_iter().enumerate() {
                let found = number.checked_sub(counts.from).and_then(|place| counts.chances.get(place));
                close(found.copied().unwrap_or_default(), if chance < 1e-18 { 0.0 } else { chance });
            }
        }
    }

    #[test]
    fn a_poisson_number_has_its_mean_and_variance() {
        for mean in [1e-9, 0.25, 3.0, 40.0, 2_500.0] {
            let counts = Counts::poisson(mean);
            close(counts.expected(|number| number as f64), mean);
            close(counts.expected(|number| (number as f64 - mean) * (number as f64 - mean)), mean);
        }
        close(Counts::poisson(0.25).chances[0], exp(-0.25));
    }

    #[test]
    fn the_total_is_the_sum_of_the_tiers() {
        let state = |there, stays, won| State { there, stays, won };
        let states = [state(4, 0.8, 1.5), state(2, 0.9, 0.3), state(3, 0.8, 0.0), state(0, 0.9, 2.0)];
        let one_by_one = states.iter().fold(Counts::certain(0), |sum, state| sum.and(&state.counts()));
        let together = Total::new(&states).counts().clone();
        for number in 0..40_usize {
            let chance = |counts: &Counts| {
                number.checked_sub(counts.from).and_then(|place| counts.chances.get(place)).copied()
            };
            close(chance(&together).unwrap_or_default(), chance(&one_by_one).unwrap_or_default());
        }
        for state in states {
            let none = state.counts();
            close(state.none(), if none.from == 0 { none.chances[0] } else { 0.0 });
        }
    }
}
