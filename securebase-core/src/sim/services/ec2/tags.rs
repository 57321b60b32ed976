//! Tags of EC2 resources.

use super::{Network, refusal};
use crate::cloud::Reply;
use crate::model::{ResourceId, Tags};
use crate::sim::services::context::{Context, Outcome};

impl Network {
    pub(super) fn create_tags(
        &mut self,
        context: &Context<'_>,
        resource: &ResourceId,
        tags: &Tags,
    ) -> Outcome {
        let present = self.tagged(resource, context.now).ok_or_else(|| Self::untagged(resource))?;
        context.check_tags(present, tags).map_err(|fault| refusal(&fault))?;
        present.extend(tags.clone());
        Ok(Reply::Done)
    }

    pub(super) fn delete_tags(
        &mut self,
        context: &Context<'_>,
        resource: &ResourceId,
        keys: &[String],
    ) -> Outcome {
        let present = self.tagged(resource, context.now).ok_or_else(|| Self::untagged(resource))?;
        present.retain(|key, _| !keys.contains(key));
        Ok(Reply::Done)
    }
}
