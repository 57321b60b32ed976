//! Rounding of amounts and fractions, and how they are written for a person.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::model::unsigned_zero;

/// Rounds to whole cents, half to even: every amount a person sees is rounded here, once.
pub(super) fn cents(amount: Decimal) -> Decimal {
    crate::model::Rounding::HalfEven.apply(amount, 2)
}

/// A fraction as a percentage with `digits` decimals: `96.68 %`.
pub(super) fn percent(fraction: Decimal, digits: usize) -> String {
    let rounded = (fraction * Decimal::ONE_HUNDRED).round_dp(u32::try_from(digits).unwrap_or(2));
    format!("{:.digits$} %", unsigned_zero(rounded))
}

/// A number with thousands separated by commas and `digits` decimals.
pub(crate) fn thousands(value: Decimal, digits: usize) -> String {
    let rounded = unsigned_zero(value.round_dp(u32::try_from(digits).unwrap_or(2)));
    let text = format!("{rounded:.digits$}");
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, rest) = text.split_once('.').map_or((text, ""), |(whole, rest)| (whole, rest));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{rest}") }
}

/// The nearest float; NaN for a number too large for one.
pub(super) fn float(value: Decimal) -> f64 {
    value.to_f64().unwrap_or(f64::NAN)
}
