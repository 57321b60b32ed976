//! Availability zones: asked for by place, known by name once the account has been asked.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Problem, Problems, Quoted, Region};

/// A place among the zones that an account can use in a region, in the order of their names, from 1.
///
/// Which zone stands there is for AWS to say: letters differ between accounts, and some regions have gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ZoneOrdinal(u8);

impl ZoneOrdinal {
    /// The place that a layout's letter stands for: `a` is the first zone, `b` the second. `None` for other characters.
    pub fn of_letter(letter: char) -> Option<Self> {
        let letter = u8::try_from(letter).ok().filter(u8::is_ascii_lowercase)?;
        Some(Self(letter - b'a' + 1))
    }

    /// How many zones there must be for this one to exist.
    pub fn count(self) -> usize {
        usize::from(self.0)
    }

    /// `first`, `second`, …
    fn word(self) -> String {
        const WORDS: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "sixth"];
        let word = usize::from(self.0).checked_sub(1).and_then(|index| WORDS.get(index));
        word.map_or_else(|| format!("{}th", self.0), |word| (*word).to_owned())
    }
}

impl fmt::Display for ZoneOrdinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} zone", self.word())
    }
}

/// The zone of a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SubnetZone {
    /// The zone at that place; the account has not been asked yet.
    Ordinal(ZoneOrdinal),
    /// The zone of that name, such as `us-east-1a`.
    Named(String),
}

impl fmt::Display for SubnetZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ordinal(ordinal) => ordinal.fmt(f),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// The zones that an account can use in a region, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UsableZones(Vec<String>);

impl UsableZones {
    /// These zones, in order whatever order they come in.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort();
        names.dedup();
        Self(names)
    }

    /// As [`UsableZones::new`], for zones of that region.
    ///
    /// # Errors
    /// `zone-unknown` for each name that does not begin with the region's code and go on with what names a zone in it, such as the
    /// `a` of `us-east-1a`.
    pub fn in_region(region: &Region, names: impl IntoIterator<Item = String>) -> Result<Self, Problems> {
        let names: Vec<String> = names.into_iter().collect();
        let is_zone = |name: &str| {
            let suffix = name.strip_prefix(region.as_str()).unwrap_or_default();
            suffix.ends_with(|last: char| last.is_ascii_lowercase())
                && suffix.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        let problem = |(n, name): (usize, &String)| {
            let message = format!("invalid zone `{}`: expected a zone of {region}", Quoted(name));
            Problem::error("zone-unknown", format!("zones[{n}]"), message, format!("write `{region}a`"))
        };
        let wrong = names.iter().enumerate().filter(|(_, name)| !is_zone(name));
        let problems: Vec<Problem> = wrong.map(problem).collect();
        if problems.is_empty() { Ok(Self::new(names)) } else { Err(Problems(problems)) }
    }

    /// Their names, in order.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// The zone at a place of a network, given the zones of the subnets it has already by the place of each.
    ///
    /// Where a subnet stands already its zone is the one of that place, whatever it is called. The other places take the
    /// remaining zones in order. `None` where there are not that many.
    pub fn at<'a>(
        &'a self,
        place: ZoneOrdinal,
        taken: &'a BTreeMap<ZoneOrdinal, String>,
    ) -> Option<&'a String> {
        if let Some(name) = taken.get(&place) {
            return Some(name);
        }
        let held_before = taken.range(..place).count();
        let index = place.count().checked_sub(1 + held_before)?;
        self.0.iter().filter(|name| !taken.values().any(|held| held == *name)).nth(index)
    }

    /// The zone at a place of a network that has no subnet yet.
    pub fn of_new_network(&self, place: ZoneOrdinal) -> Option<&String> {
        self.0.get(place.count().checked_sub(1)?)
    }

    /// That no zone is at a place, in words: which zones there are.
    pub fn too_few(&self, place: ZoneOrdinal) -> String {
        let list: Vec<String> = self.0.iter().map(|name| format!("`{name}`")).collect();
        let found = if list.is_empty() { "none".to_owned() } else { list.join(", ") };
        format!("there is no {place} to put a subnet into; the zones that can be used are {found}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(letter: char) -> ZoneOrdinal {
        ZoneOrdinal::of_letter(letter).unwrap()
    }

    #[test]
    fn places_take_zones_in_the_order_of_their_names() {
        let zones = UsableZones::new(["x-1d", "x-1a", "x-1c"].map(str::to_owned));
        let none = BTreeMap::new();
        assert_eq!(zones.at(place('a'), &none).unwrap(), "x-1a");
        assert_eq!(zones.at(place('b'), &none).unwrap(), "x-1c");
        assert_eq!(zones.at(place('c'), &none).unwrap(), "x-1d");
        assert_eq!(zones.at(place('d'), &none), None);
        for letter in 'a'..='f' {
            assert_eq!(zones.of_new_network(place(letter)), zones.at(place(letter), &none));
        }
    }

    #[test]
    fn what_stands_decides_and_the_rest_takes_what_remains() {
        let zones = UsableZones::new(["x-1a", "x-1c", "x-1d"].map(str::to_owned));
        let first_in_c = BTreeMap::from([(place('a'), "x-1c".to_owned())]);
        assert_eq!(zones.at(place('a'), &first_in_c).unwrap(), "x-1c");
        assert_eq!(zones.at(place('b'), &first_in_c).unwrap(), "x-1a");
        let second_in_a = BTreeMap::from([(place('b'), "x-1a".to_owned())]);
        assert_eq!(zones.at(place('a'), &second_in_a).unwrap(), "x-1c");
        // A zone that AWS no longer offers to new subnets keeps the ones it has.
        let gone = BTreeMap::from([(place('a'), "x-1b".to_owned())]);
        assert_eq!(zones.at(place('a'), &gone).unwrap(), "x-1b");
        assert_eq!(zones.at(place('b'), &gone).unwrap(), "x-1a");
    }

    #[test]
    fn the_zones_of_a_region_begin_with_it() {
        let region: Region = "us-east-1".parse().unwrap();
        let of = |names: &[&str]| UsableZones::in_region(&region, names.iter().map(|&name| name.to_owned()));
        assert_eq!(of(&["us-east-1b", "us-east-1a"]).unwrap().names(), ["us-east-1a", "us-east-1b"]);
        assert_eq!(of(&["us-east-1-bos-1a"]).unwrap().names().len(), 1);
        assert_eq!(of(&[]).unwrap(), UsableZones::default());
        for name in ["nonsense", "", "us-east-1", "us-east-2a", "us-east-1A", "us-east-1a b", "us-east-11"] {
            let problems = of(&["us-east-1a", name]).unwrap_err();
            assert_eq!(problems.0.len(), 1, "{name}");
            assert_eq!(
                (problems.0[0].code.as_str(), problems.0[0].path.as_str()),
                ("zone-unknown", "zones[1]")
            );
        }
    }

    #[test]
    fn a_zone_is_written_as_a_name_or_a_number() {
        let named: SubnetZone = serde_json::from_str("\"us-east-1a\"").unwrap();
        assert_eq!(named, SubnetZone::Named("us-east-1a".to_owned()));
        let second = SubnetZone::Ordinal(place('b'));
        assert_eq!(serde_json::to_string(&second).unwrap(), "2");
        assert_eq!(serde_json::from_str::<SubnetZone>("2").unwrap(), second);
        assert_eq!(second.to_string(), "second zone");
        assert_eq!(ZoneOrdinal::of_letter('A'), None);
    }
}
