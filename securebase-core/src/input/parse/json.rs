//! JSON.
//!
//! serde_json tells no positions, but it hands out slices of its input: the address of a slice is its place. Each level
//! is read once more than its parent, so the cost is text times depth, and depth is bounded.

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{DEPTH_MAX, syntax, too_deep};
use crate::input::node::{Entry, Node, Value};
use crate::input::report::Report;
use crate::input::source::{Format, Source};

pub(super) fn parse(text: &str, source: &Source<'_>, report: &mut Report<'_>) -> Option<Node> {
    if text.trim().is_empty() {
        return Some(Node::new(Value::Null, Some(0)));
    }
    let mut lowering = Lowering { text, source, report };
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => lowering.value(raw.get(), DEPTH_MAX),
        Err(error) => lowering.fail(text, &error),
    }
}

struct Lowering<'t, 'r, 's> {
    text: &'t str,
    source: &'r Source<'r>,
    report: &'r mut Report<'s>,
}

impl<'t> Lowering<'t, '_, '_> {
    /// Where a slice of the text begins.
    fn at(&self, slice: &str) -> usize {
        slice.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }

    fn fail(&mut self, slice: &str, error: &serde_json::Error) -> Option<Node> {
        let inside = Source::new(slice, None).offset(error.line(), error.column().max(1));
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        // An end of input is told as a place beyond the text: point at its last line instead.
        let at = (self.at(slice) + inside).min(self.text.trim_end().len());
        let at = self.source.line(at).checked_sub(1).map_or(0, |_| at);
        syntax(self.report, Format::Json, at, message);
        None
    }

    fn value(&mut self, slice: &'t str, depth: usize) -> Option<Node> {
        let at = self.at(slice);
        let Some(depth) = depth.checked_sub(1) else {
            too_deep(self.report, Some(at));
            return Some(Node::new(Value::Reported, Some(at)));
        };
        let value = match slice.as_bytes().first() {
            Some(b'{') => {
                let members = match serde_json::Deserializer::from_str(slice).deserialize_map(Members) {
                    Ok(members) => members,
                    Err(error) => return self.fail(slice, &error),
                };
                let mut entries = Vec::with_capacity(members.len());
                for (key, value) in members {
                    let key_at = Some(self.at(key.get()));
                    let name = match serde_json::from_str::<String>(key.get()) {
                        Ok(name) => name,
                        Err(error) => return self.fail(key.get(), &error),
                    };
                    entries.push(Entry { key: name, key_at, node: self.value(value.get(), depth)? });
                }
                Value::Map(entries)
            }
            Some(b'[') => {
                let items = match serde_json::Deserializer::from_str(slice).deserialize_seq(Items) {
                    Ok(items) => items,
                    Err(error) => return self.fail(slice, &error),
                };
                let items = items.into_iter().map(|item| self.value(item.get(), depth));
                Value::List(items.collect::<Option<_>>()?)
            }
            Some(b'"') => match serde_json::from_str(slice) {
                Ok(text) => Value::String(text),
                Err(error) => return self.fail(slice, &error),
            },
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'n') => Value::Null,
            _ => Value::Number(slice.to_owned()),
        };
        Some(Node::new(value, Some(at)))
    }
}

/// The members of an object in order, doubled keys kept.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(&'de RawValue, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// The items of an array in order.
struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}
