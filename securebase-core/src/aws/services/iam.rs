//! AWS Identity and Access Management.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use futures::TryFutureExt;
use percent_encoding::percent_decode_str;

use crate::aws::convert::{done, each, malformed};
use crate::aws::error::failure;
use crate::cloud::iam::{self, Operation, Role};
use crate::cloud::{CloudError, Reply};
use crate::model::Tags;

pub(in crate::aws) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::GetRole { name } => {
            let output = client.get_role().role_name(name).send().await.map_err(failure)?;
            role(output.role())
        }
        Operation::CreateRole { name, trust, tags } => {
            let output = client
                .create_role()
                .role_name(name)
                .assume_role_policy_document(trust)
                .set_tags(sdk_tags(&tags)?)
                .send()
                .await
                .map_err(failure)?;
            // The reply to CreateRole may leave the tags out.
            match role(output.role())? {
                Reply::Iam(iam::Reply::Role(role)) => Ok(Reply::Iam(iam::Reply::Role(Role { tags, ..role }))),
                other => Ok(other),
            }
        }
        Operation::GetRolePolicy { role, name } => {
            let call = client.get_role_policy().role_name(role).policy_name(name);
            let output = call.send().await.map_err(failure)?;
            Ok(Reply::Iam(iam::Reply::RolePolicy(decode(output.policy_document(), "PolicyDocument")?)))
        }
        Operation::PutRolePolicy { role, name, document } => {
            let call = client.put_role_policy().role_name(role).policy_name(name).policy_document(document);
            done(call.send().map_err(failure)).await
        }
        Operation::TagRole { role, tags } => {
            let call = client.tag_role().role_name(role).set_tags(sdk_tags(&tags)?);
            done(call.send().map_err(failure)).await
        }
        Operation::UntagRole { role, keys } => {
            let call = client.untag_role().role_name(role).set_tag_keys(Some(keys));
            done(call.send().map_err(failure)).await
        }
        Operation::DeleteRolePolicy { role, name } => {
            let call = client.delete_role_policy().role_name(role).policy_name(name);
            done(call.send().map_err(failure)).await
        }
        Operation::DeleteRole { name } => {
            done(client.delete_role().role_name(name).send().map_err(failure)).await
        }
    }
}

fn role(role: Option<&aws_sdk_iam::types::Role>) -> Result<Reply, CloudError> {
    let role = role.ok_or_else(|| malformed("Role"))?;
    Ok(Reply::Iam(iam::Reply::Role(Role {
        name: role.role_name().to_owned(),
        arn: role.arn().to_owned(),
        trust: decode(role.assume_role_policy_document().unwrap_or_default(), "AssumeRolePolicyDocument")?,
        tags: role.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect(),
    })))
}

/// IAM answers policy documents percent-encoded.
fn decode(document: &str, member: &'static str) -> Result<String, CloudError> {
    let decoded = percent_decode_str(document).decode_utf8();
    decoded.map(Into::into).map_err(|_| malformed(member))
}

fn sdk_tags(tags: &Tags) -> Result<Option<Vec<Tag>>, CloudError> {
    let tags: Vec<_> = tags.iter().collect();
    let tags = each(&tags, |(key, value)| {
        Tag::builder()
            .key(*key)
            .value(*value)
            .build()
            .map_err(|e| CloudError::not_sent("InvalidRequest", e.to_string()))
    })?;
    Ok((!tags.is_empty()).then_some(tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded() {
        let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22a%22%3A%22%C3%BC%20%2B%22%7D";
        assert_eq!(decode(encoded, "PolicyDocument").unwrap(), r#"{"Version":"2012-10-17","a":"ü +"}"#);
        assert_eq!(decode("%FF", "PolicyDocument").unwrap_err().code, "MalformedReply");
    }
}
