//! Tags: what AWS accepts on every kind of resource they are put on.
//!
//! Organizations, EC2, IAM and CloudWatch Logs take letters, digits, spaces and a few signs; where one tag of a new account
//! holds another character, AWS makes no account. A zone's tags go everywhere, so IAM's rule that no two keys differ in
//! case only holds for them too. A tenant's own go on its account only.

use std::collections::BTreeMap;

use crate::input::code;
use crate::input::node::{Quoted, Value};
use crate::input::reader::{Object, entries, mismatch};
use crate::input::report::{Path, Report};
use crate::model::{Limits, Quota, Tags};

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
        let value = match (entry.node.text(), &entry.node.value) {
            (Some(text), _) => text.into_owned(),
            (None, Value::Null) => continue,
            (None, other) => {
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
        } else if !(1..=KEY_MAX).contains(&entry.key.chars().count()) || !Tags::takes(&entry.key) {
            let message = format!("`{}` is not a key AWS accepts for a tag", Quoted(&entry.key));
            bad(code::TAG_INVALID, entry.key_at, message, rule(1, KEY_MAX));
        }
        if value.chars().count() > VALUE_MAX || !Tags::takes(&value) {
            let message = format!("`{}` is not a value AWS accepts for a tag", Quoted(&value));
            bad(code::TAG_INVALID, entry.node.at, message, rule(0, VALUE_MAX));
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
        usize::try_from(limits.quota(Quota::TagsPerResource)).unwrap_or(usize::MAX).saturating_sub(OWN_TAGS);
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

fn rule(least: usize, most: usize) -> String {
    format!("use {least} to {most} letters, digits, spaces or any of `_.:/=+-@`")
}
