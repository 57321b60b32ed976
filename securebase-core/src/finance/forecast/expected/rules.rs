//! Places and weights for means under the standard normal distribution.

/// A place, and its weight.
pub(super) type Rule = Vec<(f64, f64)>;

/// The normal scores beyond which nothing is left: 1e-16 of the distribution.
const END: f64 = 8.3;

/// Places and weights at which a polynomial of degree 2n - 1 has its mean under the standard normal distribution.
pub(super) fn hermite(size: usize) -> Rule {
    // He(k + 1) = x He(k) - k He(k - 1); the last two of them.
    let pair = |degree: usize, x: f64| {
        let (mut below, mut value) = (0.0, 1.0);
        for known in 0..degree {
            (below, value) = (value, x * value - known as f64 * below);
        }
        (below, value)
    };
    let end = |degree: usize| 2.0 * libm::sqrt(degree as f64) + 1.0;
    let factorial: f64 = (1..size).map(|number| number as f64).product();
    roots(size, pair, end)
        .into_iter()
        .map(|root| {
            let below = pair(size, root).0;
            (root, factorial / (size as f64 * below * below))
        })
        .collect()
}

/// The same under the uniform distribution from -1 to 1, with weights that add up to two.
fn legendre(size: usize) -> Rule {
    // (k + 1) P(k + 1) = (2k + 1) x P(k) - k P(k - 1).
    let pair = |degree: usize, x: f64| {
        let (mut below, mut value) = (0.0, 1.0);
        for known in 0..degree {
            let order = known as f64;
            (below, value) = (value, ((2.0 * order + 1.0) * x * value - order * below) / (order + 1.0));
        }
        (below, value)
    };
    roots(size, pair, |_| 1.0)
        .into_iter()
        .map(|root| {
            let slope = size as f64 * pair(size, root).0;
            (root, 2.0 * (1.0 - root * root) / (slope * slope))
        })
        .collect()
}

/// The roots of an orthogonal polynomial: between two of the one below lies one of the next, and one beyond each end.
fn roots(size: usize, pair: impl Fn(usize, f64) -> (f64, f64), end: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut roots: Vec<f64> = Vec::new();
    for degree in 1..=size {
        let ends: Vec<f64> = std::iter::once(-end(degree)).chain(roots).chain([end(degree)]).collect();
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
    roots
}

/// A rule for what has a bend at a score, as a factor that is zero below it: each side by itself.
#[derive(Debug, Clone)]
pub(super) struct Sides {
    below: Rule,
    above: Rule,
}

impl Sides {
    pub(super) fn new(below: usize, above: usize) -> Self {
        Self { below: legendre(below), above: legendre(above) }
    }

    pub(super) fn bent_at(&self, bend: f64) -> Rule {
        let bend = bend.clamp(-END, END);
        let side = |rule: &Rule, from: f64, to: f64| {
            let half = (to - from) / 2.0;
            let density =
                |score: f64| libm::exp(-score * score / 2.0) / libm::sqrt(2.0 * std::f64::consts::PI);
            let at = |(place, weight): &(f64, f64)| {
                let score = from + half * (1.0 + place);
                (score, weight * half * density(score))
            };
            rule.iter().map(at).collect::<Rule>()
        };
        let mut rule = side(&self.below, -END, bend);
        rule.extend(side(&self.above, bend, END));
        // A side without width, and what the rule leaves out, have no weight.
        let whole: f64 = rule.iter().map(|(_, weight)| weight).sum();
        rule.retain(|(_, weight)| *weight > 1e-14);
        rule.iter_mut().for_each(|(_, weight)| *weight /= whole);
        rule
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64, within: f64) {
        assert!((left - right).abs() <= within, "{left} {right}");
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
    fn a_bent_rule_has_them_too_wherever_it_bends() {
        for bend in [-12.0, -5.0, -1.0, 0.0, 0.7, 4.0, 12.0] {
            let rule = Sides::new(24, 30).bent_at(bend);
            let moment = |power: i32| -> f64 { rule.iter().map(|(x, w)| w * x.powi(power)).sum() };
            close(moment(0), 1.0, 1e-12);
            close(moment(1), 0.0, 1e-6);
            close(moment(2), 1.0, 1e-5);
            // The share below the bend is known.
            let below: f64 = rule.iter().filter(|(x, _)| *x < bend).map(|(_, w)| w).sum();
            close(below, crate::finance::inputs::normal::probability(bend), 1e-6);
        }
    }
}
