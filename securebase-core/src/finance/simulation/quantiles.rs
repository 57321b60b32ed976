//! Exact order statistics of many floats, without holding or sorting them.
//!
//! A sample of the values determines brackets in which the percentiles of all values should lie. Values are then counted
//! into bins as they are produced, and only those in the bins of a bracket are kept. If a percentile lies outside its
//! bracket, [`Brackets::percentiles`] returns `None`, and the caller produces the values again.

/// The wanted percentiles of a simulation, in percent.
pub(super) const PERCENTILES: [u8; 9] = [1, 5, 10, 25, 50, 75, 90, 95, 99];

/// A power of two, so that the last bits of a float are a bin.
const BINS: usize = 2_048;
/// The half-width of a bracket in standard errors of the sample's percentiles: values have to be produced again once in
/// thousands of months.
pub(super) const REACH: f64 = 4.0;
/// Values added at once.
const BUFFER: usize = 512;

/// The value below which each share of [`PERCENTILES`] lies, interpolated linearly between the two nearest values as
/// spreadsheets and `numpy.percentile` do. NaNs are left out; without any other value all are NaN.
pub(in crate::finance) fn percentiles(values: &mut Vec<f64>) -> [f64; 9] {
    values.retain(|value| !value.is_nan());
    if values.is_empty() {
        return [f64::NAN; 9];
    }
    values.sort_unstable_by(f64::total_cmp);
    PERCENTILES.map(|percent| {
        let (below, part) = rank(values.len(), percent);
        between(values[below], part, || values[below + 1])
    })
}

/// The rank below a percentile, and how far the percentile lies towards the next rank.
fn rank(count: usize, percent: u8) -> (usize, f64) {
    let hundredths = (count - 1) * usize::from(percent);
    (hundredths / 100, (hundredths % 100) as f64 / 100.0)
}

fn between(below: f64, part: f64, above: impl FnOnce() -> f64) -> f64 {
    if part > 0.0 { below + (above() - below) * part } else { below }
}

/// Brackets for the percentiles of many values, estimated from a sample.
#[derive(Debug)]
pub(super) struct Brackets {
    low: f64,
    scale: f64,
    /// Which bins' values are kept.
    kept: Box<[u8; BINS]>,
    /// Whether a bin that is not kept holds one value only, a whole number.
    whole: bool,
}

impl Brackets {
    /// Brackets of `reach` standard errors to either side, estimated from a sample. Reorders the sample and removes NaNs.
    pub(in crate::finance) fn new(some: &mut Vec<f64>, reach: f64) -> Self {
        some.retain(|value| !value.is_nan());
        some.sort_unstable_by(f64::total_cmp);
        let count = some.len() as f64;
        let at = |rank: f64| some[place(rank.clamp(0.0, count - 1.0))];
        let edges: Vec<(f64, f64)> = PERCENTILES
            .iter()
            .filter(|_| !some.is_empty())
            .map(|percent| {
                let share = f64::from(*percent) / 100.0;
                let middle = share * count;
                let reach = reach * (libm::sqrt(share * (1.0 - share) * count) + 1.0);
                (at(middle - reach), at(middle + reach))
            })
            .collect();
        let low = edges.first().map_or(0.0, |edge| edge.0);
        let width = edges.last().map_or(0.0, |edge| edge.1) - low;
        let scale = (BINS - 2) as f64 / width;
        let scale = if scale.is_finite() { scale } else { 0.0 };
        // Where nearly all values are one, all bins are the first.
        let mut brackets = Self { low, scale, kept: Box::new([0; BINS]), whole: false };
        brackets.kept[0] = 1;
        for (from, to) in edges {
            let (from, to) = (brackets.bin(from), brackets.bin(to));
            brackets.kept[from..=to].fill(1);
        }
        brackets
    }

