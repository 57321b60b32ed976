//! Monte Carlo: many possible futures of the business, each addressed by its number.
//!
//! A trial's numbers come from a counter-based generator keyed by seed and label, at a place that depends on the trial's
//! number alone. So a trial is the same on any number of threads and any machine, and ranges of trials computed apart
//! join to exactly the whole.
//! Months are worked through one after the other, all trials abreast: only the trials' present state is held, not their
//! history, and percentiles are exact.

use rand::distr::Distribution as _;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::Error;
use super::assumption::Varied;
use super::assumptions::Category;
use super::fast::{Fast, Outcome};
use super::forecast::MONTHS_MAX;
use super::growth::Growth;
use super::model::Model;
use super::quantiles::{PERCENTILES, percentiles};
use super::uncertainty::{Factor, Joint, by_kind};
use crate::table::{Column, Table};
use crate::time::Seed;

/// Trials worked through together. Part of the result: sums are taken chunk by chunk.
const CHUNK: usize = 4_096;
/// How many trials one call holds: exact percentiles need all of them at once.
const TRIALS_MAX: u64 = 10_000_000;
/// How many where the model is compiled for each: they are some kilobytes each.
const COMPILED_MAX: u64 = 250_000;
/// Where draws by inversion would take too many steps.
const MEAN_MAX: f64 = 30.0;

/// A figure whose spread a simulation reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Tenants at the end of the month.
    Tenants,
    /// Recurring revenue of the month.
    Revenue,
    /// Revenue less all costs.
    Profit,
    /// (revenue - infrastructure) / revenue.
    GrossMargin,
    /// (revenue - infrastructure - support) / revenue.
    MarginWithSupport,
    /// Profit over revenue.
    NetMargin,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Tenants,
        Self::Revenue,
        Self::Profit,
        Self::GrossMargin,
        Self::MarginWithSupport,
        Self::NetMargin,
    ];

    /// The stable name, in snake_case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tenants => "tenants",
            Self::Revenue => "revenue",
            Self::Profit => "profit",
            Self::GrossMargin => "gross_margin",
            Self::MarginWithSupport => "margin_with_support",
            Self::NetMargin => "net_margin",
        }
    }

    pub(super) fn of(self, outcome: &Outcome) -> f64 {
        match self {
            Self::Tenants => outcome.tenants,
            Self::Revenue => outcome.revenue,
            Self::Profit => outcome.profit(),
            Self::GrossMargin => outcome.margin(Category::Infrastructure),
            Self::MarginWithSupport => outcome.margin(Category::Support),
            Self::NetMargin => outcome.margin(Category::Other),
        }
    }
}

impl std::str::FromStr for Metric {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|metric| metric.name() == text)
            .ok_or_else(|| Error::unknown("metric", text, Self::ALL.map(Self::name)))
    }
}

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

/// Some trials' state.
struct Chunk {
    first: u64,
    trials: usize,
    /// Tenants, trial by trial, tier by tier.
    tenants: Vec<u32>,
    /// Factors, trial by trial, in the order of the uncertain assumptions.
    factors: Vec<f64>,
    /// The model of each trial, where uncertain assumptions change more than factors; else empty.
    compiled: Vec<Fast>,
    /// What tenants pay, trial by trial, tier by tier, as [`Fast::book`] keeps it; empty where counting tenants is enough.
    books: Vec<f64>,
    /// How long the book of one tier is.
    book: usize,
    /// The chance that a tier wins nobody in a month, trial by trial, tier by tier.
    nobody: Vec<f64>,
    won: Vec<u32>,
    profit: Vec<f64>,
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

/// A generator for a label, to be placed at a trial.
fn generator(seed: u64, label: &str) -> ChaCha8Rng {
    let mut key = [0; 32];
    Seed::new(seed).stream(label, 0).fill_bytes(&mut key);
    ChaCha8Rng::from_seed(key)
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
        growth.check()?;
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

/// What trials start from.
struct Start<'a> {
    tenants: &'a [u32],
    fast: &'a Fast,
    varied: &'a Varied,
    joint: &'a Joint,
    months: u32,
}

impl Start<'_> {
    /// The trials at the start: the tenants there are, and each trial's factors.
    fn chunks(&self, trials: u64, first_trial: u64, source: &ChaCha8Rng) -> Result<Vec<Chunk>, Error> {
        // Chunks lie on a grid over all trials, so that a range of trials is cut where the whole is.
        let end = first_trial + trials;
        let mut starts = Vec::new();
        let mut first = first_trial;
        while first < end {
            let next = (first / CHUNK as u64 + 1) * CHUNK as u64;
            starts.push((first, next.min(end)));
            first = next;
        }
        starts.into_par_iter().map(|(first, end)| self.chunk(first, end, source)).collect()
    }

