//! Elastic IPs.

use serde_json::{Value, json};

use super::{Kept, Kind, Network, matching, over_quota, refusal, unknown, visible};
use crate::cloud::ec2::{self, ElasticIp, Operation};
use crate::cloud::{CloudError, Reply};
use crate::model::{Quota, ResourceId, ResourceKind, Tags};
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;

pub(super) const NO_ALLOCATION: &str = "InvalidAllocationID.NotFound";

impl Kind for ElasticIp {
    const KIND: ResourceKind = ResourceKind::ElasticIp;
    const PREFIX: &'static str = "eipalloc";
    const ABSENT: &'static str = NO_ALLOCATION;

    fn id(&self) -> &ResourceId {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }

    fn execute(
        network: &mut Network,
        context: &mut Context<'_>,
        operation: &Operation,
        _: Option<&Roles>,
    ) -> Outcome {
        let now = context.now;
        match operation {
            Operation::DescribeAddresses { tags } => {
                let found = matching(&network.elastic_ips, tags, now).map(|(_, address)| address.clone());
                Ok(ec2::Reply::Addresses(found.collect()).into())
            }
            Operation::AllocateAddress { tags } => {
                context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
                if network.elastic_ips.len() as u64 >= context.limits.quota(Quota::ElasticIps) {
                    return Err(over_quota("AddressLimitExceeded", "elastic IPs"));
                }
                let id = network.new_id(context, Self::PREFIX, &key::of_tags(tags));
                let public_ip = context.chance.public_ip(id.as_str());
                let value = Self { id: id.clone(), public_ip, association: None, tags: tags.clone() };
                network.elastic_ips.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
                Ok(Reply::Created(id))
            }
            Operation::ReleaseAddress { allocation } => {
                if visible(&network.elastic_ips, allocation, now, NO_ALLOCATION)?.association.is_some() {
                    return Err(CloudError::rejected(
                        "InvalidIPAddress.InUse",
                        format!("`{allocation}` is associated"),
                    ));
                }
                network.elastic_ips.remove(allocation);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn details(&self) -> Option<Value> {
        Some(json!({"public_ip": self.public_ip, "association_id": self.association}))
    }

    fn remove(network: &mut Network, id: &ResourceId) -> bool {
        let found = network.elastic_ips.contains_key(id);
        if found {
            network.drop_nats(|nat| nat.allocation.as_ref() == Some(id));
            network.elastic_ips.remove(id);
        }
        found
    }
}
