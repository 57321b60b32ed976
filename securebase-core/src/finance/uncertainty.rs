//! Uncertain factors, their distributions and how they go together.
//!
//! Every distribution is drawn by inversion of one uniform number, so that a draw depends on its address alone and
//! correlated factors keep their own distributions (a Gaussian copula). Mathematics comes from `libm`, not from the
//! platform: the same bits everywhere.

use serde::Deserialize;

use super::Error;
use super::assumption::Assumption;
use super::normal::{probability, quantile};

/// What an uncertain factor multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// How many tenants every tier wins.
    New,
    /// How fast tenants of every tier leave.
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

/// How an uncertain factor is distributed.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Always this.
    Fixed(f64),
    /// Evenly between two bounds.
    Uniform(f64, f64),
    /// Between two bounds with a mode: low, mode, high.
    Triangular(f64, f64, f64),
    /// Around one with this standard deviation; never below zero.
    Normal(f64),
    /// With median one and this standard deviation of its logarithm.
    Lognormal(f64),
}

impl Distribution {
    /// The value that a share `u` of draws, strictly between 0 and 1, stays below.
    pub fn quantile(self, u: f64) -> f64 {
        match self {
            Self::Fixed(value) => value,
            Self::Uniform(low, high) => low + (high - low) * u,
            Self::Triangular(low, mode, high) => {
                let (width, left) = (high - low, mode - low);
                if width <= 0.0 {
                    low
                } else if u * width < left {
                    low + libm::sqrt(u * width * left)
                } else {
                    high - libm::sqrt((1.0 - u) * width * (high - mode))
                }
            }
            Self::Normal(deviation) => (1.0 + deviation * quantile(u)).max(0.0),
            Self::Lognormal(deviation) => libm::exp(deviation * quantile(u)),
        }
    }

    pub(super) fn check(self) -> Result<(), String> {
        let (good, rule) = match self {
            Self::Fixed(value) => (value >= 0.0, "a fixed factor is zero or more"),
            Self::Uniform(low, high) => (0.0 <= low && low <= high, "0 ≤ low ≤ high"),
            Self::Triangular(low, mode, high) => {
                (0.0 <= low && low <= mode && mode <= high, "0 ≤ low ≤ mode ≤ high")
            }
            Self::Normal(deviation) | Self::Lognormal(deviation) => {
                ((0.0..=10.0).contains(&deviation), "a deviation lies between 0 and 10")
            }
        };
        let parts = match self {
            Self::Fixed(a) | Self::Normal(a) | Self::Lognormal(a) => [a, 0.0, 0.0],
            Self::Uniform(a, b) => [a, b, 0.0],
            Self::Triangular(a, b, c) => [a, b, c],
        };
        if good && parts.iter().all(|part| part.is_finite()) {
            Ok(())
        } else {
            Err(format!("`{self:?}` is not a distribution: {rule}"))
        }
    }
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
pub(super) struct Joint {
    uncertain: Vec<Uncertain>,
    /// The lower triangle of the matrix that makes independent normal numbers go together; empty where none do.
    mix: Vec<Vec<f64>>,
}

impl Joint {
    /// # Errors
    /// [`Error::Range`] for a correlation outside -1 to 1, a place there is none of, or correlations that contradict one
    /// another; a factor may be named once.
    pub(super) fn new(uncertain: &[Uncertain], correlations: &[(usize, usize, f64)]) -> Result<Self, Error> {
        for (index, one) in uncertain.iter().enumerate() {
            if uncertain[..index].iter().any(|other| other.assumption == one.assumption) {
                return Err(Error::range("list of uncertain factors", &one.assumption, "name each once"));
            }
        }
        let size = uncertain.len();
        if correlations.is_empty() {
            return Ok(Self { uncertain: uncertain.to_vec(), mix: Vec::new() });
        }
        let mut matrix = vec![vec![0.0; size]; size];
        for (index, row) in matrix.iter_mut().enumerate() {
            row[index] = 1.0;
        }
        for &(left, right, correlation) in correlations {
            if left >= size || right >= size || left == right || !(-1.0..=1.0).contains(&correlation) {
                let shown = format!("{left}, {right}, {correlation}");
                return Err(Error::range(
                    "correlation",
                    &shown,
                    "name two factors and a number from -1 to 1",
                ));
            }
            matrix[left][right] = correlation;
            matrix[right][left] = correlation;
        }
        let mut mix = vec![vec![0.0; size]; size];
        for row in 0..size {
            for column in 0..=row {
                let known: f64 = (0..column).map(|k| mix[row][k] * mix[column][k]).sum();
                if row == column {
                    let left: f64 = matrix[row][row] - known;
                    if left < -1e-12 {
                        let rule = "no numbers go together so; bring the correlations nearer to zero";
                        return Err(Error::range("set of correlations", &"not positive definite", rule));
                    }
                    mix[row][column] = libm::sqrt(left.max(0.0));
                } else if mix[column][column] > 0.0 {
                    mix[row][column] = (matrix[row][column] - known) / mix[column][column];
                }
            }
        }
        Ok(Self { uncertain: uncertain.to_vec(), mix })
    }

    /// How many uniform numbers a draw takes.
    pub(super) fn len(&self) -> usize {
        self.uncertain.len()
    }

    /// Puts the factors for one draw of uniform numbers behind `out`, in the order of [`Self::assumptions`]. `normals` is room
    /// to work in.
    pub(super) fn draw(&self, uniforms: &[f64], normals: &mut Vec<f64>, out: &mut Vec<f64>) {
        normals.clear();
        if !self.mix.is_empty() {
            normals.extend(uniforms.iter().map(|uniform| quantile(*uniform)));
        }
        for (index, (uncertain, uniform)) in self.uncertain.iter().zip(uniforms).enumerate() {
            let uniform = match self.mix.get(index) {
                None => *uniform,
                Some(row) => {
                    let mixed: f64 = row.iter().zip(&*normals).map(|(weight, normal)| weight * normal).sum();
                    probability(mixed).clamp(1e-16, 1.0 - 1e-16)
                }
            };
            out.push(uncertain.distribution.quantile(uniform));
        }
    }

    /// Where the factors on everything of a kind stand among the uncertain, and which each is.
    pub(super) fn kinds(&self) -> Vec<(usize, Factor)> {
        let places = self.uncertain.iter().enumerate();
        places
            .filter_map(|(place, uncertain)| match uncertain.assumption {
                Assumption::Factor(factor) => Some((place, factor)),
                _ => None,
            })
            .collect()
    }

    /// What is uncertain, in order.
    pub(super) fn assumptions(&self) -> impl Iterator<Item = &Assumption> {
        self.uncertain.iter().map(|uncertain| &uncertain.assumption)
    }
}

/// The factors on everything of a kind, in the order of [`Factor::ALL`], out of a draw; those not uncertain are one.
#[inline]
pub(super) fn by_kind(kinds: &[(usize, Factor)], drawn: &[f64]) -> [f64; 6] {
    let mut all = [1.0; 6];
    for (place, factor) in kinds {
        all[*factor as usize] = drawn[*place];
    }
    all
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
        close(Distribution::Lognormal(0.3).quantile(0.5), 1.0);
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
        let mut factors = Vec::new();
        joint.draw(&[0.3, 0.9], &mut Vec::new(), &mut factors);
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
}