    /// Brackets for whole numbers, estimated from a sample: a bin for each number, as far as there are bins.
    pub(in crate::finance) fn whole(some: &[f64]) -> Self {
        let most = some.iter().copied().fold(0.0, f64::max);
        let low = (most - (BINS / 2) as f64).max(-1.0);
        let mut kept = Box::new([0; BINS]);
        (kept[0], kept[BINS - 1]) = (1, 1);
        Self { low, scale: 1.0, kept, whole: true }
    }

    /// The bin of a value: higher values have no lower bins. What is written into the last bits of 2^52 needs no check of
    /// its range, as a conversion does.
    #[inline]
    fn bin(&self, value: f64) -> usize {
        const TOP: f64 = (BINS - 1) as f64;
        let place = (value - self.low) * self.scale;
        let place = if place > 0.0 { place } else { 0.0 };
        let place = if place < TOP { place } else { TOP };
        (place + 4_503_599_627_370_496.0).to_bits() as usize % BINS
    }

    /// The percentiles of all values in the tallies; `None` if one of them was not kept.
    pub(in crate::finance) fn percentiles<'a>(
        &self,
        tallies: impl Iterator<Item = &'a Tally> + Clone,
    ) -> Option<[f64; 9]> {
        let mut counts = vec![0_usize; BINS];
        for tally in tallies.clone() {
            for (sum, count) in counts.iter_mut().zip(tally.counts.iter()) {
                *sum += *count as usize;
            }
        }
        let mut starts = vec![0_usize; BINS + 1];
        for (bin, count) in counts.iter().enumerate() {
            starts[bin + 1] = starts[bin] + count;
        }
        let count = starts[BINS];
        if count == 0 {
            return Some([f64::NAN; 9]);
        }
        let bin_of = |rank: usize| starts.partition_point(|start| *start <= rank) - 1;
        let ranks = PERCENTILES.map(|percent| rank(count, percent));
        // The few bins that hold a wanted rank, and their values in order.
        let mut place = vec![usize::MAX; BINS];
        let mut wanted: Vec<Vec<f64>> = Vec::new();
        for (rank, part) in ranks {
            for rank in [rank, rank + usize::from(part > 0.0)] {
                let bin = bin_of(rank);
                if self.kept[bin] == 0 && !self.whole {
                    return None;
                }
                if self.kept[bin] == 1 && place[bin] == usize::MAX {
                    place[bin] = wanted.len();
                    wanted.push(Vec::with_capacity(counts[bin]));
                }
            }
        }
        if !wanted.is_empty() {
            for value in tallies.flat_map(|tally| &tally.kept) {
                let place = place[self.bin(*value)];
                if place != usize::MAX {
                    wanted[place].push(*value);
                }
            }
        }
        for values in &mut wanted {
            values.sort_unstable_by(f64::total_cmp);
        }
        let at = |rank: usize| {
            let bin = bin_of(rank);
            wanted.get(place[bin]).map_or(self.low + bin as f64, |values| values[rank - starts[bin]])
        };
        Some(ranks.map(|(rank, part)| between(at(rank), part, || at(rank + 1))))
    }
}

/// Values counted into the bins of brackets, and those kept.
#[derive(Debug)]
pub(super) struct Tally {
    counts: Box<[u32; BINS]>,
    kept: Vec<f64>,
    buffer: Box<[f64; BUFFER]>,
}

impl Tally {
    pub(in crate::finance) fn new() -> Self {
        Self { counts: Box::new([0; BINS]), kept: Vec::new(), buffer: Box::new([0.0; BUFFER]) }
    }

    /// Removes all values but keeps the allocation.
    pub(in crate::finance) fn clear(&mut self) {
        self.counts.fill(0);
        self.kept.clear();
    }

