//! Drawing: a uniform number from bits, and how many come and go from a uniform number.

use rand::distr::Distribution as _;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::time::Seed;

/// Where draws by inversion would take too many steps.
const MEAN_MAX: f64 = 30.0;

/// A generator for a label, to be placed at a trial.
pub(super) fn generator(seed: u64, label: &str) -> ChaCha8Rng {
    let mut key = [0; 32];
    Seed::new(seed).stream(label, 0).fill_bytes(&mut key);
    ChaCha8Rng::from_seed(key)
}

/// A number strictly between 0 and 1 with 52 random bits.
#[inline]
pub(super) fn unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
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
pub(super) fn poisson(mean: f64, nobody: f64, bits: u32) -> u32 {
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
pub(super) fn binomial(tenants: u32, hazard: f64, bits: u32) -> u32 {
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
