//! What differs between two descriptions of one resource.

use super::applied::Ours;
use crate::model::Tags;
use crate::plan::step::Change;
use crate::policy::PolicyDocument;

/// A policy document, which differs where it does not mean the same.
pub(super) fn document_changes(field: &str, found: Option<&String>, desired: &str) -> Vec<Change> {
    if found.is_some_and(|found| same_meaning(found, desired)) {
        Vec::new()
    } else {
        vec![Change::new(field, found.cloned(), Some(desired.to_owned()))]
    }
}

fn same_meaning(found: &str, desired: &str) -> bool {
    found == desired
        || match (PolicyDocument::parse(found), PolicyDocument::parse(desired)) {
            (Ok(found), Ok(desired)) => found == desired,
            _ => false,
        }
}

pub(super) fn on_off(field: &str, found: bool, desired: bool) -> Vec<Change> {
    if found == desired {
        Vec::new()
    } else {
        vec![Change::new(field, Some(found.to_string()), Some(desired.to_string()))]
    }
}

pub(super) fn text_changes(field: &str, found: &str, desired: &str) -> Vec<Change> {
    if found == desired {
        Vec::new()
    } else {
        vec![Change::new(field, Some(found.to_owned()), Some(desired.to_owned()))]
    }
}

/// The tags to take off, which earlier runs have set, and those to set. All others are of other owners and stay.
pub(super) fn tag_changes(found: &Tags, desired: &Tags, ours: Ours<'_>) -> Vec<Change> {
    let off = found
        .iter()
        .filter(|(key, _)| !desired.contains_key(*key) && ours.has(key))
        .map(|(key, value)| Change::new(format!("tags.{key}"), Some(value.clone()), None));
    let set = desired
        .iter()
        .filter(|(key, value)| found.get(*key) != Some(value))
        .map(|(key, value)| Change::new(format!("tags.{key}"), found.get(key).cloned(), Some(value.clone())));
    off.chain(set).collect()
}
