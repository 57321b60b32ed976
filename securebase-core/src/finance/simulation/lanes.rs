//! Months of many trials at once: lanes of chunks, and their statistics.

use rayon::prelude::*;

use super::chunk::{Chunk, Places, Room};
use super::compiled::Fast;
use super::compiled::months::Outcomes;
use super::quantiles::{Brackets, Tally, percentiles};
use super::spread::FigureSpread;
use super::stream::Stream;
use crate::finance::business::metric::Metric;
use crate::model::TierName;
use crate::time::Interrupt;

const METRICS: usize = Metric::ALL.len();
/// The number of lanes whose first chunk is the sample for the percentile brackets.
const PILOTS: usize = 8;

/// A sum and the count of the numbers in it.
type Sum = (f64, usize);

/// Chunks that one thread processes at a time. The number of lanes does not change any figure: sums are kept by chunk, and order
/// statistics do not depend on the order of the values.
struct Lane {
    chunks: Vec<Chunk>,
    sums: Vec<[Sum; METRICS]>,
    tallies: [Tally; METRICS],
    /// Values of the chunks that go ahead.
    ahead: [Vec<f64>; METRICS],
    /// The most tenants that any trial has had.
    most: u32,
    room: Room,
    out: Outcomes,
    values: Vec<f64>,
}

/// What does not change from trial to trial.
pub(super) struct Shared<'a> {
    pub(super) fast: Fast,
    pub(super) places: Places,
    pub(super) seed: u64,
    /// The names of the tiers, which address their draws.
    pub(super) tiers: &'a [TierName],
    /// Asked between chunks; what is found after that is thrown away.
    pub(super) interrupt: &'a Interrupt,
}

impl Shared<'_> {
    fn streams(&self, month: u32) -> Vec<Stream> {
        let tiers = self.tiers.iter();
        tiers.map(|tier| Stream::new(self.seed, &format!("finance/tenants/{tier}"), month.into())).collect()
    }
}

/// Where values go.
#[derive(Clone, Copy)]
enum Into<'a> {
    Ahead,
    Tallies(&'a [Brackets]),
}

impl Lane {
    fn new(chunks: Vec<Chunk>, most: u32) -> Self {
        Self {
            sums: vec![[(0.0, 0); METRICS]; chunks.len()],
            chunks,
            tallies: std::array::from_fn(|_| Tally::new()),
            ahead: std::array::from_fn(|_| Vec::new()),
            most,
            room: Room::new(),
            out: Outcomes::default(),
            values: Vec::new(),
        }
    }

    /// A month of some of its chunks.
    fn month(
        &mut self,
        chunks: std::ops::Range<usize>,
        month: u32,
        shared: &Shared<'_>,
        streams: &[Stream],
        into: Into<'_>,
    ) {
        let Self { room, out, values, tallies, ahead, most, .. } = self;
        for (chunk, sums) in self.chunks[chunks.clone()].iter_mut().zip(&mut self.sums[chunks]) {
            *sums = [(0.0, 0); METRICS];
            if shared.interrupt.is_asked() {
                return;
            }
            for block in chunk.blocks() {
                chunk.advance(block, streams, &shared.fast, &shared.places, room);
                chunk.evaluate(block, month as usize - 1, &shared.fast, &shared.places, room, out);
                chunk.earn(block.0, &out.profit);
                *most = out.tenants.iter().fold(*most, |most, tenants| most.max(*tenants));
                for (place, metric) in Metric::ALL.into_iter().enumerate() {
                    let values = out.present(metric, values);
                    sums[place].0 += sum(values);
                    sums[place].1 += values.len();
                    match into {
                        Into::Ahead => ahead[place].extend_from_slice(values),
                        Into::Tallies(brackets) => tallies[place].add(&brackets[place], values),
                    }
                }
            }
        }
    }

    /// A metric of the month drawn last.
    fn again(&mut self, metric: Metric, month: u32, shared: &Shared<'_>) -> Vec<f64> {
        let Self { chunks, room, out, values, .. } = self;
        let mut all = Vec::new();
        for chunk in chunks {
            if shared.interrupt.is_asked() {
                return all;
            }
            for block in chunk.blocks() {
                chunk.evaluate(block, month as usize - 1, &shared.fast, &shared.places, room, out);
                all.extend_from_slice(out.present(metric, values));
            }
        }
        all
    }
}

