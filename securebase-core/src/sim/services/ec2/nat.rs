//! NAT gateways, from pending to forgotten.

use std::time::Duration;

use super::gateways::NO_ALLOCATION;
use super::vpc::{NO_SUBNET, stands};
use super::{Kept, Place, over_quota, visible};
use crate::cloud::{CloudError, NatGateway, NatGatewayState, Operation, Reply};
use crate::model::{Latency, Quota, ResourceId, Tags};
use crate::sim::key;
use crate::sim::schedule::agenda::Event;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::organizations::unknown;
use crate::time::Time;

/// How long a gateway that is gone, or that failed and was deleted, still lists.
pub(super) const LISTED_FOR: Duration = Duration::from_secs(3600);

impl Place {
    pub(super) fn nat_operation(&mut self, context: &mut Context<'_>, operation: &Operation) -> Outcome {
        match operation {
            Operation::CreateNatGateway { subnet, allocation, client_token, tags } => {
                if let Some(id) = self.made_by(operation, client_token)? {
                    return Ok(Reply::Created(id));
                }
                let id = self.create_nat(context, subnet, allocation, tags)?;
                self.remember(operation, client_token, &id);
                Ok(Reply::Created(id))
            }
            Operation::DeleteNatGateway { gateway } => {
                let state = visible(&self.nat_gateways, gateway, context.now, "NatGatewayNotFound")?.state;
                if let (true, Some(kept)) =
                    (state != NatGatewayState::Deleted, self.nat_gateways.get_mut(gateway))
                {
                    if matches!(state, NatGatewayState::Pending | NatGatewayState::Available) {
                        kept.value.state = NatGatewayState::Deleting;
                        let gone = context.after(Latency::NatGatewayDeleted, context.draws.duration);
                        context.agenda.put(gone, self.nat_gone(gateway));
                    } else if state == NatGatewayState::Failed {
                        context.agenda.put(context.now, self.nat_gone(gateway));
                    }
                }
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn nat_gone(&self, gateway: &ResourceId) -> Event {
        Event::NatGone { account: self.account, region: self.region.clone(), gateway: gateway.clone() }
    }

    fn create_nat(
        &mut self,
        context: &mut Context<'_>,
        subnet: &ResourceId,
        allocation: &ResourceId,
        tags: &Tags,
    ) -> Result<ResourceId, CloudError> {
        context.check_tags(&Tags::new(), tags).map_err(|fault| fault.ec2())?;
        let row = visible(&self.subnets, subnet, context.now, NO_SUBNET)?;
        let (vpc, zone) = (row.vpc.clone(), row.zone.clone());
        let free = visible(&self.elastic_ips, allocation, context.now, NO_ALLOCATION)?.association.is_none();
        let in_zone = |kept: &Kept<NatGateway>| {
            stands(kept.value.state)
                && self.subnets.get(&kept.value.subnet).is_some_and(|subnet| subnet.value.zone == zone)
        };
        if self.nat_gateways.values().filter(|kept| in_zone(kept)).count() as u64
            >= context.limits.quota(Quota::NatGateways)
        {
            return Err(over_quota("NatGatewayLimitExceeded", "NAT gateways"));
        }
        let failure = if !free {
            Some("Resource.AlreadyAssociated")
        } else if !self.has_internet(&vpc) {
            Some("Gateway.NotAttached")
        } else if context.fails_later() {
            Some("InternalError")
        } else {
            None
        };
        let id = self.new_id(context, "nat", &key::of_tags(tags));
        if free {
            let association = self.new_id(context, "eipassoc", id.as_str());
            if let Some(kept) = self.elastic_ips.get_mut(allocation) {
                kept.value.association = Some(association);
            }
        }
        let value = NatGateway {
            id: id.clone(),
            vpc,
            subnet: subnet.clone(),
            allocation: free.then(|| allocation.clone()),
            state: NatGatewayState::Pending,
            failure: None,
            tags: tags.clone(),
        };
        self.nat_gateways.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
        if let Some(failure) = failure {
            self.doomed.insert(id.clone(), failure);
        }
        // What cannot work is found out sooner than what works is done.
        let latency = if failure.is_some() { Latency::Ec2Write } else { Latency::NatGatewayAvailable };
        let decided = context.after(latency, context.draws.duration);
        let (account, region) = (self.account, self.region.clone());
        context.agenda.put(decided, Event::NatDecided { account, region, gateway: id.clone() });
        Ok(id)
    }

    /// A pending gateway is available, or has failed; answers when one that failed goes by itself.
    pub(in crate::sim) fn decide_nat(&mut self, gateway: &ResourceId, now: Time) -> Option<Time> {
        let doom = self.doomed.remove(gateway);
        let kept = self.nat_gateways.get_mut(gateway)?;
        if kept.value.state != NatGatewayState::Pending {
            return None;
        }
        if let Some(failure) = doom {
            kept.value.failure = Some(failure.to_owned());
            kept.value.state = NatGatewayState::Failed;
            let allocation = kept.value.allocation.take();
            self.disassociate(allocation.as_ref());
            Some(now + LISTED_FOR)
        } else {
            kept.value.state = NatGatewayState::Available;
            None
        }
    }

    /// A gateway that was being deleted is gone; answers when it stops listing.
    pub(in crate::sim) fn finish_nat(&mut self, gateway: &ResourceId, now: Time) -> Option<Time> {
        let kept = self.nat_gateways.get_mut(gateway)?;
        kept.value.state = NatGatewayState::Deleted;
        let allocation = kept.value.allocation.take();
        self.disassociate(allocation.as_ref());
        Some(now + LISTED_FOR)
    }

    /// Frees the elastic IP of a gateway.
    pub(in crate::sim) fn disassociate(&mut self, allocation: Option<&ResourceId>) {
        if let Some(kept) = allocation.and_then(|allocation| self.elastic_ips.get_mut(allocation)) {
            kept.value.association = None;
        }
    }

    /// A gateway that is gone no longer lists.
    pub(in crate::sim) fn forget(&mut self, gateway: &ResourceId) {
        self.nat_gateways.remove(gateway);
        self.vpn_gateways.remove(gateway);
        self.vpc_endpoints.remove(gateway);
    }
}
