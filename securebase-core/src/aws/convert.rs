//! From an SDK's optional text to the types of the port.

use std::str::FromStr;

use crate::cloud::{CloudError, Reply};
use crate::model::{Cidr, ResourceId};

/// A reply that lacks what AWS promises. The call had its effect all the same, or may have had.
pub(super) fn malformed(field: &str) -> CloudError {
    CloudError::unreadable("MalformedReply", format!("the reply has no usable `{field}`"))
}

/// A field that must be there and must parse.
pub(super) fn parse<T: FromStr>(text: Option<&str>, field: &str) -> Result<T, CloudError> {
    text.and_then(|text| text.parse().ok()).ok_or_else(|| malformed(field))
}

/// A block of addresses that must be there. One with host bits is an error: which addresses the cloud means by it is unknown.
pub(super) fn cidr(text: Option<&str>, field: &str) -> Result<Cidr, CloudError> {
    Cidr::parse(text.ok_or_else(|| malformed(field))?).map_err(|error| {
        let help = error.help().unwrap_or_default();
        CloudError::unreadable(
            "MalformedReply",
            format!("the reply has no usable `{field}`: {error}: {help}"),
        )
    })
}

/// A field that may be missing but must parse where it is there.
pub(super) fn parse_optional<T: FromStr>(text: Option<&str>, field: &str) -> Result<Option<T>, CloudError> {
    text.map(|text| parse(Some(text), field)).transpose()
}

/// An id that must be there.
pub(super) fn id(text: Option<&str>, field: &str) -> Result<ResourceId, CloudError> {
    parse(text, field)
}

/// A text that must be there.
pub(super) fn text(text: Option<&str>, field: &str) -> Result<String, CloudError> {
    text.map(str::to_owned).ok_or_else(|| malformed(field))
}

/// Every item converted, or the first failure.
pub(super) fn each<'a, S: 'a, T>(
    items: &'a [S],
    convert: impl Fn(&'a S) -> Result<T, CloudError>,
) -> Result<Vec<T>, CloudError> {
    items.iter().map(convert).collect()
}

/// Sends a call that answers nothing but success.
pub(super) async fn done<O>(sent: impl Future<Output = Result<O, CloudError>>) -> Result<Reply, CloudError> {
    sent.await.map(|_| Reply::Done)
}

/// Sends a call that makes something, and reads its id off what comes back.
pub(super) async fn created<O>(
    sent: impl Future<Output = Result<O, CloudError>>,
    read: impl FnOnce(&O) -> Option<&str>,
    field: &str,
) -> Result<Reply, CloudError> {
    Ok(Reply::Created(id(read(&sent.await?), field)?))
}

/// What a file answers to an operation of another file of its service; the `send` of the service keeps it from happening.
pub(super) fn misrouted(action: &str) -> CloudError {
    CloudError::not_sent("InvalidAction", format!("`{action}` is not an operation of this kind"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::ErrorKind;

    #[test]
    fn a_block_with_host_bits_makes_the_reply_unreadable() {
        assert_eq!(cidr(Some("10.0.0.0/16"), "CidrBlock").unwrap().to_string(), "10.0.0.0/16");
        let error = cidr(Some("10.0.0.1/16"), "CidrBlock").unwrap_err();
        assert_eq!((error.code.as_str(), error.kind), ("MalformedReply", ErrorKind::Unreadable));
        assert!(error.message.ends_with("`10.0.0.1/16` has host bits set: write `10.0.0.0/16`"), "{error}");
        assert_eq!(cidr(None, "CidrBlock").unwrap_err(), malformed("CidrBlock"));
    }
}
