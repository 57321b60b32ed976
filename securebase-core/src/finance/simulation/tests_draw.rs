//! Random bits are even and go with nothing; draws follow their distributions, worked out another way.

use super::draw::{binomial, certain, none, poisson};
use super::stream::{SPAN, Stream, lower, unit, upper};

/// Pairs of numbers from 0 to 1 fall evenly into 16 × 16 fields: chi-square with 255 degrees of freedom, which has mean 255
/// and deviation 22.6, stays within six deviations.
fn assert_even(what: &str, pairs: impl Iterator<Item = (f64, f64)>) {
    let mut counts = [0_u32; 256];
    let mut all = 0.0;
    for (left, right) in pairs {
        counts[(left * 16.0) as usize * 16 + (right * 16.0) as usize] += 1;
        all += 1.0;
    }
    let expected = all / 256.0;
    let chi: f64 = counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    assert!((120.0..390.0).contains(&chi), "{what}: {chi}");
}

const DRAWS: u64 = 65_536;

#[test]
fn the_two_halves_of_the_bits_are_even_and_go_with_nothing() {
    let halves = |bits: u64| (upper(bits) / SPAN, lower(bits) / SPAN);
    for seed in [0, 1, 7, u64::MAX] {
        let stream = Stream::new(seed, "finance/tenants/fintech", 1);
        let later = Stream::new(seed, "finance/tenants/fintech", 2);
        let tier = Stream::new(seed, "finance/tenants/standard", 1);
        let other = Stream::new(seed.wrapping_add(1), "finance/tenants/fintech", 1);
        let all = || 0..DRAWS;
        assert_even("the halves of one number", all().map(|trial| halves(stream.bits(trial))));
        for (what, beside) in [("months", later), ("tiers", tier), ("seeds", other)] {
            let both = |trial| (halves(stream.bits(trial)), halves(beside.bits(trial)));
            assert_even(what, all().map(|trial| (both(trial).0.0, both(trial).1.0)));
            assert_even(what, all().map(|trial| (both(trial).0.1, both(trial).1.1)));
        }
        for lag in [1, 2, 4, 4_096] {
            let next = |trial: u64| (halves(stream.bits(trial)), halves(stream.bits(trial + lag)));
            assert_even("trials, upper", all().map(|trial| (next(trial).0.0, next(trial).1.0)));
            assert_even("trials, lower", all().map(|trial| (next(trial).0.1, next(trial).1.1)));
        }
    }
}

#[test]
fn every_bit_is_set_in_half_of_the_numbers() {
    let stream = Stream::new(3, "finance/factor/new", 0);
    for bit in 0..64 {
        let set = (0..DRAWS).filter(|trial| stream.bits(*trial) >> bit & 1 == 1).count() as f64;
        // The deviation is half the root of the number of draws: 128.
        assert!((set - DRAWS as f64 / 2.0).abs() < 5.0 * 128.0, "bit {bit}: {set}");
    }
}

#[test]
fn numbers_are_strictly_between_their_bounds() {
    for bits in [0, u64::MAX] {
        assert!(0.0 < unit(bits) && unit(bits) < 1.0);
        assert!(0.0 < upper(bits) && upper(bits) < SPAN && 0.0 < lower(bits) && lower(bits) < SPAN);
    }
    assert!((upper(7 << 32) - 7.5).abs() < 1e-9 && (lower(7) - 7.5).abs() < 1e-9);
}

fn ln_factorial(number: u32) -> f64 {
    (2..=number).map(|factor| f64::from(factor).ln()).sum()
}

/// Draws for evenly spaced uniform numbers are an empirical distribution without noise: no chance differs by more than the
/// two numbers at its ends.
fn assert_chances(draw: impl Fn(f64) -> u32, chance: impl Fn(u32) -> f64, most: u32, slack: f64) {
    const POINTS: u32 = 20_000;
    let mut counts = vec![0_u32; most as usize + 1];
    for point in 0..POINTS {
        let count = draw((f64::from(point) + 0.5) / f64::from(POINTS) * SPAN);
        counts[count.min(most) as usize] += 1;
    }
    let mut below = 0.0;
    let mut counted = 0.0;
    for (count, found) in (0..most).zip(counts) {
        below += chance(count);
        counted += f64::from(found) / f64::from(POINTS);
        assert!((below - counted).abs() <= 1.0 / f64::from(POINTS) + slack, "{count}: {counted} for {below}");
    }
}

