//! AWS regions.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{Diagnosis, NameError, Partition, Regions, diagnostic, nearest};

/// A region by its code, for example `us-east-1`.
///
/// [`FromStr`] checks the shape alone, because AWS opens several regions a year and what it answers must be readable. What a
/// person writes goes through [`Region::named`], which knows the list.
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
        Regions::shipped()
            .iter()
            .filter(|facts| facts.partition() == Partition::Commercial && !facts.is_opt_in())
            .map(|facts| facts.region().clone())
    }

    /// The region that a person names.
    ///
    /// # Errors
    /// [`RegionError`] where the text has not the shape of a code, or the shipped list has no such region.
    pub fn named(text: &str) -> Result<Self, RegionError> {
        let near = || {
            let codes = Regions::shipped().iter().map(|facts| facts.region().as_str());
            nearest(text, codes).map(str::to_owned)
        };
        let region = text.parse::<Self>().map_err(|error| RegionError::Shape { error, nearest: near() })?;
        if Regions::shipped().get(&region).is_none() {
            return Err(RegionError::Unknown { region, nearest: near() });
        }
        Ok(region)
    }

    /// The partition it belongs to: as listed, or else as the beginning of its code says.
    pub fn partition(&self) -> Partition {
        if let Some(facts) = Regions::shipped().get(self) {
            return facts.partition();
        }
        let by_beginning = [
            ("us-gov-", Partition::GovCloud),
            ("cn-", Partition::China),
            ("eusc-", Partition::EuropeanSovereign),
            ("us-isob-", Partition::IsoB),
            ("us-isof-", Partition::IsoF),
            ("us-iso", Partition::Iso),
            ("eu-isoe", Partition::IsoE),
        ];
        let found = by_beginning.iter().find(|(beginning, _)| self.0.starts_with(beginning));
        found.map_or(Partition::Commercial, |(_, partition)| *partition)
    }

    /// Whether every account has it from its first minute. A region that the list does not have is newer than the list, and
    /// those are off until someone enables them.
    pub fn is_on_in_every_account(&self) -> bool {
        Regions::shipped().get(self).is_some_and(|facts| !facts.is_opt_in())
    }

    /// The code of the region.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the region belongs to the commercial partition `aws`, whose organization cannot hold accounts of another.
    pub fn is_commercial(&self) -> bool {
        self.partition() == Partition::Commercial
    }
}

/// Why a text names no region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegionError {
    /// It has not the shape of a code.
    #[error("{error}")]
    Shape {
        /// The shape that a code has. This error shows its text as its own, so it is not given as a source.
        error: NameError,
        /// The region that was most likely meant.
        nearest: Option<String>,
    },
    /// The list has no such region.
    #[error("invalid region `{region}`: expected a region of AWS")]
    Unknown {
        /// The region as given.
        region: Region,
        /// The region that was most likely meant.
        nearest: Option<String>,
    },
}

impl RegionError {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        let (Self::Shape { nearest, .. } | Self::Unknown { nearest, .. }) = self;
        let meant = nearest.as_ref().map(|near| format!("did you mean `{near}`?"));
        match self {
            Self::Shape { error, .. } => {
                Diagnosis::new("name-invalid").help(meant.unwrap_or_else(|| error.rule.to_owned()))
            }
            Self::Unknown { .. } => {
                let list = format!(
                    "the list of regions is as of {}; for one that AWS has opened since, use a newer release",
                    Regions::shipped().as_of()
                );
                let help = meant.map_or_else(|| list.clone(), |meant| format!("{meant} ({list})"));
                Diagnosis::new("region-unknown").help(help)
            }
        }
    }
}

diagnostic!(RegionError);

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
    }
}