/// The sum of numbers, in four parts that a processor adds side by side.
fn sum(values: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let fours = values.chunks_exact(4);
    let rest: f64 = fours.remainder().iter().sum();
    for four in fours {
        for (sum, value) in sums.iter_mut().zip(four) {
            *sum += value;
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Chunks in lanes, processed month by month.
pub(super) struct Lanes<'a> {
    lanes: Vec<Lane>,
    shared: Shared<'a>,
}

impl<'a> Lanes<'a> {
    /// `tenants` is how many there are at the start.
    pub(super) fn new(chunks: Vec<Chunk>, tenants: u32, shared: Shared<'a>) -> Self {
        // A few lanes for each thread, so that one that is late can be helped out.
        let each = chunks.len().div_ceil(4 * rayon::current_num_threads()).max(1);
        let mut lanes = Vec::new();
        let mut rest = chunks.into_iter().peekable();
        while rest.peek().is_some() {
            lanes.push(Lane::new(rest.by_ref().take(each).collect(), tenants));
        }
        Self { lanes, shared }
    }

    /// A month of which only the state is wanted.
    pub(super) fn pass(&mut self, month: u32) {
        let Self { lanes, shared } = self;
        let streams = shared.streams(month);
        lanes.par_iter_mut().for_each(|lane| {
            for chunk in &mut lane.chunks {
                if shared.interrupt.is_asked() {
                    return;
                }
                for block in chunk.blocks() {
                    chunk.advance(block, &streams, &shared.fast, &shared.places, &mut lane.room);
                }
            }
        });
    }

    /// A month, and how its figures are spread; [`Brackets::new`] knows what `reach` is.
    pub(super) fn month(&mut self, month: u32, reach: f64) -> Vec<FigureSpread> {
        let Self { lanes, shared } = self;
        let most = lanes.iter().map(|lane| lane.most).max().unwrap_or_default();
        shared.fast.reach(2 * most as usize + 64);
        let streams = shared.streams(month);
        let shared = &*shared;
        let ahead = PILOTS.min(lanes.len());
        let pilots = &mut lanes[..ahead];
        pilots.par_iter_mut().for_each(|lane| lane.month(0..1, month, shared, &streams, Into::Ahead));
        let mut ahead: Vec<Vec<f64>> = (0..METRICS).map(|_| Vec::new()).collect();
        for lane in &mut *pilots {
            ahead.iter_mut().zip(&mut lane.ahead).for_each(|(all, values)| all.append(values));
        }
        let whole = lanes.iter().all(|lane| lane.chunks.len() == 1) && lanes.len() <= PILOTS;
        let found: Vec<[f64; 9]> = if whole {
            ahead.par_iter_mut().map(percentiles).collect()
        } else {
            let judged: Vec<(Brackets, Tally)> = ahead
                .par_iter_mut()
                .zip(Metric::ALL)
                .map(|(values, metric)| {
                    let brackets = if metric == Metric::Tenants {
                        Brackets::whole(values)
                    } else {
                        Brackets::new(values, reach)
                    };
                    let mut tally = Tally::new();
                    tally.add(&brackets, values);
                    (brackets, tally)
                })
                .collect();
            let (brackets, tallies): (Vec<Brackets>, Vec<Tally>) = judged.into_iter().unzip();
            lanes.par_iter_mut().enumerate().for_each(|(place, lane)| {
                lane.tallies.iter_mut().for_each(Tally::clear);
                let rest = usize::from(place < PILOTS)..lane.chunks.len();
                lane.month(rest, month, shared, &streams, Into::Tallies(&brackets));
            });
            let counted = &*lanes;
            let mut found: Vec<Option<[f64; 9]>> = (0..METRICS)
                .into_par_iter()
                .map(|place| {
                    let own = counted.iter().map(|lane| &lane.tallies[place]);
                    brackets[place].percentiles(own.chain([&tallies[place]]))
                })
                .collect();
            for (metric, found) in Metric::ALL.into_iter().zip(&mut found) {
                if found.is_none() {
                    let parts: Vec<Vec<f64>> =
                        lanes.par_iter_mut().map(|lane| lane.again(metric, month, shared)).collect();
                    *found = Some(percentiles(&mut parts.concat()));
                }
            }
            found.into_iter().map(|found| found.unwrap_or([f64::NAN; 9])).collect()
        };
        let sums = lanes.iter().flat_map(|lane| &lane.sums).fold([(0.0, 0); METRICS], |mut all, chunk| {
            for (all, chunk) in all.iter_mut().zip(chunk) {
                *all = (all.0 + chunk.0, all.1 + chunk.1);
            }
            all
        });
        let figures = Metric::ALL.into_iter().zip(found).zip(sums);
        figures
            .map(|((metric, percentiles), (sum, count))| {
                let mean = if count > 0 { sum / count as f64 } else { f64::NAN };
                FigureSpread { month, metric, mean, percentiles }
            })
            .collect()
    }

    /// The trials as they are, in order, and what they share.
    pub(super) fn into_parts(self) -> (Vec<Chunk>, Shared<'a>) {
        (self.lanes.into_iter().flat_map(|lane| lane.chunks).collect(), self.shared)
    }
}
