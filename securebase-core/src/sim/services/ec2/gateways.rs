//! Internet gateways and elastic IPs.

use super::vpc::{NO_VPC, stands};
use super::{Kept, Place, dependency, over_quota, visible, visible_mut};
use crate::cloud::{CloudError, ElasticIp, InternetGateway, Operation, Reply};
use crate::model::{Quota, ResourceId, Tags};
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::organizations::unknown;

pub(super) const NO_GATEWAY: &str = "InvalidInternetGatewayID.NotFound";
pub(super) const NO_ALLOCATION: &str = "InvalidAllocationID.NotFound";

impl Place {
    pub(super) fn gateway_operation(&mut self, context: &mut Context<'_>, operation: &Operation) -> Outcome {
        let now = context.now;
        match operation {
            Operation::CreateInternetGateway { tags } => {
                context.check_tags(&Tags::new(), tags).map_err(|fault| fault.ec2())?;
                // The default VPC has a gateway of its own.
                let defaults = self.vpcs.values().filter(|kept| kept.value.vpc.is_default).count();
                let count = self.internet_gateways.len() + defaults;
                if count as u64 >= context.limits.quota(Quota::InternetGateways) {
                    return Err(over_quota("InternetGatewayLimitExceeded", "internet gateways"));
                }
                let id = self.new_id(context, "igw", &key::of_tags(tags));
                let value = InternetGateway { id: id.clone(), vpc: None, tags: tags.clone() };
                self.internet_gateways
                    .insert(id.clone(), Kept { value, visible_from: context.visible_from() });
                Ok(Reply::Created(id))
            }
            Operation::AttachInternetGateway { gateway, vpc } => {
                visible(&self.vpcs, vpc, now, NO_VPC)?;
                visible(&self.internet_gateways, gateway, now, NO_GATEWAY)?;
                let taken = self.internet_gateways.values().any(|kept| kept.value.vpc.as_ref() == Some(vpc));
                let gateway = visible_mut(&mut self.internet_gateways, gateway, now, NO_GATEWAY)?;
                if taken || gateway.vpc.is_some() {
                    return Err(CloudError::rejected(
                        "Resource.AlreadyAssociated",
                        format!("`{}` or `{vpc}` is attached already", gateway.id),
                    ));
                }
                gateway.vpc = Some(vpc.clone());
                Ok(Reply::Done)
            }
            Operation::DetachInternetGateway { gateway, vpc } => {
                visible(&self.vpcs, vpc, now, NO_VPC)?;
                let row = visible(&self.internet_gateways, gateway, now, NO_GATEWAY)?;
                if row.vpc.as_ref() != Some(vpc) {
                    return Err(CloudError::rejected(
                        "Gateway.NotAttached",
                        format!("`{gateway}` is not attached to `{vpc}`"),
                    ));
                }
                let mapped =
                    self.nat_gateways.values().any(|kept| kept.value.vpc == *vpc && stands(kept.value.state));
                if mapped {
                    return Err(dependency(format!("`{vpc}` still has public addresses in use")));
                }
                visible_mut(&mut self.internet_gateways, gateway, now, NO_GATEWAY)?.vpc = None;
                Ok(Reply::Done)
            }
            Operation::DeleteInternetGateway { gateway } => {
                if visible(&self.internet_gateways, gateway, now, NO_GATEWAY)?.vpc.is_some() {
                    return Err(dependency(format!("`{gateway}` is attached")));
                }
                self.internet_gateways.remove(gateway);
                Ok(Reply::Done)
            }
            Operation::AllocateAddress { tags } => {
                context.check_tags(&Tags::new(), tags).map_err(|fault| fault.ec2())?;
                if self.elastic_ips.len() as u64 >= context.limits.quota(Quota::ElasticIps) {
                    return Err(over_quota("AddressLimitExceeded", "elastic IPs"));
                }
                let id = self.new_id(context, "eipalloc", &key::of_tags(tags));
                let public_ip = context.chance.public_ip(id.as_str());
                let value = ElasticIp { id: id.clone(), public_ip, association: None, tags: tags.clone() };
                self.elastic_ips.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
                Ok(Reply::Created(id))
            }
            Operation::ReleaseAddress { allocation } => {
                if visible(&self.elastic_ips, allocation, now, NO_ALLOCATION)?.association.is_some() {
                    return Err(CloudError::rejected(
                        "InvalidIPAddress.InUse",
                        format!("`{allocation}` is associated"),
                    ));
                }
                self.elastic_ips.remove(allocation);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    /// Whether an internet gateway is attached to the VPC.
    pub(super) fn has_internet(&self, vpc: &ResourceId) -> bool {
        self.internet_gateways.values().any(|kept| kept.value.vpc.as_ref() == Some(vpc))
    }
}
