//! VPCs, subnets, flow logs.

use aws_sdk_ec2::{Client, types as sdk};

use super::{PAGE_SIZE, shapes, succeeded, tag_filters, tag_specification};
use crate::aws::convert::{each, id, malformed, misrouted};
use crate::aws::error::failure;
use crate::cloud::ec2::{self, Operation, VpcAttribute};
use crate::cloud::{CloudError, ErrorKind, Page, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeVpcs { tags, page } => {
            let output = client
                .describe_vpcs()
                .set_filters(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(|e| failure(&e))?;
            let items = each(output.vpcs(), shapes::vpc)?;
            Ok(Reply::Ec2(ec2::Reply::Vpcs(Page { items, next: output.next_token })))
        }
        Operation::DescribeVpcAttribute { vpc, attribute } => {
            let name = match attribute {
                VpcAttribute::DnsSupport => sdk::VpcAttributeName::EnableDnsSupport,
                VpcAttribute::DnsHostnames => sdk::VpcAttributeName::EnableDnsHostnames,
            };
            let call = client.describe_vpc_attribute().vpc_id(vpc.as_str()).attribute(name);
            let output = call.send().await.map_err(|e| failure(&e))?;
            let value = match attribute {
                VpcAttribute::DnsSupport => output.enable_dns_support(),
                VpcAttribute::DnsHostnames => output.enable_dns_hostnames(),
            };
            let value = value.and_then(sdk::AttributeBooleanValue::value);
            Ok(Reply::Ec2(ec2::Reply::VpcAttribute(value.ok_or_else(|| malformed("Value"))?)))
        }
        Operation::CreateVpc { cidr, tags } => {
            let call = client
                .create_vpc()
                .cidr_block(cidr.to_string())
                .set_tag_specifications(tag_specification(sdk::ResourceType::Vpc, &tags));
            let output = call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Created(id(output.vpc().and_then(sdk::Vpc::vpc_id), "VpcId")?))
        }
        Operation::ModifyVpcAttribute { vpc, attribute, value } => {
            let value = sdk::AttributeBooleanValue::builder().value(value).build();
            let call = client.modify_vpc_attribute().vpc_id(vpc.as_str());
            let call = match attribute {
                VpcAttribute::DnsSupport => call.enable_dns_support(value),
                VpcAttribute::DnsHostnames => call.enable_dns_hostnames(value),
            };
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DeleteVpc { vpc } => {
            client.delete_vpc().vpc_id(vpc.as_str()).send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DescribeAvailabilityZones => {
            let output = client.describe_availability_zones().send().await.map_err(|e| failure(&e))?;
            let zones = output.availability_zones().iter().map(shapes::zone).collect::<Result<_, _>>()?;
            Ok(Reply::Ec2(ec2::Reply::AvailabilityZones(zones)))
        }
        Operation::DescribeSubnets { tags, page } => {
            let output = client
                .describe_subnets()
                .set_filters(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(|e| failure(&e))?;
            let ipv4 = output.subnets().iter().filter(|subnet| subnet.cidr_block().is_some());
            let items = ipv4.map(shapes::subnet).collect::<Result<_, _>>()?;
            Ok(Reply::Ec2(ec2::Reply::Subnets(Page { items, next: output.next_token })))
        }
        Operation::CreateSubnet { vpc, cidr, zone, tags } => {
            let output = client
                .create_subnet()
                .vpc_id(vpc.as_str())
                .cidr_block(cidr.to_string())
                .availability_zone(zone)
                .set_tag_specifications(tag_specification(sdk::ResourceType::Subnet, &tags))
                .send()
                .await
                .map_err(|e| failure(&e))?;
            Ok(Reply::Created(id(output.subnet().and_then(sdk::Subnet::subnet_id), "SubnetId")?))
        }
        Operation::DeleteSubnet { subnet } => {
            client.delete_subnet().subnet_id(subnet.as_str()).send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DescribeFlowLogs { tags, page } => {
            let output = client
                .describe_flow_logs()
                .set_filter(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(|e| failure(&e))?;
            // Subnets and interfaces can have flow logs too; ours watch VPCs.
            let on_vpcs = output
                .flow_logs()
                .iter()
                .filter(|flow_log| flow_log.resource_id().is_some_and(|id| id.starts_with("vpc-")));
            let items = on_vpcs.map(shapes::flow_log).collect::<Result<_, _>>()?;
            Ok(Reply::Ec2(ec2::Reply::FlowLogs(Page { items, next: output.next_token })))
        }
        Operation::CreateFlowLogs { vpc, log_group, role_arn, client_token, tags } => {
            let output = client
                .create_flow_logs()
                .resource_ids(vpc.as_str())
                .resource_type(sdk::FlowLogsResourceType::Vpc)
                .traffic_type(sdk::TrafficType::All)
                .log_destination_type(sdk::LogDestinationType::CloudWatchLogs)
                .log_group_name(log_group)
                .deliver_logs_permission_arn(role_arn)
                .client_token(client_token)
                .set_tag_specifications(tag_specification(sdk::ResourceType::VpcFlowLog, &tags))
                .send()
                .await
                .map_err(|e| settling(failure(&e)))?;
            succeeded(output.unsuccessful()).map_err(settling)?;
            Ok(Reply::Created(id(output.flow_log_ids().first().map(String::as_str), "FlowLogIds")?))
        }
        Operation::DeleteFlowLogs { flow_log } => {
            let call = client.delete_flow_logs().flow_log_ids(flow_log.as_str());
            succeeded(call.send().await.map_err(|e| failure(&e))?.unsuccessful())?;
            Ok(Reply::Done)
        }
        other => Err(misrouted(other.action())),
    }
}

/// A role made a moment ago cannot be assumed everywhere yet. EC2 says so under the code of any wrong parameter, so only the
/// message tells that it passes.
fn settling(mut error: CloudError) -> CloudError {
    if error.code.starts_with("InvalidParameter") && error.message.contains("assume") {
        error.kind = ErrorKind::Busy;
    }
    error
}
