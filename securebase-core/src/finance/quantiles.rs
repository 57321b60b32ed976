//! Exact order statistics of many floats, without sorting them.

/// The wanted percentiles of a simulation, in percent.
pub(super) const PERCENTILES: [u8; 9] = [1, 5, 10, 25, 50, 75, 90, 95, 99];

const BINS: usize = 4_096;
const NO_BIN: u16 = 4_096;

/// The value below which each share of [`PERCENTILES`] lies, interpolated linearly between the two nearest values as
/// spreadsheets and `numpy.percentile` do. NaNs are left out; without any other value all are NaN.
///
/// Values are counted into bins once; only those in the few bins that hold a wanted rank are looked at again.
pub(super) fn percentiles(values: &[f64]) -> [f64; 9] {
    let (mut low, mut high, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0_usize);
    // Comparisons with NaN are false: it is neither the lowest nor the highest, and not counted.
    for &value in values {
        low = if value < low { value } else { low };
        high = if value > high { value } else { high };
        count += usize::from(!value.is_nan());
    }
    if count == 0 {
        return [f64::NAN; 9];
    }
    let width = high - low;
    if width <= 0.0 || !width.is_finite() {
        return [low; 9];
    }
    let scale = (BINS - 1) as f64 / width;
    let bin = |value: f64| place((value - low) * scale);
    let mut counts = vec![0_u32; BINS];
    // The bin of each value, kept so that it is worked out once; one past the last for no number.
    let bins: Vec<u16> = values
        .iter()
        .map(|value| {
            if value.is_nan() {
                return NO_BIN;
            }
            let place = bin(*value);
            counts[usize::from(place)] += 1;
            place
        })
        .collect();
    let ranks = PERCENTILES.map(|percent| rank(count, percent));
    let mut wanted = vec![false; BINS + 1];
    let mut starts = vec![0_usize; BINS + 1];
    for (index, count) in counts.iter().enumerate() {
        starts[index + 1] = starts[index] + *count as usize;
    }
    let bin_of = |rank: usize| starts.partition_point(|start| *start <= rank) - 1;
    for (rank, _) in ranks {
        wanted[bin_of(rank)] = true;
        wanted[bin_of((rank + 1).min(count - 1))] = true;
    }
    let mut kept: Vec<f64> = bins
        .iter()
        .zip(values)
        .filter(|(bin, _)| wanted[usize::from(**bin)])
        .map(|(_, value)| *value)
        .collect();
    kept.sort_unstable_by(f64::total_cmp);
    // Where the values of each wanted bin begin among those kept.
    let mut offset = vec![0_usize; BINS];
    let mut sum = 0;
    for index in 0..BINS {
        offset[index] = sum;
        if wanted[index] {
            sum += counts[index] as usize;
        }
    }
    let at = |rank: usize| {
        let bin = bin_of(rank);
        kept[offset[bin] + (rank - starts[bin])]
    };
    ranks.map(|(rank, part)| {
        let below = at(rank);
        if part > 0.0 { below + (at((rank + 1).min(count - 1)) - below) * part } else { below }
    })
}

/// The rank below a percentile, and how far the percentile lies towards the next rank.
fn rank(count: usize, percent: u8) -> (usize, f64) {
    let hundredths = (count - 1) * usize::from(percent);
    (hundredths / 100, (hundredths % 100) as f64 / 100.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and BINS by construction"
)]
fn place(value: f64) -> u16 {
    value as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_sorting(values: &[f64]) -> [f64; 9] {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        PERCENTILES.map(|percent| {
            let (below, part) = rank(sorted.len(), percent);
            let next = sorted[(below + 1).min(sorted.len() - 1)];
            if part > 0.0 { sorted[below] + (next - sorted[below]) * part } else { sorted[below] }
        })
    }

    #[test]
    fn no_values_no_percentiles() {
        assert!(percentiles(&[f64::NAN]).iter().all(|value| value.is_nan()));
        assert!(percentiles(&[3.0, f64::NAN, 3.0]).iter().all(|value| value.to_bits() == 3.0_f64.to_bits()));
    }

    proptest! {
        #[test]
        fn the_same_as_by_sorting(
            mut values in proptest::collection::vec(prop_oneof![-1e6..1e6_f64, Just(7.0), 0.0..1.0_f64], 1..400),
            outlier in any::<bool>(),
        ) {
            if outlier {
                values.push(1e15);
            }
            let bits = |values: [f64; 9]| values.map(f64::to_bits);
            prop_assert_eq!(bits(percentiles(&values)), bits(by_sorting(&values)));
        }
    }
}
