//! Gateway endpoints.

use aws_sdk_ec2::{Client, types as sdk};
use futures::TryFutureExt;

use super::{PAGE_SIZE, succeeded, tag_filters, tag_specification, tags_of};
use crate::aws::convert::{created, done, id, misrouted, text};
use crate::aws::error::failure;
use crate::aws::paginate;
use crate::cloud::ec2::{self, Operation, VpcEndpoint};
use crate::cloud::{CloudError, Reply};
use crate::model::ResourceId;

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeVpcEndpoints { tags, page } => {
            let call = client
                .describe_vpc_endpoints()
                .set_filters(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page = paginate::page_of_some(
                sent,
                |found| (found.vpc_endpoints(), found.next_token()),
                is_gateway,
                vpc_endpoint,
            )
            .await?;
            Ok(ec2::Reply::VpcEndpoints(page).into())
        }
        Operation::CreateVpcEndpoint { vpc, service, route_tables, client_token, tags } => {
            let call = client
                .create_vpc_endpoint()
                .vpc_endpoint_type(sdk::VpcEndpointType::Gateway)
                .vpc_id(vpc.as_str())
                .service_name(service)
                .set_route_table_ids(texts(&route_tables))
                // The SDK makes one up for other calls, not for this one.
                .client_token(client_token)
                .set_tag_specifications(tag_specification(sdk::ResourceType::VpcEndpoint, &tags));
            let sent = call.send().map_err(failure);
            created(sent, |made| made.vpc_endpoint()?.vpc_endpoint_id(), "VpcEndpointId").await
        }
        Operation::ModifyVpcEndpoint { endpoint, add, remove } => {
            let call = client
                .modify_vpc_endpoint()
                .vpc_endpoint_id(endpoint.as_str())
                .set_add_route_table_ids(texts(&add))
                .set_remove_route_table_ids(texts(&remove));
            done(call.send().map_err(failure)).await
        }
        Operation::DeleteVpcEndpoints { endpoint } => {
            let call = client.delete_vpc_endpoints().vpc_endpoint_ids(endpoint.as_str());
            succeeded(call.send().await.map_err(failure)?.unsuccessful())?;
            Ok(Reply::Done)
        }
        other => Err(misrouted(other.action())),
    }
}

/// Interface endpoints and those of load balancers list here too.
fn is_gateway(endpoint: &sdk::VpcEndpoint) -> bool {
    endpoint.vpc_endpoint_type() == Some(&sdk::VpcEndpointType::Gateway)
}

fn vpc_endpoint(endpoint: &sdk::VpcEndpoint) -> Result<VpcEndpoint, CloudError> {
    let tables = endpoint.route_table_ids().iter().map(|table| id(Some(table), "RouteTableId"));
    let mut route_tables = tables.collect::<Result<Vec<_>, _>>()?;
    route_tables.sort_unstable();
    // EC2 answers in lower case although its model, and so the SDK's type, has capitals.
    let is = |state: &str| endpoint.state().is_some_and(|found| found.as_str().eq_ignore_ascii_case(state));
    Ok(VpcEndpoint {
        id: id(endpoint.vpc_endpoint_id(), "VpcEndpointId")?,
        vpc: id(endpoint.vpc_id(), "VpcId")?,
        service: text(endpoint.service_name(), "ServiceName")?,
        route_tables,
        deleted: is("deleting") || is("deleted"),
        tags: tags_of(endpoint.tags()),
    })
}

/// The ids as a list; nothing for an empty one, which AWS does not take.
fn texts(ids: &[ResourceId]) -> Option<Vec<String>> {
    (!ids.is_empty()).then(|| ids.iter().map(ToString::to_string).collect())
}
