//! Virtual private gateways.

use aws_sdk_ec2::{Client, types as sdk};
use futures::TryFutureExt;

use super::{is_detached, tag_filters, tag_specification, tags_of};
use crate::aws::convert::{created, done, each, id, misrouted, parse_optional};
use crate::aws::error::failure;
use crate::cloud::ec2::{self, Operation, VpnGateway};
use crate::cloud::{CloudError, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeVpnGateways { tags } => {
            let call = client.describe_vpn_gateways().set_filters(tag_filters(&tags));
            let output = call.send().await.map_err(failure)?;
            Ok(ec2::Reply::VpnGateways(each(output.vpn_gateways(), vpn_gateway)?).into())
        }
        Operation::CreateVpnGateway { tags } => {
            let call = client
                .create_vpn_gateway()
                .r#type(sdk::GatewayType::Ipsec1)
                .set_tag_specifications(tag_specification(sdk::ResourceType::VpnGateway, &tags));
            let sent = call.send().map_err(failure);
            created(sent, |made| made.vpn_gateway()?.vpn_gateway_id(), "VpnGatewayId").await
        }
        Operation::AttachVpnGateway { gateway, vpc } => {
            let call = client.attach_vpn_gateway().vpn_gateway_id(gateway.as_str()).vpc_id(vpc.as_str());
            done(call.send().map_err(failure)).await
        }
        Operation::DetachVpnGateway { gateway, vpc } => {
            let call = client.detach_vpn_gateway().vpn_gateway_id(gateway.as_str()).vpc_id(vpc.as_str());
            done(call.send().map_err(failure)).await
        }
        Operation::DeleteVpnGateway { gateway } => {
            let call = client.delete_vpn_gateway().vpn_gateway_id(gateway.as_str());
            done(call.send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}

fn vpn_gateway(gateway: &sdk::VpnGateway) -> Result<VpnGateway, CloudError> {
    let attached = gateway.vpc_attachments().iter().find(|a| !is_detached(a.state()));
    Ok(VpnGateway {
        id: id(gateway.vpn_gateway_id(), "VpnGatewayId")?,
        vpc: parse_optional(attached.and_then(|a| a.vpc_id()), "VpcId")?,
        deleted: matches!(gateway.state(), Some(sdk::VpnState::Deleting | sdk::VpnState::Deleted)),
        tags: tags_of(gateway.tags()),
    })
}
