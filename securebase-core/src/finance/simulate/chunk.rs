//! Trials abreast: their state, and one month of it.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::draw::{binomial, poisson, unit};
use crate::finance::Error;
use crate::finance::fast::Fast;
use crate::finance::metric::Metric;
use crate::finance::uncertainty::{Factor, Joint, by_kind};
use crate::finance::varied::Varied;

/// Trials worked through together. Part of the result: sums are taken chunk by chunk.
const CHUNK: usize = 4_096;

/// Some trials' state.
pub(super) struct Chunk {
    pub(super) first: u64,
    pub(super) trials: usize,
    /// Tenants, trial by trial, tier by tier.
    pub(super) tenants: Vec<u32>,
    /// Factors, trial by trial, in the order of the uncertain assumptions.
    pub(super) factors: Vec<f64>,
    /// The model of each trial, where uncertain assumptions change more than factors; else empty.
    pub(super) compiled: Vec<Fast>,
    /// What tenants pay, trial by trial, tier by tier, as [`Fast::book`] keeps it; empty where counting tenants is enough.
    pub(super) books: Vec<f64>,
    /// How long the book of one tier is.
    pub(super) book: usize,
    /// The chance that a tier wins nobody in a month, trial by trial, tier by tier.
    pub(super) nobody: Vec<f64>,
    pub(super) won: Vec<u32>,
    pub(super) profit: Vec<f64>,
}

/// What trials start from.
pub(super) struct Start<'a> {
    pub(super) tenants: &'a [u32],
    pub(super) fast: &'a Fast,
    pub(super) varied: &'a Varied,
    pub(super) joint: &'a Joint,
    pub(super) months: u32,
}

impl Start<'_> {
    /// The trials at the start: the tenants there are, and each trial's factors.
    pub(super) fn chunks(
        &self,
        trials: u64,
        first_trial: u64,
        source: &ChaCha8Rng,
    ) -> Result<Vec<Chunk>, Error> {
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

/// One month of all trials. Fills `values`, metric by metric, and returns each metric's sum and count of numbers.
pub(super) fn step(
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
