//! Subnets.

use aws_sdk_ec2::{Client, types as sdk};
use futures::TryFutureExt;

use super::{PAGE_SIZE, tag_filters, tag_specification, tags_of};
use crate::aws::convert::{cidr, created, done, id, misrouted, text};
use crate::aws::error::failure;
use crate::aws::paginate;
use crate::cloud::ec2::{self, Operation, Subnet};
use crate::cloud::{CloudError, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeSubnets { tags, page } => {
            let call = client
                .describe_subnets()
                .set_filters(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page =
                paginate::page_of_some(sent, |found| (found.subnets(), found.next_token()), has_ipv4, subnet)
                    .await?;
            Ok(ec2::Reply::Subnets(page).into())
        }
        Operation::CreateSubnet { vpc, cidr, zone, tags } => {
            let call = client
                .create_subnet()
                .vpc_id(vpc.as_str())
                .cidr_block(cidr.to_string())
                .availability_zone(zone)
                .set_tag_specifications(tag_specification(sdk::ResourceType::Subnet, &tags));
            let sent = call.send().map_err(failure);
            created(sent, |made| made.subnet()?.subnet_id(), "SubnetId").await
        }
        Operation::DeleteSubnet { subnet } => {
            done(client.delete_subnet().subnet_id(subnet.as_str()).send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}

fn has_ipv4(subnet: &sdk::Subnet) -> bool {
    subnet.cidr_block().is_some()
}

fn subnet(subnet: &sdk::Subnet) -> Result<Subnet, CloudError> {
    Ok(Subnet {
        id: id(subnet.subnet_id(), "SubnetId")?,
        vpc: id(subnet.vpc_id(), "VpcId")?,
        cidr: cidr(subnet.cidr_block(), "CidrBlock")?,
        zone: text(subnet.availability_zone(), "AvailabilityZone")?,
        tags: tags_of(subnet.tags()),
    })
}
