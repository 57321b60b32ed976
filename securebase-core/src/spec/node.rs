//! The located tree every format is lowered to before anything is understood.

use serde_json::{Map, Number, Value as Json};

pub(super) use crate::model::Quoted;

/// A value with the byte offset at which it begins, `None` where it came from code.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Option<usize>,
}

/// What was written, not yet what it means.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// The digits as written: a price must not pass through a float.
    Number(String),
    String(String),
    /// A date or time, which only TOML tells apart from a string.
    Date(String),
    List(Vec<Node>),
    /// In the order of the file, duplicates kept.
    Map(Vec<Entry>),
    /// Something the parser has already reported: no reader complains about it again.
    Reported,
}

/// One `key = value` of a map.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: Option<usize>,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn new(value: Value, at: Option<usize>) -> Self {
        Self { value, at }
    }

    /// A tree without places, from a value built in code; `None` where it is nested deeper than `depth` levels.
    pub(super) fn from_json(value: &Json, depth: usize) -> Option<Self> {
        let inner = depth.checked_sub(1)?;
        let value = match value {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Bool(*flag),
            Json::Number(number) => Value::Number(number.to_string()),
            Json::String(text) => Value::String(text.clone()),
            Json::Array(items) => {
                Value::List(items.iter().map(|item| Self::from_json(item, inner)).collect::<Option<_>>()?)
            }
            Json::Object(map) => Value::Map(
                map.iter()
                    .map(|(key, value)| {
                        let node = Self::from_json(value, inner)?;
                        Some(Entry { key: key.clone(), key_at: None, node })
                    })
                    .collect::<Option<_>>()?,
            ),
        };
        Some(Self::new(value, None))
    }

    /// The tree as a plain document: absent attributes left out, the first of two equal keys kept.
    pub(super) fn to_json(&self) -> Json {
        match &self.value {
            Value::Null | Value::Reported => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            // A tag keeps a number as it was written, `06` or `1.50`: what a JSON number would change becomes a string.
            Value::Number(text) => number(text)
                .filter(|number| number.to_string() == *text)
                .map_or_else(|| Json::String(text.clone()), Json::Number),
            Value::String(text) | Value::Date(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Map(entries) => {
                let mut map = Map::new();
                for entry in entries.iter().filter(|entry| !matches!(entry.node.value, Value::Null)) {
                    map.entry(entry.key.clone()).or_insert_with(|| entry.node.to_json());
                }
                Json::Object(map)
            }
        }
    }
}

fn number(text: &str) -> Option<Number> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    text.parse().ok().and_then(Number::from_f64)
}

impl Node {
    /// The digits of a number. In a document without places, which [`Node::to_json`] may have written, also those of a
    /// string: a number that a JSON number would have changed.
    pub(super) fn digits(&self) -> Option<&str> {
        match &self.value {
            Value::Number(text) => Some(text),
            Value::String(text) if self.at.is_none() && number(text).is_some() => Some(text),
            _ => None,
        }
    }
}

impl Value {
    /// The value for a message: its kind in words, and itself where it is short.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Null => "nothing (`null`)".to_owned(),
            Self::Bool(flag) => format!("the bool `{flag}`"),
            Self::Number(text) => format!("the number `{}`", Quoted(text)),
            Self::String(text) => format!("the string `{}`", Quoted(text)),
            Self::Date(text) => format!("the date `{}`", Quoted(text)),
            Self::List(items) if items.is_empty() => "an empty list".to_owned(),
            Self::List(items) => format!("a list of {}", items.len()),
            Self::Map(entries) if entries.is_empty() => "an empty map".to_owned(),
            Self::Map(entries) => format!("a map of {}", entries.len()),
            Self::Reported => "something else".to_owned(),
        }
    }
}
