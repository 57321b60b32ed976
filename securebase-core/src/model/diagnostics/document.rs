//! Typed values from plain documents, such as what a binding makes of a dict. What does not fit is named by its path.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::quoted::Quoted;
use super::strict::Strict;
use crate::model::{Problem, nearest};

/// The value that a document says, `name` being what its caller calls the document: the beginning of every path.
///
/// # Errors
/// `attribute-missing`, `attribute-unknown`, `word-unknown` for a text that is none of the words of its place, or `type-mismatch`,
/// at the first place that does not fit.
pub fn read<T: DeserializeOwned>(name: &str, document: &Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Strict(document)).map_err(|error| {
        let place = Place { name, path: error.path(), document };
        place.problem(&error.inner().to_string())
    })
}

/// Where a document does not fit.
struct Place<'a> {
    name: &'a str,
    path: &'a Path,
    document: &'a Value,
}

impl Place<'_> {
    /// The finding, from what the decoder says: it knows the rule, and neither the place nor the value.
    fn problem(&self, said: &str) -> Problem {
        let path = self.text();
        let expected = said.split_once(", expected ").map_or("", |(_, expected)| expected);
        if let Some(field) = quoted_after(said, "missing field ") {
            let path = joined(&path, field);
            let message = format!("`{}` is missing", Quoted(&path));
            return Problem::error("attribute-missing", path, message, "add it");
        }
        if let Some(field) = quoted_after(said, "unknown field ") {
            let known = expected.trim_start_matches("one of ");
            let hint = near(field, expected).unwrap_or_else(|| format!("leave it out; known here: {known}"));
            let message = format!("unknown attribute `{}`", Quoted(&path));
            return Problem::error("attribute-unknown", path, message, hint);
        }
        let found = self.found();
        let invalid = |rule: &str| format!("invalid `{}` `{}`: {rule}", Quoted(&path), Quoted(&found));
        if let Some(word) = quoted_after(said, "unknown variant ") {
            let message = invalid(&format!("expected {expected}"));
            let hint = near(word, expected).unwrap_or_else(|| format!("use {expected}"));
            return Problem::error("word-unknown", path, message, hint);
        }
        if expected.is_empty() {
            // A rule of the type itself, such as that of a block of addresses, which may say what to write instead.
            let (rule, hint) = match said.rsplit_once(": write ") {
                Some((rule, right)) => (rule, format!("write {right}")),
                None => (said, "correct the value at this path".to_owned()),
            };
            let message = invalid(rule);
            return Problem::error("type-mismatch", path, message, hint);
        }
        let expected = plain(expected);
        let message = invalid(&format!("expected {expected}"));
        Problem::error("type-mismatch", path, message, format!("write {expected}"))
    }

    /// The path as the caller would write it: `links[2].kind`.
    fn text(&self) -> String {
        self.path.iter().fold(self.name.to_owned(), |path, segment| match segment {
            Segment::Seq { index } => format!("{path}[{index}]"),
            Segment::Map { key } => joined(&path, key),
            Segment::Enum { variant } => joined(&path, variant),
            Segment::Unknown => path,
        })
    }

    /// The value that stands there, as JSON.
    fn found(&self) -> String {
        let mut value = self.document;
        for segment in self.path {
            let inner = match segment {
                Segment::Seq { index } => value.get(*index),
                Segment::Map { key } => value.get(key),
                Segment::Enum { variant } => value.get(variant),
                Segment::Unknown => None,
            };
            // Where the word of a choice is wrong, the path ends at the choice.
            let Some(inner) = inner else { break };
            value = inner;
        }
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The text in backticks behind a beginning.
fn quoted_after<'t>(said: &'t str, beginning: &str) -> Option<&'t str> {
    said.strip_prefix(beginning)?.strip_prefix('`')?.split('`').next()
}

/// The word among those in backticks that may have been meant.
fn near(word: &str, expected: &str) -> Option<String> {
    let known = expected.split('`').skip(1).step_by(2);
    nearest(word, known).map(|near| format!("did you mean `{near}`?"))
}

/// What the decoder expects, without the names of Rust's types.
fn plain(expected: &str) -> String {
    match expected.split(' ').next().unwrap_or_default() {
        "a" if expected == "a sequence" => "a list".to_owned(),
        "a" if expected == "a boolean" => "`true` or `false`".to_owned(),
        "a" if expected == "a character" => "one character".to_owned(),
        "map" if expected == "map with a single key" => "a map of one attribute".to_owned(),
        "struct" | "map" | "internally" | "adjacently" => "a map of attributes".to_owned(),
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" | "u32" | "u64" | "usize" => "a whole number from 0".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        _ if expected.starts_with("enum") || expected.contains("variant") => {
            "a word or a map of one attribute".to_owned()
        }
        _ => expected.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::net::{Layout, Member, NetworkLink};

    fn links(document: &Value) -> Problem {
        read::<Vec<NetworkLink>>("links", document).unwrap_err()
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_path() {
        let good = json!({"name": "hub", "kind": "vpn", "members": ["everyone"]});
        let kind = links(&json!([good, good, {"name": "far", "kind": "tgw", "members": ["everyone"]}]));
        assert_eq!((kind.code.as_str(), kind.path.as_str()), ("word-unknown", "links[2].kind"));
        assert!(
            kind.message.starts_with("invalid `links[2].kind` `tgw`: expected one of `peering`"),
            "{}",
            kind.message
        );
        let members = links(&json!([{"name": "hub", "kind": "vpn", "members": [{"owner": 5}]}]));
        assert_eq!(members.path, "links[0].members[0].owner");
        assert_eq!(members.message, "invalid `links[0].members[0].owner` `5`: expected a string");
        let unknown = links(&json!([{"name": "hub", "kind": "vpn", "member": []}]));
        assert_eq!(
            (unknown.path.as_str(), unknown.hint.as_str()),
            ("links[0].member", "did you mean `members`?")
        );
        let missing = read::<Vec<Member>>("members", &json!([{"owner": "acme"}])).unwrap_err();
        assert_eq!(
            (missing.code.as_str(), missing.path.as_str()),
            ("attribute-missing", "members[0].blocks")
        );
        let block = read::<Vec<Member>>("members", &json!([{"owner": "acme", "blocks": ["10.0.0.1/16"]}]));
        let block = block.unwrap_err();
        assert_eq!(
            block.message,
            "invalid `members[0].blocks[0]` `10.0.0.1/16`: `10.0.0.1/16` has host bits set"
        );
        assert_eq!(block.hint, "write `10.0.0.0/16`");
    }

    #[test]
    fn sizes_and_shapes_are_named_without_types_of_rust() {
        let group = |size: Value| json!({"name": "x", "groups": [{"name": "g", "role": "public", "zones": ["a"], "size": size}]});
        let size = read::<Layout>("layout", &group(json!({"prefix_len": 300}))).unwrap_err();
        assert_eq!(size.path, "layout.groups[0].size.prefix_len");
        assert_eq!(
            size.message,
            "invalid `layout.groups[0].size.prefix_len` `300`: expected a whole number from 0 to 255"
        );
        let list = read::<Layout>("layout", &json!({"name": "x", "groups": 5})).unwrap_err();
        assert_eq!(list.message, "invalid `layout.groups` `5`: expected a list");
        let word = read::<Layout>("layout", &group(json!({"hots": 9}))).unwrap_err();
        assert_eq!(word.hint, "did you mean `hosts`?");
    }
}
