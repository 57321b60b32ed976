//! Pages of lists.

use std::str::FromStr;

use crate::cloud::{CloudError, Page, PageToken};

/// Ends the token of a page that came empty, so that the next one does not.
const BLANK: char = '~';

/// One call in so many of Organizations' lists answers an empty page that has a next one.
const BLANK_PAGES: f64 = 0.02;

/// Where a page begins: after the key, at the very beginning without one.
pub(in crate::sim) fn start<K: FromStr>(token: Option<&PageToken>) -> Result<Option<K>, CloudError> {
    match token.map(|token| token.trim_end_matches(BLANK)) {
        None | Some("") => Ok(None),
        Some(key) => key.parse().map(Some).map_err(|_| {
            CloudError::rejected_because(
                "InvalidInputException",
                "INVALID_NEXT_TOKEN",
                format!("`{key}` is not a token this list has given"),
            )
        }),
    }
}

/// Whether this page comes empty although more follows, as Organizations sometimes answers.
pub(in crate::sim) fn blank<T>(token: Option<&PageToken>, draw: f64) -> Option<Page<T>> {
    let position = token.map_or("", String::as_str);
    (draw < BLANK_PAGES && !position.ends_with(BLANK))
        .then(|| Page { items: Vec::new(), next: Some(format!("{position}{BLANK}")) })
}

/// The first `size` of the items, and a token if more remain.
pub(in crate::sim) fn page<T>(
    mut items: impl Iterator<Item = T>,
    size: usize,
    key: impl Fn(&T) -> String,
) -> Page<T> {
    let taken: Vec<T> = items.by_ref().take(size).collect();
    let next = match (taken.last(), items.next()) {
        (Some(last), Some(_)) => Some(key(last)),
        _ => None,
    };
    Page { items: taken, next }
}