    fn chunk(&self, first: u64, end: u64, source: &ChaCha8Rng) -> Result<Chunk, Error> {
        let trials = usize::try_from(end - first).unwrap_or(CHUNK);
        let mut rng = source.clone();
        let per_trial = self.joint.len();
        rng.set_word_pos(u128::from(first) * 2 * per_trial as u128);
        let (mut uniforms, mut normals) = (vec![0.5; per_trial], Vec::new());
        let mut factors = Vec::with_capacity(trials * per_trial);
        for _ in 0..trials {
            for uniform in &mut uniforms {
                *uniform = unit(rng.next_u64());
            }
            self.joint.draw(&uniforms, &mut normals, &mut factors);
        }
        let mut compiled = Vec::new();
        if !self.varied.is_empty() {
            let mut varied = self.varied.clone();
            compiled.reserve_exact(trials);
            for drawn in factors.chunks(per_trial) {
                varied.apply(drawn)?;
                compiled.push(varied.compiled(self.months)?);
            }
        }
        let kinds = self.joint.kinds();
        let model = |trial: usize| compiled.get(trial).unwrap_or(self.fast);
        let mut nobody = Vec::with_capacity(trials * self.tenants.len());
        for trial in 0..trials {
            let all = by_kind(&kinds, &factors[trial * per_trial..]);
            nobody.extend(model(trial).new.iter().map(|new| libm::exp(-new * all[Factor::New as usize])));
        }
        let mut books = Vec::new();
        let mut book = 0;
        if !(0..trials).all(|trial| model(trial).is_uniform()) {
            book = 1 + (0..trials).map(|trial| model(trial).young_months()).max().unwrap_or_default();
            for trial in 0..trials {
                for full in model(trial).opening(self.tenants.iter().map(|count| f64::from(*count))) {
                    books.push(full);
                    books.resize(books.len() + book - 1, 0.0);
                }
            }
        }
        Ok(Chunk {
            first,
            trials,
            tenants: self.tenants.repeat(trials),
            factors,
            compiled,
            books,
            book,
            nobody,
            won: vec![0; trials],
            profit: vec![0.0; trials],
        })
    }
}

/// A number strictly between 0 and 1 with 52 random bits.
fn unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// One month of all trials. Fills `values`, metric by metric, and returns each metric's sum and count of numbers.
fn step(
    chunks: &mut [Chunk],
    values: &mut [Vec<f64>],
    month: u32,
    fast: &Fast,
    kinds: &[(usize, Factor)],
    source: &ChaCha8Rng,
) -> Vec<(f64, usize)> {
    let mut slices: Vec<Vec<&mut [f64]>> = chunks.iter().map(|_| Vec::with_capacity(values.len())).collect();
    for column in values.iter_mut() {
        let mut rest = column.as_mut_slice();
        for (chunk, slices) in chunks.iter().zip(&mut slices) {
            let (head, tail) = rest.split_at_mut(chunk.trials);
            slices.push(head);
            rest = tail;
        }
    }
    let sums: Vec<[(f64, usize); 6]> = chunks
        .par_iter_mut()
        .zip(slices)
        .map(|(chunk, mut slices)| step_chunk(chunk, &mut slices, month, fast, kinds, source))
        .collect();
    (0..Metric::ALL.len())
        .map(|metric| {
            sums.iter().fold((0.0, 0), |(sum, count), chunk| (sum + chunk[metric].0, count + chunk[metric].1))
        })
        .collect()
}

