//! Tags of roots, units, accounts and policies.

use super::{Org, refusal};
use crate::cloud::{CloudError, Reply};
use crate::model::{AccountId, ResourceId, Tags};
use crate::sim::services::context::{Context, Outcome};

impl Org {
    pub(super) fn list_tags(&mut self, resource: &ResourceId) -> Outcome {
        Ok(Reply::Tags(self.tagged(resource)?.clone(), None))
    }

    pub(super) fn tag(&mut self, context: &Context<'_>, resource: &ResourceId, tags: &Tags) -> Outcome {
        let present = self.tagged(resource)?;
        context.check_tags(present, tags).map_err(|fault| refusal(&fault))?;
        present.extend(tags.clone());
        Ok(Reply::Done)
    }

    pub(super) fn untag(&mut self, resource: &ResourceId, keys: &[String]) -> Outcome {
        self.tagged(resource)?.retain(|key, _| !keys.contains(key));
        Ok(Reply::Done)
    }

    fn tagged(&mut self, resource: &ResourceId) -> Result<&mut Tags, CloudError> {
        self.tags_mut(resource).ok_or_else(|| {
            CloudError::rejected("TargetNotFoundException", format!("there is no `{resource}`"))
        })
    }

    /// The tags of whatever has that id.
    pub(in crate::sim) fn tags_mut(&mut self, resource: &ResourceId) -> Option<&mut Tags> {
        if *resource == self.root.id {
            return Some(&mut self.root_tags);
        }
        if let Some(unit) = self.units.get_mut(resource) {
            return Some(&mut unit.tags);
        }
        if let Some(row) = self.policies.get_mut(resource) {
            return Some(&mut row.tags);
        }
        let account: AccountId = resource.as_str().parse().ok()?;
        self.members.get_mut(&account).map(|member| &mut member.tags)
    }
}
