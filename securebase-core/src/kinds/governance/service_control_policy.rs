//! A guardrail document: a service control policy.

use serde::{Deserialize, Serialize};

use super::retag;
use crate::cloud::{Operation, PageToken, Reply, organizations};
use crate::kinds::Kind;
use crate::kinds::guardrail_role::GuardrailRole;
use crate::kinds::info::{Facts, KindInfo, OrganizationQuota, Phase};
use crate::kinds::seen::{Seen, Standing, document_changes, value_changes};
use crate::kinds::step::{Action, Context, Found, Procedure, Progress, StepError, listed};
use crate::model::{Latency, Problem, Quota, Tags};
use crate::policy::PolicyText;

/// What a service control policy must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceControlPolicySpec {
    /// Its name, unique in the organization.
    pub name: String,
    /// What it is for, at most 512 characters.
    pub description: String,
    /// The document, as canonical, minimal text.
    pub document: PolicyText,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for ServiceControlPolicySpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(found) = seen.policy(&self.name) else { return Ok(None) };
        let changes = [
            value_changes("description", &found.policy.description, &self.description),
            document_changes("document", found.policy.document.as_ref(), &self.document),
            seen.tag_changes(&found.tags, &self.tags),
        ];
        Ok(Some(Standing::new(found.policy.id.clone(), changes)))
    }

    fn guardrail_role(&self) -> Option<GuardrailRole<'_>> {
        Some(GuardrailRole::Policy { name: &self.name, document: &self.document })
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::OrganizationsWrite
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for ServiceControlPolicySpec {
    const FACTS: Facts = Facts {
        organization_quota: Some(OrganizationQuota {
            quota: Quota::Policies,
            found: |organization| organization.map_or(0, |found| found.policies.len()),
        }),
        ..Facts::management(Phase::Guardrails)
    };
}

impl Procedure for &ServiceControlPolicySpec {
    fn look_up(&self, _: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(organizations::Operation::ListPolicies { page }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Organizations(organizations::Reply::Policies(page)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        let policy = page.items.iter().find(|policy| policy.name == self.name);
        Ok(listed(policy.map(|policy| policy.id.clone()), page.next.as_ref()))
    }

    fn create(&self, _: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        Ok((index == 0).then(|| {
            organizations::Operation::CreatePolicy {
                name: self.name.clone(),
                description: self.description.clone(),
                document: self.document.to_string(),
                tags: self.tags.clone(),
            }
            .into()
        }))
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        let id = cx.own_id()?;
        let mut operations = Vec::new();
        if cx.changes_any(&["document", "description"]) {
            operations.push(
                organizations::Operation::UpdatePolicy {
                    policy: id.clone(),
                    name: self.name.clone(),
                    description: self.description.clone(),
                    document: self.document.to_string(),
                }
                .into(),
            );
        }
        operations.extend(retag(cx, &id));
        Ok(operations)
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![organizations::Operation::DeletePolicy { policy: cx.own_id()? }.into()])
    }
}