fn step_chunk(
    chunk: &mut Chunk,
    slices: &mut [&mut [f64]],
    month: u32,
    fast: &Fast,
    kinds: &[(usize, Factor)],
    source: &ChaCha8Rng,
) -> [(f64, usize); 6] {
    let tiers = fast.prices.len();
    let mut rng = source.clone();
    rng.set_stream(u64::from(month));
    rng.set_word_pos(u128::from(chunk.first) * 2 * tiers as u128);
    let mut sums = [(0.0, 0); 6];
    let mut counts = vec![0.0; tiers];
    let mut flows = vec![(0.0, 0.0); tiers];
    let drawn = chunk.factors.len() / chunk.trials.max(1);
    let tracked = chunk.book > 0;
    for trial in 0..chunk.trials {
        let fast = chunk.compiled.get(trial).unwrap_or(fast);
        let factors = by_kind(kinds, &chunk.factors[trial * drawn..]);
        let (more, faster) = (factors[Factor::New as usize], factors[Factor::Churn as usize]);
        let tenants = &mut chunk.tenants[trial * tiers..(trial + 1) * tiers];
        let nobody = &chunk.nobody[trial * tiers..(trial + 1) * tiers];
        let mut won = 0;
        let of_tiers = fast.hazard.iter().zip(&fast.new).zip(nobody).zip(counts.iter_mut().zip(&mut flows));
        for (tenants, (((&hazard, &mean), &nobody), (count, flow))) in tenants.iter_mut().zip(of_tiers) {
            let (arrive, leave) = (rng.next_u32(), rng.next_u32());
            let before = *tenants;
            let lost = binomial(before, hazard * faster, leave);
            let new = poisson(mean * more, nobody, arrive);
            *tenants = (before - lost).saturating_add(new);
            won += new;
            *count = f64::from(*tenants);
            if tracked {
                *flow = (f64::from(before - lost) / f64::from(before.max(1)), f64::from(new));
            }
        }
        let paid = tracked.then(|| {
            let books = &mut chunk.books[trial * tiers * chunk.book..(trial + 1) * tiers * chunk.book];
            let of_tiers = books.chunks_mut(chunk.book).zip(&flows).enumerate();
            of_tiers.map(|(tier, (book, (kept, new)))| fast.book(tier, book, *kept, *new)).sum()
        });
        let outcome = fast.outcome(&counts, f64::from(won), month as usize - 1, &factors, paid);
        chunk.won[trial] = won;
        chunk.profit[trial] += outcome.profit();
        for ((metric, slice), sum) in Metric::ALL.into_iter().zip(slices.iter_mut()).zip(&mut sums) {
            let value = metric.of(&outcome);
            slice[trial] = value;
            if !value.is_nan() {
                sum.0 += value;
                sum.1 += 1;
            }
        }
    }
    sums
}

/// A number strictly between 0 and 1 with 32 random bits.
#[inline]
fn share(bits: u32) -> f64 {
    (f64::from(bits) + 0.5) * (1.0 / 4_294_967_296.0)
}

/// One over each whole number from 1: multiplying is faster than dividing.
const INVERSES: [f64; 256] = {
    let mut inverses = [1.0; 256];
    let mut index = 0;
    while index < inverses.len() {
        inverses[index] = 1.0 / (index + 1) as f64;
        index += 1;
    }
    inverses
};

