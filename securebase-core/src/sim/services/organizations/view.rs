//! The organization from above.

use serde_json::json;

use super::{FULL_ACCESS, Org};
use crate::cloud::organizations::ControlPolicy;
use crate::model::{Region, ResourceKind as Kind};
use crate::observe::{ObservedAccount, ObservedOrganization, ObservedPolicy, ObservedUnit};
use crate::sim::holdings::Site;
use crate::sim::view::Snapshot;

impl Org {
    /// Adds all that exists to a snapshot.
    pub(in crate::sim) fn list(&self, snapshot: &mut Snapshot) {
        let management = self.organization.management_account;
        let site = &Site { account: management, region: Region::us_east_1() };
        snapshot.add(
            Kind::Organization,
            site,
            self.organization.id.as_str(),
            None,
            json!({"management_account_id": management.to_string(), "all_features": self.organization.all_features}),
        );
        snapshot.add(
            Kind::OrganizationRoot,
            site,
            self.root.id.as_str(),
            Some(&self.root_tags),
            json!({"service_control_policies": self.root.service_control_policies}),
        );
        for (id, unit) in &self.units {
            let more = json!({"name": unit.name, "parent_id": unit.parent});
            snapshot.add(Kind::OrganizationalUnit, site, id.as_str(), Some(&unit.tags), more);
        }
        for (id, member) in self.members.iter().filter(|(id, _)| **id != management) {
            let more = json!({
                "name": member.account.name,
                "email": member.account.email,
                "ou_id": member.parent,
                "state": member.account.state,
            });
            let site = &Site { account: *id, region: Region::us_east_1() };
            snapshot.add(Kind::Account, site, &id.to_string(), Some(&member.tags), more);
        }
        for (id, row) in self.policies.iter().filter(|(id, _)| id.as_str() != FULL_ACCESS) {
            let more = json!({
                "name": row.policy.name,
                "description": row.policy.description,
                "document": row.document,
                "targets": row.targets,
            });
            snapshot.add(Kind::ServiceControlPolicy, site, id.as_str(), Some(&row.tags), more);
            for target in &row.targets {
                let more = json!({"policy_id": id, "target_id": target});
                snapshot.add(Kind::PolicyAttachment, site, &format!("{id}/{target}"), None, more);
            }
        }
    }

    /// All that exists, as a survey that sees everything would find it.
    pub(in crate::sim) fn observe(&self) -> ObservedOrganization {
        let mut units: Vec<(u64, ObservedUnit)> = self
            .units
            .iter()
            .map(|(id, unit)| {
                let observed = ObservedUnit {
                    id: id.clone(),
                    name: unit.name.clone(),
                    parent: unit.parent.clone(),
                    tags: unit.tags.clone(),
                    // Whose policies are whose depends on who asks.
                    foreign_policies: None,
                };
                (unit.depth, observed)
            })
            .collect();
        units.sort_by_key(|(depth, _)| *depth);
        ObservedOrganization {
            organization: self.organization.clone(),
            root: self.root.clone(),
            units: units.into_iter().map(|(_, unit)| unit).collect(),
            accounts: self
                .members
                .values()
                .map(|member| ObservedAccount {
                    account: member.account.clone(),
                    parent: member.parent.clone(),
                    tags: member.tags.clone(),
                })
                .collect(),
            other_account_count: 0,
            policies: self
                .policies
                .values()
                .map(|row| ObservedPolicy {
                    policy: ControlPolicy {
                        document: (!row.policy.aws_managed).then(|| row.document.clone()),
                        ..row.policy.clone()
                    },
                    targets: row.targets.iter().cloned().collect(),
                    tags: row.tags.clone(),
                })
                .collect(),
        }
    }
}
