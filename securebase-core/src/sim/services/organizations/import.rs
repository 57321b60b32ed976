//! An organization from an observation.

use super::{FULL_ACCESS, Member, Org, PolicyRow, Unit, target_id};
use crate::cloud::organizations::ControlPolicy;
use crate::model::ResourceId;
use crate::observe::ObservedOrganization;
use crate::policy::PolicyText;
use crate::sim::schedule::chance::id;
use crate::time::Time;

/// The organization that was observed.
pub(in crate::sim) fn organization_of(observed: &ObservedOrganization) -> Org {
    let mut org = Org::with(observed.organization.clone(), observed.root.clone());
    for unit in &observed.units {
        let depth = org.units.get(&unit.parent).map_or(1, |above| above.depth + 1);
        let row = Unit {
            name: unit.name.clone(),
            parent: unit.parent.clone(),
            depth,
            tags: unit.tags.clone(),
            visible_from: Time::ZERO,
        };
        org.insert_unit(unit.id.clone(), row);
    }
    for account in &observed.accounts {
        org.insert_member(Member {
            account: account.account.clone(),
            parent: account.parent.clone(),
            tags: account.tags.clone(),
            role: None,
            exists_from: Time::ZERO,
            visible_from: Time::ZERO,
            assumable_from: Time::ZERO,
            ready_from: Time::ZERO,
        });
    }
    if !org.members.contains_key(&org.organization.management_account) {
        org.add_management();
    }
    for policy in &observed.policies {
        if policy.policy.aws_managed {
            continue;
        }
        org.insert_policy(PolicyRow {
            policy: ControlPolicy { document: None, ..policy.policy.clone() },
            document: policy.policy.document.clone().unwrap_or_else(|| PolicyText::read("")),
            targets: policy.targets.iter().cloned().collect(),
            tags: policy.tags.clone(),
            visible_from: Time::ZERO,
        });
    }
    attach_full_access(&mut org, observed);
    org
}

/// AWS's own policy: where the observation says, or everywhere where it says nothing of it.
fn attach_full_access(org: &mut Org, observed: &ObservedOrganization) {
    let full_access = id(FULL_ACCESS);
    let targets: Vec<ResourceId> = match observed.policies.iter().find(|policy| policy.policy.aws_managed) {
        Some(policy) if !policy.targets.is_empty() => {
            org.detach(&full_access, &org.root.id.clone());
            policy.targets.clone()
        }
        _ => {
            let accounts = org.members.keys().map(|account| target_id(*account));
            org.units.keys().cloned().chain(accounts).collect()
        }
    };
    for target in targets {
        org.attach(&full_access, &target);
    }
}
