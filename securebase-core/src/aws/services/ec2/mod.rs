//! Amazon EC2: the network, a file for each kind of resource.

mod elastic_ip;
mod flow_log;
mod internet_gateway;
mod nat_gateway;
mod route_table;
mod subnet;
mod vpc;
mod vpc_endpoint;
mod vpn_gateway;
mod zones;

use aws_sdk_ec2::{Client, types as sdk};
use futures::TryFutureExt;

use crate::aws::convert::done;
use crate::aws::error::failure;
use crate::cloud::ec2::Operation;
use crate::cloud::{CloudError, Reply};
use crate::model::Tags;

/// How many items a page holds: the most that every describe call takes.
const PAGE_SIZE: i32 = 100;

/// Registers the kinds of resource: the file of each, and its operations.
macro_rules! kinds {
    ($($kind:ident [$($operation:ident),+];)*) => {
        pub(in crate::aws) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
            match operation {
                Operation::DescribeAvailabilityZones => zones::describe(client).await,
                Operation::CreateTags { resource, tags } => {
                    let call = client.create_tags().resources(resource.as_str()).set_tags(Some(sdk_tags(&tags)));
                    done(call.send().map_err(failure)).await
                }
                Operation::DeleteTags { resource, keys } => {
                    // A tag without a value means the tag whatever its value.
                    let tags = keys.into_iter().map(|key| sdk::Tag::builder().key(key).build()).collect();
                    let call = client.delete_tags().resources(resource.as_str()).set_tags(Some(tags));
                    done(call.send().map_err(failure)).await
                }
                $($(Operation::$operation { .. })|+ => $kind::send(client, operation).await,)*
            }
        }
    };
}

kinds! {
    vpc [DescribeVpcs, DescribeVpcAttribute, CreateVpc, ModifyVpcAttribute, DeleteVpc];
    subnet [DescribeSubnets, CreateSubnet, DeleteSubnet];
    internet_gateway [DescribeInternetGateways, CreateInternetGateway, AttachInternetGateway, DetachInternetGateway, DeleteInternetGateway];
    vpn_gateway [DescribeVpnGateways, CreateVpnGateway, AttachVpnGateway, DetachVpnGateway, DeleteVpnGateway];
    elastic_ip [DescribeAddresses, AllocateAddress, ReleaseAddress];
    nat_gateway [DescribeNatGateways, CreateNatGateway, DeleteNatGateway];
    route_table [DescribeRouteTables, CreateRouteTable, DeleteRouteTable, CreateRoute, ReplaceRoute, DeleteRoute, AssociateRouteTable, DisassociateRouteTable];
    flow_log [DescribeFlowLogs, CreateFlowLogs, DeleteFlowLogs];
    vpc_endpoint [DescribeVpcEndpoints, CreateVpcEndpoint, ModifyVpcEndpoint, DeleteVpcEndpoints];
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

fn tags_of(tags: &[sdk::Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
        .collect()
}

fn is_detached(state: Option<&sdk::AttachmentStatus>) -> bool {
    matches!(state, Some(sdk::AttachmentStatus::Detached | sdk::AttachmentStatus::Detaching))
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
