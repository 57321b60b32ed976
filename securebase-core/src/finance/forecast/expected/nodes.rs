//! Gauss-Hermite quadrature over the uncertain factors: weighted nodes whose sums are expected values.
//!
//! Costs and revenue are products of a factor and a term that depends on arrivals and churn. Only these two factors therefore
//! need nodes; at each node every other factor has its conditional mean. Nodes are points of the factors' normal scores. A normal
//! factor whose negative values count as zero bends at the score of zero: there each side has nodes of its own.

use std::sync::LazyLock;

use super::rules::{Rule, Sides, hermite};
use crate::finance::inputs::assumption::Assumption;
use crate::finance::inputs::distribution::{Distribution, Factor};
use crate::finance::inputs::normal::probability;
use crate::finance::inputs::uncertainty::Uncertain;

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

static RULES: LazyLock<[Rule; 5]> =
    LazyLock::new(|| [ARRIVALS, DEPARTURES, OTHERS, WIDE_ARRIVALS, WIDE_DEPARTURES].map(hermite));

/// The same on both sides of a bend: few below it, where a factor is zero.
static BENT: LazyLock<Sides> = LazyLock::new(|| Sides::new(8, 24));
/// The smallest deviation of a normal factor of which zero takes more than a millionth.
const BENT_FROM: f64 = 0.2;

/// The score below which a normal factor is zero, where it is zero often enough.
fn zero_below(distribution: Distribution) -> Option<f64> {
    match distribution {
        Distribution::Normal(deviation) if deviation > BENT_FROM => Some(-1.0 / deviation),
        _ => None,
    }
}

/// Half of the distance between the values at one deviation of the normal score on both sides.
fn deviation(distribution: Distribution) -> f64 {
    (at(distribution, 1.0) - at(distribution, -1.0)) / 2.0
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
    let by = if found > 0.0 { distribution.mean() / found } else { 1.0 };
    raw.into_iter().map(|value| value * by).collect()
}

