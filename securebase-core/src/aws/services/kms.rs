//! AWS Key Management Service.

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, KeyState as SdkKeyState, Tag};
use futures::TryFutureExt;

use crate::aws::convert::{created, done, id, malformed, text};
use crate::aws::error::failure;
use crate::aws::paginate;
use crate::cloud::kms::{self, Key, KeyState, Operation};
use crate::cloud::{CloudError, Page, Reply};
use crate::model::{ResourceId, Tags};

/// The most keys KMS answers a call.
const KEYS_PAGE_SIZE: i32 = 1000;

/// The most tags KMS answers a call.
const TAGS_PAGE_SIZE: i32 = 50;

/// The days between two rotations where the reply names none.
const ROTATION_DAYS: u32 = 365;

/// The only policy of a key.
const POLICY_NAME: &str = "default";

pub(in crate::aws) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::ListKeys { page } => {
            let call = client.list_keys().limit(KEYS_PAGE_SIZE).set_marker(page);
            let sent = call.send().map_err(failure);
            let arn = |key: &aws_sdk_kms::types::KeyListEntry| id(key.key_arn(), "KeyArn");
            let page = paginate::page(sent, |found| (found.keys(), found.next_marker()), arn).await?;
            Ok(kms::Reply::Keys(page).into())
        }
        Operation::DescribeKey { key } => {
            let output = client.describe_key().key_id(key_id(&key)).send().await.map_err(failure)?;
            let found = output.key_metadata().ok_or_else(|| malformed("KeyMetadata"))?;
            Ok(kms::Reply::Key(described(found)?).into())
        }
        Operation::ListResourceTags { key, page } => {
            let call =
                client.list_resource_tags().key_id(key_id(&key)).limit(TAGS_PAGE_SIZE).set_marker(page);
            let sent = call.send().map_err(failure);
            let pair = |tag: &Tag| Ok((tag.tag_key().to_owned(), tag.tag_value().to_owned()));
            let Page { items, next } =
                paginate::page(sent, |found| (found.tags(), found.next_marker()), pair).await?;
            Ok(Reply::Tags(items.into_iter().collect(), next))
        }
        Operation::GetKeyPolicy { key } => {
            let call = client.get_key_policy().key_id(key_id(&key)).policy_name(POLICY_NAME);
            let output = call.send().await.map_err(failure)?;
            Ok(kms::Reply::KeyPolicy(text(output.policy(), "Policy")?).into())
        }
        Operation::GetKeyRotationStatus { key } => {
            let output =
                client.get_key_rotation_status().key_id(key_id(&key)).send().await.map_err(failure)?;
            let period = output.rotation_period_in_days().and_then(|days| u32::try_from(days).ok());
            let days = output.key_rotation_enabled().then(|| period.unwrap_or(ROTATION_DAYS));
            Ok(kms::Reply::KeyRotation(days).into())
        }
        Operation::CreateKey { description, policy, tags } => {
            let call = client.create_key().description(description).policy(policy).set_tags(sdk_tags(&tags)?);
            created(call.send().map_err(failure), |output| output.key_metadata()?.arn(), "Arn").await
        }
        Operation::PutKeyPolicy { key, policy } => {
            let call = client.put_key_policy().key_id(key_id(&key)).policy_name(POLICY_NAME).policy(policy);
            done(call.send().map_err(failure)).await
        }
        Operation::EnableKeyRotation { key, days } => {
            let call =
                client.enable_key_rotation().key_id(key_id(&key)).rotation_period_in_days(wire_days(days));
            done(call.send().map_err(failure)).await
        }
        Operation::TagKey { key, tags } => {
            let call = client.tag_resource().key_id(key_id(&key)).set_tags(sdk_tags(&tags)?);
            done(call.send().map_err(failure)).await
        }
        Operation::UntagKey { key, keys } => {
            let call = client.untag_resource().key_id(key_id(&key)).set_tag_keys(Some(keys));
            done(call.send().map_err(failure)).await
        }
        Operation::ScheduleKeyDeletion { key, days } => {
            let call =
                client.schedule_key_deletion().key_id(key_id(&key)).pending_window_in_days(wire_days(days));
            done(call.send().map_err(failure)).await
        }
    }
}

/// The id in the ARN of a key. Calls go to its account and region, where that is enough, and not every emulation takes more.
fn key_id(arn: &ResourceId) -> &str {
    arn.as_str().rsplit_once(":key/").map_or(arn.as_str(), |(_, id)| id)
}

/// Too many days for the wire are too many for the service too: let it say so.
fn wire_days(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}

fn sdk_tags(tags: &Tags) -> Result<Option<Vec<Tag>>, CloudError> {
    let pair = |(key, value): (&String, &String)| Tag::builder().tag_key(key).tag_value(value).build();
    let tags: Result<Vec<Tag>, _> = tags.iter().map(pair).collect();
    let tags = tags.map_err(|error| CloudError::not_sent("InvalidRequest", error.to_string()))?;
    Ok((!tags.is_empty()).then_some(tags))
}

fn described(found: &KeyMetadata) -> Result<Key, CloudError> {
    let state = match found.key_state() {
        Some(SdkKeyState::Enabled) => KeyState::Enabled,
        Some(SdkKeyState::Disabled) => KeyState::Disabled,
        Some(SdkKeyState::PendingDeletion | SdkKeyState::PendingReplicaDeletion) => KeyState::PendingDeletion,
        _ => KeyState::Unavailable,
    };
    Ok(Key {
        arn: id(found.arn(), "Arn")?,
        description: found.description().unwrap_or_default().to_owned(),
        state,
    })
}
