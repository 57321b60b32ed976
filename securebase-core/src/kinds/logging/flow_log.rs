//! A flow log on a VPC.

use serde::{Deserialize, Serialize};

use crate::cloud::ec2::{self, FlowLog};
use crate::cloud::{Operation, PageToken, Reply};
use crate::kinds::billing::{OnBill, Rate};
use crate::kinds::info::{Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::network::ec2_tagging;
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Context, Found, Procedure, Progress, StepError, listed};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::billing::{PriceId, Quantity};
use crate::model::{Address, Latency, Problem, ResourceId, Tags};
use crate::observe::ObservedMember;

/// What a flow log on a VPC must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowLogSpec {
    /// The VPC it watches.
    pub vpc: Address,
    /// Where it delivers.
    pub log_group: Address,
    /// With which role.
    pub role: Address,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for FlowLogSpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn references(&self) -> Vec<&Address> {
        vec![&self.vpc, &self.log_group, &self.role]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let vpc = seen.id_at(&self.vpc);
        let log_group = seen.id_at(&self.log_group);
        let of_vpc = || member.flow_logs.iter().filter(|found| Some(&found.vpc) == vpc);
        let tagged = of_vpc().find(|found| Some(&found.id) == seen.tagged());
        // AWS lets only one flow log deliver all traffic of a VPC to a log group, so that no other can be made beside one that
        // has lost its tags.
        let in_its_place = |found: &&FlowLog| {
            found.all_traffic
                && found.log_group.as_deref() == log_group.map(ResourceId::as_str)
                && !seen.is_claimed(&found.id)
        };
        let found = tagged.or_else(|| of_vpc().filter(|_| log_group.is_some()).find(in_its_place));
        Ok(found.map(|found| Standing::new(found.id.clone(), [seen.tag_changes(&found.tags, &self.tags)])))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::Ec2Write
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for FlowLogSpec {
    const FACTS: Facts = Facts {
        deletion_turn: Some(10),
        on_bill: OnBill::Counted(&[Rate::used(PriceId::VendedLogsCloudwatchGb, Quantity::FlowLogGb)]),
        is_billed_with: |network| network.is_some_and(|network| network.flow_logs),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["ec2:CreateFlowLogs"],
                update: &["ec2:DeleteTags", "ec2:CreateTags"],
                delete: &["ec2:DeleteFlowLogs"],
                look_up: &["ec2:DescribeFlowLogs"],
            },
        )
    };

    fn tagged<'o>(member: &'o ObservedMember, each: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {
        for flow_log in &member.flow_logs {
            each(&flow_log.id, &flow_log.tags);
        }
    }

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for flow_log in &account.member.flow_logs {
            let spec = || {
                ResourceSpec::from(FlowLogSpec {
                    vpc: (account.name)(&flow_log.vpc),
                    log_group: Address::tenant(account.tenant, "flow-log-group"),
                    role: Address::tenant(account.tenant, "flow-log-role"),
                    tags: flow_log.tags.clone(),
                })
            };
            each(&Listed { id: flow_log.id.clone(), tags: &flow_log.tags, suffix: None, spec: &spec });
        }
    }
}

impl Procedure for &FlowLogSpec {
    fn look_up(&self, cx: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(ec2::Operation::DescribeFlowLogs { tags: cx.key_tags(), page }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Ec2(ec2::Reply::FlowLogs(page)) = reply else { return Err(StepError::unexpected(reply)) };
        Ok(listed(page.items.first().map(|flow_log| flow_log.id.clone()), page.next.as_ref()))
    }

    fn create(&self, cx: &Context<'_>, at: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        Ok(Some(
            ec2::Operation::CreateFlowLogs {
                vpc: cx.id_at(&self.vpc)?,
                log_group: cx.id_at(&self.log_group)?.as_str().to_owned(),
                role_arn: cx.id_at(&self.role)?.as_str().to_owned(),
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
        Ok(vec![ec2::Operation::DeleteFlowLogs { flow_log: cx.own_id()? }.into()])
    }
}
