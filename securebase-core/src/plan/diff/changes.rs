//! The difference between the tags that a resource carries and those that it must carry.

use super::applied::Ours;
use crate::kinds::step::Change;
use crate::model::Tags;

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
