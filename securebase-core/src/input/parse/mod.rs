//! Four grammars, one tree.
//!
//! Each file lowers what a kept parser has understood to [`Node`]s and reports what a landing zone may not hold.
//! A parser that stops at its first syntax error leaves one finding and no tree.

mod hcl;
mod json;
mod toml;
mod unclosed;
mod yaml;

use super::node::{Node, Value};
use super::report::{Path, Report};
use super::source::{Format, Source};
use super::{code, report};

/// How deep a document may be nested. A zone needs four levels; the parsers' own bounds lie just above.
pub(super) const DEPTH_MAX: usize = 48;

/// Parses text; `None` where nothing could be made of it, with the reason in the report.
pub(super) fn parse(
    text: &str,
    format: Format,
    source: &Source<'_>,
    report: &mut Report<'_>,
) -> Option<Node> {
    let root = match format {
        Format::Tfvars => hcl::parse(text, report),
        Format::Toml => toml::parse(text, report),
        Format::Yaml => yaml::parse(text, source, report),
        Format::Json => json::parse(text, source, report),
    }?;
    let empty = match &root.value {
        Value::Null => true,
        // `{}` in JSON or YAML is a document, if a useless one.
        Value::Map(entries) => entries.is_empty() && matches!(format, Format::Tfvars | Format::Toml),
        _ => false,
    };
    if empty {
        empty_file(report);
        return None;
    }
    Some(root)
}

/// Reports a file that holds nothing.
pub(super) fn empty_file(report: &mut Report<'_>) {
    report.error(
        code::FILE_EMPTY,
        Some(0),
        Path::Root,
        "the file is empty: it holds no attribute",
        "write at least `clients` with one tenant; see docs/input.md",
    );
}

/// Reports a syntax error in the words of the parser.
fn syntax(report: &mut Report<'_>, format: Format, at: usize, message: &str) {
    let message = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    report.error(
        code::SYNTAX,
        Some(at),
        Path::Root,
        format!("this is not valid {}: {}", format.title(), report::one_line(&message.join("; "))),
        match format {
            Format::Tfvars => {
                "correct the text at this place; strings stand in double quotes, items on lines of their own"
            }
            Format::Json => {
                "correct the text at this place; JSON knows no comments and no comma after the last item"
            }
            Format::Toml => "correct the text at this place; strings stand in quotes",
            Format::Yaml => "correct the text at this place; attributes of one map begin in the same column",
        },
    );
}

/// Reports a document nested beyond [`DEPTH_MAX`].
pub(super) fn too_deep(report: &mut Report<'_>, at: Option<usize>) {
    report.error(
        code::NESTED_TOO_DEEPLY,
        at,
        Path::Root,
        format!("the document is nested more than {DEPTH_MAX} levels deep here"),
        "a landing zone needs four levels: look for a bracket that is not closed, or a generated file gone wrong",
    );
}
