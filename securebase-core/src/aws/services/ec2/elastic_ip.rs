//! Elastic IPs.

use aws_sdk_ec2::operation::allocate_address::AllocateAddressOutput;
use aws_sdk_ec2::{Client, types as sdk};
use futures::TryFutureExt;

use super::{tag_filters, tag_specification, tags_of};
use crate::aws::convert::{created, done, id, misrouted, parse_optional, text};
use crate::aws::error::failure;
use crate::cloud::ec2::{self, ElasticIp, Operation};
use crate::cloud::{CloudError, Reply};
use crate::model::ResourceId;

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeAddresses { tags } => {
            let call = client.describe_addresses().set_filters(tag_filters(&tags));
            let output = call.send().await.map_err(failure)?;
            // Addresses from before VPCs have no allocation.
            let allocated = output.addresses().iter().filter(|address| address.allocation_id().is_some());
            Ok(ec2::Reply::Addresses(allocated.map(elastic_ip).collect::<Result<_, _>>()?).into())
        }
        Operation::AllocateAddress { tags } => {
            let call = client
                .allocate_address()
                .domain(sdk::DomainType::Vpc)
                .set_tag_specifications(tag_specification(sdk::ResourceType::ElasticIp, &tags));
            let sent = call.send().map_err(failure);
            created(sent, AllocateAddressOutput::allocation_id, "AllocationId").await
        }
        Operation::ReleaseAddress { allocation } => {
            let call = client.release_address().allocation_id(allocation.as_str());
            done(call.send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}

fn elastic_ip(address: &sdk::Address) -> Result<ElasticIp, CloudError> {
    Ok(ElasticIp {
        id: id(address.allocation_id(), "AllocationId")?,
        public_ip: text(address.public_ip(), "PublicIp")?,
        association: association(address)?,
        tags: tags_of(address.tags()),
    })
}

fn association(address: &sdk::Address) -> Result<Option<ResourceId>, CloudError> {
    parse_optional(address.association_id().filter(|id| !id.is_empty()), "AssociationId")
}
