//! The ranges of whole-number arguments, for bindings that check and name them before they convert.

use std::ops::RangeInclusive;

/// Months ahead of a forecast or a simulation.
pub const MONTHS: RangeInclusive<u32> = 1..=600;
/// Months of a discount and of a ramp.
pub const TERM_MONTHS: RangeInclusive<u32> = 0..=600;
/// The month of a tenant's life.
pub const AGE: RangeInclusive<u32> = 1..=1_200;
/// Trials of one call of a simulation; more are run as ranges.
pub const TRIALS: RangeInclusive<u64> = 1..=10_000_000;
/// The number of the first trial: the last one of a call has to fit a column of signed 64-bit numbers.
pub const FIRST_TRIAL: RangeInclusive<u64> = 0..=i64::MAX.unsigned_abs() - *TRIALS.end();
/// Tenants of one tier.
pub const TENANTS: RangeInclusive<u32> = 0..=100_000;
/// The most uncertain factors: each may go together with each.
pub const UNCERTAIN_MAX: usize = 1_000;
/// The largest amount of money that an assumption may have: a quadrillion. Sums of many such amounts over many months stay exact.
pub const AMOUNT_MAX: u64 = 1_000_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::{Assumptions, Error, Growth, Model};
    use crate::model::Tier;

    /// The engines reject exactly the values outside these ranges.
    #[test]
    fn the_engines_have_these_ranges() {
        let model = Model::of_mix(Tier::shipped(), &[("standard", 1)], None, Assumptions::aws()).unwrap();
        let growth = Growth::none();
        let last = *MONTHS.end();
        assert!(model.forecast(last, &growth).is_ok());
        assert!(matches!(model.forecast(last + 1, &growth), Err(Error::Range { .. })));
        assert!(matches!(model.forecast(MONTHS.start() - 1, &growth), Err(Error::Range { .. })));
        let simulate = |trials, first| model.simulate(trials, 1, 0, first, &growth);
        assert!(matches!(simulate(TRIALS.end() + 1, 0), Err(Error::Range { .. })));
        assert!(matches!(simulate(TRIALS.start() - 1, 0), Err(Error::Range { .. })));
        let last = simulate(2, *FIRST_TRIAL.end()).unwrap().samples().unwrap();
        let number = |row| last.cell("trial", row).map(|cell| format!("{cell:?}"));
        assert_eq!(number(0).unwrap(), "Int(9223372036844775807)");
        assert_eq!(number(1).unwrap(), "Int(9223372036844775808)");
        assert!(matches!(simulate(1, FIRST_TRIAL.end() + 1), Err(Error::Range { .. })));
    }
}
