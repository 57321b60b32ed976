//! Questions that need many answers: what moves a margin most, what price reaches a goal, what a grid of choices brings.

use rayon::prelude::*;

use super::business::metric::Metric;
use super::business::model::Model;
use super::business::model::until::Until;
use super::business::outcome::Outcome;
use super::error::Error;
use super::forecast::expected::Expected;
use super::inputs::assumption::{Assumption, TierFigure};
use super::inputs::distribution::{Distribution, Factor};
use super::inputs::growth::Growth;
use super::inputs::line::Category;
use super::inputs::uncertainty::Uncertain;
use super::simulation::compiled::Fast;
use crate::table::{Column, Table};
use crate::time::Interrupt;

/// What a goal seek looks for: a lever's value at which a metric of the last month is at least `target` in a given share of
/// trials.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// The assumption to vary.
    pub lever: Assumption,
    /// The range of its values.
    pub between: (f64, f64),
    /// The metric that has a target.
    pub metric: Metric,
    /// The value to reach.
    pub target: f64,
    /// The share of trials that must reach the target, from 0 to 1: 0.95 for all but one in twenty.
    pub confidence: f64,
    /// Months ahead.
    pub months: u32,
    /// The number of trials.
    pub trials: u64,
    /// The seed of the random draws.
    pub seed: u64,
}

/// Halvings of a goal seek: enough for ten digits.
const HALVINGS: u32 = 36;
/// The most scenarios of one grid.
pub const SCENARIOS_MAX: usize = 1_000_000;

impl Model {
    /// The numbers that a simulation of `months` months uses, as plain JSON, for a check in another program.
    ///
    /// # Errors
    /// As [`Self::forecast`].
    pub fn compiled(&self, months: u32, growth: &Growth) -> Result<serde_json::Value, Error> {
        check_months(months)?;
        self.check_growth(growth)?;
        let fast = Fast::new(self, growth, months)?;
        serde_json::to_value(&fast)
            .map_err(|error| Error::range("number of a model", &error, "use finite numbers"))
    }

    /// The uncertain assumptions by their effect on a metric of the last month: each in turn at its tenth and ninetieth
    /// percentile, the others as in the forecast, in descending order of the swing. Columns
    /// `factor, low, high, at_low, at_high, base, swing`; `base` is the forecast's figure.
    ///
    /// # Errors
    /// As [`Self::forecast`], and [`Error::Range`] for correlations that cannot be.
    pub fn tornado(&self, metric: Metric, months: u32, growth: &Growth) -> Result<Table, Error> {
        self.until(&Interrupt::new()).tornado(metric, months, growth)
    }

    /// The value of a lever at which a metric of the last month is at least the target in the given share of trials, as close
    /// as possible to the worse end of its range. It is one of the values tried, to twelve digits, and reaches the target. All
    /// values are tried on the same random draws: [`Self::simulate`] on the result of [`Self::with_lever`] for the value
    /// found, with the same seed, trials and months, repeats the trials that were counted.
    ///
    /// # Errors
    /// [`Error::Range`] where neither end of the range, or both, reach the target, or an end cannot be; [`Error::Unknown`] for
    /// a path that names nothing in this model.
    pub fn goal_seek(&self, goal: &Goal, growth: &Growth) -> Result<f64, Error> {
        self.until(&Interrupt::new()).goal_seek(goal, growth)
    }

    /// The forecast's last month for every combination of lever values: one row a scenario, a column for each lever, then
    /// `tenants, revenue, infrastructure, support, sales, other, total_cost, profit` and the three margins, unrounded.
    ///
    /// A lever is any assumption. The six factors, `price.<tier>`, `new.<tier>` and `churn.<tier>` cost next to nothing; for any
    /// other the model is compiled anew for each scenario.
    ///
    /// # Errors
    /// [`Error::Range`] for an empty grid or more than a million scenarios, [`Error::Unknown`] for a path that names nothing
    /// in this model; a value that cannot be is named, not skipped.
    pub fn sweep(
        &self,
        grid: &[(Assumption, Vec<f64>)],
        months: u32,
        growth: &Growth,
    ) -> Result<Table, Error> {
        self.until(&Interrupt::new()).sweep(grid, months, growth)
    }
}

