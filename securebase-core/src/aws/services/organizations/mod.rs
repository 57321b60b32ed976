//! AWS Organizations.

use aws_sdk_organizations::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_organizations::{Client, types as sdk};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::aws::convert::each;
use crate::aws::error;
use crate::cloud::organizations::Operation;
use crate::cloud::{CloudError, Reply};
use crate::model::Tags;

mod accounts;
mod policies;
mod tags;
mod units;

/// The most items Organizations answers a call.
const PAGE_SIZE: i32 = 20;

pub(in crate::aws) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    use Operation as O;
    match operation {
        O::DescribeOrganization
        | O::CreateOrganization
        | O::ListRoots
        | O::EnablePolicyType { .. }
        | O::EnableAwsServiceAccess { .. }
        | O::ListOrganizationalUnitsForParent { .. }
        | O::CreateOrganizationalUnit { .. }
        | O::UpdateOrganizationalUnit { .. }
        | O::DeleteOrganizationalUnit { .. } => units::send(client, operation).await,
        O::ListAccounts { .. }
        | O::ListAccountsForParent { .. }
        | O::ListParents { .. }
        | O::CreateAccount { .. }
        | O::DescribeCreateAccountStatus { .. }
        | O::ListCreateAccountStatus { .. }
        | O::MoveAccount { .. }
        | O::DescribeAccount { .. }
        | O::CloseAccount { .. } => accounts::send(client, operation).await,
        O::ListTagsForResource { .. } | O::TagResource { .. } | O::UntagResource { .. } => {
            tags::send(client, operation).await
        }
        O::ListPolicies { .. }
        | O::ListPoliciesForTarget { .. }
        | O::ListTargetsForPolicy { .. }
        | O::DescribePolicy { .. }
        | O::CreatePolicy { .. }
        | O::UpdatePolicy { .. }
        | O::DeletePolicy { .. }
        | O::AttachPolicy { .. }
        | O::DetachPolicy { .. } => policies::send(client, operation).await,
    }
}

fn sdk_tags(tags: &Tags) -> Result<Option<Vec<sdk::Tag>>, CloudError> {
    let tags: Vec<_> = tags.iter().collect();
    let tags = each(&tags, |(key, value)| {
        sdk::Tag::builder()
            .key(*key)
            .value(*value)
            .build()
            .map_err(|e| CloudError::not_sent("InvalidRequest", e.to_string()))
    })?;
    Ok((!tags.is_empty()).then_some(tags))
}

/// Like [`error::failure`], with the `Reason` that several of this service's errors carry.
fn failure<E>(error: SdkError<E, HttpResponse>) -> CloudError
where
    E: std::error::Error + ProvideErrorMetadata + Into<aws_sdk_organizations::Error> + 'static,
{
    let classified = error::classified(&error);
    let reason = match error {
        SdkError::ServiceError(service) => reason(&service.into_err().into()),
        _ => None,
    };
    error::with_reason(classified, reason)
}

fn reason(error: &aws_sdk_organizations::Error) -> Option<String> {
    use aws_sdk_organizations::Error as E;
    let reason = match error {
        E::ConstraintViolationException(error) => error.reason()?.as_str(),
        E::InvalidInputException(error) => error.reason()?.as_str(),
        E::AccessDeniedForDependencyException(error) => error.reason()?.as_str(),
        _ => return None,
    };
    Some(reason.to_owned())
}
