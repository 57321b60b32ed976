//! Tags of roots, units, accounts and policies.

use aws_sdk_organizations::Client;
use futures::TryFutureExt;

use super::{failure, sdk_tags};
use crate::aws::convert::{done, misrouted};
use crate::cloud::organizations::Operation;
use crate::cloud::{CloudError, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::ListTagsForResource { resource, page } => {
            let call = client.list_tags_for_resource().resource_id(resource.as_str()).set_next_token(page);
            let output = call.send().await.map_err(failure)?;
            let tags =
                output.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
            Ok(Reply::Tags(tags, output.next_token))
        }
        Operation::TagResource { resource, tags } => {
            let call = client.tag_resource().resource_id(resource.as_str()).set_tags(sdk_tags(&tags)?);
            done(call.send().map_err(failure)).await
        }
        Operation::UntagResource { resource, keys } => {
            let call = client.untag_resource().resource_id(resource.as_str()).set_tag_keys(Some(keys));
            done(call.send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}
