//! Addressed randomness.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// A seed whose draws are addressed by label and index, never by the order in which they are asked for.
///
/// Adding a draw somewhere changes no other draw, and threads and machines can share the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// A seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The number it was made from.
    pub fn number(self) -> u64 {
        self.0
    }

    /// A generator of its own for that label and index.
    pub fn stream(self, label: &str, index: u64) -> impl Rng + use<> {
        let mut hash = Sha256::new();
        hash.update(self.0.to_le_bytes());
        hash.update(index.to_le_bytes());
        hash.update(label.as_bytes());
        ChaCha8Rng::from_seed(hash.finalize().into())
    }

    /// 64 random bits.
    pub fn bits(self, label: &str, index: u64) -> u64 {
        self.stream(label, index).next_u64()
    }

    /// A number from 0 (included) to 1 (excluded), with 53 random bits.
    pub fn unit(self, label: &str, index: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit an f64 exactly")]
        let numerator = (self.bits(label, index) >> 11) as f64;
        numerator / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_its_address_alone() {
        let seed = Seed::new(7);
        let first = seed.unit("latency", 3);
        let _unrelated = seed.unit("fault", 0);
        assert!((seed.unit("latency", 3) - first).abs() < f64::EPSILON);
        assert_ne!(seed.bits("latency", 3), seed.bits("latency", 4));
        assert_ne!(seed.bits("latency", 3), seed.bits("fault", 3));
        assert_ne!(seed.bits("latency", 3), Seed::new(8).bits("latency", 3));
    }
}
