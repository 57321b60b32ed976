//! JSON with positions.
//!
//! Purpose: read a JSON text into values that know where they stand, so that every finding about a policy can point
//! at its line and column. The lexing is `serde_json`'s; a position is where a raw slice lies within the text.
//! Invariants: a located value borrows the text and never copies it; duplicate object keys survive.
//! Non-goals: writing JSON, and documents that nest without bound (`serde_json` walks raw values without recursion).

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Where something stands in a text. Both count from one; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Location {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A JSON value that is still text, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Located<'a> {
    whole: &'a str,
    raw: &'a str,
}

/// What a located value turned out to be.
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    String(String),
    Array(Vec<Located<'a>>),
    Object(Vec<(Key<'a>, Located<'a>)>),
}

impl Value<'_> {
    /// The name of the JSON type, with its article.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// An object key, unescaped, and where it stands.
pub(crate) struct Key<'a> {
    pub(crate) text: String,
    pub(crate) place: Located<'a>,
}

impl<'a> Located<'a> {
    /// Reads one JSON value spanning the whole text.
    pub(crate) fn new(text: &'a str) -> Result<Self, (Location, String)> {
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => Ok(Self { whole: text, raw: raw.get() }),
            Err(error) => Err((at_line(text, error.line(), error.column()), reason(&error))),
        }
    }

    /// Where the value begins.
    pub(crate) fn location(&self) -> Location {
        // Both slices are of one allocation, so the difference is the byte offset; safe code cannot make it wrong,
        // and `get` keeps a surprise from becoming a panic.
        let offset = (self.raw.as_ptr() as usize).saturating_sub(self.whole.as_ptr() as usize);
        let before = self.whole.get(..offset).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Location {
            line: 1 + before.bytes().filter(|&byte| byte == b'\n').count(),
            column: 1 + before.get(line_start..).unwrap_or_default().chars().count(),
        }
    }

    /// Opens the value one level.
    pub(crate) fn value(&self) -> Result<Value<'a>, (Location, String)> {
        let failed = |error: &serde_json::Error| (self.location(), reason(error));
        match self.raw.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(self.raw).map_err(|error| failed(&error))?;
                members
                    .into_iter()
                    .map(|(key, value)| {
                        let place = self.at(key);
                        let text = serde_json::from_str(key.get())
                            .map_err(|error| (place.location(), reason(&error)))?;
                        Ok((Key { text, place }, self.at(value)))
                    })
                    .collect::<Result<_, _>>()
                    .map(Value::Object)
            }
            Some(b'[') => {
                let items: Vec<&'a RawValue> =
                    serde_json::from_str(self.raw).map_err(|error| failed(&error))?;
                Ok(Value::Array(items.into_iter().map(|item| self.at(item)).collect()))
            }
            Some(b'"') => serde_json::from_str(self.raw).map(Value::String).map_err(|error| failed(&error)),
            Some(b't') => Ok(Value::Bool(true)),
            Some(b'f') => Ok(Value::Bool(false)),
            Some(b'n') => Ok(Value::Null),
            _ => Ok(Value::Number(self.raw)),
        }
    }

    /// The value as plain JSON.
    pub(crate) fn json(&self) -> Result<serde_json::Value, (Location, String)> {
        serde_json::from_str(self.raw).map_err(|error| (self.location(), reason(&error)))
    }

    fn at(&self, raw: &'a RawValue) -> Located<'a> {
        Located { whole: self.whole, raw: raw.get() }
    }
}

/// `serde_json` counts columns in bytes and may name the position after the offender; this clamps it into the text.
fn at_line(text: &str, line: usize, column: usize) -> Location {
    let found = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let mut end = column.saturating_sub(1).min(found.len());
    while !found.is_char_boundary(end) {
        end -= 1;
    }
    Location { line: line.max(1), column: 1 + found.get(..end).unwrap_or_default().chars().count() }
}

/// The message without serde's own position, which is ours to give.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// Members of an object in order, duplicates kept, keys still raw so that they too have a position.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(key) = map.next_key::<&'de RawValue>()? {
                    if !key.get().starts_with('"') {
                        return Err(A::Error::custom("an object key must be a string"));
                    }
                    members.push((key, map.next_value::<&'de RawValue>()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_lines_and_columns_of_keys_and_values() {
        let text = "{\n  \"ä\": [1,\n    {\"b\": true}]\n}";
        let Value::Object(members) = Located::new(text).unwrap().value().unwrap() else { panic!("object") };
        assert_eq!(members[0].0.text, "ä");
        assert_eq!(members[0].0.place.location(), Location { line: 2, column: 3 });
        assert_eq!(members[0].1.location(), Location { line: 2, column: 8 });
        let Value::Array(items) = members[0].1.value().unwrap() else { panic!("array") };
        assert_eq!(items[1].location(), Location { line: 3, column: 5 });
    }

    #[test]
    fn syntax_errors_are_placed() {
        let (location, message) = Located::new("{\n \"a\": ,\n}").unwrap_err();
        assert_eq!(location.line, 2);
        assert_eq!(message, "expected value");
        assert!(Located::new("").is_err());
        assert!(Located::new("{} {}").is_err());
    }

    #[test]
    fn keeps_duplicates() {
        let Value::Object(members) = Located::new(r#"{"a":1,"a":2}"#).unwrap().value().unwrap() else {
            panic!("object")
        };
        assert_eq!(members.len(), 2);
    }

    #[test]
    fn deep_nesting_is_walked_without_recursion() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(Located::new(&deep).is_ok());
    }
}
