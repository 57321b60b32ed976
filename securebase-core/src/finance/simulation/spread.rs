//! How a figure is spread over trials.

use crate::finance::business::metric::Metric;

/// How a figure is spread over the trials in one month. A margin is left out where a trial has no revenue.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FigureSpread {
    /// The month, from 1.
    pub month: u32,
    /// The figure.
    pub metric: Metric,
    /// Its mean.
    pub mean: f64,
    /// The values below which 1, 5, 10, 25, 50, 75, 90, 95 and 99 percent of the trials lie.
    pub percentiles: [f64; 9],
}
