//! Tags of roots, units, accounts and policies.

use super::Org;
use super::policies::unknown;
use crate::cloud::{CloudError, Operation, Reply};
use crate::model::{AccountId, ResourceId, Tags};
use crate::sim::services::context::{Context, Outcome};

impl Org {
    pub(super) fn tagging(&mut self, context: &mut Context<'_>, operation: &Operation) -> Outcome {
        let missing = |resource: &ResourceId| {
            CloudError::rejected("TargetNotFoundException", format!("there is no `{resource}`"))
        };
        match operation {
            Operation::ListTagsForResource { resource, .. } => {
                let tags = self.tags_mut(resource).ok_or_else(|| missing(resource))?;
                Ok(Reply::Tags(tags.clone(), None))
            }
            Operation::TagResource { resource, tags } => {
                let present = self.tags_mut(resource).ok_or_else(|| missing(resource))?;
                context.check_tags(present, tags).map_err(|fault| fault.organizations())?;
                present.extend(tags.clone());
                Ok(Reply::Done)
            }
            Operation::UntagResource { resource, keys } => {
                let present = self.tags_mut(resource).ok_or_else(|| missing(resource))?;
                present.retain(|key, _| !keys.contains(key));
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
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
