//! An organizational unit.

use serde::{Deserialize, Serialize};

use super::retag;
use crate::cloud::{Operation, PageToken, Reply, organizations};
use crate::kinds::Kind;
use crate::kinds::guardrail_role::GuardrailRole;
use crate::kinds::info::{Facts, KindInfo, OrganizationQuota, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Context, Found, Procedure, Progress, StepError, listed};
use crate::model::{Address, Latency, Problem, Quota, Tags};

/// What an organizational unit must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganizationalUnitSpec {
    /// Its name, unique under its parent.
    pub name: String,
    /// The root or the organizational unit above it.
    pub parent: Address,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for OrganizationalUnitSpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn references(&self) -> Vec<&Address> {
        vec![&self.parent]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let unit = seen.id_at(&self.parent).and_then(|parent| seen.unit(parent, &self.name));
        Ok(unit.map(|unit| Standing::new(unit.id.clone(), [seen.tag_changes(&unit.tags, &self.tags)])))
    }

    fn guardrail_role(&self) -> Option<GuardrailRole<'_>> {
        Some(GuardrailRole::Unit)
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::OrganizationsWrite
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for OrganizationalUnitSpec {
    const FACTS: Facts = Facts {
        organization_quota: Some(OrganizationQuota {
            quota: Quota::OrganizationalUnits,
            found: |organization| organization.map_or(0, |found| found.units.len()),
        }),
        ..Facts::management(Phase::Guardrails)
    };
}

impl Procedure for &OrganizationalUnitSpec {
    fn look_up(&self, cx: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        let parent = cx.id_at(&self.parent)?;
        Ok(Some(organizations::Operation::ListOrganizationalUnitsForParent { parent, page }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Organizations(organizations::Reply::OrganizationalUnits(page)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        let unit = page.items.iter().find(|unit| unit.name == self.name);
        Ok(listed(unit.map(|unit| unit.id.clone()), page.next.as_ref()))
    }

    fn create(&self, cx: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        Ok(Some(
            organizations::Operation::CreateOrganizationalUnit {
                parent: cx.id_at(&self.parent)?,
                name: self.name.clone(),
                tags: self.tags.clone(),
            }
            .into(),
        ))
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        Ok(retag(cx, &cx.own_id()?))
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![organizations::Operation::DeleteOrganizationalUnit { unit: cx.own_id()? }.into()])
    }
}
