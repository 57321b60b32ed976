//! AWS quotas and request rates: dated data, overridable by name.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::model::diagnostics::nearest::likeness;
use crate::model::{Day, Diagnosis, Problem, Quota, diagnostic};

/// A quota or a rate by name, as data states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limit {
    /// The name by which a zone or a simulated cloud overrides it.
    pub name: String,
    /// The value in force: what AWS grants by default, or the override.
    pub value: f64,
    /// What AWS grants on request; `None` where it does not raise the limit.
    pub ceiling: Option<f64>,
    /// What is counted, in words.
    pub unit: String,
    /// What to ask for in Service Quotas, where it can be raised.
    pub request: Option<String>,
    /// Where the number comes from.
    pub source: String,
    /// Whether the value is an override rather than AWS's default.
    pub overridden: bool,
}

/// How fast calls may come: a token bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Tokens a second.
    pub rate: f64,
    /// Tokens it holds when full.
    pub burst: f64,
    /// Whether one bucket serves the whole organization (`true`) or each account and region has its own.
    pub shared: bool,
}

/// Calls a second, and calls at once, that a bucket may have: without a rate everything waits for ever, and what waits longer than a
/// few days for one call has no duration that could be added up.
const RATES: RangeInclusive<f64> = 1e-6..=1e6;

/// Why a limit cannot be set.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// There is none of that name.
    #[error("there is no limit `{name}`")]
    Unknown {
        /// The name as given.
        name: String,
        /// The nearest names that exist.
        similar: Vec<String>,
    },
    /// A quota below zero or with a fraction, or a rate or burst outside of what can be waited for.
    #[error("invalid limit `{value}`: expected {}", if *rate { "a rate or burst from 0.000001 to 1,000,000" } else { "a quota, a whole number of zero or more" })]
    Value {
        /// The name of the limit.
        name: String,
        /// The value as given.
        value: f64,
        /// Whether it is the rate or the burst of a bucket.
        rate: bool,
    },
}

impl LimitError {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Unknown { similar, .. } => Diagnosis::new("limit-unknown").help(match similar.as_slice() {
                [] => "docs/input.md lists the names".to_owned(),
                near => format!("did you mean `{}`?", near.join("`, `")),
            }),
            Self::Value { .. } => {
                Diagnosis::new("number-invalid").help("write what AWS has granted, such as `50`")
            }
        }
    }

    /// The error as a problem of what was given at `path`, with its hint.
    pub fn problem(&self, path: &str) -> Problem {
        let (Self::Unknown { name, .. } | Self::Value { name, .. }) = self;
        let path = format!("{path}.{name}");
        Problem::error(self.code(), path, self.to_string(), self.help().unwrap_or_default())
    }
}

diagnostic!(LimitError);

/// All quotas and rates.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    as_of: Day,
    request_lead_days: u32,
    limits: BTreeMap<String, Limit>,
    buckets: BTreeMap<String, Bucket>,
    /// `service:Operation` → the name of its bucket. Shared: overrides never change it.
    operations: Arc<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct File {
    as_of: Day,
    request: RequestRow,
    quota: Vec<QuotaRow>,
    bucket: Vec<BucketRow>,
}

/// What is known of asking for more.
#[derive(Deserialize)]
struct RequestRow {
    lead_days: u32,
}

#[derive(Deserialize)]
struct QuotaRow {
    name: Quota,
    default: f64,
    ceiling: Option<f64>,
    unit: String,
    request: Option<String>,
    source: String,
}

#[derive(Deserialize)]
struct BucketRow {
    name: String,
    rate: f64,
    burst: f64,
    scope: String,
    operations: Vec<String>,
    source: String,
}

#[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
static SHIPPED: LazyLock<Limits> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("../../../data/limits.toml")).expect("data/limits.toml is valid");
    Limits::from_file(file)
});

impl Default for Limits {
    /// The limits as AWS grants them by default, as of the date of the shipped data.
    fn default() -> Self {
        SHIPPED.clone()
    }
}

impl Limits {
    fn from_file(file: File) -> Self {
        let mut limits = BTreeMap::new();
        let mut add = |limit: Limit| limits.insert(limit.name.clone(), limit);
        for QuotaRow { name, default, ceiling, unit, request, source } in file.quota {
            add(Limit {
                name: name.name().to_owned(),
                value: default,
                ceiling,
                unit,
                request,
                source,
                overridden: false,
            });
        }
        let mut buckets = BTreeMap::new();
        let mut operations = BTreeMap::new();
        for row in file.bucket {
            let BucketRow { name, rate, burst, scope, operations: names, source } = row;
            for (suffix, value, unit) in
                [("rate", rate, "calls a second"), ("burst", burst, "calls at once after a pause")]
            {
                add(Limit {
                    name: format!("{name}_{suffix}"),
                    value,
                    ceiling: None,
                    unit: format!("{unit} ({})", names.join(", ")),
                    request: None,
                    source: source.clone(),
                    overridden: false,
                });
            }
            for operation in names {
                operations.insert(operation, name.clone());
            }
            let shared = scope == "organization";
            buckets.insert(name.clone(), Bucket { name, rate, burst, shared });
        }
        let request_lead_days = file.request.lead_days;
        Self { as_of: file.as_of, request_lead_days, limits, buckets, operations: Arc::new(operations) }
    }

    /// The date the shipped numbers were looked up, `YYYY-MM-DD`.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// How many days before it is needed to ask for a quota that AWS raises on request.
    pub fn request_lead_days(&self) -> u32 {
        self.request_lead_days
    }

