//! Gauss-Hermite quadrature over the uncertain factors: weighted nodes whose sums are expected values.
//!
//! Costs and revenue are products of a factor and a term that depends on arrivals and churn. Only these two factors therefore
//! need nodes; at each node every other factor has its conditional mean. Nodes are points of the factors' normal scores.

use std::sync::LazyLock;

use crate::finance::assumption::Assumption;
use crate::finance::normal::probability;
use crate::finance::uncertainty::{Distribution, Factor, Uncertain};

/// A node: its weight, and the six factors in the order of [`Factor::ALL`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Node {
    pub(super) weight: f64,
    pub(super) factors: [f64; 6],
}

/// Numbers of nodes for arrivals, on which steps in cost depend, and for churn, which has less effect.
const ARRIVALS: usize = 8;
const DEPARTURES: usize = 5;
/// Nodes for the mean of a factor that is correlated with one of the two.
const OTHERS: usize = 16;
/// The same for a factor with a large variance, for which the numbers above are not accurate. More nodes slow down every forecast.
const WIDE_ARRIVALS: usize = 24;
const WIDE_DEPARTURES: usize = 15;
/// The largest deviation of the factor on arrivals for which the smaller number of nodes is enough.
const ARRIVALS_VARY: f64 = 0.2;
/// The same for the factor on churn, times how much of a tier leaves over the months (as a rate).
const DEPARTURES_VARY: f64 = 0.3;

static RULES: LazyLock<[Vec<(f64, f64)>; 5]> =
    LazyLock::new(|| [ARRIVALS, DEPARTURES, OTHERS, WIDE_ARRIVALS, WIDE_DEPARTURES].map(hermite));

/// Half of the distance between the values at one deviation of the normal score on both sides.
fn deviation(distribution: Distribution) -> f64 {
    (at(distribution, 1.0) - at(distribution, -1.0)) / 2.0
}

/// Places and weights at which a polynomial of degree 2n - 1 has its mean under the standard normal distribution.
fn hermite(size: usize) -> Vec<(f64, f64)> {
    // He(k + 1) = x He(k) - k He(k - 1); the last two of them.
    let pair = |degree: usize, x: f64| {
        let (mut below, mut value) = (0.0, 1.0);
        for known in 0..degree {
            (below, value) = (value, x * value - known as f64 * below);
        }
        (below, value)
    };
    let mut roots: Vec<f64> = Vec::new();
    for degree in 1..=size {
        // Between two roots of the one below lies a root of the next, and one beyond each end.
        let end = 2.0 * libm::sqrt(degree as f64) + 1.0;
        let ends: Vec<f64> = std::iter::once(-end).chain(roots).chain([end]).collect();
        roots = ends
            .windows(2)
            .map(|pair_of_ends| {
                let (mut low, mut high) = (pair_of_ends[0], pair_of_ends[1]);
                let rises = pair(degree, high).1 > 0.0;
                for _ in 0..100 {
                    let middle = f64::midpoint(low, high);
                    if (pair(degree, middle).1 > 0.0) == rises { high = middle } else { low = middle }
                }
                f64::midpoint(low, high)
            })
            .collect();
    }
    let factorial: f64 = (1..size).map(|number| number as f64).product();
    roots
        .into_iter()
        .map(|root| {
            let below = pair(size, root).0;
            (root, factorial / (size as f64 * below * below))
        })
        .collect()
}

/// The mean of a factor. A normal or lognormal factor has mean one by definition.
pub(in crate::finance) fn mean(distribution: Distribution) -> f64 {
    match distribution {
        Distribution::Fixed(value) => value,
        Distribution::Uniform(low, high) => f64::midpoint(low, high),
        Distribution::Triangular(low, mode, high) => (low + mode + high) / 3.0,
        Distribution::Normal(_) | Distribution::Lognormal(_) => 1.0,
    }
}

/// The factor at a normal score.
fn at(distribution: Distribution, score: f64) -> f64 {
    distribution.quantile(probability(score).clamp(1e-16, 1.0 - 1e-16))
}

/// Whether a factor varies.
pub(super) fn varies(distribution: Distribution) -> bool {
    match distribution {
        Distribution::Fixed(_) => false,
        Distribution::Uniform(low, high) | Distribution::Triangular(low, _, high) => low < high,
        Distribution::Normal(deviation) | Distribution::Lognormal(deviation) => deviation > 0.0,
    }
}

/// The values of a factor at the places of a rule, so that their weighted mean is its mean.
fn values(distribution: Distribution, rule: &[(f64, f64)]) -> Vec<f64> {
    let raw: Vec<f64> = rule.iter().map(|(score, _)| at(distribution, *score)).collect();
    let found: f64 = raw.iter().zip(rule).map(|(value, (_, weight))| value * weight).sum();
    let by = if found > 0.0 { mean(distribution) / found } else { 1.0 };
    raw.into_iter().map(|value| value * by).collect()
}

