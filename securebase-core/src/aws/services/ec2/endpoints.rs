//! Gateway endpoints.

use aws_sdk_ec2::{Client, types as sdk};

use super::{PAGE_SIZE, shapes, succeeded, tag_filters, tag_specification};
use crate::aws::convert::{id, misrouted};
use crate::aws::error::failure;
use crate::cloud::ec2::{self, Operation};
use crate::cloud::{CloudError, Page, Reply};
use crate::model::ResourceId;

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeVpcEndpoints { tags, page } => {
            let output = client
                .describe_vpc_endpoints()
                .set_filters(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(|e| failure(&e))?;
            // Interface endpoints and those of load balancers list here too.
            let gateways = output
                .vpc_endpoints()
                .iter()
                .filter(|endpoint| endpoint.vpc_endpoint_type() == Some(&sdk::VpcEndpointType::Gateway));
            let items = gateways.map(shapes::vpc_endpoint).collect::<Result<_, _>>()?;
            Ok(Reply::Ec2(ec2::Reply::VpcEndpoints(Page { items, next: output.next_token })))
        }
        Operation::CreateVpcEndpoint { vpc, service, route_tables, client_token, tags } => {
            let output = client
                .create_vpc_endpoint()
                .vpc_endpoint_type(sdk::VpcEndpointType::Gateway)
                .vpc_id(vpc.as_str())
                .service_name(service)
                .set_route_table_ids(texts(&route_tables))
                // The SDK makes one up for other calls, not for this one.
                .client_token(client_token)
                .set_tag_specifications(tag_specification(sdk::ResourceType::VpcEndpoint, &tags))
                .send()
                .await
                .map_err(|e| failure(&e))?;
            let endpoint = output.vpc_endpoint().and_then(sdk::VpcEndpoint::vpc_endpoint_id);
            Ok(Reply::Created(id(endpoint, "VpcEndpointId")?))
        }
        Operation::ModifyVpcEndpoint { endpoint, add, remove } => {
            let call = client
                .modify_vpc_endpoint()
                .vpc_endpoint_id(endpoint.as_str())
                .set_add_route_table_ids(texts(&add))
                .set_remove_route_table_ids(texts(&remove));
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DeleteVpcEndpoints { endpoint } => {
            let call = client.delete_vpc_endpoints().vpc_endpoint_ids(endpoint.as_str());
            succeeded(call.send().await.map_err(|e| failure(&e))?.unsuccessful())?;
            Ok(Reply::Done)
        }
        other => Err(misrouted(other.action())),
    }
}

/// The ids as a list; nothing for an empty one, which AWS does not take.
fn texts(ids: &[ResourceId]) -> Option<Vec<String>> {
    (!ids.is_empty()).then(|| ids.iter().map(ToString::to_string).collect())
}
