//! Amazon EC2: the network.

mod endpoints;
mod gateways;
mod networks;
mod routes;
mod shapes;

use aws_sdk_ec2::{Client, types as sdk};

use crate::aws::error::failure;
use crate::cloud::ec2::Operation;
use crate::cloud::{CloudError, Reply};
use crate::model::Tags;

/// How many items a page holds: the most that every describe call takes.
const PAGE_SIZE: i32 = 100;

pub(in crate::aws) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    use Operation as O;
    match operation {
        O::DescribeVpcs { .. }
        | O::DescribeVpcAttribute { .. }
        | O::CreateVpc { .. }
        | O::ModifyVpcAttribute { .. }
        | O::DeleteVpc { .. }
        | O::DescribeAvailabilityZones
        | O::DescribeSubnets { .. }
        | O::CreateSubnet { .. }
        | O::DeleteSubnet { .. }
        | O::DescribeFlowLogs { .. }
        | O::CreateFlowLogs { .. }
        | O::DeleteFlowLogs { .. } => networks::send(client, operation).await,
        O::DescribeRouteTables { .. }
        | O::CreateRouteTable { .. }
        | O::DeleteRouteTable { .. }
        | O::CreateRoute { .. }
        | O::ReplaceRoute { .. }
        | O::DeleteRoute { .. }
        | O::AssociateRouteTable { .. }
        | O::DisassociateRouteTable { .. } => routes::send(client, operation).await,
        O::CreateTags { resource, tags } => {
            let call = client.create_tags().resources(resource.as_str()).set_tags(Some(sdk_tags(&tags)));
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        O::DeleteTags { resource, keys } => {
            // A tag without a value means the tag whatever its value.
            let tags = keys.into_iter().map(|key| sdk::Tag::builder().key(key).build()).collect();
            let call = client.delete_tags().resources(resource.as_str()).set_tags(Some(tags));
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        O::DescribeInternetGateways { .. }
        | O::CreateInternetGateway { .. }
        | O::AttachInternetGateway { .. }
        | O::DetachInternetGateway { .. }
        | O::DeleteInternetGateway { .. }
        | O::DescribeAddresses { .. }
        | O::AllocateAddress { .. }
        | O::ReleaseAddress { .. }
        | O::DescribeNatGateways { .. }
        | O::CreateNatGateway { .. }
        | O::DeleteNatGateway { .. }
        | O::DescribeVpnGateways { .. }
        | O::CreateVpnGateway { .. }
        | O::AttachVpnGateway { .. }
        | O::DetachVpnGateway { .. }
        | O::DeleteVpnGateway { .. } => gateways::send(client, operation).await,
        O::DescribeVpcEndpoints { .. }
        | O::CreateVpcEndpoint { .. }
        | O::ModifyVpcEndpoint { .. }
        | O::DeleteVpcEndpoints { .. } => endpoints::send(client, operation).await,
    }
}

/// Some calls succeed as a whole and fail item by item; ours have one item.
fn succeeded(unsuccessful: &[sdk::UnsuccessfulItem]) -> Result<(), CloudError> {
    let Some(item) = unsuccessful.first() else {
        return Ok(());
    };
    let error = item.error();
    let code = error.and_then(sdk::UnsuccessfulItemError::code).unwrap_or("Unsuccessful");
    let message = error.and_then(sdk::UnsuccessfulItemError::message).unwrap_or_default();
    Err(CloudError::rejected(code, message))
}

fn sdk_tags(tags: &Tags) -> Vec<sdk::Tag> {
    tags.iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build()).collect()
}

/// The tags a new resource is born with; AWS does not take a specification without tags.
fn tag_specification(kind: sdk::ResourceType, tags: &Tags) -> Option<Vec<sdk::TagSpecification>> {
    let specification =
        sdk::TagSpecification::builder().resource_type(kind).set_tags(Some(sdk_tags(tags))).build();
    (!tags.is_empty()).then(|| vec![specification])
}

/// One filter a tag: a resource must pass them all.
fn tag_filters(tags: &Tags) -> Option<Vec<sdk::Filter>> {
    let filters: Vec<_> = tags
        .iter()
        .map(|(key, value)| sdk::Filter::builder().name(format!("tag:{key}")).values(literal(value)).build())
        .collect();
    (!filters.is_empty()).then_some(filters)
}

/// A filter value that means itself: `*` and `?` would match anything.
fn literal(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '*' | '?' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_mean_the_value_itself() {
        let tags = Tags::from_iter([("securebase:zone".to_owned(), r"a*b?c\d".to_owned())]);
        let filters = tag_filters(&tags).unwrap();
        assert_eq!(filters[0].name(), Some("tag:securebase:zone"));
        assert_eq!(filters[0].values(), [r"a\*b\?c\\d"]);
        assert!(tag_filters(&Tags::new()).is_none());
        assert!(tag_specification(sdk::ResourceType::Vpc, &Tags::new()).is_none());
    }
}
