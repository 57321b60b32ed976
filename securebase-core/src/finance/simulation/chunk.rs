//! A chunk of trials: where they start, how a month changes them, and their figures in a month.

use rayon::prelude::*;

use super::compiled::Fast;
use super::compiled::months::{BLOCK, Given, ONES, Outcomes};
use super::draw::{TENANTS_MAX, binomial, certain, none, poisson};
use super::stream::{Stream, lower, unit, upper};
use crate::finance::business::model::varied::Varied;
use crate::finance::error::Error;
use crate::finance::inputs::distribution::Factor;
use crate::finance::inputs::uncertainty::Joint;
use crate::time::Interrupt;

/// Trials held together. Part of the result: sums are taken chunk by chunk.
pub(super) const CHUNK: usize = 2_048;

/// Where each factor stands among the uncertain assumptions, in the order of [`Factor::ALL`].
pub(super) type Places = [Option<usize>; 6];

/// Some trials' state: columns of `trials` values, tier by tier or factor by factor.
pub(super) struct Chunk {
    pub(super) first: u64,
    pub(super) trials: usize,
    /// Tenants, tier by tier.
    pub(super) tenants: Vec<u32>,
    /// Factors, in the order of the uncertain assumptions.
    pub(super) factors: Vec<f64>,
    /// The model of each trial, where uncertain assumptions change more than factors; else empty.
    pub(super) compiled: Vec<Fast>,
    /// What tenants pay, tier by tier, trial by trial, as [`Fast::book`] keeps it; empty where counting tenants is enough.
    books: Vec<f64>,
    /// How long the book of one tier is.
    book: usize,
    /// The value that the upper half of a month's bits must reach before any tenant arrives, tier by tier.
    none: Vec<u32>,
    /// The value that the lower half must reach before any current tenant leaves, tier by tier.
    certain: Vec<u32>,
    /// Tenants won in the last month.
    won: Vec<u32>,
    pub(super) profit: Vec<f64>,
}

/// What trials start from.
pub(super) struct Start<'a> {
    pub(super) tenants: &'a [u32],
    pub(super) fast: &'a Fast,
    pub(super) varied: &'a Varied,
    pub(super) joint: &'a Joint,
    pub(super) places: Places,
    pub(super) months: u32,
    pub(super) seed: u64,
    pub(super) interrupt: &'a Interrupt,
}

impl Start<'_> {
    /// The trials at the start: the tenants there are, and each trial's factors.
    pub(super) fn chunks(&self, trials: u64, first_trial: u64) -> Result<Vec<Chunk>, Error> {
        // Chunks lie on a grid over all trials, so that a range of trials is cut where the whole is.
        let end = first_trial + trials;
        let mut starts = Vec::new();
        let mut first = first_trial;
        while first < end {
            let next = (first / CHUNK as u64 + 1) * CHUNK as u64;
            starts.push((first, next.min(end)));
            first = next;
        }
        // The address of a factor's draws is its path, not its place: what else is uncertain does not change them.
        let paths = self.joint.assumptions();
        let streams: Vec<Stream> =
            paths.map(|path| Stream::new(self.seed, &format!("finance/factor/{path}"), 0)).collect();
        starts.into_par_iter().map(|(first, end)| self.chunk(first, end, &streams)).collect()
    }

    fn chunk(&self, first: u64, end: u64, streams: &[Stream]) -> Result<Chunk, Error> {
        self.interrupt.check()?;
        let trials = usize::try_from(end - first).unwrap_or(CHUNK);
        let mut factors = Vec::with_capacity(trials * streams.len());
        for stream in streams {
            factors.extend((first..end).map(|trial| unit(stream.bits(trial))));
        }
        self.joint.draw(&mut factors, trials);
        let mut compiled = Vec::new();
        if !self.varied.is_empty() {
            let mut varied = self.varied.clone();
            compiled.reserve_exact(trials);
            let mut drawn = vec![1.0; streams.len()];
            for trial in 0..trials {
                self.interrupt.check()?;
                for (place, factor) in drawn.iter_mut().enumerate() {
                    *factor = factors[place * trials + trial];
                }
                varied.apply(&drawn)?;
                compiled.push(Fast::with_paid(&varied.model, &varied.growth, self.months, &varied.paid)?);
            }
        }
        let mut chunk = Chunk {
            first,
            trials,
            tenants: self.tenants.iter().flat_map(|count| std::iter::repeat_n(*count, trials)).collect(),
            factors,
            compiled,
            books: Vec::new(),
            book: 0,
            none: Vec::with_capacity(self.tenants.len() * trials),
            certain: Vec::with_capacity(self.tenants.len() * trials),
            won: vec![0; trials],
            profit: vec![0.0; trials],
        };
        let factor = |chunk: &Chunk, factor: Factor, trial: usize| {
            self.places[factor as usize].map_or(1.0, |place| chunk.factors[place * trials + trial])
        };
        for (tier, tenants) in self.tenants.iter().enumerate() {
            for trial in 0..trials {
                let mean = chunk.model(trial, self.fast).new[tier] * factor(&chunk, Factor::New, trial);
                let hazard =
                    chunk.model(trial, self.fast).hazard[tier] * factor(&chunk, Factor::Churn, trial);
                chunk.none.push(none(mean));
                chunk.certain.push(certain(hazard * f64::from(*tenants)));
            }
        }
        if !(0..trials).all(|trial| chunk.model(trial, self.fast).is_uniform()) {
            let young = (0..trials).map(|trial| chunk.model(trial, self.fast).young_months()).max();
            chunk.book = 1 + young.unwrap_or_default();
            let mut books = vec![0.0; self.tenants.len() * trials * chunk.book];
            for trial in 0..trials {
                let counts = self.tenants.iter().map(|count| f64::from(*count));
                for (tier, full) in chunk.model(trial, self.fast).opening(counts).enumerate() {
                    books[(tier * trials + trial) * chunk.book] = full;
                }
            }
            chunk.books = books;
        }
        Ok(chunk)
    }
}

