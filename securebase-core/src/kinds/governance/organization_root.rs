//! The root of the organization, with service control policies enabled.

use serde::{Deserialize, Serialize};

use crate::cloud::{CloudError, ErrorKind, Operation, PageToken, Reply, organizations};
use crate::kinds::Kind;
use crate::kinds::info::{Facts, KindInfo, Phase};
use crate::kinds::seen::{Seen, Standing, value_changes};
use crate::kinds::step::{Acted, Action, Context, Found, Procedure, Progress, Reaction, Settled, StepError};
use crate::model::{Latency, Problem};

/// What the root of the organization must look like: service control policies are enabled in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganizationRootSpec {}

impl Kind for OrganizationRootSpec {
    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(found) = seen.organization() else { return Ok(None) };
        let changes = value_changes("service_control_policies", &found.root.service_control_policies, &true);
        Ok(Some(Standing::new(found.root.id.clone(), [changes])))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::OrganizationsWrite
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for OrganizationRootSpec {
    const FACTS: Facts = Facts {
        // The root comes with its organization; what is left to do is to enable its policies.
        when_absent: Action::Update,
        ..Facts::management(Phase::Guardrails)
    };
}

/// The root exists as long as its organization; the step enables service control policies in it.
impl Procedure for &OrganizationRootSpec {
    fn looks_first(&self, _: &Context<'_>) -> bool {
        true
    }

    fn look_up(&self, _: &Context<'_>, _: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(organizations::Operation::ListRoots.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Organizations(organizations::Reply::Roots(roots)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        let root = roots.first().ok_or(StepError::NoRoot)?;
        Ok(Found::Present { id: root.id.clone(), acts_done: usize::from(root.service_control_policies) })
    }

    fn create(&self, cx: &Context<'_>, at: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        Ok(Some(organizations::Operation::EnablePolicyType { root: self.id(cx, at)? }.into()))
    }

    fn update(&self, cx: &Context<'_>, at: &Progress) -> Result<Vec<Operation>, StepError> {
        Ok(vec![organizations::Operation::EnablePolicyType { root: self.id(cx, at)? }.into()])
    }

    fn delete(&self, _: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(Vec::new())
    }

    fn read_act(&mut self, _: &Context<'_>, _: usize, reply: &Reply) -> Result<Acted, StepError> {
        Ok(match reply {
            // Enabled already by the time of the reply: nothing is left to look at.
            Reply::Organizations(organizations::Reply::Roots(roots))
                if roots.iter().any(|root| root.service_control_policies) =>
            {
                Acted::Settled
            }
            _ => Acted::Next,
        })
    }

    fn refused(&mut self, _: &Context<'_>, error: &CloudError) -> Reaction {
        match error.kind {
            ErrorKind::AlreadyExists => Reaction::Done,
            _ => Reaction::Unhandled,
        }
    }

    fn settle(&self, _: &Context<'_>, _: &Progress) -> Result<Option<Operation>, StepError> {
        Ok(Some(organizations::Operation::ListRoots.into()))
    }

    fn read_settle(&self, _: &Context<'_>, _: &Progress, reply: &Reply) -> Result<Settled, StepError> {
        let Reply::Organizations(organizations::Reply::Roots(roots)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        let enabled = roots.iter().any(|root| root.service_control_policies);
        Ok(if enabled { Settled::Yes } else { Settled::No })
    }
}
