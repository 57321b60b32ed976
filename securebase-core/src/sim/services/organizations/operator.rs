//! What an operator deletes in the organization.

use super::{FULL_ACCESS, Org};
use crate::model::ResourceId;
use crate::sim::schedule::chance::id;

impl Org {
    /// Deletes what has that id and what hangs on it; answers how many resources are gone.
    pub(in crate::sim) fn remove(&mut self, resource: &ResourceId) -> usize {
        // An attachment is `policy/target`; the name of a log group has slashes as well, and begins with one.
        if let Some((policy, target)) = resource.as_str().split_once('/') {
            let attachment = policy.parse::<ResourceId>().ok().zip(target.parse::<ResourceId>().ok());
            return attachment.map_or(0, |(policy, target)| usize::from(self.detach(&policy, &target)));
        }
        if self.units.contains_key(resource) {
            return self.remove_unit(resource);
        }
        match self.policies.get(resource) {
            Some(row) if resource.as_str() != FULL_ACCESS => {
                let removed = 1 + row.targets.len();
                self.drop_policy(resource);
                removed
            }
            _ => 0,
        }
    }

    /// A unit goes with the units below it and its attachments; its accounts fall back to the root.
    fn remove_unit(&mut self, unit: &ResourceId) -> usize {
        let below = self.units.iter().filter(|(_, row)| row.parent == *unit);
        let children: Vec<ResourceId> = below.map(|(child, _)| child.clone()).collect();
        let mut removed: usize = children.iter().map(|child| self.remove_unit(child)).sum();
        let root = self.root.id.clone();
        for account in self.accounts_in.get(unit).cloned().unwrap_or_default() {
            self.place_member(account, &root);
        }
        let full_access = id(FULL_ACCESS);
        let attached = self.attached.get(unit).into_iter().flatten();
        removed += attached.filter(|policy| **policy != full_access).count();
        self.drop_unit(unit);
        removed + 1
    }
}
