//! A route table.

use serde::{Deserialize, Serialize};

use super::ec2_tagging;
use crate::cloud::{Operation, PageToken, Reply, ec2};
use crate::kinds::info::{AccountQuota, Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Context, Found, Procedure, Progress, StepError, listed};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::{Address, Latency, Problem, Quota, ResourceId, Tags};
use crate::observe::ObservedMember;

/// What a route table must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteTableSpec {
    /// The VPC.
    pub vpc: Address,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for RouteTableSpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn references(&self) -> Vec<&Address> {
        vec![&self.vpc]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let found = member
            .route_tables
            .iter()
            .find(|found| Some(&found.id) == seen.tagged() && seen.id_at(&self.vpc) == Some(&found.vpc));
        Ok(found.map(|found| Standing::new(found.id.clone(), [seen.tag_changes(&found.tags, &self.tags)])))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::Ec2Write
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for RouteTableSpec {
    const FACTS: Facts = Facts {
        deletion_turn: Some(80),
        account_quota: Some(AccountQuota {
            quota: Quota::RouteTablesPerVpc,
            is_per_vpc: true,
            // The main route table of a VPC.
            from_aws: 1,
            found: Some(|member| member.route_tables.len()),
        }),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["ec2:CreateRouteTable"],
                update: &["ec2:DeleteTags", "ec2:CreateTags"],
                delete: &["ec2:DeleteRouteTable"],
                look_up: &["ec2:DescribeRouteTables"],
            },
        )
    };

    fn tagged<'o>(member: &'o ObservedMember, each: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {
        for table in &member.route_tables {
            each(&table.id, &table.tags);
        }
    }

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for table in &account.member.route_tables {
            let spec = || {
                ResourceSpec::from(RouteTableSpec {
                    vpc: (account.name)(&table.vpc),
                    tags: table.tags.clone(),
                })
            };
            each(&Listed { id: table.id.clone(), tags: &table.tags, suffix: None, spec: &spec });
        }
    }
}

impl Procedure for &RouteTableSpec {
    fn look_up(&self, cx: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(ec2::Operation::DescribeRouteTables { tags: cx.key_tags(), page }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Ec2(ec2::Reply::RouteTables(page)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        Ok(listed(page.items.first().map(|table| table.id.clone()), page.next.as_ref()))
    }

    fn create(&self, cx: &Context<'_>, at: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        Ok(Some(
            ec2::Operation::CreateRouteTable {
                vpc: cx.id_at(&self.vpc)?,
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
        Ok(vec![ec2::Operation::DeleteRouteTable { table: cx.own_id()? }.into()])
    }
}
