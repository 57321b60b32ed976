//! Names and ids: text that was checked once, at the border.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Diagnosis, Quoted, diagnostic};

/// Why a text is not the name it was meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not {} {what}: {rule}", Quoted(value), article(what))]
pub struct NameError {
    /// What the text was meant to name.
    pub what: &'static str,
    /// The text as given.
    pub value: String,
    /// The rule it breaks, readable as «use …».
    pub rule: &'static str,
}

fn article(what: &str) -> &'static str {
    if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

impl NameError {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        Diagnosis::new("name-invalid").help(self.rule)
    }
}

diagnostic!(NameError);

/// One line per name type: its rule is checked by every way in (`FromStr`, `TryFrom`, serde).
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text of the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(NameError { what: $what, value: text.to_owned(), rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        /// A name is compared, ordered and hashed as its text, so that a map from names also answers for a text.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

fn is_word(text: &str, longest: usize, extra: &str) -> bool {
    (1..=longest).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

name_type! {
    /// The key of a tenant in the `clients` map: unique in the zone, part of every address of the tenant.
    TenantKey, "tenant key",
    "use 1 to 48 letters, digits, `-`, `_` or `.`, beginning with a letter or digit",
    |text| is_word(text, 48, "-_.")
}

name_type! {
    /// The name of a tier, for example `fintech`.
    TierName, "tier name",
    "use 1 to 32 letters, digits, `-` or `_`, beginning with a letter or digit",
    |text| is_word(text, 32, "-_")
}

name_type! {
    /// The name of a landing zone (`org_name`): the value of the `securebase:zone` tag on everything it owns.
    ZoneName, "zone name",
    "use 1 to 64 letters, digits, `-`, `_` or `.`, beginning with a letter or digit",
    |text| is_word(text, 64, "-_.")
}

name_type! {
    /// The name of the IAM role that the management account assumes in a member account.
    RoleName, "role name",
    "use 1 to 64 letters, digits or any of `_+=,.@-`",
    |text| (1..=64).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

name_type! {
    /// An id the cloud has assigned to a resource (`vpc-…`, `ou-…`, a role name): opaque, learned, never chosen.
    ResourceId, "resource id",
    "use the id the cloud has answered, without white space",
    |text| !text.is_empty() && text.len() <= 2048 && !text.chars().any(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AccountId;

    #[test]
    fn every_way_in_checks_the_rule() {
        assert!("acme-finance".parse::<TenantKey>().is_ok());
        assert!("acme/finance".parse::<TenantKey>().is_err());
        assert!(serde_json::from_str::<TenantKey>("\"a b\"").is_err());
        let error = "".parse::<TierName>().unwrap_err();
        assert!(error.to_string().starts_with("`` is not a tier name"));
        let error = "1".parse::<AccountId>().unwrap_err();
        assert!(error.to_string().starts_with("`1` is not an account id"), "{error}");
    }
}
