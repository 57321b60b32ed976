//! How long AWS takes: dated data.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::diagnostics::problem::Problem;

/// How long one thing takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Latency {
    /// Its name.
    pub name: String,
    /// The least seen, in seconds.
    pub min: f64,
    /// The usual, in seconds.
    pub typical: f64,
    /// The most seen, in seconds.
    pub max: f64,
    /// What is measured, from when until when.
    pub what: String,
    /// Where the numbers come from.
    pub source: String,
}

/// The longest a call may take: a year. What many calls take one after the other still is a duration then.
const SECONDS_MAX: f64 = 31_536_000.0;

/// Why a latency cannot be set.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LatencyError {
    /// There is none of that name.
    #[error("`{name}` is no latency; there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// All names.
        known: String,
    },
    /// The numbers are not in order, or longer than a year.
    #[error(
        "invalid latency `{name}` of {min}, {typical}, {max} seconds: expected a minimum, a usual value and a maximum, in this order, \
         of at most a year"
    )]
    Order {
        /// The name.
        name: String,
        /// The minimum, in seconds.
        min: f64,
        /// The usual value, in seconds.
        typical: f64,
        /// The maximum, in seconds.
        max: f64,
    },
}

impl LatencyError {
    /// The error as a problem of what was given at `path`, with its hint.
    pub fn problem(&self, path: &str) -> Problem {
        let (code, name, hint) = match self {
            Self::Unknown { name, .. } => ("latency-unknown", name, "use one of the names the message lists"),
            Self::Order { name, .. } => {
                ("number-invalid", name, "write seconds, the smallest first, at most 31,536,000")
            }
        };
        Problem::error(code, format!("{path}.{name}"), self.to_string(), hint)
    }
}

/// All latencies, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Latencies {
    as_of: String,
    rows: BTreeMap<String, Latency>,
}

#[derive(Deserialize)]
struct File {
    as_of: String,
    latency: Vec<Latency>,
}

#[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
static SHIPPED: LazyLock<Latencies> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("../../../data/latencies.toml")).expect("data/latencies.toml is valid");
    let rows = file.latency.into_iter().map(|row| (row.name.clone(), row)).collect();
    Latencies { as_of: file.as_of, rows }
});

impl Default for Latencies {
    /// The latencies as of the date of the shipped data.
    fn default() -> Self {
        SHIPPED.clone()
    }
}

impl Latencies {
    /// The date the shipped numbers were looked up, `YYYY-MM-DD`.
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// Every latency is the usual one.
    #[must_use]
    pub fn usual(mut self) -> Self {
        for row in self.rows.values_mut() {
            (row.min, row.max) = (row.typical, row.typical);
        }
        self
    }

    /// Replaces a latency, in seconds.
    ///
    /// # Errors
    /// [`LatencyError`] for a name that the data does not have, and for numbers that are not in order.
    pub fn set(&mut self, name: &str, min: f64, typical: f64, max: f64) -> Result<(), LatencyError> {
        let known = self.rows.keys().cloned().collect::<Vec<_>>().join(", ");
        let row = self.rows.get_mut(name).ok_or(LatencyError::Unknown { name: name.to_owned(), known })?;
        if !(0.0 <= min && min <= typical && typical <= max && max <= SECONDS_MAX) {
            return Err(LatencyError::Order { name: name.to_owned(), min, typical, max });
        }
        (row.min, row.typical, row.max) = (min, typical, max);
        Ok(())
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Latency> {
        self.rows.values()
    }

    /// A latency by name.
    pub fn get(&self, name: &str) -> Option<&Latency> {
        self.rows.get(name)
    }

    /// The usual duration of a latency that this crate itself names, zero for one that the data does not hold.
    pub fn typical(&self, name: &str) -> Duration {
        self.rows.get(name).map_or(Duration::ZERO, |row| Duration::from_secs_f64(row.typical))
    }

    /// The longest duration seen, zero for a name that the data does not hold.
    pub fn max(&self, name: &str) -> Duration {
        self.rows.get(name).map_or(Duration::ZERO, |row| Duration::from_secs_f64(row.max))
    }

    /// The latency that a draw `u` in `0..1` falls on: half the draws below `typical`, half above, linear on either side.
    pub fn at(&self, name: &str, u: f64) -> Duration {
        self.rows.get(name).map_or(Duration::ZERO, |row| {
            let u = u.clamp(0.0, 1.0);
            let seconds = if u < 0.5 {
                row.min + (row.typical - row.min) * (u * 2.0)
            } else {
                row.typical + (row.max - row.typical) * (u * 2.0 - 1.0)
            };
            Duration::from_secs_f64(seconds)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_at_most_a_year() {
        let mut latencies = Latencies::default();
        for max in [1e308, 1e19, 31_536_000.1, f64::INFINITY, f64::NAN] {
            let error = latencies.set("ec2_write", 0.0, 1.0, max).unwrap_err();
            assert_eq!(error.problem("latencies").code, "number-invalid");
        }
        latencies.set("ec2_write", 0.0, 1.0, SECONDS_MAX).unwrap();
        assert_eq!(latencies.max("ec2_write"), Duration::from_secs(365 * 24 * 60 * 60));
    }

    #[test]
    fn draws_span_the_range_with_typical_in_the_middle() {
        let latencies = Latencies::default();
        let row = latencies.get("nat_gateway_available").unwrap().clone();
        assert_eq!(latencies.at("nat_gateway_available", 0.0), Duration::from_secs_f64(row.min));
        assert_eq!(latencies.at("nat_gateway_available", 0.5), Duration::from_secs_f64(row.typical));
        assert_eq!(latencies.at("nat_gateway_available", 1.0), Duration::from_secs_f64(row.max));
        for row in latencies.rows.values() {
            assert!(0.0 <= row.min && row.min <= row.typical && row.typical <= row.max, "{}", row.name);
        }
    }
}
