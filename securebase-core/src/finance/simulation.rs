//! Monte Carlo simulation in trials, each addressed by its number.
//!
//! A trial's random numbers are a function of the seed, a label and the trial's number alone (`stream`). A trial is therefore
//! the same on any number of threads and any machine, and separately computed ranges of trials concatenate to one result.
//! The simulation advances all trials month by month (`lanes`): it holds the trials' current state only (`chunk`), not their
//! history, and percentiles are exact.

mod chunk;
pub(super) mod compiled;
mod draw;
mod lanes;
mod quantiles;
pub(super) mod spread;
mod stream;
mod tables;

use super::business::metric::Metric;
use super::business::model::Model;
use super::business::model::until::Until;
use super::business::model::varied::Varied;
use super::error::Error;
use super::forecast::MONTHS_MAX;
use super::inputs::bounds::FIRST_TRIAL;
use super::inputs::growth::Growth;
use super::inputs::uncertainty::Joint;
use crate::model::TierName;
use crate::time::Interrupt;
use chunk::{Chunk, Places, Start};
use compiled::Fast;
use lanes::{Lanes, Shared};
use quantiles::REACH;
use spread::FigureSpread;

/// The most trials of one call.
const TRIALS_MAX: u64 = 10_000_000;
/// How many where the model is compiled for each: they are some kilobytes each.
const COMPILED_MAX: u64 = 250_000;
/// The most numbers all trials of one call may hold: about two gigabytes.
const NUMBERS_MAX: u64 = 300_000_000;
/// The most months over all trials of one call: minutes on a small machine.
const MONTHS_OF_TRIALS_MAX: u64 = 1_000_000_000;

/// The result of a simulation: spreads by month, and each trial's end.
pub struct Simulation {
    spreads: Vec<FigureSpread>,
    chunks: Vec<Chunk>,
    fast: Fast,
    uncertain: Vec<String>,
    places: Places,
    tiers: Vec<TierName>,
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
    /// Simulates `trials` trials of `months` months, numbered from `first_trial`.
    ///
    /// # Errors
    /// [`Error::Range`] for no trials or months, more than ten million trials (250,000 where an uncertain assumption is not
    /// one of the six factors), 600 months or a billion months in all, for trials that would not fit in two gigabytes, or
    /// for correlations that cannot be; [`Error::Unknown`] for a path that names nothing; [`Error::Invalid`] for growth out
    /// of range.
    pub fn simulate(
        &self,
        trials: u64,
        months: u32,
        seed: u64,
        first_trial: u64,
        growth: &Growth,
    ) -> Result<Simulation, Error> {
        self.until(&Interrupt::new()).simulate(trials, months, seed, first_trial, growth)
    }
}

impl Until<'_> {
    /// As [`Model::simulate`], until it is asked to end.
    ///
    /// # Errors
    /// As [`Model::simulate`], and [`Error::Interrupted`].
    pub fn simulate(
        &self,
        trials: u64,
        months: u32,
        seed: u64,
        first_trial: u64,
        growth: &Growth,
    ) -> Result<Simulation, Error> {
        self.run(trials, months, seed, first_trial, growth, Some(REACH))
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
        Ok(self.run(trials, months, seed, 0, growth, None)?.ends(metric))
    }

    /// With a `reach` each month's spreads are found; [`Brackets::new`](self::quantiles::Brackets::new) knows what it is.
    fn run(
        &self,
        trials: u64,
        months: u32,
        seed: u64,
        first_trial: u64,
        growth: &Growth,
        reach: Option<f64>,
    ) -> Result<Simulation, Error> {
        if trials == 0 || trials > TRIALS_MAX {
            return Err(Error::range(
                "number of trials",
                &trials,
                "use 1 to 10,000,000; split larger simulations into ranges",
            ));
        }
        if !FIRST_TRIAL.contains(&first_trial) {
            return Err(Error::range("first trial", &first_trial, "use 0 to 9,223,372,036,844,775,807"));
        }
        if months == 0 || months > MONTHS_MAX {
            return Err(Error::range("number of months", &months, "use 1 to 600"));
        }
        if trials * u64::from(months) > MONTHS_OF_TRIALS_MAX {
            let rule = "use at most 1,000,000,000 months over all trials; split the trials into ranges";
            return Err(Error::range("number of trials", &trials, rule));
        }
        if !growth.path.is_empty() {
            let rule = "a path has no random arrivals or departures; use a forecast";
            return Err(Error::range("growth to simulate", &"a path", rule));
        }
        let Self { model, interrupt } = *self;
        model.check_growth(growth)?;
        let joint = Joint::new(&growth.uncertain, &growth.correlations)?;
        let fast = Fast::new(model, growth, months)?;
        let varied = Varied::new(model, growth, joint.assumptions())?;
        if !varied.is_empty() && trials > COMPILED_MAX {
            let rule = "use 1 to 250,000 where assumptions other than the six factors are uncertain; split larger simulations into ranges";
            return Err(Error::range("number of trials", &trials, rule));
        }
        let tenants = model.tenants_by_tier();
        let numbers = tenants.len() * (2 + fast.young_months()) + joint.len() + 2;
        if trials.saturating_mul(numbers as u64) > NUMBERS_MAX {
            let rule = "the results would not fit in memory; split the trials into ranges";
            return Err(Error::range("number of trials", &trials, rule));
        }
        let mut places = Places::default();
        for (place, factor) in joint.kinds() {
            places[factor as usize] = Some(place);
        }
        let start = Start {
            tenants: &tenants,
            fast: &fast,
            varied: &varied,
            joint: &joint,
            places,
            months,
            seed,
            interrupt,
        };
        let chunks = start.chunks(trials, first_trial)?;
        let tiers: Vec<TierName> = model.tiers().iter().map(|tier| tier.name.clone()).collect();
        let mut lanes =
            Lanes::new(chunks, tenants.iter().sum(), Shared { fast, places, seed, tiers: &tiers, interrupt });
        let mut spreads = Vec::new();
        for month in 1..=months {
            match reach {
                Some(reach) => spreads.extend(lanes.month(month, reach)),
                None => lanes.pass(month),
            }
            // What a month that was cut short says is nothing.
            interrupt.check()?;
        }
        let (chunks, Shared { fast, .. }) = lanes.into_parts();
        let uncertain = joint.assumptions().map(ToString::to_string).collect();
        Ok(Simulation { spreads, chunks, fast, uncertain, places, tiers, months })
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_draw;
