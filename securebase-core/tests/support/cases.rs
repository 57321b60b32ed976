//! How many cases a property is tried with, for unit tests and integration tests alike.

use proptest::prelude::ProptestConfig;

/// Returns the configuration that tries a property `count` times, or `SECUREBASE_CASES` times as often where that
/// variable is set: `make test-long` does.
///
/// `PROPTEST_CASES` would not do: it replaces every count, so that a property of eight expensive cases would be tried
/// as often as one of thousands of cheap ones.
pub(crate) fn cases(count: u32) -> ProptestConfig {
    let times = std::env::var("SECUREBASE_CASES").map_or(1, |text| match text.parse::<u32>() {
        Ok(times @ 1..) => times,
        _ => panic!("invalid SECUREBASE_CASES `{text}`: expected a whole number of at least 1"),
    });
    ProptestConfig { cases: count.saturating_mul(times), ..ProptestConfig::default() }
}
