//! Lists, a page a call.

use crate::cloud::{CloudError, Page};

/// Sends a call for a page: reads the items and the token of the next page off what comes back, and each item in the words of
/// the port.
pub(super) async fn page<O, S, T>(
    sent: impl Future<Output = Result<O, CloudError>>,
    read: impl FnOnce(&O) -> (&[S], Option<&str>),
    convert: impl Fn(&S) -> Result<T, CloudError>,
) -> Result<Page<T>, CloudError> {
    page_of_some(sent, read, |_| true, convert).await
}

/// As [`page`], without the items that do not concern this crate.
pub(super) async fn page_of_some<O, S, T>(
    sent: impl Future<Output = Result<O, CloudError>>,
    read: impl FnOnce(&O) -> (&[S], Option<&str>),
    concerns_us: impl Fn(&S) -> bool,
    convert: impl Fn(&S) -> Result<T, CloudError>,
) -> Result<Page<T>, CloudError> {
    let output = sent.await?;
    let (items, next) = read(&output);
    let items = items.iter().filter(|item| concerns_us(item)).map(convert);
    Ok(Page { items: items.collect::<Result<_, _>>()?, next: next.map(str::to_owned) })
}
