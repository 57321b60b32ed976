//! Random bits by address: a label, an index and a trial's number name 64 bits, whatever else is drawn.
//!
//! The generator is SplitMix64 (Steele, Lea and Flood 2014) used as a function of its position: a stream starts at a place
//! that a cryptographic hash of seed, label and index chooses, and a trial's bits stand as many steps from there as its
//! number says. A stream cipher addressed the same way costs ten times as much with no difference in quality here; a plain
//! counter without the hash would correlate neighboring seeds and months.

use crate::time::Seed;

/// The step between two positions: the odd number nearest to 2^64 over the golden ratio.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The bits of one label and index, trial by trial.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    start: u64,
}

impl Stream {
    pub(super) fn new(seed: u64, label: &str, index: u64) -> Self {
        Self { start: Seed::new(seed).bits(label, index) }
    }

    /// The 64 bits of a trial.
    #[inline]
    pub(super) fn bits(self, trial: u64) -> u64 {
        let mut bits = self.start.wrapping_add(trial.wrapping_mul(STEP));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}

/// A number strictly between 0 and 1 from the upper 52 bits.
#[inline]
pub(super) fn unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// 2^32: the unit of [`upper`] and [`lower`].
pub(super) const SPAN: f64 = 4_294_967_296.0;

/// A number strictly between 0 and 2^32 from the upper 32 bits.
#[inline]
pub(super) fn upper(bits: u64) -> f64 {
    halves(bits >> 32)
}

/// A number strictly between 0 and 2^32 from the lower 32 bits.
#[inline]
pub(super) fn lower(bits: u64) -> f64 {
    halves(bits & 0xFFFF_FFFF)
}

/// A whole number below 2^32, and a half, as a float: written into the last bits of 2^52, which is then taken off. That is
/// two instructions for several numbers at once; a conversion of unsigned numbers is not.
#[inline]
fn halves(whole: u64) -> f64 {
    const BIG: f64 = 4_503_599_627_370_496.0;
    f64::from_bits(BIG.to_bits() | whole) - (BIG - 0.5)
}
