//! Compliance frameworks.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::NameError;

/// The compliance framework a tier promises, in its short form: `soc2`, `hipaa`, `fedramp`, `cis`, or one of the user's.
///
/// Parsing folds case and drops separators, so `SOC 2`, `soc-2` and `SOC2` are the same framework.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Framework(Arc<str>);

/// The frameworks that have guardrails of their own: short form and the name as its publisher writes it.
const KNOWN: [(&str, &str); 4] =
    [("soc2", "SOC 2"), ("hipaa", "HIPAA"), ("fedramp", "FedRAMP"), ("cis", "CIS")];

impl Framework {
    /// The short forms of the frameworks that have guardrails of their own.
    pub fn known() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(short, _)| *short)
    }

    /// Whether it has guardrails of its own. A tier with a framework of the user's gets the baseline alone.
    pub fn is_known(&self) -> bool {
        Self::known().any(|short| short == self.as_str())
    }

    /// The short form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as its publisher writes it, or the short form where this crate does not know it.
    pub fn title(&self) -> &str {
        KNOWN.iter().find(|(short, _)| *short == self.as_str()).map_or(self.as_str(), |(_, title)| title)
    }
}

impl FromStr for Framework {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let valid = text.chars().all(|c| c.is_ascii_alphanumeric() || " -_./".contains(c));
        let folded: String =
            text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        if valid && (1..=32).contains(&folded.len()) {
            Ok(Self(folded.into()))
        } else {
            Err(NameError {
                what: "framework",
                value: text.to_owned(),
                rule: "use a short name of letters and digits such as `soc2`",
            })
        }
    }
}

impl TryFrom<String> for Framework {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Framework> for String {
    fn from(framework: Framework) -> String {
        framework.0.as_ref().to_owned()
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_fold_to_one() {
        for spelling in ["SOC 2", "soc-2", "SOC2", "soc2"] {
            assert_eq!(spelling.parse::<Framework>().unwrap().as_str(), "soc2");
        }
        assert_eq!("SOC 2".parse::<Framework>().unwrap().title(), "SOC 2");
        assert_eq!("PCI DSS".parse::<Framework>().unwrap().title(), "pcidss");
        assert!(Framework::known().all(|short| short.parse::<Framework>().unwrap().is_known()));
        assert!(!"PCI DSS".parse::<Framework>().unwrap().is_known());
        assert!("".parse::<Framework>().is_err());
        assert!("s\u{f6}c".parse::<Framework>().is_err());
    }
}
