//! Virtual private gateways.

use super::nat::LISTED_FOR;
use super::vpc::NO_VPC;
use super::{Kept, Place, absent, over_quota, visible};
use crate::cloud::{CloudError, Operation, Reply, VpnGateway};
use crate::model::{Latency, Quota, ResourceId, Tags};
use crate::sim::key;
use crate::sim::schedule::agenda::Event;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::organizations::unknown;

const NO_GATEWAY: &str = "InvalidVpnGatewayID.NotFound";

impl Place {
    pub(super) fn vpn_operation(&mut self, context: &mut Context<'_>, operation: &Operation) -> Outcome {
        let now = context.now;
        match operation {
            Operation::CreateVpnGateway { tags } => {
                context.check_tags(&Tags::new(), tags).map_err(|fault| fault.ec2())?;
                let count = self.vpn_gateways.values().filter(|kept| !kept.value.deleted).count();
                if count as u64 >= context.limits.quota(Quota::VpnGateways) {
                    return Err(over_quota("VpnGatewayLimitExceeded", "virtual private gateways"));
                }
                let id = self.new_id(context, "vgw", &key::of_tags(tags));
                let value = VpnGateway { id: id.clone(), vpc: None, deleted: false, tags: tags.clone() };
                self.vpn_gateways.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
                Ok(Reply::Created(id))
            }
            Operation::AttachVpnGateway { gateway, vpc } => {
                visible(&self.vpcs, vpc, now, NO_VPC)?;
                let attached = self.living(context, gateway)?.vpc.clone();
                match attached {
                    Some(present) if present == *vpc => return Ok(Reply::Done),
                    Some(present) => {
                        return Err(CloudError::rejected(
                            "VpnGatewayAttachmentLimitExceeded",
                            format!("`{gateway}` is attached to `{present}`"),
                        ));
                    }
                    None => {}
                }
                if self.vpn_gateways.values().any(|kept| kept.value.vpc.as_ref() == Some(vpc)) {
                    return Err(CloudError::rejected(
                        "InvalidVpcState",
                        format!("`{vpc}` has a virtual private gateway"),
                    ));
                }
                if let Some(kept) = self.vpn_gateways.get_mut(gateway) {
                    kept.value.vpc = Some(vpc.clone());
                }
                Ok(Reply::Done)
            }
            Operation::DetachVpnGateway { gateway, vpc } => {
                visible(&self.vpcs, vpc, now, NO_VPC)?;
                if self.living(context, gateway)?.vpc.as_ref() != Some(vpc) {
                    return Err(absent("InvalidVpnGatewayAttachment.NotFound", gateway));
                }
                let detached = context.after(Latency::Ec2Write, context.draws.duration);
                let (account, region) = (self.account, self.region.clone());
                context
                    .agenda
                    .put(detached, Event::VpnDetached { account, region, gateway: gateway.clone() });
                Ok(Reply::Done)
            }
            Operation::DeleteVpnGateway { gateway } => {
                if self.living(context, gateway)?.vpc.is_some() {
                    return Err(CloudError::rejected("IncorrectState", format!("`{gateway}` is attached")));
                }
                if let Some(kept) = self.vpn_gateways.get_mut(gateway) {
                    kept.value.deleted = true;
                }
                let (account, region) = (self.account, self.region.clone());
                let forgotten = Event::Forgotten { account, region, gateway: gateway.clone() };
                context.agenda.put(now + LISTED_FOR, forgotten);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn living(&self, context: &Context<'_>, gateway: &ResourceId) -> Result<&VpnGateway, CloudError> {
        match visible(&self.vpn_gateways, gateway, context.now, NO_GATEWAY)? {
            row if row.deleted => Err(absent(NO_GATEWAY, gateway)),
            row => Ok(row),
        }
    }

    /// A gateway that was being detached is detached.
    pub(in crate::sim) fn detach_vpn(&mut self, gateway: &ResourceId) {
        if let Some(kept) = self.vpn_gateways.get_mut(gateway) {
            kept.value.vpc = None;
        }
    }
}
