//! Virtual private gateways.

use serde_json::{Value, json};

use super::nat_gateway::LISTED_FOR;
use super::vpc::NO_VPC;
use super::{Event, Kept, Kind, Network, absent, matching, over_quota, refusal, unknown, visible};
use crate::cloud::ec2::{self, Operation, VpnGateway};
use crate::cloud::{CloudError, Reply};
use crate::model::{Latency, Quota, ResourceId, ResourceKind, Tags};
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;

const NO_GATEWAY: &str = "InvalidVpnGatewayID.NotFound";

impl Kind for VpnGateway {
    const KIND: ResourceKind = ResourceKind::VpnGateway;
    const PREFIX: &'static str = "vgw";
    const ABSENT: &'static str = NO_GATEWAY;

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
            Operation::DescribeVpnGateways { tags } => {
                let found = matching(&network.vpn_gateways, tags, now).map(|(_, gateway)| gateway.clone());
                Ok(ec2::Reply::VpnGateways(found.collect()).into())
            }
            Operation::CreateVpnGateway { tags } => {
                context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
                let count = network.vpn_gateways.values().filter(|kept| !kept.value.deleted).count();
                if count as u64 >= context.limits.quota(Quota::VpnGateways) {
                    return Err(over_quota("VpnGatewayLimitExceeded", "virtual private gateways"));
                }
                let id = network.new_id(context, Self::PREFIX, &key::of_tags(tags));
                let value = Self { id: id.clone(), vpc: None, deleted: false, tags: tags.clone() };
                network.vpn_gateways.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
                Ok(Reply::Created(id))
            }
            Operation::AttachVpnGateway { gateway, vpc } => network.attach_vpn(context, gateway, vpc),
            Operation::DetachVpnGateway { gateway, vpc } => {
                visible(&network.vpcs, vpc, now, NO_VPC)?;
                if network.living(context, gateway)?.vpc.as_ref() != Some(vpc) {
                    return Err(absent("InvalidVpnGatewayAttachment.NotFound", gateway));
                }
                let detached = context.after(Latency::Ec2Write, context.draws.duration);
                context.agenda.put(detached, network.event(Event::VpnDetached(gateway.clone())));
                Ok(Reply::Done)
            }
            Operation::DeleteVpnGateway { gateway } => {
                if network.living(context, gateway)?.vpc.is_some() {
                    return Err(CloudError::rejected("IncorrectState", format!("`{gateway}` is attached")));
                }
                if let Some(kept) = network.vpn_gateways.get_mut(gateway) {
                    kept.value.deleted = true;
                }
                let forgotten = network.event(Event::Forgotten(gateway.clone()));
                context.agenda.put(now + LISTED_FOR, forgotten);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn details(&self) -> Option<Value> {
        (!self.deleted).then(|| json!({"vpc_id": self.vpc}))
    }

    fn is_in(&self, vpc: &ResourceId) -> bool {
        self.vpc.as_ref() == Some(vpc)
    }

    fn keeps(&self, vpc: &ResourceId) -> Option<&'static str> {
        (self.is_in(vpc)).then_some("a virtual private gateway")
    }
}

impl Network {
    fn attach_vpn(&mut self, context: &Context<'_>, gateway: &ResourceId, vpc: &ResourceId) -> Outcome {
        let now = context.now;
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

    fn living(&self, context: &Context<'_>, gateway: &ResourceId) -> Result<&VpnGateway, CloudError> {
        match visible(&self.vpn_gateways, gateway, context.now, NO_GATEWAY)? {
            row if row.deleted => Err(absent(NO_GATEWAY, gateway)),
            row => Ok(row),
        }
    }

    /// A gateway that was being detached is detached.
    pub(super) fn detach_vpn(&mut self, gateway: &ResourceId) {
        if let Some(kept) = self.vpn_gateways.get_mut(gateway) {
            kept.value.vpc = None;
        }
    }
}
