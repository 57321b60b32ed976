//! How many arrive and how many leave: quantiles of the Poisson and the binomial distribution, exact inversion of one
//! uniform number. Inversion makes every draw rise with its mean, so that two assumptions can be compared on the same
//! futures. Uniform numbers are in units of 2^-32, as [`super::stream`] gives them.

use super::stream::SPAN;
use crate::finance::inputs::normal::quantile;

/// Where counting up from none would take too many steps, and the chance of none is no longer a normal float.
const MEAN_MAX: f64 = 30.0;
/// Where counting from the most likely number would: the quantile is then expanded around the normal distribution's, which
/// is off by less than a ten-thousandth of a tenant there.
const VARIANCE_MAX: f64 = 1_000.0;
/// The most tenants of a tier: what fits a signed 32-bit number, because those become floats several at a time.
pub(super) const TENANTS_MAX: u32 = i32::MAX.unsigned_abs();

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

/// Above this mean the chance of none is too small for [`none`] to be precise.
const PRECISE_BELOW: f64 = 4.0;

/// The chance that none arrives where `mean` are expected, to the nearest 2^-32: below it none does.
pub(super) fn none(mean: f64) -> u32 {
    nearest(libm::exp(-mean) * SPAN)
}

/// A number that the lower half of random bits must reach before any tenant leaves: none leaves with probability
/// `exp(-rate)`, which is never below `1 - rate`. Most draws need no exponential.
#[inline]
pub(super) fn certain(rate: f64) -> u32 {
    // Not rounded up: it may be too low, never too high.
    nearest((1.0 - rate) * SPAN - 0.5)
}

/// How many arrive where `mean` are expected; `none` is what [`none`] says of the mean.
#[inline]
pub(super) fn poisson(mean: f64, none: u32, uniform: f64) -> u32 {
    /// In units of 2^-32: what is less likely does not happen, because rounding could make a sum of chances end below one.
    const NEVER: f64 = 1e-6;
    if mean > MEAN_MAX {
        return many_arrive(mean, uniform);
    }
    let mut chance = if mean < PRECISE_BELOW { f64::from(none) } else { libm::exp(-mean) * SPAN };
    let mut below = chance;
    let mut count = 0;
    for (next, inverse) in (1..).zip(&INVERSES) {
        chance *= mean * inverse;
        if uniform <= below || (chance < NEVER && f64::from(count) >= mean) {
            break;
        }
        count = next;
        below += chance;
    }
    count
}

/// How many of `tenants` leave, each with probability `1 - exp(-hazard)`.
#[inline]
pub(super) fn binomial(tenants: u32, hazard: f64, uniform: f64) -> u32 {
    let size = f64::from(tenants);
    let rate = hazard * size;
    if rate > MEAN_MAX {
        return many_leave(tenants, hazard, uniform);
    }
    let mut chance = libm::exp(-rate) * SPAN;
    let mut below = chance;
    if uniform <= below {
        return 0;
    }
    let odds = odds(hazard);
    let mut count = 0;
    while uniform > below && count < tenants {
        let already = f64::from(count);
        chance *= odds * (size - already) / (already + 1.0);
        below += chance;
        count += 1;
    }
    count
}

/// `exp(hazard) - 1`: how much more likely leaving is than staying. Most hazards are small, where few terms are exact.
#[inline]
fn odds(hazard: f64) -> f64 {
    if hazard > 0.05 {
        return libm::expm1(hazard);
    }
    let next = |sum: f64, order: usize| 1.0 + sum * (hazard * INVERSES[order - 1]);
    hazard * [8, 7, 6, 5, 4, 3, 2].into_iter().fold(1.0, next)
}

#[cold]
fn many_arrive(mean: f64, uniform: f64) -> u32 {
    if mean <= VARIANCE_MAX {
        return from_mode(whole(mean), uniform, |count| count / mean, |count| mean / (count + 1.0));
    }
    // Giles, Algorithm 955 (2016): the expansion of the Poisson quantile.
    let (w, sigma) = (quantile(uniform / SPAN), libm::sqrt(mean));
    let square = w * w;
    let tail = (-8.0 / 405.0 + square * (7.0 / 810.0 + square / 270.0)) / mean;
    whole(mean + sigma * w + (1.0 / 3.0 + square / 6.0) - (w / 36.0 + w * square / 72.0) / sigma + tail)
}

#[cold]
fn many_leave(tenants: u32, hazard: f64, uniform: f64) -> u32 {
    let (leaves, stays) = (-libm::expm1(-hazard), libm::exp(-hazard));
    let size = f64::from(tenants);
    let variance = size * leaves * stays;
    if stays <= 0.0 {
        return tenants;
    }
    if variance <= VARIANCE_MAX {
        let odds = leaves / stays;
        let mode = whole((size + 1.0) * leaves).min(tenants);
        let down = |count: f64| count / ((size - count + 1.0) * odds);
        return from_mode(mode, uniform, down, |count| (size - count) * odds / (count + 1.0));
    }
    // Cornish and Fisher's expansion with Sheppard's correction for whole numbers.
    let (w, sigma) = (quantile(uniform / SPAN), libm::sqrt(variance));
    let (square, skew) = (w * w, stays - leaves);
    let second = 0.5 + skew * (square - 1.0) / 6.0;
    let spread = (square - 3.0) * (1.0 - 6.0 * leaves * stays) / 24.0 - 1.0 / 24.0;
    let third = w * (spread - (2.0 * square - 5.0) * skew * skew / 36.0) / sigma;
    whole(size * leaves + sigma * w + second + third).min(tenants)
}

/// Inversion from the most likely number. `down` is how much less likely one fewer is, `up` one more. Chances are relative
/// to the most likely one and their sum takes the place of one, so no logarithm of a factorial is needed.
fn from_mode(mode: u32, uniform: f64, down: impl Fn(f64) -> f64, up: impl Fn(f64) -> f64) -> u32 {
    /// Chances that no longer change a sum that is at least one.
    const NEGLIGIBLE: f64 = 1e-18;
    let tail = |step: &dyn Fn(f64) -> f64, direction: f64| {
        let (mut chance, mut count, mut sum) = (1.0, f64::from(mode), 0.0);
        while chance > NEGLIGIBLE {
            chance *= step(count);
            count += direction;
            sum += chance;
        }
        sum
    };
    let (fewer, more) = (tail(&down, -1.0), tail(&up, 1.0));
    let wanted = uniform / SPAN * (fewer + 1.0 + more);
    let (mut chance, mut count) = (1.0, mode);
    if wanted <= fewer {
        let mut below = fewer;
        while count > 0 {
            chance *= down(f64::from(count));
            count -= 1;
            below -= chance;
            if wanted > below {
                break;
            }
        }
    } else {
        let mut below = fewer + 1.0;
        while wanted > below && chance > NEGLIGIBLE {
            chance *= up(f64::from(count));
            count += 1;
            below += chance;
        }
    }
    count
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
#[inline]
fn nearest(value: f64) -> u32 {
    (value + 0.5) as u32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range first")]
fn whole(value: f64) -> u32 {
    value.clamp(0.0, f64::from(TENANTS_MAX)) as u32
}
