//! Uncertain assumptions and how they go together.
//!
//! Correlated factors keep their own distributions (a Gaussian copula).

use serde::Deserialize;

use super::assumption::Assumption;
use super::distribution::{Distribution, Factor};
use super::normal::{probability, quantile};
use crate::finance::error::Error;

/// One uncertain assumption: a factor around it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uncertain {
    /// What it multiplies: a factor on everything of a kind, or the path of any number.
    #[serde(rename = "factor")]
    pub assumption: Assumption,
    /// How it is distributed.
    pub distribution: Distribution,
}

/// Uncertain factors with the correlations between them, ready to be drawn.
#[derive(Debug, Clone)]
pub(in crate::finance) struct Joint {
    uncertain: Vec<Uncertain>,
    /// The lower triangle of the matrix that correlates independent normal numbers, each row as long as its index says; empty
    /// without correlations.
    mix: Vec<Vec<f64>>,
}

impl Joint {
    /// # Errors
    /// [`Error::Range`] for a correlation outside -1 to 1, an index out of range, a pair with two different correlations, a
    /// factor that is named twice, or correlations that do not form a positive semidefinite matrix.
    pub(in crate::finance) fn new(
        uncertain: &[Uncertain],
        correlations: &[(usize, usize, f64)],
    ) -> Result<Self, Error> {
        for (index, one) in uncertain.iter().enumerate() {
            if uncertain[..index].iter().any(|other| other.assumption == one.assumption) {
                return Err(Error::range("list of uncertain factors", &one.assumption, "name each once"));
            }
        }
        let size = uncertain.len();
        if correlations.is_empty() {
            return Ok(Self { uncertain: uncertain.to_vec(), mix: Vec::new() });
        }
        let mut known = vec![vec![None; size]; size];
        for &(left, right, correlation) in correlations {
            let name = |place: usize| {
                let one = uncertain.get(place);
                one.map_or_else(|| place.to_string(), |one| one.assumption.to_string())
            };
            let shown = || format!("{}, {}, {correlation}", name(left), name(right));
            if left >= size || right >= size || left == right || !(-1.0..=1.0).contains(&correlation) {
                let rule = "use two different ones of the uncertain factors and a correlation from -1 to 1";
                return Err(Error::range("correlation", &shown(), rule));
            }
            let (row, column) = (left.max(right), left.min(right));
            let before = known[row][column].replace(correlation);
            if before.is_some_and(|before: f64| (before - correlation).abs() > 0.0) {
                let rule = "give each pair of factors one correlation";
                return Err(Error::range("correlation", &shown(), rule));
            }
        }
        Ok(Self { uncertain: uncertain.to_vec(), mix: cholesky(&known)? })
    }

    /// How many factors are uncertain.
    pub(in crate::finance) fn len(&self) -> usize {
        self.uncertain.len()
    }

    /// Replaces uniform numbers by factors: a column of `trials` numbers for each uncertain assumption, in order.
    pub(in crate::finance) fn draw(&self, columns: &mut [f64], trials: usize) {
        if !self.mix.is_empty() {
            let mut normals: Vec<f64> = columns.iter().map(|uniform| quantile(*uniform)).collect();
            // From the last: each mixes those before it, which are then still independent.
            for (row, weights) in self.mix.iter().enumerate().rev() {
                for trial in 0..trials {
                    let mixed = weights.iter().enumerate();
                    normals[row * trials + trial] =
                        mixed.map(|(column, weight)| weight * normals[column * trials + trial]).sum();
                }
                if weights[..row].iter().any(|weight| *weight != 0.0) {
                    let mixed = &normals[row * trials..][..trials];
                    for (uniform, normal) in columns[row * trials..][..trials].iter_mut().zip(mixed) {
                        *uniform = probability(*normal).clamp(1e-16, 1.0 - 1e-16);
                    }
                }
            }
        }
        for (uncertain, column) in self.uncertain.iter().zip(columns.chunks_mut(trials.max(1))) {
            uncertain.distribution.place(column);
        }
    }

    /// Where the factors on everything of a kind stand among the uncertain, and which each is.
    pub(in crate::finance) fn kinds(&self) -> Vec<(usize, Factor)> {
        let places = self.uncertain.iter().enumerate();
        places
            .filter_map(|(place, uncertain)| match uncertain.assumption {
                Assumption::Factor(factor) => Some((place, factor)),
                _ => None,
            })
            .collect()
    }

    /// What is uncertain, in order.
    pub(in crate::finance) fn assumptions(&self) -> impl Iterator<Item = &Assumption> {
        self.uncertain.iter().map(|uncertain| &uncertain.assumption)
    }
}

