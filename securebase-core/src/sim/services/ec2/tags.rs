//! Tags of EC2 resources.

use super::describe::Tagged;
use super::{Place, Shelf, absent};
use crate::cloud::{CloudError, Operation, Reply};
use crate::model::{ResourceId, Tags};
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::organizations::unknown;
use crate::time::Time;

/// The prefix of an id and the code for one that does not exist.
const CODES: [(&str, &str); 9] = [
    ("vpc-", "InvalidVpcID.NotFound"),
    ("subnet-", "InvalidSubnetID.NotFound"),
    ("igw-", "InvalidInternetGatewayID.NotFound"),
    ("eipalloc-", "InvalidAllocationID.NotFound"),
    ("nat-", "InvalidNatGatewayID.NotFound"),
    ("rtb-", "InvalidRouteTableID.NotFound"),
    ("fl-", "InvalidFlowLogId.NotFound"),
    ("vgw-", "InvalidVpnGatewayID.NotFound"),
    ("vpce-", "InvalidVpcEndpointId.NotFound"),
];

impl Place {
    pub(super) fn tag_operation(&mut self, context: &mut Context<'_>, operation: &Operation) -> Outcome {
        match operation {
            Operation::CreateTags { resource, tags } => {
                let present = self.tags_mut(resource, context.now).ok_or_else(|| missing(resource))?;
                context.check_tags(present, tags).map_err(|fault| fault.ec2())?;
                present.extend(tags.clone());
                Ok(Reply::Done)
            }
            Operation::DeleteTags { resource, keys } => {
                let present = self.tags_mut(resource, context.now).ok_or_else(|| missing(resource))?;
                present.retain(|key, _| !keys.contains(key));
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    /// The tags of the EC2 resource of that id, if it is visible.
    pub(in crate::sim) fn tags_mut(&mut self, id: &ResourceId, now: Time) -> Option<&mut Tags> {
        tags_in(&mut self.vpcs, id, now)
            .or_else(|| tags_in(&mut self.subnets, id, now))
            .or_else(|| tags_in(&mut self.internet_gateways, id, now))
            .or_else(|| tags_in(&mut self.elastic_ips, id, now))
            .or_else(|| tags_in(&mut self.nat_gateways, id, now))
            .or_else(|| tags_in(&mut self.route_tables, id, now))
            .or_else(|| tags_in(&mut self.flow_logs, id, now))
            .or_else(|| tags_in(&mut self.vpn_gateways, id, now))
            .or_else(|| tags_in(&mut self.vpc_endpoints, id, now))
    }
}

fn tags_in<'a, T: Tagged>(shelf: &'a mut Shelf<T>, id: &ResourceId, now: Time) -> Option<&'a mut Tags> {
    shelf.get_mut(id).filter(|kept| kept.visible_from <= now).map(|kept| kept.value.tags_mut())
}

fn missing(id: &ResourceId) -> CloudError {
    let code = CODES.iter().find(|(prefix, _)| id.as_str().starts_with(prefix)).map(|(_, code)| *code);
    absent(code.unwrap_or("InvalidID"), id)
}
