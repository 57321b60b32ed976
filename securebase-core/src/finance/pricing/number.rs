//! Numbers in files: exact or refused.

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::model::{Problem, exact};

/// A number as a file writes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, expecting = "invalid number, expected a number, or text that writes one")]
pub(in crate::finance) enum Number {
    Text(String),
    Whole(i64),
    /// Only to say what is wrong with it.
    Float(f64),
}

impl Number {
    /// The exact number, not negative; what is wrong goes to `problems` under `path`.
    pub(in crate::finance) fn read(&self, path: &str, problems: &mut Vec<Problem>) -> Option<Decimal> {
        let (shown, value) = match self {
            Self::Text(text) => {
                let text = text.trim();
                (text.to_owned(), exact(text))
            }
            Self::Whole(value) => (value.to_string(), Some(Decimal::from(*value))),
            Self::Float(value) => {
                problems.push(Problem::error(
                    "number-inexact",
                    path,
                    format!("`{value}` is a binary float and not exact"),
                    format!("write it in quotes: \"{value}\""),
                ));
                return None;
            }
        };
        match value {
            Some(value) if value.is_sign_negative() && !value.is_zero() => {
                problems.push(Problem::error(
                    "number-negative",
                    path,
                    format!("`{shown}` is negative"),
                    "use zero or more",
                ));
                None
            }
            Some(value) => Some(value),
            None => {
                problems.push(Problem::error(
                    "number-unreadable",
                    path,
                    format!("`{shown}` is not a number"),
                    "write at most 28 digits with at most one point, such as \"0.045\"",
                ));
                None
            }
        }
    }
}
