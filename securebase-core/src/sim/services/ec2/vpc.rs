//! VPCs and subnets.

use ipnet::Ipv4Net;

use super::{Kept, Place, dependency, over_quota, visible, visible_mut};
use crate::cloud::{CloudError, NatGatewayState, Operation, Reply, Subnet, Vpc, VpcAttribute};
use crate::model::{Quota, ResourceId, Severity, Tags};
use crate::net::{Block4, rules};
use crate::observe::ObservedVpc;
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::organizations::unknown;

pub(super) const NO_VPC: &str = "InvalidVpcID.NotFound";
pub(super) const NO_SUBNET: &str = "InvalidSubnetID.NotFound";

impl Place {
    pub(super) fn vpc_operation(&mut self, context: &mut Context<'_>, operation: &Operation) -> Outcome {
        let now = context.now;
        match operation {
            Operation::DescribeVpcAttribute { vpc, attribute } => {
                let row = visible(&self.vpcs, vpc, now, NO_VPC)?;
                Ok(Reply::VpcAttribute(match attribute {
                    VpcAttribute::DnsSupport => row.dns_support,
                    VpcAttribute::DnsHostnames => row.dns_hostnames,
                }))
            }
            Operation::CreateVpc { cidr, tags } => self.create_vpc(context, *cidr, tags),
            Operation::ModifyVpcAttribute { vpc, attribute, value } => {
                let row = visible_mut(&mut self.vpcs, vpc, now, NO_VPC)?;
                match attribute {
                    VpcAttribute::DnsSupport => row.dns_support = *value,
                    VpcAttribute::DnsHostnames if *value && !row.dns_support => {
                        return Err(CloudError::rejected(
                            "InvalidParameterCombination",
                            "host names need name resolution to be on first",
                        ));
                    }
                    VpcAttribute::DnsHostnames => row.dns_hostnames = *value,
                }
                Ok(Reply::Done)
            }
            Operation::DeleteVpc { vpc } => {
                visible(&self.vpcs, vpc, now, NO_VPC)?;
                if let Some(what) = self.dependent(vpc) {
                    return Err(dependency(format!("`{vpc}` still holds {what}")));
                }
                self.vpcs.remove(vpc);
                self.flow_logs.retain(|_, kept| kept.value.vpc != *vpc);
                Ok(Reply::Done)
            }
            Operation::CreateSubnet { vpc, cidr, zone, tags } => {
                self.create_subnet(context, vpc, *cidr, zone, tags)
            }
            Operation::DeleteSubnet { subnet } => {
                visible(&self.subnets, subnet, now, NO_SUBNET)?;
                let holds_nat = |kept: &Kept<crate::cloud::NatGateway>| {
                    kept.value.subnet == *subnet && stands(kept.value.state)
                };
                if self.nat_gateways.values().any(holds_nat) {
                    return Err(dependency(format!("`{subnet}` still holds a NAT gateway")));
                }
                self.drop_subnet(subnet);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn create_vpc(&mut self, context: &mut Context<'_>, cidr: Ipv4Net, tags: &Tags) -> Outcome {
        context.check_tags(&Tags::new(), tags).map_err(|fault| fault.ec2())?;
        let block = Block4::containing(cidr.addr(), cidr.prefix_len());
        if let Some(problem) =
            rules::check_vpc(&block, "").into_iter().find(|problem| problem.severity == Severity::Error)
        {
            return Err(CloudError::rejected("InvalidVpc.Range", problem.message));
        }
        if self.vpcs.len() as u64 >= context.limits.quota(Quota::Vpcs) {
            return Err(over_quota("VpcLimitExceeded", "VPCs"));
        }
        let id = self.new_id(context, "vpc", &key::of_tags(tags));
        let vpc = Vpc { id: id.clone(), cidr: block.net(), is_default: false, tags: tags.clone() };
        let value = ObservedVpc { vpc, dns_support: true, dns_hostnames: false };
        self.vpcs.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
        Ok(Reply::Created(id))
    }

    fn create_subnet(
        &mut self,
        context: &mut Context<'_>,
        vpc: &ResourceId,
        cidr: Ipv4Net,
        zone: &str,
        tags: &Tags,
    ) -> Outcome {
        context.check_tags(&Tags::new(), tags).map_err(|fault| fault.ec2())?;
        let whole = Block4::containing(
            visible(&self.vpcs, vpc, context.now, NO_VPC)?.vpc.cidr.addr(),
            visible(&self.vpcs, vpc, context.now, NO_VPC)?.vpc.cidr.prefix_len(),
        );
        self.check_zone(zone)?;
        let block = Block4::containing(cidr.addr(), cidr.prefix_len());
        if rules::check_prefix_len(block.prefix_len()).is_err() || !whole.contains(&block) {
            return Err(CloudError::rejected(
                "InvalidSubnet.Range",
                format!("`{block}` is not a block of /16 to /28 inside `{whole}`"),
            ));
        }
        let siblings = || self.subnets.values().map(|kept| &kept.value).filter(|subnet| subnet.vpc == *vpc);
        let clashes = |subnet: &&Subnet| {
            Block4::containing(subnet.cidr.addr(), subnet.cidr.prefix_len()).overlaps(&block)
        };
        if let Some(other) = siblings().find(clashes) {
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
            cidr: block.net(),
            zone: zone.to_owned(),
            tags: tags.clone(),
        };
        self.subnets.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
        Ok(Reply::Created(id))
    }

    /// Takes a subnet away, with its association.
    pub(in crate::sim) fn drop_subnet(&mut self, subnet: &ResourceId) {
        self.subnets.remove(subnet);
        for kept in self.route_tables.values_mut() {
            kept.value.associations.retain(|association| association.subnet != *subnet);
        }
    }

    /// What still keeps a VPC from being deleted.
    fn dependent(&self, vpc: &ResourceId) -> Option<&'static str> {
        let nat = |kept: &Kept<crate::cloud::NatGateway>| kept.value.vpc == *vpc && stands(kept.value.state);
        if self.subnets.values().any(|kept| kept.value.vpc == *vpc) {
            Some("subnets")
        } else if self.internet_gateways.values().any(|kept| kept.value.vpc.as_ref() == Some(vpc)) {
            Some("an internet gateway")
        } else if self.vpn_gateways.values().any(|kept| kept.value.vpc.as_ref() == Some(vpc)) {
            Some("a virtual private gateway")
        } else if self.nat_gateways.values().any(nat) {
            Some("a NAT gateway")
        } else if self.route_tables.values().any(|kept| kept.value.vpc == *vpc) {
            Some("route tables")
        } else if self.vpc_endpoints.values().any(|kept| kept.value.vpc == *vpc && !kept.value.deleted) {
            Some("VPC endpoints")
        } else {
            None
        }
    }
}

/// Whether a NAT gateway still has an interface in its subnet.
pub(super) fn stands(state: NatGatewayState) -> bool {
    matches!(state, NatGatewayState::Pending | NatGatewayState::Available | NatGatewayState::Deleting)
}
