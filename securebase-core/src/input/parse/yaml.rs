//! YAML 1.2, core schema: `no` is a string, `false` is not.
//!
//! Read as events, so nothing here recurses. Aliases are followed within a budget; tags of one's own, merge keys and
//! second documents are refused.

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span, Tag};

use super::{DEPTH_MAX, code, syntax, too_deep};
use crate::input::node::{Entry, Node, Quoted, Value};
use crate::input::report::{Path, Report};
use crate::input::source::{Format, Source};

/// How much aliases may add, in values and in bytes of text: enough for a shared set of tags on every tenant, too little for a bomb.
const ALIASED_NODES_MAX: usize = 1_000_000;
const ALIASED_BYTES_MAX: usize = 64 << 20;

pub(super) fn parse(text: &str, source: &Source<'_>, report: &mut Report<'_>) -> Option<Node> {
    let mut options = granit_parser::options! {};
    options.emit_comments = false;
    options.flow_nesting_limit = DEPTH_MAX;
    options.block_nesting_limit = DEPTH_MAX;
    let mut reading = Reading {
        source,
        report,
        open: Vec::new(),
        root: None,
        anchors: BTreeMap::new(),
        aliased: Size::default(),
    };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => reading.event(event, span)?,
            Err(error) => {
                let mark = error.marker();
                let at = mark.byte_offset().unwrap_or_else(|| source.offset(mark.line(), mark.col() + 1));
                let at = at.min(text.len());
                let message = error.kind().to_string();
                if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) || message.contains("nest") {
                    too_deep(reading.report, Some(at));
                } else {
                    syntax(reading.report, Format::Yaml, at, &message);
                }
                return None;
            }
        }
    }
    Some(reading.root.unwrap_or_else(|| Node::new(Value::Null, Some(0))))
}

/// A collection that has begun and not ended.
struct Open {
    at: Option<usize>,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(String, Option<usize>)>),
}

struct Reading<'r, 's> {
    source: &'r Source<'r>,
    report: &'r mut Report<'s>,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Node>,
    /// What aliases have added so far.
    aliased: Size,
}

impl Reading<'_, '_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let mark = span.start;
        let at = mark.byte_offset().unwrap_or_else(|| self.source.offset(mark.line(), mark.col() + 1));
        let at = Some(at);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                self.refuse(at, "a second document begins here", "keep one document in the file");
                None
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = match scalar(&text, style, tag.as_deref()) {
                    Some(value) => value,
                    None => {
                        let tag = tag.map(|tag| tag.original()).unwrap_or_default();
                        self.refuse(
                            at,
                            &format!("the tag `{}` stands here", Quoted(&tag)),
                            "leave the tag out",
                        );
                        Value::Reported
                    }
                };
                // A key is text, whatever it looks like.
                let is_key = matches!(self.open.last(), Some(Open { kind: Kind::Map(_, None), .. }));
                let value = match value {
                    Value::Reported => Value::Reported,
                    _ if is_key => Value::String(text.to_string()),
                    value => value,
                };
                self.place(Node::new(value, at).written_as(&text), anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open.push(Open { at, anchor, kind: Kind::List(Vec::new()) });
                self.bounded(at)
            }
            Event::MappingStart(_, anchor, _) => {
                self.open.push(Open { at, anchor, kind: Kind::Map(Vec::new(), None) });
                self.bounded(at)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Open { at, anchor, kind } = self.open.pop()?;
                let value = match kind {
                    Kind::List(items) => Value::List(items),
                    Kind::Map(entries, _) => Value::Map(entries),
                };
                self.place(Node::new(value, at), anchor)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    self.refuse(at, "an alias refers to the value it stands in", "write the value out");
                    return None;
                };
                self.aliased.add(node);
                let Size { nodes, bytes } = self.aliased;
                if nodes > ALIASED_NODES_MAX || bytes > ALIASED_BYTES_MAX {
                    let what = "aliases blow the document up beyond a million values or 64 MiB of text";
                    self.refuse(at, what, "write the values out");
                    return None;
                }
                let node = node.clone();
                self.place(node, 0)
            }
            _ => Some(()),
        }
    }

    fn bounded(&mut self, at: Option<usize>) -> Option<()> {
        if self.open.len() < DEPTH_MAX {
            return Some(());
        }
        too_deep(self.report, at);
        None
    }

    /// Puts a finished node where it belongs: into the root, a list, or a map as key or value.
    fn place(&mut self, node: Node, anchor: usize) -> Option<()> {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        match &mut parent.kind {
            Kind::List(items) => items.push(node),
            Kind::Map(entries, key @ None) => {
                let name = match (node.text(), &node.value) {
                    (Some(text), _) => text.into_owned(),
                    (None, other) => {
                        let what = format!("a key is a string, not {}", other.described());
                        self.refuse(node.at, &what, "write the key as a name");
                        return None;
                    }
                };
                if name == "<<" {
                    self.refuse(node.at, "a merge key (`<<`) stands here", "write the attributes out");
                    return None;
                }
                // Keys of a zone are short; a bound keeps an adversary from doubling the file.
                entries.reserve(1);
                *key = Some((name, node.at));
            }
            Kind::Map(entries, key) => {
                if let Some((key, key_at)) = key.take() {
                    entries.push(Entry { key, key_at, node });
                }
            }
        }
        Some(())
    }

    fn refuse(&mut self, at: Option<usize>, what: &str, hint: &str) {
        let message = format!("{what}, which a landing zone may not use");
        self.report.error(code::YAML_FEATURE, at, Path::Root, message, hint);
    }
}

