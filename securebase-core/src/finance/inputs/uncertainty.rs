//! Uncertain factors, their distributions and how they go together.
//!
//! Every distribution is drawn by inversion of one uniform number, so that a draw depends on its address alone and
//! correlated factors keep their own distributions (a Gaussian copula). Mathematics comes from `libm`, not from the
//! platform: the same bits everywhere.

use serde::Deserialize;

use super::assumption::Assumption;
use crate::finance::Error;
use crate::finance::simulation::normal::{probability, quantile};

/// The largest factor: no amount is larger.
const FACTOR_MAX: f64 = 1e15;

/// What an uncertain factor multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// How many tenants every tier wins.
    New,
    /// How fast tenants of every tier leave: an exponent of the share that stays. 2 makes a churn of 0.3 one of
    /// 1 - 0.7² = 0.51.
    Churn,
    /// What tenants pay.
    Price,
    /// What AWS is paid, Shield Advanced apart: its fee is fixed by contract.
    Infrastructure,
    /// What support people cost.
    Support,
    /// What sales and other things cost.
    Other,
}

impl Factor {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::New, Self::Churn, Self::Price, Self::Infrastructure, Self::Support, Self::Other];

    /// The stable name, in snake_case.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Churn => "churn",
            Self::Price => "price",
            Self::Infrastructure => "infrastructure",
            Self::Support => "support",
            Self::Other => "other",
        }
    }
}

impl std::str::FromStr for Factor {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|factor| factor.name() == text)
            .ok_or_else(|| Error::unknown("factor", text, Self::ALL.map(Self::name)))
    }
}

/// The distribution of an uncertain factor.
///
/// `Normal` and `Lognormal` have mean one, so that an uncertain assumption has the same mean as the certain one. The others
/// are not rescaled; the caller chooses their mean.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Always this.
    Fixed(f64),
    /// Uniform between two bounds; the mean is their midpoint.
    Uniform(f64, f64),
    /// Triangular: low, mode, high. The mean is a third of their sum.
    Triangular(f64, f64, f64),
    /// A normal distribution around one with this standard deviation, with negative values set to zero, divided by the
    /// resulting mean, so that its mean is exactly one. Up to 0.2 the deviation is exact to seven digits; above, it is smaller
    /// than the one given.
    Normal(f64),
    /// Lognormal with mean one and this standard deviation of its logarithm; the median is `exp(-deviation² / 2)`.
    Lognormal(f64),
}

impl Distribution {
    /// The value that a share `u` of draws, strictly between 0 and 1, stays below.
    pub fn quantile(self, u: f64) -> f64 {
        let mut value = [u];
        self.place(&mut value);
        value[0]
    }

    /// Replaces probabilities by quantiles.
    pub(in crate::finance) fn place(self, shares: &mut [f64]) {
        match self {
            Self::Fixed(value) => shares.fill(value),
            Self::Uniform(low, high) => shares.iter_mut().for_each(|u| *u = low + (high - low) * *u),
            Self::Triangular(low, mode, high) => {
                let (width, left) = (high - low, mode - low);
                for u in shares {
                    *u = if width <= 0.0 {
                        low
                    } else if *u * width < left {
                        low + libm::sqrt(*u * width * left)
                    } else {
                        high - libm::sqrt((1.0 - *u) * width * (high - mode))
                    };
                }
            }
            Self::Normal(deviation) => {
                let mean = mean_above_zero(deviation);
                shares.iter_mut().for_each(|u| *u = (1.0 + deviation * quantile(*u)).max(0.0) / mean);
            }
            Self::Lognormal(deviation) => {
                let shift = deviation * deviation / 2.0;
                shares.iter_mut().for_each(|u| *u = libm::exp(deviation * quantile(*u) - shift));
            }
        }
    }

    pub(in crate::finance) fn check(self) -> Result<(), String> {
        let (good, rule) = match self {
            Self::Fixed(value) => (value >= 0.0, "expected a factor from 0 to a quadrillion"),
            Self::Uniform(low, high) => {
                (0.0 <= low && low <= high, "expected 0 ≤ low ≤ high, up to a quadrillion")
            }
            Self::Triangular(low, mode, high) => (
                0.0 <= low && low <= mode && mode <= high,
                "expected 0 ≤ low ≤ mode ≤ high, up to a quadrillion",
            ),
            Self::Normal(deviation) | Self::Lognormal(deviation) => {
                ((0.0..=10.0).contains(&deviation), "expected a deviation from 0 to 10")
            }
        };
        let parts = match self {
            Self::Fixed(a) | Self::Normal(a) | Self::Lognormal(a) => [a, 0.0, 0.0],
            Self::Uniform(a, b) => [a, b, 0.0],
            Self::Triangular(a, b, c) => [a, b, c],
        };
        if good && parts.iter().all(|part| *part <= FACTOR_MAX) {
            Ok(())
        } else {
            Err(format!("invalid distribution `{self:?}`: {rule}"))
        }
    }
}

impl Distribution {
    /// How to write a distribution of this shape.
    pub(in crate::finance) fn help(self) -> &'static str {
        match self {
            Self::Fixed(_) => "write a finite number such as 1",
            Self::Uniform(..) => "write the lower bound first, such as 0.8 and 1.2",
            Self::Triangular(..) => {
                "write the low, the most likely and the high factor in this order, such as 0.8, 1 and 1.2"
            }
            Self::Normal(_) | Self::Lognormal(_) => "write the deviation as a fraction, such as 0.2 for 20 %",
        }
    }
}

/// The mean of a normal variable around one whose negative values count as zero.
fn mean_above_zero(deviation: f64) -> f64 {
    if deviation <= 0.0 {
        return 1.0;
    }
    let density = libm::exp(-0.5 / (deviation * deviation)) / libm::sqrt(2.0 * std::f64::consts::PI);
    probability(1.0 / deviation) + deviation * density
}

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
    fn quantiles_meet_their_definitions() {
        let close = |left: f64, right: f64| assert!((left - right).abs() < 1e-9, "{left} {right}");
        close(Distribution::Uniform(2.0, 4.0).quantile(0.25), 2.5);
        // The area of a triangle from 0 to 2 with its peak at 1 is half used up in the middle, an eighth at a half.
        close(Distribution::Triangular(0.0, 1.0, 2.0).quantile(0.5), 1.0);
        close(Distribution::Triangular(0.0, 1.0, 2.0).quantile(0.125), 0.5);
        // The median that goes with a mean of one.
        close(Distribution::Lognormal(0.3).quantile(0.5), (-0.045_f64).exp());
        close(Distribution::Normal(0.1).quantile(0.975), 1.0 + 0.1 * 1.959_963_984_540_054);
        close(Distribution::Normal(10.0).quantile(0.001), 0.0);
    }

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
