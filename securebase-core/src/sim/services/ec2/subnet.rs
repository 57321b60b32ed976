//! Subnets.

use serde_json::{Value, json};

use super::nat_gateway::stands;
use super::vpc::NO_VPC;
use super::{Kept, Kind, Network, dependency, over_quota, paged, refusal, unknown, visible};
use crate::cloud::ec2::{self, NatGateway, Operation, Subnet};
use crate::cloud::{CloudError, Reply};
use crate::model::{Cidr, Quota, ResourceId, ResourceKind, Tags};
use crate::net::rules;
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;

pub(super) const NO_SUBNET: &str = "InvalidSubnetID.NotFound";

impl Kind for Subnet {
    const KIND: ResourceKind = ResourceKind::Subnet;
    const PREFIX: &'static str = "subnet";
    const ABSENT: &'static str = NO_SUBNET;

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
            Operation::DescribeSubnets { tags, page } => {
                let page = paged(&network.subnets, tags, page.as_ref(), now, Self::clone)?;
                Ok(ec2::Reply::Subnets(page).into())
            }
            Operation::CreateSubnet { vpc, cidr, zone, tags } => {
                network.create_subnet(context, vpc, *cidr, zone, tags)
            }
            Operation::DeleteSubnet { subnet } => {
                visible(&network.subnets, subnet, now, NO_SUBNET)?;
                let holds_nat =
                    |kept: &Kept<NatGateway>| kept.value.subnet == *subnet && stands(kept.value.state);
                if network.nat_gateways.values().any(holds_nat) {
                    return Err(dependency(format!("`{subnet}` still holds a NAT gateway")));
                }
                network.drop_subnet(subnet);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn details(&self) -> Option<Value> {
        Some(json!({"vpc_id": self.vpc, "cidr": self.cidr, "zone": self.zone}))
    }

    fn is_in(&self, vpc: &ResourceId) -> bool {
        self.vpc == *vpc
    }

    fn keeps(&self, vpc: &ResourceId) -> Option<&'static str> {
        (self.vpc == *vpc).then_some("subnets")
    }

    fn remove(network: &mut Network, id: &ResourceId) -> bool {
        let found = network.subnets.contains_key(id);
        if found {
            network.drop_nats(|nat| nat.subnet == *id);
            network.drop_subnet(id);
        }
        found
    }
}

impl Network {
    fn create_subnet(
        &mut self,
        context: &mut Context<'_>,
        vpc: &ResourceId,
        cidr: Cidr,
        zone: &str,
        tags: &Tags,
    ) -> Outcome {
        context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
        let whole = visible(&self.vpcs, vpc, context.now, NO_VPC)?.vpc.cidr;
        self.check_zone(zone)?;
        let block = cidr;
        if rules::check_prefix_len(block.prefix_len()).is_err() || !whole.contains(&block) {
            return Err(CloudError::rejected(
                "InvalidSubnet.Range",
                format!("`{block}` is not a block of /16 to /28 inside `{whole}`"),
            ));
        }
        let siblings = || self.subnets.values().map(|kept| &kept.value).filter(|subnet| subnet.vpc == *vpc);
        let overlaps = |subnet: &&Subnet| subnet.cidr.overlaps(&block);
        if let Some(other) = siblings().find(overlaps) {
            return Err(CloudError::rejected(
                "InvalidSubnet.Conflict",
                format!("`{block}` overlaps `{}` of `{}`", other.cidr, other.id),
            ));
        }
        if siblings().count() as u64 >= context.limits.quota(Quota::SubnetsPerVpc) {
            return Err(over_quota("SubnetLimitExceeded", "subnets"));
        }
        let id = self.new_id(context, "subnet", &key::of_tags(tags));
        let value = Subnet {
            id: id.clone(),
            vpc: vpc.clone(),
            cidr: block,
            zone: zone.to_owned(),
            tags: tags.clone(),
        };
        self.subnets.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
        Ok(Reply::Created(id))
    }

    /// Takes a subnet away, with its association.
    fn drop_subnet(&mut self, subnet: &ResourceId) {
        self.subnets.remove(subnet);
        self.let_go(subnet);
    }
}
