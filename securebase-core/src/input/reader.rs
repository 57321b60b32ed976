//! Reading the tree by name and type, reporting what is missing, doubled, unknown or of the wrong type.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::code;
use super::node::{Entry, Node, Quoted, Value};
use super::report::{Path, Report};
use crate::model::NameError;

pub(super) use crate::model::nearest;

/// A text and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'n> {
    pub(super) text: &'n str,
    pub(super) at: Option<usize>,
}

/// A map whose attributes the format fixes.
pub(super) struct Object<'n, 'p> {
    pub(super) path: Path<'p>,
    /// Where to point when something is missing: at the key rather than the brace.
    pub(super) at: Option<usize>,
    entries: Vec<&'n Entry>,
    /// The attributes that unknown ones are taken for: where one of them is missing, the misspelling has been reported.
    misspelt: Vec<String>,
}

impl<'n, 'p> Object<'n, 'p> {
    /// Opens `node` as a map that may hold the attributes `known`; `None` where it is no map.
    pub(super) fn open(
        node: &'n Node,
        at: Option<usize>,
        path: Path<'p>,
        known: &[&str],
        report: &mut Report<'_>,
    ) -> Option<Self> {
        let entries = entries(node, &path, "a map of attributes", report)?;
        let mut misspelt = Vec::new();
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let hint = match nearest(&entry.key, known.iter().copied()) {
                Some(near) => {
                    misspelt.push(near.to_owned());
                    format!("did you mean `{near}`?")
                }
                None => format!("leave it out; known here are {}", known.join(", ")),
            };
            report.error(
                code::ATTRIBUTE_UNKNOWN,
                entry.key_at,
                Path::Attribute(&path, &entry.key),
                format!("unknown attribute `{}`", Quoted(&entry.key)),
                hint,
            );
        }
        Some(Self { path, at: at.or(node.at), entries, misspelt })
    }

    /// An attribute that is there and not `null`.
    pub(super) fn get(&self, name: &str) -> Option<&'n Entry> {
        self.entries
            .iter()
            .copied()
            .find(|entry| entry.key == name && !matches!(entry.node.value, Value::Null))
    }

    /// Whether an attribute is written at all, well or badly.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn path_of<'s>(&'s self, name: &'s str) -> Path<'s> {
        Path::Attribute(&self.path, name)
    }

    pub(super) fn string(&self, name: &str, report: &mut Report<'_>) -> Option<Text<'n>> {
        let entry = self.get(name)?;
        string(&entry.node, &self.path_of(name), report)
    }

    /// A text attribute that must be there; `None` has been reported.
    pub(super) fn required(&self, name: &str, hint: &str, report: &mut Report<'_>) -> Option<Text<'n>> {
        if !self.has(name) {
            self.missing(name, hint, report);
        }
        self.string(name, report)
    }

    /// Reports an attribute that must be there, unless an unknown one has been reported as a misspelling of it.
    pub(super) fn missing(&self, name: &str, hint: &str, report: &mut Report<'_>) {
        self.missing_as(code::ATTRIBUTE_MISSING, name, "", hint, report);
    }

    /// As [`Object::missing`], with a code of its own and what follows from the lack.
    pub(super) fn missing_as(
        &self,
        code: &'static str,
        name: &str,
        why: &str,
        hint: &str,
        report: &mut Report<'_>,
    ) {
        if self.misspelt.iter().all(|misspelt| misspelt != name) {
            report.error(code, self.at, self.path_of(name), format!("`{name}` is missing{why}"), hint);
        }
    }

    pub(super) fn flag(&self, name: &str, report: &mut Report<'_>) -> Option<bool> {
        let node = &self.get(name)?.node;
        match &node.value {
            Value::Bool(flag) => Some(*flag),
            other => {
                mismatch(other, "`true` or `false`", node.at, &self.path_of(name), report);
                None
            }
        }
    }

    /// A name checked by its own type; `None` where it is absent or has been reported.
    pub(super) fn name<T: FromStr<Err = NameError>>(
        &self,
        name: &str,
        report: &mut Report<'_>,
    ) -> Option<(T, Option<usize>)> {
        let text = self.string(name, report)?;
        Some((checked(text, code::NAME_INVALID, &self.path_of(name), report)?, text.at))
    }

    /// A whole number that fits.
    pub(super) fn whole<T: FromStr>(
        &self,
        name: &str,
        range: &str,
        report: &mut Report<'_>,
    ) -> Option<(T, Option<usize>)> {
        let node = &self.get(name)?.node;
        match node.digits() {
            Some(text) => {
                let number = text.parse();
                if number.is_err() {
                    report.error(
                        code::NUMBER_INVALID,
                        node.at,
                        self.path_of(name),
                        format!("`{}` is not {range}", Quoted(text)),
                        format!("write {range}"),
                    );
                }
                Some((number.ok()?, node.at))
            }
            None => {
                mismatch(&node.value, "a whole number", node.at, &self.path_of(name), report);
                None
            }
        }
    }
}

/// The entries of a map, the first of equal keys; `None` where `node` is no map.
pub(super) fn entries<'n>(
    node: &'n Node,
    path: &Path<'_>,
    expected: &str,
    report: &mut Report<'_>,
) -> Option<Vec<&'n Entry>> {
    let Value::Map(entries) = &node.value else {
        mismatch(&node.value, expected, node.at, path, report);
        return None;
    };
    let mut seen: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    let mut kept = Vec::with_capacity(entries.len());
    for entry in entries {
        if let Some(first) = seen.get(entry.key.as_str()) {
            let line = report.line_of(*first);
            report.error(
                code::KEY_DUPLICATE,
                entry.key_at,
                path.child(&entry.key),
                format!("`{}` stands twice in the same map: it is there already{line}", Quoted(&entry.key)),
                "keep one of the two, or give this one a key of its own",
            );
        } else {
            seen.insert(&entry.key, entry.key_at);
            kept.push(entry);
        }
    }
    Some(kept)
}

/// The items of a list; nothing where `node` is no list, which is reported.
pub(super) fn items<'n>(
    node: &'n Node,
    path: &Path<'_>,
    expected: &str,
    report: &mut Report<'_>,
) -> &'n [Node] {
    match &node.value {
        Value::List(items) => items,
        other => {
            mismatch(other, expected, node.at, path, report);
            &[]
        }
    }
}

pub(super) fn string<'n>(node: &'n Node, path: &Path<'_>, report: &mut Report<'_>) -> Option<Text<'n>> {
    match &node.value {
        Value::String(text) => Some(Text { text, at: node.at }),
        other => {
            mismatch(other, "a string in quotes", node.at, path, report);
            None
        }
    }
}

/// Parses a name; a failure is reported in the words of its type.
pub(super) fn checked<T: FromStr<Err = NameError>>(
    text: Text<'_>,
    code: &'static str,
    path: &Path<'_>,
    report: &mut Report<'_>,
) -> Option<T> {
    match text.text.parse() {
        Ok(name) => Some(name),
        Err(NameError { what, value, rule }) => {
            report.error(code, text.at, path, format!("`{}` is not a valid {what}", Quoted(&value)), rule);
            None
        }
    }
}

pub(super) fn mismatch(
    found: &Value,
    expected: &str,
    at: Option<usize>,
    path: &Path<'_>,
    report: &mut Report<'_>,
) {
    if matches!(found, Value::Reported) {
        return;
    }
    report.error(
        code::TYPE_MISMATCH,
        at,
        path,
        format!("{} stands where {expected} is needed", found.described()),
        format!("write {expected}"),
    );
}
