//! Policy documents in files of their own: each name in `policies` becomes the document that it names.
//!
//! Invariant: afterwards the tree needs no other file, so a zone made of it can be kept, sent and read again anywhere.

use std::path::Path as FilePath;

use super::code;
use super::load::read;
use super::node::{Entry, Node, Quoted, Value};
use super::parse::DEPTH_MAX;
use super::report::{Path, Report};
use crate::policy::PolicyDocument;

/// Puts documents in the place of file names, for the zone and its tiers. Names are relative to the zone's file.
pub(super) fn write_out(root: &mut Node, directory: &FilePath, report: &mut Report<'_>) {
    let Value::Map(entries) = &mut root.value else { return };
    for entry in entries {
        let path = Path::Attribute(&Path::Root, &entry.key);
        match (entry.key.as_str(), &mut entry.node.value) {
            ("policies", list) => of_list(list, &path, directory, report),
            ("tiers", Value::Map(tiers)) => {
                for tier in tiers {
                    let path = Path::Key(&path, &tier.key);
                    if let Value::Map(attributes) = &mut tier.node.value {
                        for Entry { key, node, .. } in attributes.iter_mut().filter(|it| it.key == "policies")
                        {
                            of_list(&mut node.value, &Path::Attribute(&path, key), directory, report);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

fn of_list(list: &mut Value, path: &Path<'_>, directory: &FilePath, report: &mut Report<'_>) {
    let Value::List(items) = list else { return };
    for (index, item) in items.iter_mut().enumerate() {
        if let Value::String(name) = &item.value {
            item.value = document(name, item.at, &Path::Index(path, index), directory, report);
        }
    }
}

/// The document that a file holds; what is wrong with it has been reported.
fn document(
    name: &str,
    at: Option<usize>,
    path: &Path<'_>,
    directory: &FilePath,
    report: &mut Report<'_>,
) -> Value {
    let bytes = match read(&directory.join(name)) {
        Ok(bytes) => bytes,
        Err(problem) => {
            let message = format!("the policy document `{}`: {}", Quoted(name), problem.message);
            report.error(code::FILE_UNREADABLE, at, path, message, problem.hint);
            return Value::Reported;
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    match PolicyDocument::parse(&text) {
        Ok(document) => {
            Node::from_json(&document.to_value(), DEPTH_MAX).map_or(Value::Reported, |it| it.value)
        }
        Err(error) => {
            for problem in error.problems().iter() {
                let place = problem.place.as_ref().map(|it| format!(":{}:{}", it.line, it.column));
                let place = format!("{}{}", Quoted(name), place.unwrap_or_default());
                let message = format!("`{place}`: {} (`{}`)", problem.message, problem.code);
                report.error(code::POLICY_INVALID, at, path, message, problem.hint.as_str());
            }
            Value::Reported
        }
    }
}
