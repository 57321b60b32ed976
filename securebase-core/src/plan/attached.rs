//! Which policies are attached where, before a plan and after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Address, ResourceId, ResourceSpec};
use crate::observe::ObservedOrganization;
use crate::policy::{Level, Policy, PolicyDocument};

use super::scope::unit_paths;
use super::step::{Action, Plan, Step};

/// A policy, by its id where it has one, else by its address.
type Key = String;

/// Which policies are attached where.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Attached {
    documents: BTreeMap<Key, Policy>,
    /// By the path of a unit, the empty path of the root, or the id of an account.
    places: BTreeMap<String, BTreeSet<Key>>,
    /// Where AWS's `FullAWSAccess` was found; `None` where nothing is known of it, which is everywhere then.
    full_access: Option<BTreeSet<String>>,
    /// The paths of the units there are.
    pub(super) units: BTreeSet<String>,
}

impl Attached {
    /// What was attached when the plan was made.
    pub(super) fn before(plan: &Plan) -> Self {
        plan.observed.organization.as_ref().map(Self::observed).unwrap_or_default()
    }

    fn observed(organization: &ObservedOrganization) -> Self {
        let paths = unit_paths(organization);
        let place = |id: &ResourceId| paths.get(id).cloned().unwrap_or_else(|| id.to_string());
        let mut attached = Self::default();
        for found in &organization.policies {
            if found.policy.aws_managed {
                let full = attached.full_access.get_or_insert_default();
                full.extend(found.targets.iter().map(place));
                continue;
            }
            // A document that AWS holds and nobody can read binds nobody here either: the survey says so where it matters.
            let parsed = found.policy.document.as_deref().map(PolicyDocument::parse);
            let Some(Ok(document)) = parsed else { continue };
            let key = found.policy.id.to_string();
            attached.documents.insert(key.clone(), Policy::new(found.policy.name.clone(), document));
            for target in &found.targets {
                attached.places.entry(place(target)).or_default().insert(key.clone());
            }
        }
        attached.units = paths.into_values().filter(|path| !path.is_empty()).collect();
        attached
    }

    /// What will be attached once the plan is applied.
    pub(super) fn after(plan: &Plan) -> Self {
        let mut attached = Self::before(plan);
        for step in plan.steps() {
            attached.take(plan, step);
        }
        attached
    }

    fn take(&mut self, plan: &Plan, step: &Step) {
        match (&step.spec, step.action) {
            (ResourceSpec::OrganizationalUnit { .. }, Action::Create) => {
                self.units.extend(unit_path(&step.address));
            }
            (
                ResourceSpec::ServiceControlPolicy { name, document, .. },
                Action::Create | Action::Update | Action::Adopt,
            ) => {
                if let Ok(document) = PolicyDocument::parse(document) {
                    self.documents.insert(key(plan, &step.address), Policy::new(name.clone(), document));
                }
            }
            (ResourceSpec::ServiceControlPolicy { .. }, Action::Delete) => {
                let gone = key(plan, &step.address);
                self.documents.remove(&gone);
                self.places.values_mut().for_each(|keys| {
                    keys.remove(&gone);
                });
            }
            (ResourceSpec::PolicyAttachment { policy, target }, action) => {
                let (key, place) = (key(plan, policy), unit_path(target).unwrap_or_default());
                let keys = self.places.entry(place).or_default();
                match action {
                    Action::Create | Action::Adopt => keys.insert(key),
                    Action::Delete => keys.remove(&key),
                    _ => false,
                };
            }
            _ => {}
        }
    }

    /// What is attached to a place, in the order of names.
    fn at(&self, place: &str) -> Vec<Policy> {
        let full = self.full_access.as_ref().is_none_or(|places| {
            // Whatever is made gets it by itself.
            places.contains(place) || !self.places.contains_key(place)
        });
        let mut policies: Vec<Policy> = self
            .places
            .get(place)
            .into_iter()
            .flatten()
            .filter_map(|key| self.documents.get(key).cloned())
            .collect();
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        if full || policies.is_empty() {
            policies.insert(0, Policy::full_access());
        }
        policies
    }

    /// Whether something of somebody's is attached to the place itself.
    pub(super) fn has_own(&self, place: &str) -> bool {
        self.places.get(place).is_some_and(|keys| !keys.is_empty())
    }

    /// The levels from the root to an account below a unit; the account's own where its id is given.
    pub(super) fn levels(&self, path: &str, account: Option<&str>) -> Vec<Level> {
        let mut levels = vec![Level::new("root", self.at(""))];
        let mut so_far = String::new();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if !so_far.is_empty() {
                so_far.push('/');
            }
            so_far.push_str(name);
            levels.push(Level::new(so_far.clone(), self.at(&so_far)));
        }
        levels.push(Level::new(
            "account",
            account.map_or_else(|| vec![Policy::full_access()], |id| self.at(id)),
        ));
        levels
    }
}

/// The path of a unit, `None` for what is none.
pub(super) fn unit_path(address: &Address) -> Option<String> {
    address.local().strip_prefix("ou/").map(str::to_owned)
}

fn key(plan: &Plan, policy: &Address) -> Key {
    plan.known.get(policy).map_or_else(|| policy.to_string(), ToString::to_string)
}
