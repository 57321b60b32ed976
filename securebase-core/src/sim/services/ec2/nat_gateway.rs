//! NAT gateways, from pending to forgotten.

use std::time::Duration;

use serde_json::{Value, json};

use super::elastic_ip::NO_ALLOCATION;
use super::subnet::NO_SUBNET;
use super::{Event, Kept, Kind, Network, over_quota, paged, refusal, unknown, visible};
use crate::cloud::ec2::{self, NatGateway, NatGatewayState, Operation};
use crate::cloud::{CloudError, Reply};
use crate::model::{Latency, Quota, ResourceId, ResourceKind, Tags};
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;
use crate::time::Time;

/// How long a gateway that is gone, or that failed and was deleted, still lists.
pub(super) const LISTED_FOR: Duration = Duration::from_secs(3600);

impl Kind for NatGateway {
    const KIND: ResourceKind = ResourceKind::NatGateway;
    const PREFIX: &'static str = "nat";
    const ABSENT: &'static str = "InvalidNatGatewayID.NotFound";

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
        match operation {
            Operation::DescribeNatGateways { tags, page } => {
                let page = paged(&network.nat_gateways, tags, page.as_ref(), context.now, Self::clone)?;
                Ok(ec2::Reply::NatGateways(page).into())
            }
            Operation::CreateNatGateway { subnet, allocation, client_token, tags } => {
                if let Some(id) = network.made_by(operation, client_token)? {
                    return Ok(Reply::Created(id));
                }
                let id = network.create_nat(context, subnet, allocation, tags)?;
                network.remember(operation, client_token, &id);
                Ok(Reply::Created(id))
            }
            Operation::DeleteNatGateway { gateway } => network.delete_nat(context, gateway),
            other => Err(unknown(other)),
        }
    }

    fn details(&self) -> Option<Value> {
        let details = json!({
            "vpc_id": self.vpc,
            "subnet_id": self.subnet,
            "allocation_id": self.allocation,
            "state": self.state,
            "failure": self.failure,
        });
        (self.state != NatGatewayState::Deleted).then_some(details)
    }

    fn keeps(&self, vpc: &ResourceId) -> Option<&'static str> {
        (self.vpc == *vpc && stands(self.state)).then_some("a NAT gateway")
    }

    fn settle(&mut self) {
        self.state = match self.state {
            NatGatewayState::Pending => NatGatewayState::Available,
            NatGatewayState::Deleting => NatGatewayState::Deleted,
            settled => settled,
        };
    }

    fn remove(network: &mut Network, id: &ResourceId) -> bool {
        network.drop_nats(|nat| nat.id == *id)
    }
}

/// Whether a NAT gateway still has an interface in its subnet.
pub(super) fn stands(state: NatGatewayState) -> bool {
    matches!(state, NatGatewayState::Pending | NatGatewayState::Available | NatGatewayState::Deleting)
}

impl Network {
    fn create_nat(
        &mut self,
        context: &mut Context<'_>,
        subnet: &ResourceId,
        allocation: &ResourceId,
        tags: &Tags,
    ) -> Result<ResourceId, CloudError> {
        context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
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
        let id = self.new_id(context, NatGateway::PREFIX, &key::of_tags(tags));
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
        context.agenda.put(decided, self.event(Event::NatDecided(id.clone())));
        Ok(id)
    }

    /// A pending gateway is available, or has failed; answers when one that failed goes by itself.
    pub(super) fn decide_nat(&mut self, gateway: &ResourceId, now: Time) -> Option<Time> {
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
    pub(super) fn finish_nat(&mut self, gateway: &ResourceId, now: Time) -> Option<Time> {
        let kept = self.nat_gateways.get_mut(gateway)?;
        kept.value.state = NatGatewayState::Deleted;
        let allocation = kept.value.allocation.take();
        self.disassociate(allocation.as_ref());
        Some(now + LISTED_FOR)
    }

    /// Frees the elastic IP of a gateway.
    fn disassociate(&mut self, allocation: Option<&ResourceId>) {
        if let Some(kept) = allocation.and_then(|allocation| self.elastic_ips.get_mut(allocation)) {
            kept.value.association = None;
        }
    }

    fn delete_nat(&mut self, context: &mut Context<'_>, gateway: &ResourceId) -> Outcome {
        let state = visible(&self.nat_gateways, gateway, context.now, "NatGatewayNotFound")?.state;
        let gone = self.event(Event::NatGone(gateway.clone()));
        match state {
            NatGatewayState::Pending | NatGatewayState::Available => {
                if let Some(kept) = self.nat_gateways.get_mut(gateway) {
                    kept.value.state = NatGatewayState::Deleting;
                }
                context.agenda.put(context.after(Latency::NatGatewayDeleted, context.draws.duration), gone);
            }
            NatGatewayState::Failed => context.agenda.put(context.now, gone),
            NatGatewayState::Deleting | NatGatewayState::Deleted => {}
        }
        Ok(Reply::Done)
    }

    /// Takes away NAT gateways and frees their elastic IPs. Answers whether there were any.
    pub(super) fn drop_nats(&mut self, which: impl Fn(&NatGateway) -> bool) -> bool {
        let gone = self.nat_gateways.values().map(|kept| &kept.value).filter(|gateway| which(gateway));
        let gone: Vec<(ResourceId, Option<ResourceId>)> =
            gone.map(|gateway| (gateway.id.clone(), gateway.allocation.clone())).collect();
        for (gateway, allocation) in &gone {
            self.nat_gateways.remove(gateway);
            self.disassociate(allocation.as_ref());
        }
        !gone.is_empty()
    }
}
