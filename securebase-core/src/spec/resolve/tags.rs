//! Tags: what AWS accepts on every kind of resource they are put on.
//!
//! A zone's tags go everywhere, so the strictest service decides: IAM and CloudWatch Logs. A tenant's own go on its account
//! only, where Organizations takes any text, so a customer may be called `Smith & Sons, Inc.`.

use std::collections::BTreeMap;

use crate::model::{Limits, Tags};
use crate::spec::code;
use crate::spec::node::{Quoted, Value};
use crate::spec::reader::{Object, entries, mismatch};
use crate::spec::report::{Path, Report};

const KEY_MAX: usize = 128;
const VALUE_MAX: usize = 256;
/// The tags this crate adds itself: zone, address, tenant, name and environment.
const OWN_TAGS: usize = 5;
/// Ours and AWS's: nobody else may use them.
const RESERVED: [&str; 2] = ["aws:", "securebase:"];

pub(super) fn zone(object: &Object<'_, '_>, limits: &Limits, report: &mut Report<'_>) -> Tags {
    read(object, &Tags::new(), Everywhere(true), limits, report)
}

/// The tags of a tenant: the zone's, with its own put over them.
pub(super) fn tenant(object: &Object<'_, '_>, base: &Tags, limits: &Limits, report: &mut Report<'_>) -> Tags {
    read(object, base, Everywhere(false), limits, report)
}

/// Whether tags go on every resource, or on the account only.
#[derive(Clone, Copy)]
struct Everywhere(bool);

fn read(
    object: &Object<'_, '_>,
    base: &Tags,
    everywhere: Everywhere,
    limits: &Limits,
    report: &mut Report<'_>,
) -> Tags {
    let mut tags = base.clone();
    let path = object.path_of("tags");
    let Some(written) = object.get("tags") else { return tags };
    let given = entries(&written.node, &path, "a map of tags", report);
    for entry in given.into_iter().flatten() {
        let path = Path::Key(&path, &entry.key);
        let value = match &entry.node.value {
            Value::String(text) | Value::Number(text) | Value::Date(text) => text.clone(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null => continue,
            other => {
                mismatch(other, "a string in quotes", entry.node.at, &path, report);
                continue;
            }
        };
        let mut bad = |code, at, message: String, hint: String| report.error(code, at, path, message, hint);
        let folded = entry.key.to_ascii_lowercase();
        if let Some(prefix) = RESERVED.iter().find(|prefix| folded.starts_with(**prefix)) {
            let message =
                format!("the tag `{}` begins with `{prefix}`, which is reserved", Quoted(&entry.key));
            bad(code::TAG_RESERVED, entry.key_at, message, "choose another key".to_owned());
        } else if !(1..=KEY_MAX).contains(&entry.key.chars().count()) || !everywhere.allows(&entry.key) {
            let message = format!("`{}` is not a key AWS accepts for a tag", Quoted(&entry.key));
            bad(code::TAG_INVALID, entry.key_at, message, everywhere.rule(1, KEY_MAX));
        }
        if value.chars().count() > VALUE_MAX || !everywhere.allows(&value) {
            let message = format!("`{}` is not a value AWS accepts for a tag", Quoted(&value));
            bad(code::TAG_INVALID, entry.node.at, message, everywhere.rule(0, VALUE_MAX));
        }
        tags.insert(entry.key.clone(), value);
    }
    if everywhere.0 {
        let mut folded: BTreeMap<String, &str> = BTreeMap::new();
        for key in tags.keys() {
            if let Some(other) = folded.insert(key.to_lowercase(), key) {
                report.error(
                    code::TAG_DUPLICATE,
                    written.key_at,
                    path,
                    format!(
                        "the tags `{}` and `{}` differ in case only, which IAM refuses",
                        Quoted(other),
                        Quoted(key)
                    ),
                    "keep one of the two",
                );
            }
        }
    }
    let most =
        usize::try_from(limits.quota("tags_per_resource")).unwrap_or(usize::MAX).saturating_sub(OWN_TAGS);
    if tags.len() > most {
        report.error(
            code::TAG_COUNT,
            written.key_at,
            path,
            format!("{} tags, the zone's included, are too many: {most} fit", tags.len()),
            format!(
                "take {} out; AWS allows {} on a resource and {OWN_TAGS} are kept for the tags by which resources are \
                 found again",
                tags.len() - most,
                most + OWN_TAGS
            ),
        );
    }
    tags
}

impl Everywhere {
    fn allows(self, text: &str) -> bool {
        match self {
            // What Organizations, EC2, IAM and CloudWatch Logs all accept.
            Self(true) => text.chars().all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)),
            Self(false) => !text.chars().any(char::is_control),
        }
    }

    fn rule(self, least: usize, most: usize) -> String {
        let what =
            if self.0 { "letters, digits, spaces or any of `_.:/=+-@`" } else { "printable characters" };
        format!("use {least} to {most} {what}")
    }
}
