//! Internet, NAT and virtual private gateways, and elastic IPs.

use aws_sdk_ec2::{Client, types as sdk};

use super::{PAGE_SIZE, shapes, tag_filters, tag_specification};
use crate::aws::convert::{each, id, misrouted};
use crate::aws::error::failure;
use crate::cloud::ec2::{self, Operation};
use crate::cloud::{CloudError, Page, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeInternetGateways { tags, page } => {
            let output = client
                .describe_internet_gateways()
                .set_filters(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(|e| failure(&e))?;
            let items = each(output.internet_gateways(), shapes::internet_gateway)?;
            Ok(Reply::Ec2(ec2::Reply::InternetGateways(Page { items, next: output.next_token })))
        }
        Operation::CreateInternetGateway { tags } => {
            let call = client
                .create_internet_gateway()
                .set_tag_specifications(tag_specification(sdk::ResourceType::InternetGateway, &tags));
            let output = call.send().await.map_err(|e| failure(&e))?;
            let gateway = output.internet_gateway().and_then(sdk::InternetGateway::internet_gateway_id);
            Ok(Reply::Created(id(gateway, "InternetGatewayId")?))
        }
        Operation::AttachInternetGateway { gateway, vpc } => {
            let call =
                client.attach_internet_gateway().internet_gateway_id(gateway.as_str()).vpc_id(vpc.as_str());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DetachInternetGateway { gateway, vpc } => {
            let call =
                client.detach_internet_gateway().internet_gateway_id(gateway.as_str()).vpc_id(vpc.as_str());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DeleteInternetGateway { gateway } => {
            let call = client.delete_internet_gateway().internet_gateway_id(gateway.as_str());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DescribeAddresses { tags } => {
            let call = client.describe_addresses().set_filters(tag_filters(&tags));
            let output = call.send().await.map_err(|e| failure(&e))?;
            // Addresses from before VPCs have no allocation.
            let allocated = output.addresses().iter().filter(|address| address.allocation_id().is_some());
            Ok(Reply::Ec2(ec2::Reply::Addresses(
                allocated.map(shapes::elastic_ip).collect::<Result<_, _>>()?,
            )))
        }
        Operation::AllocateAddress { tags } => {
            let call = client
                .allocate_address()
                .domain(sdk::DomainType::Vpc)
                .set_tag_specifications(tag_specification(sdk::ResourceType::ElasticIp, &tags));
            let output = call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Created(id(output.allocation_id(), "AllocationId")?))
        }
        Operation::ReleaseAddress { allocation } => {
            let call = client.release_address().allocation_id(allocation.as_str());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DescribeNatGateways { tags, page } => {
            let output = client
                .describe_nat_gateways()
                .set_filter(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(|e| failure(&e))?;
            // A regional one stands in no subnet; ours do.
            let zonal = output.nat_gateways().iter().filter(|gateway| gateway.subnet_id().is_some());
            let items = zonal.map(shapes::nat_gateway).collect::<Result<_, _>>()?;
            Ok(Reply::Ec2(ec2::Reply::NatGateways(Page { items, next: output.next_token })))
        }
        Operation::CreateNatGateway { subnet, allocation, client_token, tags } => {
            let output = client
                .create_nat_gateway()
                .subnet_id(subnet.as_str())
                .allocation_id(allocation.as_str())
                .client_token(client_token)
                .set_tag_specifications(tag_specification(sdk::ResourceType::Natgateway, &tags))
                .send()
                .await
                .map_err(|e| failure(&e))?;
            let gateway = output.nat_gateway().and_then(sdk::NatGateway::nat_gateway_id);
            Ok(Reply::Created(id(gateway, "NatGatewayId")?))
        }
        Operation::DeleteNatGateway { gateway } => {
            let call = client.delete_nat_gateway().nat_gateway_id(gateway.as_str());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DescribeVpnGateways { tags } => {
            let call = client.describe_vpn_gateways().set_filters(tag_filters(&tags));
            let output = call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Ec2(ec2::Reply::VpnGateways(each(output.vpn_gateways(), shapes::vpn_gateway)?)))
        }
        Operation::CreateVpnGateway { tags } => {
            let call = client
                .create_vpn_gateway()
                .r#type(sdk::GatewayType::Ipsec1)
                .set_tag_specifications(tag_specification(sdk::ResourceType::VpnGateway, &tags));
            let output = call.send().await.map_err(|e| failure(&e))?;
            let gateway = output.vpn_gateway().and_then(sdk::VpnGateway::vpn_gateway_id);
            Ok(Reply::Created(id(gateway, "VpnGatewayId")?))
        }
        Operation::AttachVpnGateway { gateway, vpc } => {
            let call = client.attach_vpn_gateway().vpn_gateway_id(gateway.as_str()).vpc_id(vpc.as_str());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DetachVpnGateway { gateway, vpc } => {
            let call = client.detach_vpn_gateway().vpn_gateway_id(gateway.as_str()).vpc_id(vpc.as_str());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DeleteVpnGateway { gateway } => {
            let call = client.delete_vpn_gateway().vpn_gateway_id(gateway.as_str());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        other => Err(misrouted(other.action())),
    }
}
