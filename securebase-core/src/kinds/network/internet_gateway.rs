//! An internet gateway, attached.

use serde::{Deserialize, Serialize};

use super::{attached_gateway, attachment_changes, ec2_tagging};
use crate::cloud::{CloudError, ErrorKind, Operation, PageToken, Reply, ec2};
use crate::kinds::info::{AccountQuota, Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Context, Found, Procedure, Progress, Reaction, StepError};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::{Address, Latency, Problem, Quota, ResourceId, Tags};
use crate::observe::ObservedMember;

/// What an internet gateway must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InternetGatewaySpec {
    /// The VPC it is attached to.
    pub vpc: Address,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for InternetGatewaySpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn references(&self) -> Vec<&Address> {
        vec![&self.vpc]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let found = member.internet_gateways.iter().find(|found| Some(&found.id) == seen.tagged());
        Ok(found.map(|found| {
            let attachment = attachment_changes(found.vpc.as_ref(), seen.id_at(&self.vpc));
            Standing::new(found.id.clone(), [attachment, seen.tag_changes(&found.tags, &self.tags)])
        }))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::Ec2Write
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for InternetGatewaySpec {
    const FACTS: Facts = Facts {
        deletion_turn: Some(70),
        account_quota: Some(AccountQuota {
            quota: Quota::InternetGateways,
            is_per_vpc: false,
            // That of the default VPC.
            from_aws: 1,
            found: Some(|member| member.internet_gateways.len()),
        }),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["ec2:CreateInternetGateway", "ec2:AttachInternetGateway"],
                update: &["ec2:DeleteTags", "ec2:CreateTags"],
                delete: &["ec2:DetachInternetGateway", "ec2:DeleteInternetGateway"],
                look_up: &["ec2:DescribeInternetGateways"],
            },
        )
    };

    fn tagged<'o>(member: &'o ObservedMember, each: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {
        for gateway in &member.internet_gateways {
            each(&gateway.id, &gateway.tags);
        }
    }

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for gateway in &account.member.internet_gateways {
            let spec = || {
                ResourceSpec::from(InternetGatewaySpec {
                    vpc: account.name_of(gateway.vpc.as_ref()),
                    tags: gateway.tags.clone(),
                })
            };
            each(&Listed { id: gateway.id.clone(), tags: &gateway.tags, suffix: None, spec: &spec });
        }
    }
}

impl Procedure for &InternetGatewaySpec {
    fn look_up(&self, cx: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(ec2::Operation::DescribeInternetGateways { tags: cx.key_tags(), page }.into()))
    }

    fn read_look_up(&mut self, cx: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Ec2(ec2::Reply::InternetGateways(page)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        let gateway = page.items.first().map(|gateway| (&gateway.id, gateway.vpc.as_ref()));
        Ok(attached_gateway(cx, &self.vpc, gateway, page.next.as_ref()))
    }

    fn create(&self, cx: &Context<'_>, at: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        Ok(match index {
            0 => Some(ec2::Operation::CreateInternetGateway { tags: self.tags.clone() }.into()),
            1 => Some(
                ec2::Operation::AttachInternetGateway {
                    gateway: self.id(cx, at)?,
                    vpc: cx.id_at(&self.vpc)?,
                }
                .into(),
            ),
            _ => None,
        })
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        let mut operations = Vec::new();
        if cx.changes_any(&["vpc"]) {
            let (gateway, vpc) = (cx.own_id()?, cx.id_at(&self.vpc)?);
            operations.push(ec2::Operation::AttachInternetGateway { gateway, vpc }.into());
        }
        operations.extend(ec2_tagging(cx)?);
        Ok(operations)
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        let id = cx.own_id()?;
        let vpc = cx.id_at(&self.vpc).ok();
        let detach = vpc.map(|vpc| ec2::Operation::DetachInternetGateway { gateway: id.clone(), vpc }.into());
        Ok(detach.into_iter().chain([ec2::Operation::DeleteInternetGateway { gateway: id }.into()]).collect())
    }

    /// The attachment was made by an attempt whose reply was lost.
    fn refused(&mut self, cx: &Context<'_>, error: &CloudError) -> Reaction {
        match error.kind {
            ErrorKind::AlreadyExists if cx.action == Action::Update => Reaction::Done,
            _ => Reaction::Unhandled,
        }
    }
}
