//! JSON values to the plain values of a document, with every defect noted where it lies.

use super::SIMILAR;
use crate::model::{Problem, Quoted};
use crate::policy::error::defect;
use crate::policy::nearest::nearest;
use crate::policy::syntax::source::{Key, Located, Value};

/// Reads on after a defect, so that all are found.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) defects: Vec<Problem>,
}

impl Reader {
    pub(super) fn defect(
        &mut self,
        at: Located<'_>,
        code: &'static str,
        path: &str,
        message: String,
        hint: &str,
    ) {
        self.defects.push(defect(code, path, message, hint, at.location()));
    }

    pub(super) fn open<'a>(&mut self, at: Located<'a>, path: &str) -> Option<Value<'a>> {
        match at.value() {
            Ok(value) => Some(value),
            Err((location, message)) => {
                self.defects.push(defect("policy.json", path, message, "write valid JSON", location));
                None
            }
        }
    }

    /// A string, or an array of them; booleans and numbers as AWS takes them, by their text.
    pub(super) fn strings<'a>(&mut self, at: Located<'a>, path: &str) -> Vec<(Located<'a>, String)> {
        match self.open(at, path) {
            Some(Value::Array(items)) => {
                let each = |item: Located<'a>| self.scalar(item, path).map(|text| (item, text));
                items.into_iter().filter_map(each).collect()
            }
            Some(_) => self.scalar(at, path).map(|text| (at, text)).into_iter().collect(),
            None => Vec::new(),
        }
    }

    pub(super) fn scalar(&mut self, at: Located<'_>, path: &str) -> Option<String> {
        match self.open(at, path)? {
            Value::String(text) => Some(text),
            Value::Bool(truth) if path.contains(".Condition.") => Some(truth.to_string()),
            Value::Number(text) if path.contains(".Condition.") => Some(text.to_owned()),
            other => {
                let message =
                    format!("expected a string or an array of strings, found {}", other.type_name());
                self.defect(at, "policy.type", path, message, "write text in double quotes");
                None
            }
        }
    }

    pub(super) fn string(&mut self, at: Located<'_>, path: &str) -> Option<String> {
        match self.open(at, path)? {
            Value::String(text) => Some(text),
            other => {
                let message = format!("expected a string, found {}", other.type_name());
                self.defect(at, "policy.type", path, message, "write text in double quotes");
                None
            }
        }
    }

    /// Whom a statement is about: text, or lists of texts by the kind of principal. Of the two forms the linter takes `"*"` alone.
    pub(super) fn principal(&mut self, at: Located<'_>, path: &str) -> Option<serde_json::Value> {
        match self.open(at, path)? {
            Value::String(_) => {}
            Value::Object(kinds) => {
                self.refuse_duplicates(&kinds, path);
                for (kind, named) in kinds {
                    self.strings(named, &format!("{path}.{}", Quoted(&kind.text)));
                }
            }
            other => {
                let message = format!("expected `*` or an object of principals, found {}", other.type_name());
                self.defect(at, "policy.type", path, message, "write \"*\"");
                return None;
            }
        }
        self.any_json(at, path)
    }

    pub(super) fn any_json(&mut self, at: Located<'_>, path: &str) -> Option<serde_json::Value> {
        match at.json() {
            Ok(value) => Some(value),
            Err((location, message)) => {
                self.defects.push(defect("policy.json", path, message, "write \"*\"", location));
                None
            }
        }
    }

    pub(super) fn refuse_duplicates(&mut self, members: &[(Key<'_>, Located<'_>)], path: &str) {
        let mut seen = std::collections::BTreeSet::new();
        for (key, _) in members {
            if !seen.insert(key.text.as_str()) {
                let message = format!("`{}` stands twice", Quoted(&key.text));
                self.defect(
                    key.place,
                    "policy.duplicate",
                    path,
                    message,
                    "keep one; readers disagree on which one counts",
                );
            }
        }
    }

    pub(super) fn unknown(&mut self, key: &Key<'_>, name: &str, path: &str, known: &[&'static str]) {
        let hint = nearest(name, known.iter().copied(), SIMILAR).map_or_else(
            || format!("known are {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        self.defect(
            key.place,
            "policy.unknown-element",
            path,
            format!("unknown element `{}`", Quoted(name)),
            &hint,
        );
    }
}
