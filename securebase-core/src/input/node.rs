//! The located tree every format is lowered to before anything is understood.

use std::borrow::Cow;

use serde_json::{Map, Number, Value as Json};

pub(super) use crate::model::Quoted;

/// A value with the byte offset at which it begins, `None` where it came from code.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Option<usize>,
    /// The text of a scalar, where its value would be written otherwise, such as `0x1F` or `True`: what reads it as text
    /// takes it as it was written.
    pub(super) written: Option<String>,
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
        Self { value, at, written: None }
    }

    /// The same node, which was written like that.
    pub(super) fn written_as(mut self, text: &str) -> Self {
        let same = match &self.value {
            Value::Number(digits) => digits == text,
            Value::Bool(flag) => flag.to_string() == text,
            _ => true,
        };
        self.written = (!same).then(|| text.to_owned());
        self
    }

    /// A scalar as text, as it was written; `None` for what is none.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match (&self.written, &self.value) {
            (Some(text), _) => Some(Cow::Borrowed(text)),
            (None, Value::String(text) | Value::Number(text) | Value::Date(text)) => {
                Some(Cow::Borrowed(text))
            }
            (None, Value::Bool(flag)) => Some(Cow::Owned(flag.to_string())),
            _ => None,
        }
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
                    // Tags are text, whatever their values look like.
                    let value =
                        if entry.key == "tags" { entry.node.as_texts() } else { entry.node.to_json() };
                    map.entry(entry.key.clone()).or_insert(value);
                }
                Json::Object(map)
            }
        }
    }
}

impl Node {
    /// As [`Node::to_json`], with the scalars of a map as they were written where that matters.
    fn as_texts(&self) -> Json {
        let mut json = self.to_json();
        if let (Value::Map(entries), Json::Object(map)) = (&self.value, &mut json) {
            for entry in entries.iter().rev() {
                if let Some(text) = &entry.node.written {
                    map.insert(entry.key.clone(), Json::String(text.clone()));
                }
            }
        }
        json
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
