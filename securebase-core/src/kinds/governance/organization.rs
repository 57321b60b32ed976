//! The AWS organization.

use serde::{Deserialize, Serialize};

use crate::cloud::{Operation, PageToken, Reply, organizations};
use crate::kinds::Kind;
use crate::kinds::info::{Facts, KindInfo, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Acted, Action, Context, Found, Procedure, Progress, StepError};
use crate::model::{Latency, Problem};

/// What the AWS organization must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganizationSpec {}

impl Kind for OrganizationSpec {
    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(found) = seen.organization() else { return Ok(None) };
        Ok(Some(Standing::new(found.organization.id.clone(), [])))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::OrganizationsWrite
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for OrganizationSpec {
    const FACTS: Facts = Facts::management(Phase::Guardrails);
}

impl Procedure for &OrganizationSpec {
    fn look_up(&self, _: &Context<'_>, _: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(organizations::Operation::DescribeOrganization.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        match reply {
            Reply::Organizations(organizations::Reply::Organization(organization)) => {
                Ok(Found::Present { id: organization.id.clone(), acts_done: 1 })
            }
            other => Err(StepError::unexpected(other)),
        }
    }

    fn create(&self, _: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        Ok((index == 0).then_some(organizations::Operation::CreateOrganization.into()))
    }

    fn read_act(&mut self, _: &Context<'_>, _: usize, reply: &Reply) -> Result<Acted, StepError> {
        Ok(match reply {
            Reply::Organizations(organizations::Reply::Organization(organization)) => {
                Acted::Made(organization.id.clone())
            }
            _ => Acted::Next,
        })
    }

    fn update(&self, _: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        Ok(Vec::new())
    }

    fn delete(&self, _: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(Vec::new())
    }
}
