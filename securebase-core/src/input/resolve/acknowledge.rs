//! The warnings that the writer of the file knows of and accepts.

use crate::input::code::{self, CODES};
use crate::input::node::Quoted;
use crate::input::reader::{Object, Text, items, nearest, string};
use crate::input::report::{Path, Report};
use crate::model::WARNINGS;

/// Sets the warnings apart whose codes the zone names. What is an error cannot be acknowledged.
pub(super) fn read(zone: &Object<'_, '_>, report: &mut Report<'_>) {
    let Some(entry) = zone.get("acknowledge") else { return };
    let path = zone.path_of("acknowledge");
    for (n, item) in items(&entry.node, &path, "a list of the codes of warnings", report).iter().enumerate() {
        let path = Path::Index(&path, n);
        let Some(text) = string(item, &path, report) else { continue };
        match WARNINGS.iter().find(|code| **code == text.text) {
            Some(code) => report.acknowledge(code),
            None => refuse(text, &path, report),
        }
    }
}

fn refuse(Text { text, at }: Text<'_>, path: &Path<'_>, report: &mut Report<'_>) {
    let message = format!("invalid code `{}`: expected the code of a warning", Quoted(text));
    let (message, hint) = if CODES.contains(&text) {
        (format!("{message}, this one is of an error"), "correct what the error names".to_owned())
    } else {
        let hint = match nearest(text, WARNINGS.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the warnings of a file are {}", WARNINGS.join(", ")),
        };
        (message, hint)
    };
    report.error(code::ACKNOWLEDGE_INVALID, at, path, message, hint);
}