/// The nodes of the uncertain factors; paths of other numbers have none. `leaves` is the rate of churn times the months ahead,
/// of the tier in which it is largest.
pub(super) fn nodes(uncertain: &[Uncertain], correlations: &[(usize, usize, f64)], leaves: f64) -> Vec<Node> {
    let place =
        |factor: Factor| uncertain.iter().position(|known| known.assumption == Assumption::Factor(factor));
    let together = |left: usize, right: usize| {
        let pair = |known: &&(usize, usize, f64)| {
            (known.0, known.1) == (left, right) || (known.0, known.1) == (right, left)
        };
        correlations.iter().rev().find(pair).map_or(0.0, |known| known.2)
    };
    let certain = [(0.0, 1.0)];
    let distribution = |place: Option<usize>| place.map(|place| uncertain[place].distribution);
    let (new, churn) = (place(Factor::New), place(Factor::Churn));
    let rule_of = |place: Option<usize>, rule: usize| -> &[(f64, f64)] {
        if distribution(place).is_some_and(varies) { &RULES[rule] } else { &certain }
    };
    let spread = |place: Option<usize>| distribution(place).map_or(0.0, deviation);
    let arrivals = rule_of(new, if spread(new) > ARRIVALS_VARY { 3 } else { 0 });
    let departures = rule_of(churn, if spread(churn) * leaves > DEPARTURES_VARY { 4 } else { 1 });
    let between = match (new, churn) {
        (Some(new), Some(churn)) if arrivals.len() > 1 && departures.len() > 1 => together(new, churn),
        _ => 0.0,
    };
    let rest = libm::sqrt((1.0 - between * between).max(0.0));
    let of_new = distribution(new).map_or_else(|| vec![1.0; 1], |known| values(known, arrivals));
    let mut nodes = Vec::with_capacity(arrivals.len() * departures.len());
    for ((score, weight), value) in arrivals.iter().zip(of_new) {
        for (other, other_weight) in departures {
            let mut factors = [1.0; 6];
            factors[Factor::New as usize] = value;
            let churn_score = between * score + rest * other;
            factors[Factor::Churn as usize] = match distribution(churn) {
                Some(known) if varies(known) => at(known, churn_score),
                Some(known) => mean(known),
                None => 1.0,
            };
            for factor in [Factor::Price, Factor::Infrastructure, Factor::Support, Factor::Other] {
                let Some(place) = place(factor) else { continue };
                // The part of its score that the other two explain.
                let with_new = new.filter(|_| arrivals.len() > 1).map_or(0.0, |new| together(place, new));
                let with_churn =
                    churn.filter(|_| departures.len() > 1).map_or(0.0, |churn| together(place, churn));
                let of_rest = if rest > 1e-9 { (with_churn - between * with_new) / rest } else { 0.0 };
                let known = with_new * score + of_rest * other;
                let left = libm::sqrt((1.0 - with_new * with_new - of_rest * of_rest).max(0.0));
                let distribution = uncertain[place].distribution;
                factors[factor as usize] = if left < 1.0 && varies(distribution) {
                    let others = RULES[2].iter();
                    others.map(|(score, weight)| weight * at(distribution, known + left * score)).sum()
                } else {
                    mean(distribution)
                };
            }
            nodes.push(Node { weight: weight * other_weight, factors });
        }
    }
    // Each factor's mean over the cases is its own, whatever the cases miss of its tails.
    for factor in Factor::ALL {
        let Some(wanted) = distribution(place(factor)).map(mean) else { continue };
        let found: f64 = nodes.iter().map(|node| node.weight * node.factors[factor as usize]).sum();
        if found > 0.0 {
            nodes.iter_mut().for_each(|node| node.factors[factor as usize] *= wanted / found);
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64, within: f64) {
        assert!((left - right).abs() <= within, "{left} {right}");
    }

    fn uncertain(factor: Factor, distribution: Distribution) -> Uncertain {
        Uncertain { assumption: Assumption::Factor(factor), distribution }
    }

    #[test]
    fn the_rule_has_the_moments_of_the_normal_distribution() {
        for size in [1, 2, 5, 8, 16] {
            let rule = hermite(size);
            let moment = |power: i32| -> f64 { rule.iter().map(|(x, w)| w * x.powi(power)).sum() };
            close(moment(0), 1.0, 1e-13);
            close(moment(1), 0.0, 1e-13);
            if size > 2 {
                close(moment(2), 1.0, 1e-12);
                close(moment(4), 3.0, 1e-11);
            }
        }
    }

    #[test]
    fn what_is_certain_is_one_case() {
        assert_eq!(nodes(&[], &[], 0.1), [Node { weight: 1.0, factors: [1.0; 6] }]);
        let fixed = [uncertain(Factor::Churn, Distribution::Fixed(2.0))];
        assert_eq!(nodes(&fixed, &[], 0.1), [Node { weight: 1.0, factors: [1.0, 2.0, 1.0, 1.0, 1.0, 1.0] }]);
    }

    #[test]
    fn every_factor_keeps_its_mean_and_goes_together_with_the_others() {
        let all = [
            uncertain(Factor::New, Distribution::Uniform(0.5, 1.5)),
            uncertain(Factor::Churn, Distribution::Triangular(0.5, 1.0, 2.0)),
            uncertain(Factor::Price, Distribution::Uniform(0.8, 1.2)),
        ];
        let nodes = nodes(&all, &[(0, 1, 0.5), (0, 2, -0.6), (1, 2, 0.1)], 0.1);
        let mean = |value: &dyn Fn(&[f64; 6]) -> f64| -> f64 {
            nodes.iter().map(|node| node.weight * value(&node.factors)).sum()
        };
        close(mean(&|_| 1.0), 1.0, 1e-12);
        close(mean(&|factors| factors[0]), 1.0, 1e-12);
        close(mean(&|factors| factors[1]), 3.5 / 3.0, 1e-12);
        close(mean(&|factors| factors[2]), 1.0, 1e-12);
        // Two uniform numbers whose scores go together with ρ: their correlation is 6/π asin(ρ/2).
        let uniform = |correlation: f64| 6.0 / std::f64::consts::PI * libm::asin(correlation / 2.0);
        let expected = 1.0 + uniform(-0.6) * (1.0 / 12.0_f64).sqrt() * (0.16 / 12.0_f64).sqrt();
        close(mean(&|factors| factors[0] * factors[2]), expected, 1e-4);
    }
}