/// The lower triangle whose product with its transpose is the matrix of correlations, each row as long as its place says.
/// `known` holds below its diagonal the correlations that were given; the others are zero.
fn cholesky(known: &[Vec<Option<f64>>]) -> Result<Vec<Vec<f64>>, Error> {
    /// The rounding error of a variance of zero, as of two perfectly correlated factors.
    const NOTHING: f64 = 1e-12;
    let contradiction = || {
        let rule = "use a positive semidefinite set; move the correlations toward zero";
        Error::range("set of correlations", &"not positive semidefinite", rule)
    };
    let mut mix: Vec<Vec<f64>> = Vec::with_capacity(known.len());
    for (row, known) in known.iter().enumerate() {
        let mut weights: Vec<f64> = Vec::with_capacity(row + 1);
        for (column, above) in mix.iter().enumerate() {
            let explained: f64 = weights.iter().zip(above).map(|(left, right)| left * right).sum();
            let left = known[column].unwrap_or_default() - explained;
            let own = above[column];
            // A factor without a part of its own leaves nothing to choose: what it implies must be what was asked for.
            if own == 0.0 && left.abs() > 1e-6 {
                return Err(contradiction());
            }
            weights.push(if own == 0.0 { 0.0 } else { left / own });
        }
        let left = 1.0 - weights.iter().map(|weight| weight * weight).sum::<f64>();
        if left < -NOTHING {
            return Err(contradiction());
        }
        weights.push(if left < NOTHING { 0.0 } else { libm::sqrt(left) });
        mix.push(weights);
    }
    Ok(mix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlated_factors_go_together_and_keep_their_own_distribution() {
        let uncertain = [
            Uncertain {
                assumption: Assumption::Factor(Factor::New),
                distribution: Distribution::Uniform(0.0, 1.0),
            },
            Uncertain {
                assumption: Assumption::Factor(Factor::Churn),
                distribution: Distribution::Uniform(0.0, 1.0),
            },
        ];
        let joint = Joint::new(&uncertain, &[(0, 1, 1.0)]).unwrap();
        let mut factors = [0.3, 0.9];
        joint.draw(&mut factors, 1);
        assert!((factors[0] - 0.3).abs() < 1e-9 && (factors[1] - 0.3).abs() < 1e-9, "{factors:?}");
        assert!(Joint::new(&uncertain, &[(0, 1, 1.5)]).is_err());
        assert!(Joint::new(&uncertain, &[(0, 2, 0.5)]).is_err());
    }

    #[test]
    fn correlations_that_contradict_one_another_are_refused() {
        let uncertain = [Factor::New, Factor::Churn, Factor::Price].map(|factor| Uncertain {
            assumption: Assumption::Factor(factor),
            distribution: Distribution::Normal(0.1),
        });
        let correlations = [(0, 1, 0.9), (1, 2, 0.9), (0, 2, -0.9)];
        assert!(Joint::new(&uncertain, &correlations).is_err());
    }

    /// Each of these cannot be, most of them only just.
    #[test]
    fn correlations_that_cannot_be_are_named() {
        let uncertain = [Factor::New, Factor::Churn, Factor::Price].map(|factor| Uncertain {
            assumption: Assumption::Factor(factor),
            distribution: Distribution::Normal(0.1),
        });
        let refused = |correlations: &[(usize, usize, f64)]| Joint::new(&uncertain, correlations).is_err();
        // The first two always go together, so that the third cannot go with one and against the other.
        assert!(refused(&[(0, 1, 1.0), (0, 2, 0.5), (1, 2, -0.5)]));
        assert!(refused(&[(0, 1, -1.0), (0, 2, 0.5), (1, 2, 0.5)]));
        assert!(refused(&[(1, 0, 1.0), (2, 1, 0.3)]), "what is not named is nothing");
        assert!(refused(&[(0, 1, 0.5), (1, 0, 0.4)]), "one pair, two numbers");
        for wrong in [f64::NAN, f64::INFINITY, 1.000_001, -1.5] {
            assert!(refused(&[(0, 1, wrong)]), "{wrong}");
        }
        assert!(refused(&[(0, 0, 0.5)]) && refused(&[(0, 3, 0.5)]));
        for fine in [
            vec![(0, 1, 1.0), (0, 2, 0.5), (1, 2, 0.5)],
            vec![(0, 1, 0.5), (1, 0, 0.5)],
            vec![(0, 1, 1.0), (0, 2, 1.0), (1, 2, 1.0)],
            vec![(0, 1, 0.6), (1, 2, 0.8), (0, 2, 0.0)],
        ] {
            assert!(!refused(&fine), "{fine:?}");
        }
    }

    /// Of the second column the normal scores are the given part of the first's, and the rest is its own.
    #[test]
    fn the_correlation_is_that_of_the_normal_scores() {
        let uncertain = [Factor::New, Factor::Churn].map(|factor| Uncertain {
            assumption: Assumption::Factor(factor),
            distribution: Distribution::Uniform(0.0, 1.0),
        });
        let joint = Joint::new(&uncertain, &[(0, 1, 0.6)]).unwrap();
        let mut columns = [0.9, 0.2, 0.5, 0.7];
        joint.draw(&mut columns, 2);
        let score = |first: f64, second: f64| 0.6 * quantile(first) + 0.8 * quantile(second);
        for (found, expected) in
            columns.iter().zip([0.9, 0.2, probability(score(0.9, 0.5)), probability(score(0.2, 0.7))])
        {
            assert!((found - expected).abs() < 1e-12, "{columns:?}");
        }
    }
}
