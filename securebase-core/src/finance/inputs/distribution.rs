//! Uncertain factors and their distributions.
//!
//! Every distribution is drawn by inversion of one uniform number, so that a draw depends on its address alone. Mathematics
//! comes from `libm`, not from the platform: the same bits everywhere.

use serde::Deserialize;

use super::normal::{probability, quantile};
use crate::finance::error::Error;

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
    /// The mean. A normal or lognormal factor has mean one by definition.
    pub(in crate::finance) fn mean(self) -> f64 {
        match self {
            Self::Fixed(value) => value,
            Self::Uniform(low, high) => f64::midpoint(low, high),
            Self::Triangular(low, mode, high) => (low + mode + high) / 3.0,
            Self::Normal(_) | Self::Lognormal(_) => 1.0,
        }
    }

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
}
