//! Resource tags.

use std::ops::{Deref, DerefMut};

use litemap::LiteMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::model::{Problem, Quoted};

/// The longest key and the longest value, in characters.
const KEY_MAX: usize = 128;
const VALUE_MAX: usize = 256;

type Map = LiteMap<String, String>;

/// The tag whose value is the zone: it tells the zone's resources from all others.
pub const ZONE_TAG: &str = "securebase:zone";
/// The tag whose value is the resource's address: the natural key of resources that have no other.
pub const ADDRESS_TAG: &str = "securebase:address";
/// The tag whose value is the tenant's key.
pub const TENANT_TAG: &str = "securebase:tenant";

/// Tag keys and values, in key order.
///
/// A plan holds hundreds of thousands of these, each of a handful of tags: a sorted vector takes half of what a tree does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(transparent)]
pub struct Tags(Map);

impl Tags {
    /// No tags.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes sure that AWS takes a tag of that key and value, `None` for any value.
    ///
    /// # Errors
    /// `tag-invalid` with what is wrong with the key or the value.
    pub fn check(key: &str, value: Option<&str>) -> Result<(), Problem> {
        let fits = |text: &str, most: usize| text.chars().count() <= most && Self::takes(text);
        let signs = "letters, digits, spaces and any of _.:/=+-@";
        if key.is_empty() || !fits(key, KEY_MAX) {
            let message = format!("invalid tag key `{}`: expected 1 to {KEY_MAX} {signs}", Quoted(key));
            return Err(Problem::error("tag-invalid", "key", message, "write a key such as `CostCenter`"));
        }
        match value {
            Some(value) if !fits(value, VALUE_MAX) => {
                let message =
                    format!("invalid tag value `{}`: expected at most {VALUE_MAX} {signs}", Quoted(value));
                Err(Problem::error("tag-invalid", "value", message, "shorten it, or use other characters"))
            }
            _ => Ok(()),
        }
    }

    /// Whether every service takes that text as a key or a value, its length aside: `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`.
    pub fn takes(text: &str) -> bool {
        let separator = |c: char| c.is_whitespace() && !c.is_control();
        text.chars().all(|c| c.is_alphanumeric() || separator(c) || "_.:/=+-@".contains(c))
    }
}

/// As a map, also where it is empty: the one case in which [`LiteMap`] would write a list.
impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

impl Deref for Tags {
    type Target = Map;

    fn deref(&self) -> &Map {
        &self.0
    }
}

impl DerefMut for Tags {
    fn deref_mut(&mut self) -> &mut Map {
        &mut self.0
    }
}

impl FromIterator<(String, String)> for Tags {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(tags: I) -> Self {
        Self(tags.into_iter().collect())
    }
}

impl Extend<(String, String)> for Tags {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, tags: I) {
        self.0.extend(tags);
    }
}

impl IntoIterator for Tags {
    type Item = (String, String);
    type IntoIter = <Map as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Tags {
    type Item = (&'a String, &'a String);
    type IntoIter = <&'a Map as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (&self.0).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_a_map_in_key_order_and_read_in_any() {
        assert_eq!(serde_json::to_string(&Tags::new()).unwrap(), "{}");
        let tags: Tags = serde_json::from_str(r#"{"b": "2", "a": "1"}"#).unwrap();
        assert_eq!(serde_json::to_string(&tags).unwrap(), r#"{"a":"1","b":"2"}"#);
        assert_eq!(serde_json::from_str::<Tags>("{}").unwrap(), Tags::new());
    }

    #[test]
    fn a_tag_is_checked_before_it_is_set() {
        for (key, value) in [("CostCenter", Some("")), ("Größe 1", Some("a/b:c=d+e-f@g_h")), ("x", None)] {
            assert_eq!(Tags::check(key, value), Ok(()), "{key}");
        }
        assert!(Tags::check(&"x".repeat(128), Some(&"y".repeat(256))).is_ok());
        for key in ["", "a*b", "a\nb", &"x".repeat(129)] {
            let problem = Tags::check(key, Some("")).unwrap_err();
            assert_eq!((problem.code.as_str(), problem.path.as_str()), ("tag-invalid", "key"), "{key}");
        }
        for value in ["a*b", &"y".repeat(257)] {
            assert_eq!(Tags::check("key", Some(value)).unwrap_err().path, "value", "{value}");
        }
    }
}
