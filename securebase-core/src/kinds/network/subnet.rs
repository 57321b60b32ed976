//! A subnet.

use serde::{Deserialize, Serialize};

use super::{ec2_tagging, immutable_block};
use crate::cloud::{CloudError, Operation, PageToken, Reply, ec2};
use crate::kinds::info::{AccountQuota, Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Acted, Action, Context, Found, Procedure, Progress, Reaction, StepError, listed};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::{Address, Cidr, Latency, Problem, Quota, ResourceId, SubnetZone, Tags};
use crate::observe::ObservedMember;

/// What a subnet must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubnetSpec {
    /// The VPC.
    pub vpc: Address,
    /// Its block.
    pub cidr: Cidr,
    /// Its availability zone.
    pub zone: SubnetZone,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for SubnetSpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn references(&self) -> Vec<&Address> {
        vec![&self.vpc]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let mut subnets = member.subnets.iter();
        let found = subnets
            .find(|found| Some(&found.id) == seen.tagged() && seen.id_at(&self.vpc) == Some(&found.vpc));
        let Some(found) = found else { return Ok(None) };
        if found.cidr != self.cidr {
            return Err(immutable_block(seen.address(), "subnet", found.cidr, self.cidr));
        }
        // A subnet that stands keeps its zone, whatever its name: the planner takes note of it.
        Ok(Some(Standing::new(found.id.clone(), [seen.tag_changes(&found.tags, &self.tags)])))
    }

    fn block(&self) -> Option<Cidr> {
        Some(self.cidr)
    }

    fn zone(&self) -> Option<&SubnetZone> {
        Some(&self.zone)
    }

    fn zone_mut(&mut self) -> Option<&mut SubnetZone> {
        Some(&mut self.zone)
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::Ec2Write
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for SubnetSpec {
    const FACTS: Facts = Facts {
        has_block: true,
        deletion_turn: Some(90),
        account_quota: Some(AccountQuota {
            quota: Quota::SubnetsPerVpc,
            is_per_vpc: true,
            from_aws: 0,
            found: Some(|member| member.subnets.len()),
        }),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["ec2:CreateSubnet"],
                update: &["ec2:DeleteTags", "ec2:CreateTags"],
                delete: &["ec2:DeleteSubnet"],
                look_up: &["ec2:DescribeSubnets", "ec2:DescribeAvailabilityZones"],
            },
        )
    };

    fn tagged<'o>(member: &'o ObservedMember, each: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {
        for subnet in &member.subnets {
            each(&subnet.id, &subnet.tags);
        }
    }

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for subnet in &account.member.subnets {
            let spec = || {
                ResourceSpec::from(SubnetSpec {
                    vpc: (account.name)(&subnet.vpc),
                    cidr: subnet.cidr,
                    zone: SubnetZone::Named(subnet.zone.clone()),
                    tags: subnet.tags.clone(),
                })
            };
            each(&Listed { id: subnet.id.clone(), tags: &subnet.tags, suffix: None, spec: &spec });
        }
    }
}

impl SubnetSpec {
    /// The name of the subnet's zone; `None` where the account must be asked first.
    fn zone_name(&self, cx: &Context<'_>) -> Result<Option<String>, StepError> {
        let place = match &self.zone {
            SubnetZone::Named(name) => return Ok(Some(name.clone())),
            SubnetZone::Ordinal(place) => *place,
        };
        let Some(zones) = (cx.zones)() else { return Ok(None) };
        if let Some(name) = zones.of_new_network(place) {
            return Ok(Some(name.clone()));
        }
        let account = cx.account.map_or_else(String::new, |account| format!("in account `{account}`, "));
        let region = cx.region.map_or_else(String::new, |region| format!("region `{region}`, "));
        Err(StepError::TooFewZones(format!("{account}{region}{}", zones.too_few(place))))
    }
}

impl Procedure for &SubnetSpec {
    fn look_up(&self, cx: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(ec2::Operation::DescribeSubnets { tags: cx.key_tags(), page }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Ec2(ec2::Reply::Subnets(page)) = reply else { return Err(StepError::unexpected(reply)) };
        Ok(listed(page.items.first().map(|subnet| subnet.id.clone()), page.next.as_ref()))
    }

    fn create(&self, cx: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        Ok(Some(match self.zone_name(cx)? {
            Some(zone) => ec2::Operation::CreateSubnet {
                vpc: cx.id_at(&self.vpc)?,
                cidr: self.cidr,
                zone,
                tags: self.tags.clone(),
            }
            .into(),
            None => ec2::Operation::DescribeAvailabilityZones.into(),
        }))
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        ec2_tagging(cx)
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![ec2::Operation::DeleteSubnet { subnet: cx.own_id()? }.into()])
    }

    fn read_act(&mut self, _: &Context<'_>, index: usize, reply: &Reply) -> Result<Acted, StepError> {
        Ok(match reply {
            Reply::Ec2(ec2::Reply::AvailabilityZones(_)) => Acted::Again,
            Reply::Created(id) if index == 0 => Acted::Made(id.clone()),
            _ => Acted::Next,
        })
    }

    /// Its block is taken: by itself, perhaps, where the request arrived twice.
    fn refused(&mut self, _: &Context<'_>, error: &CloudError) -> Reaction {
        if error.code == "InvalidSubnet.Conflict" { Reaction::Exists } else { Reaction::Unhandled }
    }
}
