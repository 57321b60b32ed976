//! Internet gateways.

use serde_json::{Value, json};

use super::nat_gateway::stands;
use super::vpc::NO_VPC;
use super::{Kept, Kind, Network, dependency, over_quota, paged, refusal, unknown, visible, visible_mut};
use crate::cloud::ec2::{self, InternetGateway, Operation};
use crate::cloud::{CloudError, Reply};
use crate::model::{Quota, ResourceId, ResourceKind, Tags};
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;

pub(super) const NO_GATEWAY: &str = "InvalidInternetGatewayID.NotFound";

impl Kind for InternetGateway {
    const KIND: ResourceKind = ResourceKind::InternetGateway;
    const PREFIX: &'static str = "igw";
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
        match operation {
            Operation::DescribeInternetGateways { tags, page } => {
                let page = paged(&network.internet_gateways, tags, page.as_ref(), context.now, Self::clone)?;
                Ok(ec2::Reply::InternetGateways(page).into())
            }
            Operation::CreateInternetGateway { tags } => network.create_internet_gateway(context, tags),
            Operation::AttachInternetGateway { gateway, vpc } => {
                network.attach_internet_gateway(context, gateway, vpc)
            }
            Operation::DetachInternetGateway { gateway, vpc } => {
                network.detach_internet_gateway(context, gateway, vpc)
            }
            Operation::DeleteInternetGateway { gateway } => {
                if visible(&network.internet_gateways, gateway, context.now, NO_GATEWAY)?.vpc.is_some() {
                    return Err(dependency(format!("`{gateway}` is attached")));
                }
                network.internet_gateways.remove(gateway);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn details(&self) -> Option<Value> {
        Some(json!({"vpc_id": self.vpc}))
    }

    fn is_in(&self, vpc: &ResourceId) -> bool {
        self.vpc.as_ref() == Some(vpc)
    }

    fn keeps(&self, vpc: &ResourceId) -> Option<&'static str> {
        (self.is_in(vpc)).then_some("an internet gateway")
    }
}

impl Network {
    fn create_internet_gateway(&mut self, context: &mut Context<'_>, tags: &Tags) -> Outcome {
        context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
        // The default VPC has a gateway of its own.
        let count = self.internet_gateways.len() + self.default_vpcs();
        if count as u64 >= context.limits.quota(Quota::InternetGateways) {
            return Err(over_quota("InternetGatewayLimitExceeded", "internet gateways"));
        }
        let id = self.new_id(context, InternetGateway::PREFIX, &key::of_tags(tags));
        let value = InternetGateway { id: id.clone(), vpc: None, tags: tags.clone() };
        self.internet_gateways.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
        Ok(Reply::Created(id))
    }

    fn attach_internet_gateway(
        &mut self,
        context: &Context<'_>,
        gateway: &ResourceId,
        vpc: &ResourceId,
    ) -> Outcome {
        let now = context.now;
        visible(&self.vpcs, vpc, now, NO_VPC)?;
        visible(&self.internet_gateways, gateway, now, NO_GATEWAY)?;
        let taken = self.has_internet(vpc);
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

    fn detach_internet_gateway(
        &mut self,
        context: &Context<'_>,
        gateway: &ResourceId,
        vpc: &ResourceId,
    ) -> Outcome {
        let now = context.now;
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

    /// Whether an internet gateway is attached to the VPC.
    pub(super) fn has_internet(&self, vpc: &ResourceId) -> bool {
        self.internet_gateways.values().any(|kept| kept.value.is_in(vpc))
    }
}
