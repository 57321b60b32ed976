//! The name that was most likely meant.

use crate::model::likeness;

/// The candidate most like a name, if one is at least so much alike (0 to 1), whatever the case.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>, least: f64) -> Option<&'a str> {
    let folded = name.to_lowercase();
    known
        .map(|candidate| (likeness(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score > least)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}
