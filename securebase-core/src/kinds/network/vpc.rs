//! A VPC.

use serde::{Deserialize, Serialize};

use super::{ec2_tagging, immutable_block};
use crate::cloud::ec2::{self, VpcAttribute};
use crate::cloud::{Operation, PageToken, Reply};
use crate::kinds::billing::{OnBill, Rate};
use crate::kinds::info::{AccountQuota, Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing, value_changes};
use crate::kinds::step::{Action, Context, Found, Procedure, Progress, StepError, listed};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::billing::{PriceId, Quantity};
use crate::model::{Cidr, Latency, Problem, Quota, ResourceId, ResourceKind, Tags};
use crate::observe::ObservedMember;

/// What a VPC must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VpcSpec {
    /// Its primary block.
    pub cidr: Cidr,
    /// Name resolution.
    pub dns_support: bool,
    /// Public DNS names.
    pub dns_hostnames: bool,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for VpcSpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let found = member.vpcs.iter().find(|found| Some(&found.vpc.id) == seen.tagged());
        let Some(found) = found else { return Ok(None) };
        if found.vpc.cidr != self.cidr {
            return Err(immutable_block(seen.address(), "vpc_cidr", found.vpc.cidr, self.cidr));
        }
        let changes = [
            value_changes("dns_support", &found.dns_support, &self.dns_support),
            value_changes("dns_hostnames", &found.dns_hostnames, &self.dns_hostnames),
            seen.tag_changes(&found.vpc.tags, &self.tags),
        ];
        Ok(Some(Standing::new(found.vpc.id.clone(), changes)))
    }

    fn block(&self) -> Option<Cidr> {
        Some(self.cidr)
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::Ec2Write
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

/// Traffic, which is charged where it passes: at the NAT gateway where the VPC has one.
const fn passing(price: PriceId, quantity: Quantity) -> Rate {
    Rate { through: Some(ResourceKind::NatGateway), ..Rate::used(price, quantity) }
}

impl KindInfo for VpcSpec {
    const FACTS: Facts = Facts {
        has_block: true,
        holds_data: true,
        deletion_turn: Some(100),
        // A VPC by itself is free: what passes is charged.
        on_bill: OnBill::Counted(&[
            passing(PriceId::CrossZoneGb, Quantity::CrossZoneGb),
            passing(PriceId::EgressGb, Quantity::EgressGb),
        ]),
        is_billed_with: |network| network.is_some(),
        account_quota: Some(AccountQuota {
            quota: Quota::Vpcs,
            is_per_vpc: false,
            // The default VPC of a region.
            from_aws: 1,
            found: Some(|member| member.vpcs.len() + member.foreign_vpcs.len()),
        }),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["ec2:CreateVpc", "ec2:ModifyVpcAttribute"],
                update: &["ec2:DeleteTags", "ec2:CreateTags"],
                delete: &["ec2:DeleteVpc"],
                look_up: &["ec2:DescribeVpcs"],
            },
        )
    };

    fn tagged<'o>(member: &'o ObservedMember, each: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {
        for vpc in &member.vpcs {
            each(&vpc.vpc.id, &vpc.vpc.tags);
        }
    }

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for vpc in &account.member.vpcs {
            let spec = || {
                ResourceSpec::from(VpcSpec {
                    cidr: vpc.vpc.cidr,
                    dns_support: vpc.dns_support,
                    dns_hostnames: vpc.dns_hostnames,
                    tags: vpc.vpc.tags.clone(),
                })
            };
            each(&Listed { id: vpc.vpc.id.clone(), tags: &vpc.vpc.tags, suffix: None, spec: &spec });
        }
    }
}

impl Procedure for &VpcSpec {
    fn look_up(&self, cx: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(ec2::Operation::DescribeVpcs { tags: cx.key_tags(), page }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Ec2(ec2::Reply::Vpcs(page)) = reply else { return Err(StepError::unexpected(reply)) };
        Ok(listed(page.items.first().map(|vpc| vpc.id.clone()), page.next.as_ref()))
    }

    fn create(&self, cx: &Context<'_>, at: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index == 0 {
            return Ok(Some(ec2::Operation::CreateVpc { cidr: self.cidr, tags: self.tags.clone() }.into()));
        }
        // A new VPC resolves names and gives none out; only what differs is changed, support first.
        let support = (!self.dns_support).then_some((VpcAttribute::DnsSupport, false));
        let names = self.dns_hostnames.then_some((VpcAttribute::DnsHostnames, true));
        let Some((attribute, value)) = support.into_iter().chain(names).nth(index - 1) else {
            return Ok(None);
        };
        Ok(Some(ec2::Operation::ModifyVpcAttribute { vpc: self.id(cx, at)?, attribute, value }.into()))
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        let id = cx.own_id()?;
        let attributes = [
            ("dns_support", VpcAttribute::DnsSupport, self.dns_support),
            ("dns_hostnames", VpcAttribute::DnsHostnames, self.dns_hostnames),
        ];
        let changed = attributes.into_iter().filter(|(field, ..)| cx.changes_any(&[field]));
        let mut operations: Vec<Operation> = changed
            .map(|(_, attribute, value)| {
                Operation::Ec2(ec2::Operation::ModifyVpcAttribute { vpc: id.clone(), attribute, value })
            })
            .collect();
        operations.extend(ec2_tagging(cx)?);
        Ok(operations)
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![ec2::Operation::DeleteVpc { vpc: cx.own_id()? }.into()])
    }
}
