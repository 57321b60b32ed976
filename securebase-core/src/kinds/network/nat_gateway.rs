//! A NAT gateway.

use serde::{Deserialize, Serialize};

use super::ec2_tagging;
use crate::cloud::ec2::{self, NatGateway, NatGatewayState};
use crate::cloud::{Operation, PageToken, Reply};
use crate::kinds::billing::{OnBill, Rate};
use crate::kinds::info::{AccountQuota, Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Context, Found, Procedure, Progress, Settled, StepError, listed};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::billing::{PriceId, Quantity};
use crate::model::{Address, Latency, Problem, Quota, ResourceId, Tags};
use crate::observe::ObservedMember;

/// What a NAT gateway must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NatGatewaySpec {
    /// The public subnet it stands in.
    pub subnet: Address,
    /// Its public address.
    pub elastic_ip: Address,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for NatGatewaySpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn references(&self) -> Vec<&Address> {
        vec![&self.subnet, &self.elastic_ip]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let found = member.nat_gateways.iter().find(|found| {
            Some(&found.id) == seen.tagged() && seen.id_at(&self.subnet) == Some(&found.subnet)
        });
        Ok(found.map(|found| Standing::new(found.id.clone(), [seen.tag_changes(&found.tags, &self.tags)])))
    }

    fn typical(&self, action: Action) -> Latency {
        match action {
            Action::Create => Latency::NatGatewayAvailable,
            Action::Delete => Latency::NatGatewayDeleted,
            _ => Latency::Ec2Write,
        }
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

/// Whether a gateway is there, or on its way: one that failed or is going does not count.
fn lives(nat: &NatGateway) -> bool {
    matches!(nat.state, NatGatewayState::Pending | NatGatewayState::Available)
}

impl KindInfo for NatGatewaySpec {
    const FACTS: Facts = Facts {
        deletion_turn: Some(40),
        on_bill: OnBill::Counted(&[
            Rate::hourly(PriceId::NatGatewayHour),
            Rate::used(PriceId::NatGatewayGb, Quantity::NatGb),
        ]),
        is_billed_with: |network| network.is_some_and(|network| network.nat_gateway),
        account_quota: Some(AccountQuota {
            quota: Quota::NatGateways,
            is_per_vpc: false,
            from_aws: 0,
            // The quota holds in one availability zone: the number in all of them says nothing.
            found: None,
        }),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["ec2:CreateNatGateway", "ec2:DeleteNatGateway"],
                update: &["ec2:DeleteTags", "ec2:CreateTags"],
                delete: &["ec2:DeleteNatGateway"],
                look_up: &["ec2:DescribeNatGateways"],
            },
        )
    };

    fn tagged<'o>(member: &'o ObservedMember, each: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {
        for nat in member.nat_gateways.iter().filter(|nat| lives(nat)) {
            each(&nat.id, &nat.tags);
        }
    }

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for nat in account.member.nat_gateways.iter().filter(|nat| lives(nat)) {
            let spec = || {
                ResourceSpec::from(NatGatewaySpec {
                    subnet: (account.name)(&nat.subnet),
                    elastic_ip: account.name_of(nat.allocation.as_ref()),
                    tags: nat.tags.clone(),
                })
            };
            each(&Listed { id: nat.id.clone(), tags: &nat.tags, suffix: None, spec: &spec });
        }
    }
}

impl Procedure for &NatGatewaySpec {
    fn look_up(&self, cx: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(ec2::Operation::DescribeNatGateways { tags: cx.key_tags(), page }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Ec2(ec2::Reply::NatGateways(page)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        Ok(listed(page.items.iter().find(|nat| lives(nat)).map(|nat| nat.id.clone()), page.next.as_ref()))
    }

    fn create(&self, cx: &Context<'_>, at: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        Ok(Some(
            ec2::Operation::CreateNatGateway {
                subnet: cx.id_at(&self.subnet)?,
                allocation: cx.id_at(&self.elastic_ip)?,
                client_token: cx.client_token(at),
                tags: self.tags.clone(),
            }
            .into(),
        ))
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        ec2_tagging(cx)
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![ec2::Operation::DeleteNatGateway { gateway: cx.own_id()? }.into()])
    }

    fn settle(&self, cx: &Context<'_>, _: &Progress) -> Result<Option<Operation>, StepError> {
        let settles = matches!(cx.action, Action::Create | Action::Delete);
        Ok(settles.then(|| ec2::Operation::DescribeNatGateways { tags: cx.key_tags(), page: None }.into()))
    }

    /// Whether the gateway has come to be, or has gone.
    fn read_settle(&self, cx: &Context<'_>, at: &Progress, reply: &Reply) -> Result<Settled, StepError> {
        let Reply::Ec2(ec2::Reply::NatGateways(page)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        let id = self.id(cx, at)?;
        let found = page.items.iter().find(|nat| nat.id == id);
        Ok(match (cx.action, found.map(|nat| nat.state)) {
            (Action::Delete, None | Some(NatGatewayState::Deleted | NatGatewayState::Failed)) => Settled::Yes,
            // Still going; not listed yet; on its way.
            (Action::Delete, _) | (_, None | Some(NatGatewayState::Pending)) => Settled::No,
            (_, Some(NatGatewayState::Available)) => Settled::Yes,
            (_, Some(NatGatewayState::Failed | NatGatewayState::Deleting | NatGatewayState::Deleted)) => {
                let why = found.and_then(|nat| nat.failure.clone());
                let why = why.unwrap_or_else(|| "no reason given".to_owned());
                Settled::Failed(StepError::GatewayFailed { why })
            }
        })
    }

    fn latency(&self, action: Action) -> Option<Latency> {
        Some(if action == Action::Create { Latency::NatGatewayAvailable } else { Latency::NatGatewayDeleted })
    }

    fn discard(&self, cx: &Context<'_>, at: &Progress) -> Result<Operation, StepError> {
        Ok(ec2::Operation::DeleteNatGateway { gateway: self.id(cx, at)? }.into())
    }
}
