//! How long AWS takes: dated data.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Day, Diagnosis, Problem, diagnostic};

/// Declares the latencies and their names in one table, in the order of the names.
macro_rules! latencies {
    ($($(#[$doc:meta])* $latency:ident = $name:literal;)*) => {
        /// Something that takes AWS time. How long is data: see [`Latencies`].
        ///
        /// ```
        /// use securebase_core::model::{Latencies, Latency};
        ///
        /// let latencies = Latencies::default();
        /// assert!(latencies.typical(Latency::Read) < latencies.max(Latency::Visibility));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Latency {
            $($(#[$doc])* #[serde(rename = $name)] $latency,)*
        }

        impl Latency {
            /// Every latency, in the order of the names.
            pub const ALL: &[Self] = &[$(Self::$latency),*];

            /// The name by which a rehearsal or a simulated cloud sets it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$latency => $name,)* }
            }
        }
    };
}

latencies! {
    /// From the request to close an account until it is closed.
    AccountClosure = "account_closure";
    /// From the request for an account until AWS has decided on it.
    AccountCreation = "account_creation";
    /// From the creation of an account until its services answer.
    AccountReadiness = "account_readiness";
    /// A call that changes the network.
    Ec2Write = "ec2_write";
    /// From the creation of a role until other services accept it.
    IamPropagation = "iam_propagation";
    /// A call that changes a role or a log group.
    IamWrite = "iam_write";
    /// From the creation of a NAT gateway until it forwards.
    NatGatewayAvailable = "nat_gateway_available";
    /// From the deletion of a NAT gateway until it is gone.
    NatGatewayDeleted = "nat_gateway_deleted";
    /// A call that changes the organization.
    OrganizationsWrite = "organizations_write";
    /// From the request to enable service control policies until they are.
    PolicyTypeEnabled = "policy_type_enabled";
    /// A call that changes nothing.
    Read = "read";
    /// From a change until every list shows it.
    Visibility = "visibility";
}

/// How long one thing takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LatencyRange {
    /// Its name.
    pub name: Latency,
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
    #[error("invalid latency `{name}`: expected one of {known}")]
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
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Unknown { .. } => {
                Diagnosis::new("latency-unknown").help("use one of the names the message lists")
            }
            Self::Order { .. } => {
                Diagnosis::new("number-invalid").help("write seconds, the smallest first, at most 31,536,000")
            }
        }
    }

    /// The error as a problem of what was given at `path`, with its hint.
    pub fn problem(&self, path: &str) -> Problem {
        let (Self::Unknown { name, .. } | Self::Order { name, .. }) = self;
        let path = format!("{path}.{name}");
        Problem::error(self.code(), path, self.to_string(), self.help().unwrap_or_default())
    }
}

diagnostic!(LatencyError);

/// All latencies, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Latencies {
    as_of: Day,
    rows: BTreeMap<Latency, LatencyRange>,
}

#[derive(Deserialize)]
struct File {
    as_of: Day,
    latency: Vec<LatencyRange>,
}

#[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
static SHIPPED: LazyLock<Latencies> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("../../../data/latencies.toml")).expect("data/latencies.toml is valid");
    let rows = file.latency.into_iter().map(|row| (row.name, row)).collect();
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
    pub fn as_of(&self) -> Day {
        self.as_of
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
        let Some(row) = self.rows.values_mut().find(|row| row.name.name() == name) else {
            let known = Latency::ALL.iter().map(|latency| latency.name()).collect::<Vec<_>>().join(", ");
            return Err(LatencyError::Unknown { name: name.to_owned(), known });
        };
        if !(0.0 <= min && min <= typical && typical <= max && max <= SECONDS_MAX) {
            return Err(LatencyError::Order { name: name.to_owned(), min, typical, max });
        }
        (row.min, row.typical, row.max) = (min, typical, max);
        Ok(())
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &LatencyRange> {
        self.rows.values()
    }

    /// How long something takes.
    pub fn get(&self, latency: Latency) -> &LatencyRange {
        #[expect(
            clippy::expect_used,
            reason = "the data has a row for each latency, and no row is ever taken out"
        )]
        self.rows.get(&latency).expect("every latency is in the data")
    }

    /// The usual duration.
    pub fn typical(&self, latency: Latency) -> Duration {
        Duration::from_secs_f64(self.get(latency).typical)
    }

    /// The longest duration seen.
    pub fn max(&self, latency: Latency) -> Duration {
        Duration::from_secs_f64(self.get(latency).max)
    }

    /// The latency that a draw `u` in `0..1` falls on: half the draws below `typical`, half above, linear on either side.
    pub fn at(&self, latency: Latency, u: f64) -> Duration {
        let row = self.get(latency);
        let u = u.clamp(0.0, 1.0);
        let seconds = if u < 0.5 {
            row.min + (row.typical - row.min) * (u * 2.0)
        } else {
            row.typical + (row.max - row.typical) * (u * 2.0 - 1.0)
        };
        Duration::from_secs_f64(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latency_is_in_the_data_in_the_order_of_the_names() {
        let latencies = Latencies::default();
        for latency in Latency::ALL {
            assert_eq!(latencies.get(*latency).name, *latency);
        }
        assert!(Latency::ALL.is_sorted_by_key(|latency| latency.name()));
    }

    #[test]
    fn a_latency_is_at_most_a_year() {
        let mut latencies = Latencies::default();
        for max in [1e308, 1e19, 31_536_000.1, f64::INFINITY, f64::NAN] {
            let error = latencies.set("ec2_write", 0.0, 1.0, max).unwrap_err();
            assert_eq!(error.problem("latencies").code, "number-invalid");
        }
        latencies.set("ec2_write", 0.0, 1.0, SECONDS_MAX).unwrap();
        assert_eq!(latencies.max(Latency::Ec2Write), Duration::from_secs(365 * 24 * 60 * 60));
    }

    #[test]
    fn draws_span_the_range_with_typical_in_the_middle() {
        let latencies = Latencies::default();
        let row = latencies.get(Latency::NatGatewayAvailable).clone();
        assert_eq!(latencies.at(Latency::NatGatewayAvailable, 0.0), Duration::from_secs_f64(row.min));
        assert_eq!(latencies.at(Latency::NatGatewayAvailable, 0.5), Duration::from_secs_f64(row.typical));
        assert_eq!(latencies.at(Latency::NatGatewayAvailable, 1.0), Duration::from_secs_f64(row.max));
        for row in latencies.rows.values() {
            assert!(0.0 <= row.min && row.min <= row.typical && row.typical <= row.max, "{:?}", row.name);
        }
    }
}
