//! The role with which VPC flow logs are delivered.

use serde::{Deserialize, Serialize};

use crate::cloud::{Operation, PageToken, Reply, iam};
use crate::kinds::info::{Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing, document_changes};
use crate::kinds::step::{Acted, Action, Change, Context, Found, Procedure, Progress, StepError};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::{Latency, Problem, Tags};
use crate::observe::{FLOW_LOG_POLICY_NAME, ObservedRolePolicy};
use crate::policy::PolicyText;

/// Who may assume it.
pub(crate) const FLOW_LOG_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
/// What it may do: write to log groups that exist, not make new ones.
pub(crate) const FLOW_LOG_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogGroups","logs:DescribeLogStreams"],"Resource":"*"}]}"#;

/// What the role with which VPC flow logs are delivered must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowLogRoleSpec {
    /// Its name, unique in the account.
    pub name: String,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for FlowLogRoleSpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let Some(role) = member.roles.iter().find(|role| role.name == self.name) else { return Ok(None) };
        let of_role =
            |policy: &&ObservedRolePolicy| policy.role == self.name && policy.name == FLOW_LOG_POLICY_NAME;
        let policy = member.role_policies.iter().find(of_role).map(|policy| policy.document.as_str());
        let changes = [policy_changes(policy), seen.tag_changes(&role.tags, &self.tags)];
        Ok(role.arn.parse().ok().map(|id| Standing::new(id, changes)))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::IamWrite
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

/// How the policy of the role differs. Every tenant has the role, and hardly ever another policy than ours: it is read where its
/// text is not ours.
fn policy_changes(found: Option<&str>) -> Vec<Change> {
    match found {
        Some(FLOW_LOG_POLICY) => Vec::new(),
        _ => document_changes(
            "policy",
            found.map(PolicyText::read).as_ref(),
            &PolicyText::read(FLOW_LOG_POLICY),
        ),
    }
}

impl KindInfo for FlowLogRoleSpec {
    const FACTS: Facts = Facts {
        deletion_turn: Some(110),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["iam:CreateRole", "iam:PutRolePolicy"],
                update: &["iam:UntagRole", "iam:TagRole"],
                delete: &["iam:DeleteRolePolicy", "iam:DeleteRole"],
                look_up: &["iam:GetRole"],
            },
        )
    };

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for role in &account.member.roles {
            let Ok(id) = role.arn.parse() else { continue };
            let spec =
                || ResourceSpec::from(FlowLogRoleSpec { name: role.name.clone(), tags: role.tags.clone() });
            each(&Listed { id, tags: &role.tags, suffix: None, spec: &spec });
        }
    }
}

impl FlowLogRoleSpec {
    fn put_policy(&self) -> Operation {
        iam::Operation::PutRolePolicy {
            role: self.name.clone(),
            name: FLOW_LOG_POLICY_NAME.to_owned(),
            document: FLOW_LOG_POLICY.to_owned(),
        }
        .into()
    }
}

impl Procedure for &FlowLogRoleSpec {
    fn look_up(&self, _: &Context<'_>, _: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(iam::Operation::GetRole { name: self.name.clone() }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        match reply {
            Reply::Iam(iam::Reply::Role(role)) => Ok(Found::Present { id: role.arn.parse()?, acts_done: 1 }),
            other => Err(StepError::unexpected(other)),
        }
    }

    fn create(&self, _: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        Ok(match index {
            0 => Some(
                iam::Operation::CreateRole {
                    name: self.name.clone(),
                    trust: FLOW_LOG_TRUST.to_owned(),
                    tags: self.tags.clone(),
                }
                .into(),
            ),
            1 => Some(self.put_policy()),
            _ => None,
        })
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        let policy = cx.changes_any(&["policy"]).then(|| self.put_policy());
        let tagging = cx.tagging(
            |keys| iam::Operation::UntagRole { role: self.name.clone(), keys }.into(),
            |tags| iam::Operation::TagRole { role: self.name.clone(), tags }.into(),
        );
        Ok(policy.into_iter().chain(tagging).collect())
    }

    fn delete(&self, _: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![
            iam::Operation::DeleteRolePolicy {
                role: self.name.clone(),
                name: FLOW_LOG_POLICY_NAME.to_owned(),
            }
            .into(),
            iam::Operation::DeleteRole { name: self.name.clone() }.into(),
        ])
    }

    fn read_act(&mut self, _: &Context<'_>, _: usize, reply: &Reply) -> Result<Acted, StepError> {
        match reply {
            Reply::Iam(iam::Reply::Role(role)) => Ok(Acted::Made(role.arn.parse()?)),
            _ => Ok(Acted::Next),
        }
    }
}