/// How large values are: a text of a megabyte is one value, and a list of a million has little text.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
}

impl Size {
    fn add(&mut self, node: &Node) {
        self.nodes += 1;
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.add(item)),
            Value::Map(entries) => {
                for entry in entries {
                    self.bytes += entry.key.len();
                    self.add(&entry.node);
                }
            }
            Value::String(text) | Value::Number(text) | Value::Date(text) => self.bytes += text.len(),
            Value::Null | Value::Bool(_) | Value::Reported => {}
        }
    }
}

/// A scalar by the core schema; `None` under a tag that is not part of it.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Option<Value> {
    let string = || Value::String(text.to_owned());
    match tag.map(|tag| tag.core_suffix()) {
        Some(Some("str")) => return Some(string()),
        Some(Some("null")) if text.is_empty() => return Some(Value::Null),
        Some(Some("bool" | "int" | "float" | "null")) | None => {}
        // The non-specific tag `!` means: a string, whatever it looks like.
        Some(None) if tag.is_some_and(|tag| tag.original() == "!") => return Some(string()),
        Some(_) => return None,
    }
    if tag.is_none() && style != ScalarStyle::Plain {
        return Some(string());
    }
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        // As written: what reads it as a tag or a name keeps its sign and its zeros.
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => string(),
    })
}

/// Whether text is a decimal number by the core schema.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (digits, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    !(whole.is_empty() && fraction.is_empty())
        && all_digits(whole)
        && all_digits(fraction)
        && exponent.is_none_or(|exponent| !exponent.is_empty() && all_digits(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema_has_no_norway_problem() {
        for text in ["no", "yes", "on", "NO", "1.2.3", "-", ".", "2026-01-19", "10.0.0.0/16", "0x", "1e"] {
            assert!(matches!(scalar(text, ScalarStyle::Plain, None), Some(Value::String(_))), "{text}");
        }
        for text in ["1", "-1", "+1", "1.5", "1e3", ".5", "8000", "0.1E-2"] {
            assert!(matches!(scalar(text, ScalarStyle::Plain, None), Some(Value::Number(_))), "{text}");
        }
        assert!(matches!(scalar("1", ScalarStyle::DoubleQuoted, None), Some(Value::String(_))));
    }
}
