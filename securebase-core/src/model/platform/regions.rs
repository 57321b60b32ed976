//! The regions of AWS: dated data.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::{Day, Region};

/// A partition of AWS: regions whose accounts can belong to one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Default)]
pub enum Partition {
    /// The commercial regions.
    #[default]
    #[serde(rename = "aws")]
    Commercial,
    /// China.
    #[serde(rename = "aws-cn")]
    China,
    /// GovCloud.
    #[serde(rename = "aws-us-gov")]
    GovCloud,
    /// The European Sovereign Cloud.
    #[serde(rename = "aws-eusc")]
    EuropeanSovereign,
    /// An isolated region of the United States.
    #[serde(rename = "aws-iso")]
    Iso,
    /// An isolated region of the United States, secret.
    #[serde(rename = "aws-iso-b")]
    IsoB,
    /// An isolated region of Europe.
    #[serde(rename = "aws-iso-e")]
    IsoE,
    /// An isolated region of the United States and its partners.
    #[serde(rename = "aws-iso-f")]
    IsoF,
}

impl Partition {
    /// The second part of every ARN in it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Commercial => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
            Self::EuropeanSovereign => "aws-eusc",
            Self::Iso => "aws-iso",
            Self::IsoB => "aws-iso-b",
            Self::IsoE => "aws-iso-e",
            Self::IsoF => "aws-iso-f",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// When accounts have a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum On {
    /// From their first minute.
    Always,
    /// Once it was enabled in them.
    OptIn,
}

/// What is known of a region.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionFacts {
    code: Region,
    title: String,
    #[serde(default)]
    partition: Partition,
    on: On,
    zones: Vec<char>,
    shown: Option<usize>,
}

impl RegionFacts {
    /// Its code.
    pub fn region(&self) -> &Region {
        &self.code
    }

    /// The name a person reads, such as `Europe (Ireland)`.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The partition it belongs to.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// Whether it is off in a new account until someone enables it there.
    pub fn is_opt_in(&self) -> bool {
        self.on == On::OptIn
    }

    /// The letters of the zones that accounts made today see there. Which of them one account sees is for AWS to say.
    pub fn zone_letters(&self) -> &[char] {
        &self.zones
    }

    /// How many of those zones one account sees.
    pub fn zones_shown(&self) -> usize {
        self.shown.unwrap_or(self.zones.len())
    }
}

/// The regions of AWS as of a date.
#[derive(Debug)]
pub struct Regions {
    as_of: Day,
    by_code: BTreeMap<Region, RegionFacts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "version")]
    _version: u32,
    as_of: Day,
    region: Vec<RegionFacts>,
}

#[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
static SHIPPED: LazyLock<Regions> = LazyLock::new(|| {
    let File { as_of, region, .. } =
        toml::from_str(include_str!("../../../data/regions.toml")).expect("data/regions.toml is valid");
    Regions { as_of, by_code: region.into_iter().map(|facts| (facts.code.clone(), facts)).collect() }
});

impl Regions {
    /// The list this library ships.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The day as of which the list holds, such as `2026-11-30`.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// What is known of a region; `None` where the list has no such region.
    pub fn get(&self, region: &Region) -> Option<&RegionFacts> {
        self.by_code.get(region)
    }

    /// Every region, in the order of the codes.
    pub fn iter(&self) -> impl Iterator<Item = &RegionFacts> {
        self.by_code.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_every_row_makes_sense() {
        let text = include_str!("../../../data/regions.toml");
        let file: File = toml::from_str(text).unwrap();
        let codes: Vec<&Region> = file.region.iter().map(|facts| &facts.code).collect();
        let commercial = file.region.iter().take_while(|facts| facts.partition == Partition::Commercial);
        let commercial: Vec<&Region> = commercial.map(|facts| &facts.code).collect();
        assert!(commercial.is_sorted(), "{commercial:?}");
        assert_eq!(codes.len(), Regions::shipped().by_code.len(), "no code stands twice");
        for facts in &file.region {
            let letters = facts.zone_letters();
            assert!(letters.is_sorted_by(|a, b| a < b) && letters.len() >= 2, "{facts:?}");
            assert!((2..=letters.len()).contains(&facts.zones_shown()), "{facts:?}");
        }
    }

    #[test]
    fn seventeen_regions_are_on_in_every_account_and_the_rest_is_not() {
        let commercial =
            || Regions::shipped().iter().filter(|facts| facts.partition == Partition::Commercial);
        assert_eq!(commercial().filter(|facts| !facts.is_opt_in()).count(), 17);
        for code in ["af-south-1", "ap-east-1", "eu-central-2", "me-central-1", "mx-central-1"] {
            assert!(Regions::shipped().get(&code.parse().unwrap()).unwrap().is_opt_in(), "{code}");
        }
    }
}
