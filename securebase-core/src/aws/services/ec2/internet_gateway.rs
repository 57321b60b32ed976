//! Internet gateways.

use aws_sdk_ec2::{Client, types as sdk};
use futures::TryFutureExt;

use super::{PAGE_SIZE, is_detached, tag_filters, tag_specification, tags_of};
use crate::aws::convert::{created, done, id, misrouted, parse_optional};
use crate::aws::error::failure;
use crate::aws::paginate;
use crate::cloud::ec2::{self, InternetGateway, Operation};
use crate::cloud::{CloudError, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeInternetGateways { tags, page } => {
            let call = client
                .describe_internet_gateways()
                .set_filters(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page = paginate::page(
                sent,
                |found| (found.internet_gateways(), found.next_token()),
                internet_gateway,
            )
            .await?;
            Ok(ec2::Reply::InternetGateways(page).into())
        }
        Operation::CreateInternetGateway { tags } => {
            let call = client
                .create_internet_gateway()
                .set_tag_specifications(tag_specification(sdk::ResourceType::InternetGateway, &tags));
            let sent = call.send().map_err(failure);
            created(sent, |made| made.internet_gateway()?.internet_gateway_id(), "InternetGatewayId").await
        }
        Operation::AttachInternetGateway { gateway, vpc } => {
            let call =
                client.attach_internet_gateway().internet_gateway_id(gateway.as_str()).vpc_id(vpc.as_str());
            done(call.send().map_err(failure)).await
        }
        Operation::DetachInternetGateway { gateway, vpc } => {
            let call =
                client.detach_internet_gateway().internet_gateway_id(gateway.as_str()).vpc_id(vpc.as_str());
            done(call.send().map_err(failure)).await
        }
        Operation::DeleteInternetGateway { gateway } => {
            let call = client.delete_internet_gateway().internet_gateway_id(gateway.as_str());
            done(call.send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}

fn internet_gateway(gateway: &sdk::InternetGateway) -> Result<InternetGateway, CloudError> {
    // An attachment that works is `available` here, a state the SDK does not list.
    let attached = gateway.attachments().iter().find(|a| !is_detached(a.state()));
    Ok(InternetGateway {
        id: id(gateway.internet_gateway_id(), "InternetGatewayId")?,
        vpc: parse_optional(attached.and_then(|a| a.vpc_id()), "VpcId")?,
        tags: tags_of(gateway.tags()),
    })
}