#[test]
fn arrivals_are_poisson() {
    for (mean, most) in
        [(0.0, 3), (0.05, 6), (0.5, 12), (7.0, 40), (29.9, 90), (30.1, 90), (400.0, 600), (3_000.0, 3_500)]
    {
        let mean: f64 = mean;
        let chance = |count: u32| {
            let power = if count == 0 { 0.0 } else { f64::from(count) * mean.ln() };
            (power - mean - ln_factorial(count)).exp()
        };
        let slack = if mean > 1_000.0 { 2e-5 } else { 1e-9 };
        assert_chances(|uniform| poisson(mean, none(mean), uniform), chance, most, slack);
    }
}

#[test]
fn leavers_are_binomial() {
    for (tenants, share) in
        [(1, 0.5), (10, 0.01), (40, 0.3), (500, 0.1), (500, 0.97), (3_000, 0.2), (20_000, 0.3), (20_000, 0.9)]
    {
        let share: f64 = share;
        let chance = |count: u32| {
            let ways = ln_factorial(tenants) - ln_factorial(count) - ln_factorial(tenants - count);
            (ways + f64::from(count) * share.ln() + f64::from(tenants - count) * (1.0 - share).ln()).exp()
        };
        let hazard = -(1.0 - share).ln();
        let slack = if f64::from(tenants) * share * (1.0 - share) > 1_000.0 { 2e-5 } else { 1e-9 };
        let window = if tenants > 1_000 { 5 } else { 1 };
        // Sums of logarithms for every number would take long where there are thousands: the chances are followed instead.
        if window == 1 {
            assert_chances(|uniform| binomial(tenants, hazard, uniform), chance, tenants, slack);
        } else {
            let odds = share / (1.0 - share);
            let mut chances = vec![0.0; tenants as usize + 1];
            let mode = (f64::from(tenants) * share) as u32;
            chances[mode as usize] = chance(mode);
            for count in mode..tenants {
                chances[count as usize + 1] =
                    chances[count as usize] * odds * f64::from(tenants - count) / f64::from(count + 1);
            }
            for count in (1..=mode).rev() {
                chances[count as usize - 1] =
                    chances[count as usize] * f64::from(count) / (odds * f64::from(tenants - count + 1));
            }
            let followed = |count: u32| chances[count as usize];
            assert_chances(|uniform| binomial(tenants, hazard, uniform), followed, tenants, slack);
        }
    }
    assert_eq!(binomial(9, f64::INFINITY, 0.5), 9, "everybody leaves");
    assert_eq!(binomial(9, 0.0, SPAN - 0.5), 0, "none does");
}

#[test]
fn more_never_draws_less() {
    for point in 0..500 {
        let uniform = (f64::from(point) + 0.5) / 500.0 * SPAN;
        let arrive = |mean: f64| poisson(mean, none(mean), uniform);
        let means: Vec<f64> = (1..200).map(|step| f64::from(step) * 0.35).collect();
        assert!(means.windows(2).all(|pair| arrive(pair[0]) <= arrive(pair[1])), "{uniform}");
        let stay = |tenants: u32| tenants - binomial(tenants, 0.2, uniform);
        assert!((1..300).all(|tenants| stay(tenants) <= stay(tenants + 1)), "{uniform}");
    }
}

/// The quick tests let none through that the exact ones would not, and miss none.
#[test]
fn arrivals_and_departures_are_none_below_the_quick_bounds() {
    for step in 0..400 {
        let rate = 40.0_f64 * (f64::from(step) / 400.0).powi(4);
        let bound = none(rate);
        if bound > 0 {
            assert_eq!(poisson(rate, bound, f64::from(bound) - 0.5), 0, "{rate}");
        }
        assert!(bound == u32::MAX || poisson(rate, bound, f64::from(bound) + 0.5) > 0, "{rate}");
        let bound = certain(rate);
        if bound > 0 {
            assert_eq!(binomial(20, rate / 20.0, f64::from(bound) - 0.5), 0, "{rate}");
        }
    }
    // The last number of all is a likely one, not the end of a table.
    for mean in [1e-12, 0.001, 0.25, 3.9, 4.1, 29.0] {
        let last = poisson(mean, none(mean), SPAN - 0.5);
        assert!(f64::from(last) < mean + 9.0 * mean.sqrt() + 9.0, "{mean}: {last}");
    }
}
