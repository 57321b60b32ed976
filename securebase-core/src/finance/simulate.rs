//! Monte Carlo: many possible futures of the business, each addressed by its number.
//!
//! A trial's numbers come from a counter-based generator keyed by seed and label, at a place that depends on the trial's
//! number alone. So a trial is the same on any number of threads and any machine, and ranges of trials computed apart
//! join to exactly the whole.
//! Months are worked through one after the other, all trials abreast: only the trials' present state is held, not their
//! history, and percentiles are exact.

mod chunk;
mod draw;
mod tables;

use rayon::prelude::*;

use self::chunk::{Chunk, Start, step};
use self::draw::generator;
use super::Error;
use super::fast::Fast;
use super::forecast::MONTHS_MAX;
use super::growth::Growth;
use super::metric::Metric;
use super::model::Model;
use super::quantiles::percentiles;
use super::uncertainty::{Factor, Joint};
use super::varied::Varied;

/// How many trials one call holds: exact percentiles need all of them at once.
const TRIALS_MAX: u64 = 10_000_000;
/// How many where the model is compiled for each: they are some kilobytes each.
const COMPILED_MAX: u64 = 250_000;
/// How a figure is spread over the trials in one month. A margin is left out where a trial has no revenue.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Spread {
    /// The month, from 1.
    pub month: u32,
    /// The figure.
    pub metric: Metric,
    /// Its mean.
    pub mean: f64,
    /// The values below which 1, 5, 10, 25, 50, 75, 90, 95 and 99 percent of the trials lie.
    pub percentiles: [f64; 9],
}

/// The result of a simulation: spreads by month, and each trial's end.
pub struct Simulation {
    spreads: Vec<Spread>,
    chunks: Vec<Chunk>,
    fast: Fast,
    uncertain: Vec<String>,
    kinds: Vec<(usize, Factor)>,
    tiers: Vec<String>,
    months: u32,
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let trials: usize = self.chunks.iter().map(|chunk| chunk.trials).sum();
        f.debug_struct("Simulation")
            .field("trials", &trials)
            .field("months", &self.months)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// `trials` futures of `months` months, numbered from `first_trial`.
    ///
    /// # Errors
    /// [`Error::Range`] for no trials or months, more than ten million trials (250,000 where an uncertain assumption is not
    /// one of the six factors) or 600 months, or correlations that cannot be; [`Error::Unknown`] for a path that names
    /// nothing; [`Error::Invalid`] for growth out of range.
    pub fn simulate(
        &self,
        trials: u64,
        months: u32,
        seed: u64,
        first_trial: u64,
        growth: &Growth,
    ) -> Result<Simulation, Error> {
        self.run(trials, months, seed, first_trial, growth, true)
    }

    /// A metric of the last month in each trial; a margin is NaN where there is no revenue.
    pub(super) fn last_values(
        &self,
        metric: Metric,
        trials: u64,
        months: u32,
        seed: u64,
        growth: &Growth,
    ) -> Result<Vec<f64>, Error> {
        let simulation = self.run(trials, months, seed, 0, growth, false)?;
        let ends = simulation.chunks.iter().flat_map(|chunk| simulation.ends(chunk));
        Ok(ends.map(|outcome| metric.of(&outcome)).collect())
    }

    fn run(
        &self,
        trials: u64,
        months: u32,
        seed: u64,
        first_trial: u64,
        growth: &Growth,
        with_spreads: bool,
    ) -> Result<Simulation, Error> {
        if trials == 0 || trials > TRIALS_MAX {
            return Err(Error::range("number of trials", &trials, "use 1 to 10,000,000; run more as ranges"));
        }
        if first_trial > u64::MAX - TRIALS_MAX {
            return Err(Error::range("first trial", &first_trial, "use a smaller number"));
        }
        if months == 0 || months > MONTHS_MAX {
            return Err(Error::range("number of months", &months, "use 1 to 600"));
        }
        if !growth.path.is_empty() {
            let rule = "a path leaves nothing to chance: use a forecast";
            return Err(Error::range("growth to simulate", &"a path", rule));
        }
        self.check_growth(growth)?;
        let joint = Joint::new(&growth.uncertain, &growth.correlations)?;
        let fast = Fast::new(self, growth, months)?;
        let varied = Varied::new(self, growth, joint.assumptions())?;
        if !varied.is_empty() && trials > COMPILED_MAX {
            let rule = "use 1 to 250,000 where assumptions other than the six factors are uncertain; run more as ranges";
            return Err(Error::range("number of trials", &trials, rule));
        }
        let tenants = self.tenants_by_tier();
        let source = generator(seed, "finance/factors");
        let start = Start { tenants: &tenants, fast: &fast, varied: &varied, joint: &joint, months };
        let mut chunks = start.chunks(trials, first_trial, &source)?;
        let source = generator(seed, "finance/months");
        let kinds = joint.kinds();
        let mut spreads = Vec::with_capacity(months as usize * Metric::ALL.len());
        let size = usize::try_from(trials).unwrap_or(usize::MAX);
        let mut values: Vec<Vec<f64>> = Metric::ALL.iter().map(|_| vec![0.0; size]).collect();
        for month in 1..=months {
            let sums = step(&mut chunks, &mut values, month, &fast, &kinds, &source);
            if !with_spreads {
                continue;
            }
            let found: Vec<[f64; 9]> = values.par_iter().map(|values| percentiles(values)).collect();
            for ((metric, percentiles), (sum, count)) in Metric::ALL.into_iter().zip(found).zip(sums) {
                let mean = if count > 0 { sum / count as f64 } else { f64::NAN };
                spreads.push(Spread { month, metric, mean, percentiles });
            }
        }
        Ok(Simulation {
            spreads,
            chunks,
            fast,
            uncertain: joint.assumptions().map(ToString::to_string).collect(),
            kinds,
            tiers: self.tiers().iter().map(|tier| tier.name.as_str().to_owned()).collect(),
            months,
        })
    }
}