/// The mean of a factor whose score is normal around `known` with a deviation of `left`.
fn conditional(distribution: Distribution, known: f64, left: f64) -> f64 {
    match distribution {
        // The mean of a normal number whose negative values count as zero, as a share of the same without a condition.
        Distribution::Normal(deviation) if left > 1e-6 => {
            let above_zero = |mean: f64, deviation: f64| {
                let score = mean / deviation;
                let density = libm::exp(-score * score / 2.0) / libm::sqrt(2.0 * std::f64::consts::PI);
                mean * probability(score) + deviation * density
            };
            above_zero(1.0 + deviation * known, deviation * left) / above_zero(1.0, deviation)
        }
        _ => RULES[2].iter().map(|(score, weight)| weight * at(distribution, known + left * score)).sum(),
    }
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
    let certain: Rule = vec![(0.0, 1.0)];
    let distribution = |place: Option<usize>| place.map(|place| uncertain[place].distribution);
    let (new, churn) = (place(Factor::New), place(Factor::Churn));
    let bend = |place: Option<usize>| distribution(place).and_then(zero_below);
    let rule_of = |place: Option<usize>, rule: usize| match bend(place) {
        Some(score) => BENT.bent_at(score),
        None if distribution(place).is_some_and(varies) => RULES[rule].clone(),
        None => certain.clone(),
    };
    let spread = |place: Option<usize>| distribution(place).map_or(0.0, deviation);
    let arrivals = rule_of(new, if spread(new) > ARRIVALS_VARY { 3 } else { 0 });
    let departures = rule_of(churn, if spread(churn) * leaves > DEPARTURES_VARY { 4 } else { 1 });
    let between = match (new, churn) {
        (Some(new), Some(churn)) if arrivals.len() > 1 && departures.len() > 1 => together(new, churn),
        _ => 0.0,
    };
    let rest = libm::sqrt((1.0 - between * between).max(0.0));
    // Fully correlated, the two bend at scores of the one.
    let arrivals = match bend(churn) {
        Some(at) if rest < 1e-6 && bend(new).is_none() => BENT.bent_at(at * between),
        _ => arrivals,
    };
    let of_new =
        distribution(new).map_or_else(|| vec![1.0; arrivals.len()], |known| values(known, &arrivals));
    let mut nodes = Vec::with_capacity(arrivals.len() * departures.len());
    for ((score, weight), value) in arrivals.iter().zip(of_new) {
        // Where the score of the factor on churn bends depends on what arrivals already say of it.
        let departures = match bend(churn) {
            Some(at) if rest >= 1e-6 => BENT.bent_at((at - between * score) / rest),
            _ => departures.clone(),
        };
        for (other, other_weight) in &departures {
            let mut factors = [1.0; 6];
            factors[Factor::New as usize] = value;
            let churn_score = between * score + rest * other;
            factors[Factor::Churn as usize] = match distribution(churn) {
                Some(known) if varies(known) => at(known, churn_score),
                Some(known) => known.mean(),
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
                    conditional(distribution, known, left)
                } else {
                    distribution.mean()
                };
            }
            nodes.push(Node { weight: weight * other_weight, factors });
        }
    }
    // Each factor's mean over the cases is its own, whatever the cases miss of its tails.
    for factor in Factor::ALL {
        let Some(wanted) = distribution(place(factor)).map(Distribution::mean) else { continue };
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
    fn what_is_certain_is_one_case() {
        assert_eq!(nodes(&[], &[], 0.1), [Node { weight: 1.0, factors: [1.0; 6] }]);
        let fixed = [uncertain(Factor::Churn, Distribution::Fixed(2.0))];
        assert_eq!(nodes(&fixed, &[], 0.1), [Node { weight: 1.0, factors: [1.0, 2.0, 1.0, 1.0, 1.0, 1.0] }]);
    }

    /// The mean of a function of a factor over many equally likely scores.
    fn fine(distribution: Distribution, value: &dyn Fn(f64) -> f64) -> f64 {
        let count = 100_000;
        let share = |place: i32| (f64::from(place) + 0.5) / f64::from(count);
        (0..count).map(|place| value(distribution.quantile(share(place)))).sum::<f64>() / f64::from(count)
    }

    /// A step in cost at six arrivals, and the share of tenants that stays, with a factor that is zero up to four times in ten.
    #[test]
    fn a_normal_factor_that_is_often_zero_keeps_its_distribution() {
        let mut few = [1.0; 6];
        (1..6).for_each(|number: usize| few[number] = few[number - 1] / number as f64);
        let fewer = |mean: f64| -> f64 {
            let sum: f64 =
                few.iter().enumerate().map(|(number, share)| share * mean.powi(number as i32)).sum();
            libm::exp(-mean) * sum
        };
        for deviation in [0.25, 0.4, 0.6, 1.0, 2.0, 5.0] {
            let distribution = Distribution::Normal(deviation);
            let of_new = nodes(&[uncertain(Factor::New, distribution)], &[], 0.1);
            let of_churn = nodes(&[uncertain(Factor::Churn, distribution)], &[], 0.1);
            for scale in [0.5, 3.0, 10.0] {
                let few = |factor: f64| fewer(scale * factor);
                let found: f64 = of_new.iter().map(|node| node.weight * few(node.factors[0])).sum();
                close(found, fine(distribution, &few), 5e-5);
                let stays = |factor: f64| libm::exp(-scale * factor);
                let found: f64 = of_churn.iter().map(|node| node.weight * stays(node.factors[1])).sum();
                close(found, fine(distribution, &stays), 5e-5);
            }
        }
    }

    #[test]
    fn the_mean_of_a_normal_factor_under_a_condition_is_known() {
        for (deviation, known, left) in [(0.3, -1.0, 0.5), (1.0, 0.7, 0.8), (2.0, -2.0, 0.2)] {
            let scores = fine(Distribution::Uniform(0.0, 1.0), &|share| {
                let score = known + left * crate::finance::inputs::normal::quantile(share);
                at(Distribution::Normal(deviation), score)
            });
            close(conditional(Distribution::Normal(deviation), known, left), scores, 1e-4);
        }
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
