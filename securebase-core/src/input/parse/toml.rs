//! TOML.

use super::{DEPTH_MAX, code, syntax, too_deep};
use crate::input::node::{Entry, Node, Quoted, Value};
use crate::input::report::{Path, Report};
use crate::input::source::Format;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) fn parse(text: &str, report: &mut Report<'_>) -> Option<Node> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut failed = false;
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        if error.message().contains("recurs") {
            failed = true;
            too_deep(report, Some(at));
        } else if error.message().contains("duplicate key") {
            report.error(
                code::KEY_DUPLICATE,
                Some(at),
                Path::Root,
                format!("`{}` stands twice in the same table", Quoted(key_at(text, at))),
                "keep one of the two",
            );
        } else {
            failed = true;
            syntax(report, Format::Toml, at, error.message());
        }
    }
    // Doubled keys leave a table that can be read on: the first of each.
    if failed {
        return None;
    }
    let mut lowering = Lowering { text, report };
    Some(Node::new(lowering.table(root.get_ref(), DEPTH_MAX), Some(0)))
}

/// The key written at a place, for a message.
fn key_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default().trim_start_matches('[');
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next().unwrap_or_default(),
        _ => rest.split(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).next().unwrap_or_default(),
    }
}

struct Lowering<'t, 'r, 's> {
    text: &'t str,
    report: &'r mut Report<'s>,
}

impl Lowering<'_, '_, '_> {
    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Value {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            let key_at = Some(key.span().start);
            let node = self.value(value, key_at, depth);
            entries.push(Entry { key: key.get_ref().to_string(), key_at, node });
        }
        Value::Map(entries)
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, key_at: Option<usize>, depth: usize) -> Node {
        // A table made by a header or a dotted key has no text of its own: it begins at its key.
        let span = value.span();
        let at = if span.is_empty() { key_at } else { Some(span.start) };
        let Some(depth) = depth.checked_sub(1) else {
            too_deep(self.report, at);
            return Node::new(Value::Reported, at);
        };
        let lowered = match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Value::Number(number.as_str().to_owned()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(whole) => Value::Number(whole.to_string()),
                Err(_) => Value::Number(number.to_string()),
            },
            DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Datetime(moment) => Value::Date(moment.to_string()),
            DeValue::Array(items) => {
                Value::List(items.iter().map(|item| self.value(item, at, depth)).collect())
            }
            DeValue::Table(table) => self.table(table, depth),
        };
        let written = self.text.get(span).unwrap_or_default();
        let lowered = match lowered {
            Value::Date(_) if !written.is_empty() => Value::Date(written.to_owned()),
            lowered => lowered,
        };
        let node = Node::new(lowered, at);
        if written.is_empty() { node } else { node.written_as(written) }
    }
}
