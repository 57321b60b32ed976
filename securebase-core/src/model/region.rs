//! AWS regions.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::NameError;

/// A region by its code, for example `us-east-1`.
///
/// The shape is checked, not membership of a list: AWS opens several regions a year.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(Arc<str>);

impl Region {
    /// The region AWS Organizations is served from, in the commercial partition.
    pub fn us_east_1() -> Self {
        Self("us-east-1".into())
    }

    /// The regions that are enabled in every new account of the commercial partition; all others must be opted into.
    pub fn enabled_by_default() -> impl Iterator<Item = Self> {
        ENABLED_BY_DEFAULT.into_iter().map(|code| Self(code.into()))
    }

    /// The code of the region.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The availability zone with that letter, for example `us-east-1a`.
    pub fn zone(&self, letter: char) -> String {
        format!("{}{letter}", self.0)
    }

    /// Whether the region belongs to the commercial partition `aws`, whose organization cannot hold accounts of another.
    pub fn is_commercial(&self) -> bool {
        !["us-gov-", "cn-", "us-iso", "eu-isoe"].iter().any(|prefix| self.0.starts_with(prefix))
    }
}

/// The regions AWS opened before 2019-03-20, in the order of their codes.
const ENABLED_BY_DEFAULT: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

impl FromStr for Region {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let parts: Vec<&str> = text.split('-').collect();
        let valid = matches!(parts.len(), 3 | 4)
            && text.len() <= 25
            && parts[..parts.len() - 1]
                .iter()
                .all(|p| p.len() >= 2 && p.bytes().all(|b| b.is_ascii_lowercase()))
            && parts[parts.len() - 1].len() == 1
            && parts[parts.len() - 1].bytes().all(|b| b.is_ascii_digit());
        if valid {
            Ok(Self(text.into()))
        } else {
            Err(NameError {
                what: "region",
                value: text.to_owned(),
                rule: "use a region code such as `us-east-1`",
            })
        }
    }
}

impl TryFrom<String> for Region {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Region> for String {
    fn from(region: Region) -> String {
        region.0.as_ref().to_owned()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_is_checked() {
        for good in ["us-east-1", "eu-central-2", "us-gov-west-1", "ap-southeast-5"] {
            assert!(good.parse::<Region>().is_ok(), "{good}");
        }
        for bad in ["", "us-east", "us-east-1a", "US-EAST-1", "useast1", "us_east_1"] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
        assert!(!"us-gov-west-1".parse::<Region>().unwrap().is_commercial());
        assert_eq!(Region::us_east_1().zone('b'), "us-east-1b");
    }
}