    /// Counts values, none of them NaN.
    pub(in crate::finance) fn add(&mut self, brackets: &Brackets, values: &[f64]) {
        let Self { counts, kept, buffer } = self;
        for values in values.chunks(BUFFER) {
            let mut held = 0;
            for value in values {
                let bin = brackets.bin(*value);
                counts[bin] += 1;
                // Written in any case and overwritten by the next: a branch would be guessed wrong too often.
                buffer[held % BUFFER] = *value;
                held += usize::from(brackets.kept[bin]);
            }
            kept.extend_from_slice(&buffer[..held]);
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank is clamped first")]
fn place(rank: f64) -> usize {
    rank as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition: sorted, and in proportion between the two nearest.
    fn by_sorting(values: &[f64]) -> [f64; 9] {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99].map(|share| {
            let place = (sorted.len() - 1) as f64 * share;
            // A place that is whole but for rounding is that place.
            let place = if (place - place.round()).abs() < 1e-9 { place.round() } else { place };
            let below = sorted[place as usize];
            let above = sorted[(place as usize + 1).min(sorted.len() - 1)];
            below + (above - below) * place.fract()
        })
    }

    fn same(left: [f64; 9], right: [f64; 9]) -> bool {
        left.iter().zip(&right).all(|(left, right)| (left - right).abs() <= 1e-9 * left.abs().max(1e-300))
    }

    #[test]
    fn no_values_no_percentiles() {
        assert!(percentiles(&mut vec![f64::NAN]).iter().all(|value| value.is_nan()));
        assert!(same(percentiles(&mut vec![3.0, f64::NAN, 3.0]), [3.0; 9]));
        let brackets = Brackets::new(&mut vec![f64::NAN], REACH);
        assert!(brackets.percentiles([Tally::new()].iter()).unwrap().iter().all(|value| value.is_nan()));
    }

    #[test]
    fn eleven_values_have_their_tenths_as_percentiles() {
        let mut values: Vec<f64> = (0..11).rev().map(f64::from).collect();
        let found = percentiles(&mut values);
        assert!(same(found, [0.1, 0.5, 1.0, 2.5, 5.0, 7.5, 9.0, 9.5, 9.9]), "{found:?}");
    }

    #[test]
    fn a_percentile_outside_its_bracket_is_not_guessed() {
        let values: Vec<f64> = (0..1_000).map(f64::from).collect();
        let brackets = Brackets::new(&mut values[..200].to_vec(), REACH);
        let mut tally = Tally::new();
        tally.add(&brackets, &values);
        // The median of all lies beyond all that the first fifth says, where everything is kept; the first quarter does not.
        let found = brackets.percentiles([tally].iter());
        assert!(found.is_none_or(|found| same(found, by_sorting(&values))));
        let narrow = Brackets::new(&mut values[..200].to_vec(), 0.0);
        let mut tally = Tally::new();
        tally.add(&narrow, &values);
        assert!(narrow.percentiles([tally].iter()).is_none());
    }

    proptest! {
        #![proptest_config(crate::cases::cases(256))]

        #[test]
        fn counted_in_parts_they_are_the_same_as_by_sorting(
            values in proptest::collection::vec(
                prop_oneof![-1e6..1e6_f64, Just(7.0), 0.0..1.0_f64, -1e15..1e15_f64], 40..900),
            first in 20_usize..40,
            whole in any::<bool>(),
        ) {
            let values: Vec<f64> =
                values.into_iter().map(|value| if whole { (value.abs() % 5_000.0).trunc() } else { value }).collect();
            let mut some = values[..first].to_vec();
            let brackets = if whole { Brackets::whole(&some) } else { Brackets::new(&mut some, REACH) };
            let mut tallies = [Tally::new(), Tally::new()];
            tallies[0].add(&brackets, &values[..first]);
            tallies[1].add(&brackets, &values[first..]);
            let found = brackets.percentiles(tallies.iter());
            prop_assert!(!whole || found.is_some(), "whole numbers are all kept");
            if let Some(found) = found {
                prop_assert!(same(found, by_sorting(&values)), "{found:?} {:?}", by_sorting(&values));
            }
            prop_assert!(same(percentiles(&mut values.clone()), by_sorting(&values)));
        }
    }
}
