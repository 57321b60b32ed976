//! VPCs.

use serde_json::{Value, json};

use super::{
    Kept, Kind, Network, default_block, dependency, over_quota, paged, refusal, unknown, visible, visible_mut,
};
use crate::cloud::ec2::{self, Operation, Vpc, VpcAttribute};
use crate::cloud::{CloudError, Reply};
use crate::model::{Cidr, Quota, ResourceId, ResourceKind, Severity, Tags};
use crate::net::rules;
use crate::observe::ObservedVpc;
use crate::sim::key;
use crate::sim::schedule::chance::Chance;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;

pub(super) const NO_VPC: &str = "InvalidVpcID.NotFound";

impl Kind for ObservedVpc {
    const KIND: ResourceKind = ResourceKind::Vpc;
    const PREFIX: &'static str = "vpc";
    const ABSENT: &'static str = NO_VPC;

    fn id(&self) -> &ResourceId {
        &self.vpc.id
    }

    fn tags(&self) -> &Tags {
        &self.vpc.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.vpc.tags
    }

    fn execute(
        network: &mut Network,
        context: &mut Context<'_>,
        operation: &Operation,
        _: Option<&Roles>,
    ) -> Outcome {
        let now = context.now;
        match operation {
            Operation::DescribeVpcs { tags, page } => {
                let page = paged(&network.vpcs, tags, page.as_ref(), now, |row| row.vpc.clone())?;
                Ok(ec2::Reply::Vpcs(page).into())
            }
            Operation::DescribeVpcAttribute { vpc, attribute } => {
                let row = visible(&network.vpcs, vpc, now, NO_VPC)?;
                let is_on = match attribute {
                    VpcAttribute::DnsSupport => row.dns_support,
                    VpcAttribute::DnsHostnames => row.dns_hostnames,
                };
                Ok(ec2::Reply::VpcAttribute(is_on).into())
            }
            Operation::CreateVpc { cidr, tags } => network.create_vpc(context, *cidr, tags),
            Operation::ModifyVpcAttribute { vpc, attribute, value } => {
                let row = visible_mut(&mut network.vpcs, vpc, now, NO_VPC)?;
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
                visible(&network.vpcs, vpc, now, NO_VPC)?;
                if let Some(what) = network.keeps(vpc) {
                    return Err(dependency(format!("`{vpc}` still holds {what}")));
                }
                network.vpcs.remove(vpc);
                network.drop_with(vpc);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn details(&self) -> Option<Value> {
        let details = json!({
            "cidr": self.vpc.cidr,
            "dns_support": self.dns_support,
            "dns_hostnames": self.dns_hostnames,
        });
        (!self.vpc.is_default).then_some(details)
    }

    fn remove(network: &mut Network, id: &ResourceId) -> bool {
        let found = network.vpcs.remove(id).is_some();
        if found {
            network.drop_in(id);
        }
        found
    }
}

impl Network {
    fn create_vpc(&mut self, context: &mut Context<'_>, cidr: Cidr, tags: &Tags) -> Outcome {
        context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
        let block = cidr;
        if let Some(problem) =
            rules::check_vpc(&block, "").into_iter().find(|problem| problem.severity == Severity::Error)
        {
            return Err(CloudError::rejected("InvalidVpc.Range", problem.message));
        }
        if self.vpcs.len() as u64 >= context.limits.quota(Quota::Vpcs) {
            return Err(over_quota("VpcLimitExceeded", "VPCs"));
        }
        let id = self.new_id(context, "vpc", &key::of_tags(tags));
        let vpc = Vpc { id: id.clone(), cidr: block, is_default: false, tags: tags.clone() };
        let value = ObservedVpc { vpc, dns_support: true, dns_hostnames: false };
        self.vpcs.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
        Ok(Reply::Created(id))
    }

    /// Adds the VPC that AWS makes in every region of a new account.
    pub(in crate::sim) fn add_default_vpc(&mut self, chance: &mut Chance) {
        let key = format!("{}|{}|default", self.site.account, self.site.region);
        let id = chance.ec2_id("vpc", &key, |_| false);
        let vpc = Vpc { id: id.clone(), cidr: default_block(), is_default: true, tags: Tags::new() };
        self.vpcs.insert(id, Kept::always(ObservedVpc { vpc, dns_support: true, dns_hostnames: true }));
    }

    /// Adds VPCs of others, as AWS sets them up.
    pub(super) fn import_foreign(&mut self, vpcs: &[Vpc]) {
        for vpc in vpcs {
            let value = ObservedVpc { vpc: vpc.clone(), dns_support: true, dns_hostnames: false };
            self.vpcs.insert(vpc.id.clone(), Kept::always(value));
        }
    }

    /// How many VPCs AWS has made by itself.
    pub(in crate::sim) fn default_vpcs(&self) -> usize {
        self.vpcs.values().filter(|kept| kept.value.vpc.is_default).count()
    }
}