impl Until<'_> {
    /// As [`Model::tornado`], until it is asked to end.
    ///
    /// # Errors
    /// As [`Model::tornado`], and [`Error::Interrupted`].
    pub fn tornado(&self, metric: Metric, months: u32, growth: &Growth) -> Result<Table, Error> {
        check_months(months)?;
        self.model.check_growth(growth)?;
        let end = |growth: &Growth| {
            self.interrupt.check()?;
            Ok::<_, Error>(metric.of(&Expected::new(self.model, growth, months)?.last()))
        };
        let at = |place: usize, value: f64| {
            let mut growth = growth.clone();
            growth.uncertain[place].distribution = Distribution::Fixed(value);
            end(&growth)
        };
        let base = end(growth)?;
        let row = |(place, uncertain): (usize, &Uncertain)| {
            let (low, high) = (uncertain.distribution.quantile(0.1), uncertain.distribution.quantile(0.9));
            Ok::<_, Error>((uncertain.assumption.to_string(), low, high, at(place, low)?, at(place, high)?))
        };
        let mut rows: Vec<(String, f64, f64, f64, f64)> =
            growth.uncertain.par_iter().enumerate().map(row).collect::<Result<_, _>>()?;
        rows.sort_by(|left, right| (right.4 - right.3).abs().total_cmp(&(left.4 - left.3).abs()));
        Ok(Table::new(vec![
            Column::utf8("factor", rows.iter().map(|row| row.0.as_str()))?,
            Column::float64("low", rows.iter().map(|row| row.1)),
            Column::float64("high", rows.iter().map(|row| row.2)),
            Column::float64("at_low", rows.iter().map(|row| row.3)),
            Column::float64("at_high", rows.iter().map(|row| row.4)),
            Column::float64("base", rows.iter().map(|_| base)),
            Column::float64("swing", rows.iter().map(|row| (row.4 - row.3).abs())),
        ])?)
    }

    /// As [`Model::goal_seek`], until it is asked to end.
    ///
    /// # Errors
    /// As [`Model::goal_seek`], and [`Error::Interrupted`].
    pub fn goal_seek(&self, goal: &Goal, growth: &Growth) -> Result<f64, Error> {
        if !(0.0..=1.0).contains(&goal.confidence) {
            return Err(Error::range("confidence", &goal.confidence, "use a share from 0 to 1"));
        }
        let reaches = |value: f64| -> Result<bool, Error> {
            let (model, growth) = self.model.with_lever(growth, &goal.lever, value)?;
            let until = model.until(self.interrupt);
            let ends = until.last_values(goal.metric, goal.trials, goal.months, goal.seed, &growth)?;
            let good = ends.iter().filter(|end| **end >= goal.target).count();
            Ok(good as f64 >= goal.confidence * ends.len() as f64)
        };
        let (low, high) = goal.between;
        let (mut bad, mut good) = match (reaches(low)?, reaches(high)?) {
            (false, true) => (low, high),
            (true, false) => (high, low),
            (both, _) => {
                let rule = if both { "both ends reach the target" } else { "neither end reaches the target" };
                let shown = format!("{low} to {high} of {}", goal.lever);
                return Err(Error::range("range of the lever", &shown, rule));
            }
        };
        for _ in 0..HALVINGS {
            let middle = twelve_digits(f64::midpoint(bad, good));
            if middle.to_bits() == bad.to_bits() || middle.to_bits() == good.to_bits() {
                break;
            }
            if reaches(middle)? {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Ok(good)
    }

    /// As [`Model::sweep`], until it is asked to end.
    ///
    /// # Errors
    /// As [`Model::sweep`], and [`Error::Interrupted`].
    pub fn sweep(
        &self,
        grid: &[(Assumption, Vec<f64>)],
        months: u32,
        growth: &Growth,
    ) -> Result<Table, Error> {
        check_months(months)?;
        let model = self.model;
        model.check_growth(growth)?;
        let size = grid.iter().try_fold(1_usize, |size, (_, values)| size.checked_mul(values.len()));
        let size = size.filter(|size| (1..=SCENARIOS_MAX).contains(size));
        let size =
            size.ok_or_else(|| Error::range("grid", &"its size", "use 1 to 1,000,000 combinations"))?;
        for (lever, values) in grid {
            for value in values {
                // Names the path or the value that cannot be, once for all the scenarios that hold it.
                model.with_lever(growth, lever, *value)?;
            }
        }
        let base = Expected::new(model, growth, months)?;
        let quick: Vec<Option<Quick>> = grid.iter().map(|(lever, _)| Quick::of(model, lever)).collect();
        let all_quick = quick.iter().all(Option::is_some);
        // The same paths may be uncertain: then the model is not the one that a quick lever would turn.
        let all_quick = all_quick
            && growth.uncertain.iter().all(|known| matches!(known.assumption, Assumption::Factor(_)));
        let outcomes: Vec<Outcome> = (0..size)
            .into_par_iter()
            .map_init(
                || (base.clone(), growth.clone()),
                |(expected, factors), scenario| {
                    self.interrupt.check()?;
                    if !all_quick {
                        let (mut model, mut growth) = (model.clone(), growth.clone());
                        for ((lever, _), value) in grid.iter().zip(values_of(grid, scenario)) {
                            (model, growth) = model.with_lever(&growth, lever, value)?;
                        }
                        return Ok(Expected::new(&model, &growth, months)?.last());
                    }
                    for (quick, value) in quick.iter().zip(values_of(grid, scenario)) {
                        match quick {
                            Some(Quick::Factor(factor)) => factors.set_factor(*factor, value),
                            Some(Quick::Price(tier)) => expected.set_price(*tier, value),
                            Some(Quick::New(tier)) => expected.set_new(*tier, value),
                            Some(Quick::Churn(tier)) => expected.set_churn(*tier, value),
                            None => {}
                        }
                    }
                    expected.set_factors(factors);
                    Ok(expected.last())
                },
            )
            .collect::<Result<_, Error>>()?;
        let mut columns = Vec::new();
        for (index, (lever, _)) in grid.iter().enumerate() {
            let values = (0..size).map(|scenario| values_of(grid, scenario).nth(index));
            columns.push(Column::float64(&lever.to_string(), values));
        }
        let mut figure = |name: &str, value: fn(&Outcome) -> f64| {
            let number = |value: f64| if value.is_nan() { None } else { Some(value) };
            columns.push(Column::float64(name, outcomes.iter().map(|outcome| number(value(outcome)))));
        };
        figure("tenants", |outcome| outcome.tenants);
        figure("revenue", |outcome| outcome.revenue);
        figure("infrastructure", |outcome| outcome.costs[0]);
        figure("support", |outcome| outcome.costs[1]);
        figure("sales", |outcome| outcome.costs[2]);
        figure("other", |outcome| outcome.costs[3]);
        figure("total_cost", Outcome::total_cost);
        figure("profit", Outcome::profit);
        figure("infrastructure_margin", |outcome| outcome.margin(Category::Infrastructure));
        figure("gross_margin", |outcome| outcome.margin(Category::Support));
        figure("operating_margin", |outcome| outcome.margin(Category::Other));
        Ok(Table::new(columns)?)
    }
}

/// A value as short as an answer should be. It is tried as it is given out, so that text, decimals and floats agree on it.
fn twelve_digits(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// A lever that is turned in the compiled model.
enum Quick {
    /// One of the six factors.
    Factor(Factor),
    /// A tier's price, wins or churn, by the tier's place.
    Price(usize),
    New(usize),
    Churn(usize),
}

impl Quick {
    fn of(model: &Model, lever: &Assumption) -> Option<Self> {
        let (figure, tier) = match lever {
            Assumption::Factor(factor) => return Some(Self::Factor(*factor)),
            Assumption::Tier(figure, tier) => (figure, tier),
            _ => return None,
        };
        let place = model.tiers().iter().position(|known| known.name.as_str() == tier)?;
        match figure {
            TierFigure::Price => Some(Self::Price(place)),
            TierFigure::New => Some(Self::New(place)),
            TierFigure::Churn => Some(Self::Churn(place)),
            _ => None,
        }
    }
}

/// The lever values of a scenario: the last lever turns fastest.
fn values_of(grid: &[(Assumption, Vec<f64>)], scenario: usize) -> impl Iterator<Item = f64> + '_ {
    let mut after: usize = grid.iter().map(|(_, values)| values.len()).product();
    let mut rest = scenario;
    grid.iter().map(move |(_, values)| {
        after /= values.len();
        let place = rest / after;
        rest %= after;
        values[place]
    })
}

fn check_months(months: u32) -> Result<(), Error> {
    if (1..=crate::finance::forecast::MONTHS_MAX).contains(&months) {
        Ok(())
    } else {
        Err(Error::range("number of months", &months, "use 1 to 600"))
    }
}
