//! NAT gateways.

use aws_sdk_ec2::{Client, types as sdk};
use futures::TryFutureExt;

use super::{PAGE_SIZE, tag_filters, tag_specification, tags_of};
use crate::aws::convert::{created, done, id, misrouted, parse_optional};
use crate::aws::error::failure;
use crate::aws::paginate;
use crate::cloud::ec2::{self, NatGateway, NatGatewayState, Operation};
use crate::cloud::{CloudError, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeNatGateways { tags, page } => {
            let call = client
                .describe_nat_gateways()
                .set_filter(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page = paginate::page_of_some(
                sent,
                |found| (found.nat_gateways(), found.next_token()),
                is_zonal,
                nat_gateway,
            )
            .await?;
            Ok(ec2::Reply::NatGateways(page).into())
        }
        Operation::CreateNatGateway { subnet, allocation, client_token, tags } => {
            let call = client
                .create_nat_gateway()
                .subnet_id(subnet.as_str())
                .allocation_id(allocation.as_str())
                .client_token(client_token)
                .set_tag_specifications(tag_specification(sdk::ResourceType::Natgateway, &tags));
            let sent = call.send().map_err(failure);
            created(sent, |made| made.nat_gateway()?.nat_gateway_id(), "NatGatewayId").await
        }
        Operation::DeleteNatGateway { gateway } => {
            let call = client.delete_nat_gateway().nat_gateway_id(gateway.as_str());
            done(call.send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}

/// A regional one stands in no subnet; ours do.
fn is_zonal(gateway: &sdk::NatGateway) -> bool {
    gateway.subnet_id().is_some()
}

fn nat_gateway(gateway: &sdk::NatGateway) -> Result<NatGateway, CloudError> {
    let allocation = gateway.nat_gateway_addresses().iter().find_map(|address| address.allocation_id());
    Ok(NatGateway {
        id: id(gateway.nat_gateway_id(), "NatGatewayId")?,
        vpc: id(gateway.vpc_id(), "VpcId")?,
        subnet: id(gateway.subnet_id(), "SubnetId")?,
        allocation: parse_optional(allocation, "AllocationId")?,
        state: match gateway.state() {
            Some(sdk::NatGatewayState::Available) => NatGatewayState::Available,
            Some(sdk::NatGatewayState::Failed) => NatGatewayState::Failed,
            Some(sdk::NatGatewayState::Deleting) => NatGatewayState::Deleting,
            Some(sdk::NatGatewayState::Deleted) => NatGatewayState::Deleted,
            // Pending, or a state that this crate does not know: not to be used.
            _ => NatGatewayState::Pending,
        },
        failure: reason(gateway),
        tags: tags_of(gateway.tags()),
    })
}

fn reason(gateway: &sdk::NatGateway) -> Option<String> {
    match (gateway.failure_code(), gateway.failure_message()) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (Some(text), None) | (None, Some(text)) => Some(text.to_owned()),
        (None, None) => None,
    }
}

/// Whether a gateway is a NAT gateway: routes name those in a field of their own.
pub(super) fn is_nat_gateway(id: &str) -> bool {
    id.starts_with("nat-")
}
