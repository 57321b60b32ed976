//! The names of the sets of guardrails.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::Framework;
use crate::policy::error::Error;
use crate::policy::nearest::nearest;

/// How much alike a misspelled framework must be to the one that is suggested.
const SIMILAR: f64 = 0.8;

/// The name of a set of guardrails that is shipped: that of a framework, or the baseline that every other one contains.
///
/// Parsing folds case and drops separators, as [`Framework`] does. A framework of the user's has no set of its own: [`SetName::of`]
/// returns the baseline for it.
///
/// ```
/// use securebase_core::policy::SetName;
///
/// assert_eq!("SOC 2".parse(), Ok(SetName::Soc2));
/// assert_eq!(SetName::of(&"PCI DSS".parse().unwrap()), SetName::Baseline);
/// assert!("PCI DSS".parse::<SetName>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SetName {
    /// What every tier gets.
    Baseline,
    /// CIS AWS Foundations Benchmark.
    Cis,
    /// FedRAMP.
    Fedramp,
    /// HIPAA.
    Hipaa,
    /// SOC 2.
    Soc2,
}

impl SetName {
    /// Every name, in the order of the shipped file.
    pub const ALL: [Self; 5] = [Self::Baseline, Self::Soc2, Self::Hipaa, Self::Fedramp, Self::Cis];
    /// The names of frameworks.
    pub const FRAMEWORKS: [Self; 4] = [Self::Soc2, Self::Hipaa, Self::Fedramp, Self::Cis];

    /// Returns the short form: `baseline`, `soc2`, `hipaa`, `fedramp` or `cis`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Cis => "cis",
            Self::Fedramp => "fedramp",
            Self::Hipaa => "hipaa",
            Self::Soc2 => "soc2",
        }
    }

    /// Returns the name of a framework's own set, or `None` where the framework is one of the user's.
    pub fn own(framework: &Framework) -> Option<Self> {
        Self::FRAMEWORKS.into_iter().find(|name| name.as_str() == framework.as_str())
    }

    /// Returns the name of the set that a tier with this framework gets: its own, or the baseline where it is one of the user's.
    pub fn of(framework: &Framework) -> Self {
        Self::own(framework).unwrap_or(Self::Baseline)
    }
}

impl FromStr for SetName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let folded: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        let known = Self::ALL.map(Self::as_str);
        Self::ALL.into_iter().find(|name| name.as_str() == folded).ok_or_else(|| Error::UnknownFramework {
            name: text.chars().take(64).collect(),
            hint: nearest(&folded, known.into_iter(), SIMILAR).map_or_else(
                || format!("write one of {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            ),
        })
    }
}

impl fmt::Display for SetName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frameworks_of_the_model_are_those_with_a_set_of_their_own() {
        let known: Vec<&str> = Framework::known().collect();
        assert_eq!(SetName::FRAMEWORKS.map(SetName::as_str), known[..]);
        for name in SetName::ALL {
            assert_eq!(name.as_str().parse(), Ok(name));
            assert_eq!(serde_json::to_string(&name).unwrap(), format!("\"{name}\""));
        }
        let sorted: std::collections::BTreeSet<SetName> = SetName::ALL.into_iter().collect();
        assert!(sorted.iter().map(|name| name.as_str()).is_sorted());
    }
}
