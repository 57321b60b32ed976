//! Decimal numbers as text: exact or refused.

use std::fmt;

use rust_decimal::Decimal;
use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// The number that a text writes, with or without an exponent; `None` where it writes none, or one with more digits than a
/// [`Decimal`] holds. Rounding it instead would hide digits from every later check, such as that an amount is whole cents.
pub fn exact(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.find(['e', 'E']) {
        Some(place) => text.split_at(place),
        None => (text, ""),
    };
    let mantissa = Decimal::from_str_exact(shortest(digits)).ok()?;
    if exponent.is_empty() {
        return Some(mantissa);
    }
    Decimal::from_scientific(&format!("{mantissa}{exponent}")).ok()
}

/// Without zeros at the end of a fraction, which do not change the number.
fn shortest(digits: &str) -> &str {
    if digits.len() > 28 && digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

/// Deserializes a number, where a text must be exact.
pub(crate) fn deserialize_exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    struct Exact;

    impl Visitor<'_> for Exact {
        type Value = Decimal;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number of at most 28 digits")
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<Decimal, E> {
            Ok(value.into())
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<Decimal, E> {
            Ok(value.into())
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<Decimal, E> {
            // The shortest text that names the float is the number that was written.
            exact(&value.to_string()).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<Decimal, E> {
            exact(value).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
        }
    }

    deserializer.deserialize_any(Exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_exactly_or_not_at_all() {
        for (text, units, scale) in [
            ("7999.99", 799_999, 2),
            ("-0.005", -5, 3),
            ("8000", 8_000, 0),
            ("8e3", 8_000, 0),
            ("1.25E-3", 125, 5),
            ("1.20e1", 12, 0),
            ("8000.00000000000000000000000000000000000000", 8_000, 0),
            ("0.0000000000000000000000000001", 1, 28),
        ] {
            assert_eq!(exact(text), Some(Decimal::from_i128_with_scale(units, scale)), "{text}");
        }
        for text in [
            "7999.9999999999999999999999999999999",
            "7999.9999999999999999999999999999999e0",
            "0.00000000000000000000000000001",
            "1e-29",
            "1e40",
            "79228162514264337593543950336",
            "",
            "eight",
            "8e",
            "1.2.3",
            "NaN",
        ] {
            assert_eq!(exact(text), None, "{text}");
        }
    }
}
