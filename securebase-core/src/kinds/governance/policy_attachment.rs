//! The attachment of a policy to an organizational unit.

use serde::{Deserialize, Serialize};

use crate::cloud::{CloudError, ErrorKind, Operation, organizations};
use crate::kinds::Kind;
use crate::kinds::guardrail_role::GuardrailRole;
use crate::kinds::info::{Facts, KindInfo, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Context, Procedure, Progress, Reaction, StepError};
use crate::model::{Address, Latency, Problem, ResourceId};

/// What the attachment of a policy to an organizational unit must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyAttachmentSpec {
    /// The policy.
    pub policy: Address,
    /// The organizational unit.
    pub target: Address,
}

impl Kind for PolicyAttachmentSpec {
    fn references(&self) -> Vec<&Address> {
        vec![&self.policy, &self.target]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let (Some(policy), Some(target)) = (seen.id_at(&self.policy), seen.id_at(&self.target)) else {
            return Ok(None);
        };
        let attached = seen.is_attached(policy, target);
        Ok(attached.then(|| Standing::new(attachment_id(policy, target), [])))
    }

    fn guardrail_role(&self) -> Option<GuardrailRole<'_>> {
        Some(GuardrailRole::Attachment { policy: &self.policy, target: &self.target })
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::OrganizationsWrite
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for PolicyAttachmentSpec {
    const FACTS: Facts = Facts::management(Phase::Guardrails);
}

/// The id of an attachment, which AWS gives none: the policy and its target.
pub(crate) fn attachment_id(policy: &ResourceId, target: &ResourceId) -> ResourceId {
    #[expect(clippy::expect_used, reason = "two ids without white space, joined by a slash, are one")]
    format!("{policy}/{target}").parse().expect("joined ids are an id")
}

/// No look-up: attaching twice is refused by name, which is as good as done.
impl Procedure for &PolicyAttachmentSpec {
    fn create(&self, cx: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        let (policy, target) = (cx.id_at(&self.policy)?, cx.id_at(&self.target)?);
        Ok(Some(organizations::Operation::AttachPolicy { policy, target }.into()))
    }

    fn update(&self, _: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        Ok(Vec::new())
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        let id = cx.own_id()?;
        let (policy, target) = id.as_str().split_once('/').ok_or(StepError::NotAnAttachment)?;
        Ok(vec![
            organizations::Operation::DetachPolicy { policy: policy.parse()?, target: target.parse()? }
                .into(),
        ])
    }

    fn refused(&mut self, _: &Context<'_>, error: &CloudError) -> Reaction {
        match error.kind {
            ErrorKind::AlreadyExists => Reaction::Done,
            _ => Reaction::Unhandled,
        }
    }

    fn known_id(&self, cx: &Context<'_>) -> Result<ResourceId, StepError> {
        if cx.action == Action::Delete {
            return cx.own_id();
        }
        Ok(attachment_id(&cx.id_at(&self.policy)?, &cx.id_at(&self.target)?))
    }
}