/// Buffers for drawing a month.
pub(super) struct Room {
    bits: Box<[u64; BLOCK]>,
    /// Hazards, where each trial has its own.
    hazards: Box<[f64; BLOCK]>,
    leaving: Box<[u16; BLOCK]>,
    arriving: Box<[u16; BLOCK]>,
    kept: Box<[f64; BLOCK]>,
    new: Box<[u32; BLOCK]>,
    paid: Box<[f64; BLOCK]>,
    one: Outcomes,
}

impl Room {
    pub(super) fn new() -> Self {
        Self {
            bits: Box::new([0; BLOCK]),
            hazards: Box::new([0.0; BLOCK]),
            leaving: Box::new([0; BLOCK]),
            arriving: Box::new([0; BLOCK]),
            kept: Box::new([1.0; BLOCK]),
            new: Box::new([0; BLOCK]),
            paid: Box::new([0.0; BLOCK]),
            one: Outcomes::default(),
        }
    }
}

impl Chunk {
    fn model<'a>(&'a self, trial: usize, fast: &'a Fast) -> &'a Fast {
        self.compiled.get(trial).unwrap_or(fast)
    }

    /// The blocks of trials that are worked through at once: first and length.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let trials = self.trials;
        (0..trials).step_by(BLOCK).map(move |from| (from, BLOCK.min(trials - from)))
    }

    fn factor(&self, places: &Places, factor: Factor, from: usize, trials: usize) -> &[f64] {
        match places[factor as usize] {
            Some(place) => &self.factors[place * self.trials + from..][..trials],
            None => &ONES[..trials],
        }
    }

    /// Draws arrivals and departures in a month of a block of trials; `streams` are the month's, tier by tier.
    ///
    /// In most months no tenant of a tier arrives or leaves. The trials in which one does are found first, without a branch
    /// that the processor would mispredict, and drawn afterwards.
    pub(super) fn advance(
        &mut self,
        (from, trials): (usize, usize),
        streams: &[Stream],
        fast: &Fast,
        places: &Places,
        room: &mut Room,
    ) {
        let Room { bits, hazards, leaving, arriving, kept, new, .. } = room;
        let most = TENANTS_MAX / u32::try_from(streams.len().max(1)).unwrap_or(1);
        let tracked = self.book > 0;
        let first = self.first + from as u64;
        let factor = |factor: Factor| match places[factor as usize] {
            Some(place) => &self.factors[place * self.trials + from..][..trials],
            None => &ONES[..trials],
        };
        let (more, faster) = (factor(Factor::New), factor(Factor::Churn));
        let compiled = self.compiled.get(from..from + trials);
        let won = &mut self.won[from..from + trials];
        won.fill(0);
        for (tier, stream) in streams.iter().enumerate() {
            let at = tier * self.trials + from..tier * self.trials + from + trials;
            let (tenants, none) = (&mut self.tenants[at.clone()], &self.none[at.clone()]);
            let certain_of = &mut self.certain[at.clone()];
            // The rate at which one tenant leaves is a number of each trial times one that is the same for all.
            let (hazards, common) = match compiled.filter(|compiled| !compiled.is_empty()) {
                None => (faster, fast.hazard[tier]),
                Some(compiled) => {
                    let own = hazards.iter_mut().zip(faster).zip(compiled);
                    own.for_each(|((hazard, faster), fast)| *hazard = fast.hazard[tier] * faster);
                    (&hazards[..trials], 1.0)
                }
            };
            let (mut leave, mut arrive) = (0, 0);
            let trial_by_trial = bits.iter_mut().zip(certain_of.iter()).zip(none);
            for (place, ((bits, certain), none)) in (0_u16..).zip(trial_by_trial) {
                let drawn = stream.bits(first + u64::from(place));
                *bits = drawn;
                leaving[leave % BLOCK] = place;
                leave += usize::from(drawn & 0xFFFF_FFFF >= u64::from(*certain));
                arriving[arrive % BLOCK] = place;
                arrive += usize::from(drawn >> 32 >= u64::from(*none));
            }
            if tracked {
                kept.fill(1.0);
                new.fill(0);
            }
            for &place in &leaving[..leave] {
                let trial = usize::from(place);
                let before = tenants[trial];
                let hazard = hazards[trial] * common;
                let left = before - binomial(before, hazard, lower(bits[trial]));
                tenants[trial] = left;
                certain_of[trial] = certain(hazard * f64::from(left));
                if tracked {
                    kept[trial] = f64::from(left) / f64::from(before.max(1));
                }
            }
            for &place in &arriving[..arrive] {
                let trial = usize::from(place);
                let mean =
                    compiled.and_then(|compiled| compiled.get(trial)).unwrap_or(fast).new[tier] * more[trial];
                let count = poisson(mean, none[trial], upper(bits[trial]));
                let sum = tenants[trial].saturating_add(count).min(most);
                won[trial] += sum - tenants[trial].min(sum);
                tenants[trial] = sum;
                certain_of[trial] = certain(hazards[trial] * common * f64::from(sum));
                new[trial] = count;
            }
            if tracked {
                for trial in 0..trials {
                    let fast = compiled.and_then(|compiled| compiled.get(trial)).unwrap_or(fast);
                    let book = &mut self.books[(at.start + trial) * self.book..][..self.book];
                    fast.book(tier, book, kept[trial], new[trial].into());
                }
            }
        }
    }

    /// The figures of a block of trials in the month that was drawn last, counted from 0.
    pub(super) fn evaluate(
        &self,
        (from, trials): (usize, usize),
        month: usize,
        fast: &Fast,
        places: &Places,
        room: &mut Room,
        out: &mut Outcomes,
    ) {
        let Room { paid, one, .. } = room;
        if self.book > 0 {
            let tiers = self.tenants.len() / self.trials.max(1);
            for (trial, paid) in (from..).zip(&mut paid[..trials]) {
                let fast = self.model(trial, fast);
                let of = |tier| &self.books[(tier * self.trials + trial) * self.book..][..self.book];
                *paid = (0..tiers).map(|tier| fast.paid_of(of(tier))).sum();
            }
        }
        let given = Given {
            tenants: &self.tenants,
            stride: self.trials,
            from,
            won: &self.won[from..from + trials],
            paid: (self.book > 0).then_some(&paid[..trials]),
            price: self.factor(places, Factor::Price, from, trials),
            infrastructure: self.factor(places, Factor::Infrastructure, from, trials),
            support: self.factor(places, Factor::Support, from, trials),
            other: self.factor(places, Factor::Other, from, trials),
        };
        if self.compiled.is_empty() {
            fast.outcomes(&given, month, out);
        } else {
            out.resize(trials);
            for (trial, fast) in self.compiled[from..from + trials].iter().enumerate() {
                fast.outcomes(&given.one(trial), month, one);
                out.set(trial, one);
            }
        }
    }

    /// Adds a month's profit to that of the months before.
    pub(super) fn earn(&mut self, from: usize, profit: &[f64]) {
        for (sum, profit) in self.profit[from..].iter_mut().zip(profit) {
            *sum += profit;
        }
    }
}