/// How many arrive where `mean` are expected, and nobody with the given chance: inversion of one uniform number.
#[inline]
fn poisson(mean: f64, nobody: f64, bits: u32) -> u32 {
    let uniform = share(bits);
    if uniform <= nobody {
        return 0;
    }
    if mean > MEAN_MAX {
        return many_arrive(mean, bits);
    }
    let mut chance = nobody;
    let mut below = chance;
    let mut count = 0;
    // The chances left are soon smaller than a float can add: the end of the table ends the loop there.
    for (next, inverse) in (1..).zip(&INVERSES) {
        if uniform <= below {
            break;
        }
        count = next;
        chance *= mean * inverse;
        below += chance;
    }
    count
}

/// How many of `tenants` leave, each with probability `1 - exp(-hazard)`: inversion of one uniform number.
#[inline]
fn binomial(tenants: u32, hazard: f64, bits: u32) -> u32 {
    if tenants == 0 || hazard <= 0.0 {
        return 0;
    }
    let size = f64::from(tenants);
    let uniform = share(bits);
    // Nobody leaves with a chance of exp(-rate), which is never below 1 - rate: most draws need no exponential.
    let rate = hazard * size;
    if uniform <= 1.0 - rate {
        return 0;
    }
    if rate > MEAN_MAX {
        return many_leave(tenants, hazard, bits);
    }
    let mut chance = libm::exp(-rate);
    if uniform <= chance {
        return 0;
    }
    let odds = libm::expm1(hazard);
    let mut below = chance;
    let mut count = 0;
    while uniform > below && count < tenants {
        chance *= odds * (size - f64::from(count)) / f64::from(count + 1);
        below += chance;
        count += 1;
    }
    count
}

/// Large means: a generator of its own, keyed by the trial's bits.
#[cold]
fn many_arrive(mean: f64, bits: u32) -> u32 {
    let mut rng = ChaCha8Rng::seed_from_u64(u64::from(bits));
    rand_distr::Poisson::new(mean).map_or(u32::MAX, |poisson| {
        let drawn: f64 = poisson.sample(&mut rng);
        whole(drawn)
    })
}