    /// The same limits with one value changed.
    ///
    /// # Errors
    /// [`LimitError`] where no limit has that name, with the nearest names, or the value is none.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), LimitError> {
        let Some(limit) = self.limits.get_mut(name) else {
            return Err(LimitError::Unknown { name: name.to_owned(), similar: self.similar(name) });
        };
        let bucket = name.strip_suffix("_rate").or_else(|| name.strip_suffix("_burst"));
        let bucket = bucket.and_then(|bucket| self.buckets.get_mut(bucket));
        // Without a quota something cannot be made, which is an answer.
        let rate = bucket.is_some();
        let fits = if rate {
            RATES.contains(&value)
        } else {
            // What has a fraction is never counted; a number that is not finite has one that is none.
            value >= 0.0 && value.fract() == 0.0
        };
        if !fits {
            return Err(LimitError::Value { name: name.to_owned(), value, rate });
        }
        limit.value = value;
        limit.overridden = true;
        if let Some(bucket) = bucket {
            *(if name.ends_with("_rate") { &mut bucket.rate } else { &mut bucket.burst }) = value;
        }
        Ok(())
    }

    /// Those that were set, by name: AWS's defaults do not hold for them.
    pub fn overrides(&self) -> BTreeMap<String, f64> {
        let overridden = self.limits.values().filter(|limit| limit.overridden);
        overridden.map(|limit| (limit.name.clone(), limit.value)).collect()
    }

    /// The same limits with every adjustable quota at the ceiling AWS grants on request, overrides kept.
    #[must_use]
    pub fn raised(mut self) -> Self {
        for limit in self.limits.values_mut().filter(|limit| !limit.overridden) {
            if let Some(ceiling) = limit.ceiling {
                limit.value = ceiling;
            }
        }
        self
    }

    fn similar(&self, name: &str) -> Vec<String> {
        let mut near: Vec<(f64, &String)> = self
            .limits
            .keys()
            .map(|known| (likeness(name, known), known))
            .filter(|(likeness, _)| *likeness > 0.8)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        near.into_iter().take(3).map(|(_, known)| known.clone()).collect()
    }

    /// A limit by name.
    pub fn get(&self, name: &str) -> Option<&Limit> {
        self.limits.get(name)
    }

    /// What is known of a quota.
    pub fn limit(&self, quota: Quota) -> &Limit {
        #[expect(
            clippy::expect_used,
            reason = "the data has a row for each quota, and no row is ever taken out"
        )]
        self.limits.get(quota.name()).expect("every quota is in the data")
    }

    /// The value of a quota.
    pub fn quota(&self, quota: Quota) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates: a negative override counts as zero, a huge one as no limit"
        )]
        let value = self.limit(quota).value as u64;
        value
    }

    /// The bucket that paces an operation, named `service:Operation`; `None` where its rate is not known.
    pub fn bucket(&self, operation: &str) -> Option<&Bucket> {
        self.buckets.get(self.operations.get(operation)?)
    }

    /// Every limit, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Limit> {
        self.limits.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quota_is_in_the_data() {
        let limits = Limits::default();
        for quota in Quota::ALL {
            assert_eq!(limits.limit(*quota).name, quota.name());
        }
    }

    #[test]
    fn override_reaches_the_bucket() {
        let mut limits = Limits::default();
        limits.set("create_account_rate", 2.0).unwrap();
        let bucket = limits.bucket("organizations:CreateAccount").unwrap();
        assert!((bucket.rate - 2.0).abs() < f64::EPSILON && bucket.shared);
        assert!(limits.get("create_account_rate").unwrap().overridden);
    }

    #[test]
    fn rates_have_bounds_that_durations_keep_to() {
        let mut limits = Limits::default();
        for value in [0.0, 1e-300, 9.99e-7, 1.01e6, f64::MAX, f64::INFINITY, f64::NAN, -1.0] {
            for name in ["create_account_rate", "create_account_burst"] {
                let error = limits.set(name, value).unwrap_err();
                assert!(
                    error.to_string().ends_with("expected a rate or burst from 0.000001 to 1,000,000"),
                    "{error}"
                );
                assert_eq!(error.problem("limits").code, "number-invalid");
            }
        }
        for value in [1e-6, 1e6] {
            limits.set("create_account_rate", value).unwrap();
            limits.set("create_account_burst", value).unwrap();
        }
        // A quota may be as large as can be written.
        limits.set("accounts", f64::MAX).unwrap();
    }

    #[test]
    fn quotas_are_whole_and_rates_are_not() {
        let mut limits = Limits::default();
        for value in [0.5, 1.000_001, -0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = limits.set("accounts", value).unwrap_err();
            let said = format!("invalid limit `{value}`: expected a quota, a whole number of zero or more");
            assert_eq!(error.to_string(), said);
        }
        for value in [0.0, 1.0, 12.0] {
            limits.set("accounts", value).unwrap();
        }
        limits.set("create_account_rate", 0.5).unwrap();
        limits.set("create_account_burst", 1.5).unwrap();
    }

    #[test]
    fn unknown_name_suggests() {
        let error = Limits::default().set("acounts", 1.0).unwrap_err();
        let problem = error.problem("limits");
        assert_eq!((problem.code.as_str(), problem.path.as_str()), ("limit-unknown", "limits.acounts"));
        assert!(problem.hint.contains("did you mean `accounts`"), "{problem}");
    }

    #[test]
    fn raising_leaves_overrides_alone() {
        let mut limits = Limits::default();
        limits.set("accounts", 12.0).unwrap();
        let limits = limits.raised();
        assert_eq!(limits.quota(Quota::Accounts), 12);
        assert_eq!(limits.quota(Quota::Vpcs), 100);
        assert_eq!(limits.quota(Quota::PoliciesPerTarget), 10);
        assert_eq!(
            limits.overrides(),
            BTreeMap::from([("accounts".to_owned(), 12.0)]),
            "what is granted is AWS's own"
        );
    }
}
