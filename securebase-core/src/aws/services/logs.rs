//! Amazon CloudWatch Logs.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::LogGroup as SdkLogGroup;
use futures::TryFutureExt;

use crate::aws::convert::{done, parse_optional, text};
use crate::aws::error::failure;
use crate::aws::paginate;
use crate::cloud::logs::{self, LogGroup, Operation};
use crate::cloud::{CloudError, ErrorKind, Reply};

/// The most groups CloudWatch Logs answers a call.
const PAGE_SIZE: i32 = 50;

pub(in crate::aws) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeLogGroups { prefix, page } => {
            let call = client
                .describe_log_groups()
                .set_log_group_name_prefix((!prefix.is_empty()).then_some(prefix))
                .limit(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page =
                paginate::page(sent, |found| (found.log_groups(), found.next_token()), log_group).await?;
            Ok(logs::Reply::LogGroups(page).into())
        }
        Operation::CreateLogGroup { name, tags, key } => {
            let tags = (!tags.is_empty()).then(|| tags.into_iter().collect());
            let key = key.map(|key| key.to_string());
            let call = client.create_log_group().log_group_name(name).set_tags(tags).set_kms_key_id(key);
            done(call.send().map_err(|error| settling(failure(error)))).await
        }
        Operation::AssociateKmsKey { group, key } => {
            let call = client.associate_kms_key().log_group_name(group).kms_key_id(key.as_str());
            done(call.send().map_err(|error| settling(failure(error)))).await
        }
        Operation::PutRetentionPolicy { group, days } => {
            // Too many days for the wire are too many for the service too: let it say so.
            let days = i32::try_from(days).unwrap_or(i32::MAX);
            let call = client.put_retention_policy().log_group_name(group).retention_in_days(days);
            done(call.send().map_err(failure)).await
        }
        Operation::ListLogGroupTags { arn } => {
            let call = client.list_tags_for_resource().resource_arn(arn);
            let output = call.send().await.map_err(failure)?;
            let tags = output.tags.into_iter().flatten().collect();
            Ok(Reply::Tags(tags, None))
        }
        Operation::TagLogGroup { arn, tags } => {
            let call = client.tag_resource().resource_arn(arn).set_tags(Some(tags.into_iter().collect()));
            done(call.send().map_err(failure)).await
        }
        Operation::UntagLogGroup { arn, keys } => {
            let call = client.untag_resource().resource_arn(arn).set_tag_keys(Some(keys));
            done(call.send().map_err(failure)).await
        }
        Operation::DeleteLogGroup { name } => {
            done(client.delete_log_group().log_group_name(name).send().map_err(failure)).await
        }
    }
}

/// AWS answers the ARN twice: with `:*` behind it, as policies for the streams in the group want it, and without, as the
/// tagging calls want it. Older endpoints know only the first.
fn log_group(group: &SdkLogGroup) -> Result<LogGroup, CloudError> {
    let arn = text(group.log_group_arn().or(group.arn()), "arn")?;
    Ok(LogGroup {
        name: text(group.log_group_name(), "logGroupName")?,
        arn: arn.strip_suffix(":*").unwrap_or(&arn).to_owned(),
        retention_days: group.retention_in_days().and_then(|days| u32::try_from(days).ok()),
        key: parse_optional(group.kms_key_id(), "kmsKeyId")?,
    })
}

/// CloudWatch Logs refuses a key that it has not heard of yet, or of whose policy, as one that does not exist: that passes.
fn settling(mut error: CloudError) -> CloudError {
    let is_about_key = error.message.to_ascii_lowercase().contains("kms key");
    if error.code == "InvalidParameterException" && is_about_key {
        error.kind = ErrorKind::Busy;
    }
    error
}