#[cold]
fn many_leave(tenants: u32, hazard: f64, bits: u32) -> u32 {
    let mut rng = ChaCha8Rng::seed_from_u64(u64::from(bits));
    let leaves = -libm::expm1(-hazard);
    rand_distr::Binomial::new(tenants.into(), leaves)
        .map_or(0, |binomial| u32::try_from(binomial.sample(&mut rng)).unwrap_or(tenants).min(tenants))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range first")]
fn whole(value: f64) -> u32 {
    value.clamp(0.0, f64::from(u32::MAX)) as u32
}

impl Simulation {
    /// The spreads, by month and metric.
    pub fn spreads(&self) -> &[Spread] {
        &self.spreads
    }

    /// One spread.
    pub fn spread(&self, month: u32, metric: Metric) -> Option<&Spread> {
        self.spreads.iter().find(|spread| spread.month == month && spread.metric == metric)
    }

    /// How many trials were run.
    pub fn trials(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.trials).sum()
    }

    /// The spreads as a table, one row for each month and metric: `month, metric, trials, mean, p1 … p99`.
    ///
    /// # Errors
    /// None in practice; a table of columns of one length is always one.
    pub fn table(&self) -> Result<Table, Error> {
        let rows = &self.spreads;
        let trials = i64::try_from(self.trials()).unwrap_or(i64::MAX);
        let number = |value: f64| if value.is_nan() { None } else { Some(value) };
        let mut columns = vec![
            Column::int64("month", rows.iter().map(|row| i64::from(row.month))),
            Column::utf8("metric", rows.iter().map(|row| row.metric.name()))?,
            Column::int64("trials", rows.iter().map(|_| trials)),
            Column::float64("mean", rows.iter().map(|row| number(row.mean))),
        ];
        for (place, percent) in PERCENTILES.iter().enumerate() {
            let values = rows.iter().map(|row| number(row.percentiles[place]));
            columns.push(Column::float64(&format!("p{percent}"), values));
        }
        Ok(Table::new(columns)?)
    }

    /// Each trial's last month as a table, one row a trial in the order of their numbers: `trial`, tenants in all and by
    /// tier, revenue, costs, profit, margins (absent without revenue), the profit of all months, and the trial's factors.
    ///
    /// # Errors
    /// None in practice; a table of columns of one length is always one.
    pub fn samples(&self) -> Result<Table, Error> {
        let outcomes: Vec<Outcome> = self.chunks.par_iter().flat_map_iter(|chunk| self.ends(chunk)).collect();
        let number = |value: f64| if value.is_nan() { None } else { Some(value) };
        let trials = self.chunks.iter().flat_map(|chunk| (chunk.first..).take(chunk.trials));
        let mut columns =
            vec![Column::int64("trial", trials.map(|trial| i64::try_from(trial).unwrap_or(i64::MAX)))];
        let tenants = self.chunks.iter().flat_map(|chunk| chunk.tenants.chunks(self.tiers.len().max(1)));
        let totals =
            tenants.clone().map(|tenants| tenants.iter().map(|count| i64::from(*count)).sum::<i64>());
        if self.tiers.is_empty() {
            columns.push(Column::int64("tenants", outcomes.iter().map(|_| 0)));
        } else {
            columns.push(Column::int64("tenants", totals));
        }
        for (place, tier) in self.tiers.iter().enumerate() {
            let counts = tenants.clone().map(|tenants| i64::from(tenants[place]));
            columns.push(Column::int64(&format!("tenants_{}", tier.replace('-', "_")), counts));
        }
        let mut figure = |name: &str, value: fn(&Outcome) -> f64| {
            columns.push(Column::float64(name, outcomes.iter().map(|outcome| number(value(outcome)))));
        };
        figure("revenue", |outcome| outcome.revenue);
        figure("infrastructure", |outcome| outcome.costs[0]);
        figure("support", |outcome| outcome.costs[1]);
        figure("sales", |outcome| outcome.costs[2]);
        figure("other", |outcome| outcome.costs[3]);
        figure("total_cost", Outcome::total_cost);
        figure("profit", Outcome::profit);
        figure("gross_margin", |outcome| outcome.margin(Category::Infrastructure));
        figure("margin_with_support", |outcome| outcome.margin(Category::Support));
        figure("net_margin", |outcome| outcome.margin(Category::Other));
        let profits = self.chunks.iter().flat_map(|chunk| chunk.profit.iter().copied());
        columns.push(Column::float64("profit_cumulative", profits));
        for (place, factor) in self.uncertain.iter().enumerate() {
            let each = self.uncertain.len();
            let values = self.chunks.iter().flat_map(|chunk| chunk.factors.iter().skip(place).step_by(each));
            columns.push(Column::float64(&format!("factor_{factor}"), values.copied()));
        }
        Ok(Table::new(columns)?)
    }

    /// The last month of each trial of a chunk.
    fn ends<'a>(&'a self, chunk: &'a Chunk) -> impl Iterator<Item = Outcome> + 'a {
        let tiers = self.fast.prices.len();
        (0..chunk.trials).map(move |trial| {
            let tenants: Vec<f64> = chunk.tenants[trial * tiers..(trial + 1) * tiers]
                .iter()
                .map(|count| f64::from(*count))
                .collect();
            let drawn = self.uncertain.len();
            let factors = by_kind(&self.kinds, &chunk.factors[trial * drawn..]);
            let fast = chunk.compiled.get(trial).unwrap_or(&self.fast);
            let paid = (chunk.book > 0).then(|| {
                let books = &chunk.books[trial * tiers * chunk.book..(trial + 1) * tiers * chunk.book];
                books.chunks(chunk.book).map(|book| fast.paid_of(book)).sum()
            });
            fast.outcome(&tenants, chunk.won[trial].into(), self.months as usize - 1, &factors, paid)
        })
    }
}
