//! An elastic IP address.

use serde::{Deserialize, Serialize};

use super::ec2_tagging;
use crate::cloud::{Operation, PageToken, Reply, ec2};
use crate::kinds::billing::{OnBill, Rate};
use crate::kinds::info::{AccountQuota, Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Context, Found, Procedure, Progress, StepError, listed};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::billing::PriceId;
use crate::model::{Latency, Problem, Quota, ResourceId, Tags};
use crate::observe::ObservedMember;

/// What an elastic IP address must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElasticIpSpec {
    /// Its tags.
    pub tags: Tags,
}

impl Kind for ElasticIpSpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let found = member.elastic_ips.iter().find(|found| Some(&found.id) == seen.tagged());
        Ok(found.map(|found| Standing::new(found.id.clone(), [seen.tag_changes(&found.tags, &self.tags)])))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::Ec2Write
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for ElasticIpSpec {
    const FACTS: Facts = Facts {
        holds_data: true,
        deletion_turn: Some(50),
        on_bill: OnBill::Counted(&[Rate::hourly(PriceId::PublicIpv4Hour)]),
        is_billed_with: |network| network.is_some_and(|network| network.nat_gateway),
        account_quota: Some(AccountQuota {
            quota: Quota::ElasticIps,
            is_per_vpc: false,
            from_aws: 0,
            found: Some(|member| member.elastic_ips.len()),
        }),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["ec2:AllocateAddress"],
                update: &["ec2:DeleteTags", "ec2:CreateTags"],
                delete: &["ec2:ReleaseAddress"],
                look_up: &["ec2:DescribeAddresses"],
            },
        )
    };

    fn tagged<'o>(member: &'o ObservedMember, each: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {
        for elastic_ip in &member.elastic_ips {
            each(&elastic_ip.id, &elastic_ip.tags);
        }
    }

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for elastic_ip in &account.member.elastic_ips {
            let spec = || ResourceSpec::from(ElasticIpSpec { tags: elastic_ip.tags.clone() });
            each(&Listed { id: elastic_ip.id.clone(), tags: &elastic_ip.tags, suffix: None, spec: &spec });
        }
    }
}

impl Procedure for &ElasticIpSpec {
    fn look_up(&self, cx: &Context<'_>, _: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(ec2::Operation::DescribeAddresses { tags: cx.key_tags() }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Ec2(ec2::Reply::Addresses(items)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        Ok(listed(items.first().map(|elastic_ip| elastic_ip.id.clone()), None))
    }

    fn create(&self, _: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        Ok((index == 0).then(|| ec2::Operation::AllocateAddress { tags: self.tags.clone() }.into()))
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        ec2_tagging(cx)
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![ec2::Operation::ReleaseAddress { allocation: cx.own_id()? }.into()])
    }
}
