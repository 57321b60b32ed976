//! Templates: `aws+{prefix}@example.com`.

use std::fmt::Write as _;

use crate::input::code;
use crate::input::node::Quoted;
use crate::input::reader::{Object, nearest};
use crate::input::report::Report;

/// A text with placeholders.
#[derive(Debug, Clone)]
pub(super) struct Template<'z> {
    pub(super) text: &'z str,
    parts: Vec<Part<'z>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part<'z> {
    Literal(&'z str),
    Placeholder(&'z str),
}

/// The templates of a zone; absent ones have their defaults where they are used.
pub(super) struct Templates<'z> {
    pub(super) account_email: Option<Template<'z>>,
    pub(super) account_name: Option<Template<'z>>,
    pub(super) ou_path: Option<Template<'z>>,
    /// Whether one is written but wrong: then what it makes is unknown rather than the default.
    pub(super) broken: Broken,
}

#[derive(Default)]
pub(super) struct Broken {
    pub(super) account_email: bool,
    pub(super) account_name: bool,
    pub(super) ou_path: bool,
}

impl<'z> Templates<'z> {
    pub(super) fn read(zone: &Object<'z, '_>, report: &mut Report<'_>) -> Self {
        let of_one = &["prefix", "key", "tier"];
        let account_email = one(zone, "account_email", of_one, true, report);
        let account_name = one(zone, "account_name", of_one, true, report);
        let ou_path = one(zone, "ou_path", &["ou", "region", "vertical", "tier"], false, report);
        let ou_path = ou_path.filter(|template| {
            let good = template.text == "{ou}" || template.text.starts_with("{ou}/");
            let empty = template.text.split('/').any(|segment| segment.trim().is_empty());
            if !good || empty {
                report.error(
                    code::TEMPLATE_INVALID,
                    zone.get("ou_path").and_then(|entry| entry.node.at),
                    zone.path_of("ou_path"),
                    format!(
                        "`{}` does not begin with the tier's unit, or has an empty part",
                        Quoted(template.text)
                    ),
                    "begin with `{ou}`, where the tier's guardrails are attached, as in `{ou}/{region}`",
                );
            }
            good && !empty
        });
        let broken = Broken {
            account_email: zone.has("account_email") && account_email.is_none(),
            account_name: zone.has("account_name") && account_name.is_none(),
            ou_path: zone.has("ou_path") && ou_path.is_none(),
        };
        Self { account_email, account_name, ou_path, broken }
    }
}

fn one<'z>(
    zone: &Object<'z, '_>,
    name: &str,
    known: &[&str],
    per_tenant: bool,
    report: &mut Report<'_>,
) -> Option<Template<'z>> {
    let text = zone.string(name, report)?;
    let mut bad = |message: String, hint: String| {
        report.error(code::TEMPLATE_INVALID, text.at, zone.path_of(name), message, hint);
        None
    };
    let Some(parts) = parts(text.text) else {
        return bad(
            format!("`{}` has a brace without its partner", Quoted(text.text)),
            "write placeholders as `{prefix}`".to_owned(),
        );
    };
    let placeholders = || {
        parts.iter().filter_map(|part| match part {
            Part::Placeholder(name) => Some(*name),
            Part::Literal(_) => None,
        })
    };
    if let Some(unknown) = placeholders().find(|name| !known.contains(name)) {
        let list = known.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ");
        let hint = match nearest(unknown, known.iter().copied()) {
            Some(near) => format!("did you mean `{{{near}}}`? Known are {list}"),
            None => format!("use {list}"),
        };
        return bad(format!("there is no placeholder `{{{}}}`", Quoted(unknown)), hint);
    }
    if per_tenant && !placeholders().any(|name| matches!(name, "prefix" | "key")) {
        return bad(
            format!("`{}` comes out the same for every tenant", Quoted(text.text)),
            "put `{prefix}` or `{key}` into it".to_owned(),
        );
    }
    Some(Template { text: text.text, parts })
}

fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (literal, from_brace) = rest.split_at(open);
        parts.push(Part::Literal(literal));
        let inner = from_brace.strip_prefix('{')?;
        let (name, after) = inner.split_once('}')?;
        parts.push(Part::Placeholder(name));
        rest = after;
    }
    parts.push(Part::Literal(rest));
    Some(parts)
}

impl Template<'_> {
    /// The text with its placeholders filled in; `None` where one of them has no value.
    pub(super) fn fill<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            let piece = match part {
                Part::Literal(literal) => literal,
                Part::Placeholder(name) => value(name)?,
            };
            // Writing into a string cannot fail.
            _ = write!(text, "{piece}");
        }
        Some(text)
    }

    /// Each part between slashes filled in; a part that names something the tenant does not have is left out.
    pub(super) fn segments<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Vec<String> {
        let segments = self.text.split('/').filter_map(|segment| {
            let parts = parts(segment)?;
            Template { text: segment, parts }.fill(&value)
        });
        segments.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template<'_> {
        Template { text, parts: parts(text).unwrap() }
    }

    #[test]
    fn fills_placeholders_and_leaves_out_what_is_absent() {
        let value = |name: &str| match name {
            "prefix" => Some("acme"),
            "ou" => Some("Customers"),
            _ => None,
        };
        assert_eq!(template("aws+{prefix}@x.io").fill(value).unwrap(), "aws+acme@x.io");
        assert_eq!(template("{ou}/{vertical}/{prefix}-x").segments(value), ["Customers", "acme-x"]);
        assert!(template("{vertical}").fill(value).is_none());
    }

    #[test]
    fn braces_come_in_pairs() {
        for bad in ["{", "}", "a{b", "a}b", "{a}}"] {
            assert!(parts(bad).is_none(), "{bad}");
        }
    }
}
