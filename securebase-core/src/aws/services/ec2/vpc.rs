//! VPCs.

use aws_sdk_ec2::{Client, types as sdk};
use futures::TryFutureExt;

use super::{PAGE_SIZE, tag_filters, tag_specification, tags_of};
use crate::aws::convert::{cidr, created, done, id, malformed, misrouted};
use crate::aws::error::failure;
use crate::aws::paginate;
use crate::cloud::ec2::{self, Operation, Vpc, VpcAttribute};
use crate::cloud::{CloudError, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeVpcs { tags, page } => {
            let call = client
                .describe_vpcs()
                .set_filters(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page = paginate::page(sent, |found| (found.vpcs(), found.next_token()), vpc).await?;
            Ok(ec2::Reply::Vpcs(page).into())
        }
        Operation::DescribeVpcAttribute { vpc, attribute } => {
            let name = match attribute {
                VpcAttribute::DnsSupport => sdk::VpcAttributeName::EnableDnsSupport,
                VpcAttribute::DnsHostnames => sdk::VpcAttributeName::EnableDnsHostnames,
            };
            let call = client.describe_vpc_attribute().vpc_id(vpc.as_str()).attribute(name);
            let output = call.send().await.map_err(failure)?;
            let value = match attribute {
                VpcAttribute::DnsSupport => output.enable_dns_support(),
                VpcAttribute::DnsHostnames => output.enable_dns_hostnames(),
            };
            let value = value.and_then(sdk::AttributeBooleanValue::value);
            Ok(ec2::Reply::VpcAttribute(value.ok_or_else(|| malformed("Value"))?).into())
        }
        Operation::CreateVpc { cidr, tags } => {
            let call = client
                .create_vpc()
                .cidr_block(cidr.to_string())
                .set_tag_specifications(tag_specification(sdk::ResourceType::Vpc, &tags));
            let sent = call.send().map_err(failure);
            created(sent, |made| made.vpc()?.vpc_id(), "VpcId").await
        }
        Operation::ModifyVpcAttribute { vpc, attribute, value } => {
            let value = sdk::AttributeBooleanValue::builder().value(value).build();
            let call = client.modify_vpc_attribute().vpc_id(vpc.as_str());
            let call = match attribute {
                VpcAttribute::DnsSupport => call.enable_dns_support(value),
                VpcAttribute::DnsHostnames => call.enable_dns_hostnames(value),
            };
            done(call.send().map_err(failure)).await
        }
        Operation::DeleteVpc { vpc } => {
            done(client.delete_vpc().vpc_id(vpc.as_str()).send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}

fn vpc(vpc: &sdk::Vpc) -> Result<Vpc, CloudError> {
    Ok(Vpc {
        id: id(vpc.vpc_id(), "VpcId")?,
        cidr: cidr(vpc.cidr_block(), "CidrBlock")?,
        is_default: vpc.is_default().unwrap_or(false),
        tags: tags_of(vpc.tags()),
    })
}
