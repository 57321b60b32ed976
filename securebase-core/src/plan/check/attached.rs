//! Which policies are attached where, before a plan and after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::guardrail_role::GuardrailRole;
use crate::kinds::step::Action;
use crate::model::{Address, Problem, ResourceId, Severity};
use crate::observe::{ObservedOrganization, unit_paths};
use crate::plan::step::{Plan, Step};
use crate::policy::{Level, Policy, PolicyDocument};

/// A policy, by its id where it has one, else by its address.
type Key = String;

/// A policy that is attached and cannot be decided with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unread {
    name: String,
    reason: String,
}

/// Which policies are attached where.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plan) struct Attached {
    documents: BTreeMap<Key, Result<Policy, Unread>>,
    /// By the path of a unit, the empty path of the root, or the id of an account.
    places: BTreeMap<String, BTreeSet<Key>>,
    /// Where AWS's `FullAWSAccess` was found; `None` where nothing is known of it, which is everywhere then.
    full_access: Option<BTreeSet<String>>,
    /// The paths of the units there are.
    pub(in crate::plan) units: BTreeSet<String>,
}

impl Attached {
    /// What was attached when the plan was made.
    pub(in crate::plan) fn before(plan: &Plan) -> Self {
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
            let key = found.policy.id.to_string();
            let document = found.policy.document.as_deref();
            attached.documents.insert(key.clone(), read(&found.policy.name, document));
            for target in &found.targets {
                attached.places.entry(place(target)).or_default().insert(key.clone());
            }
        }
        attached.units = paths.into_values().filter(|path| !path.is_empty()).collect();
        attached
    }

    /// What will be attached once the plan is applied.
    pub(in crate::plan) fn after(plan: &Plan) -> Self {
        let mut attached = Self::before(plan);
        for step in plan.steps() {
            attached.take(plan, step);
        }
        attached
    }

    fn take(&mut self, plan: &Plan, step: &Step) {
        let Some(guarding) = step.spec.as_kind().guardrail_role() else { return };
        match (guarding, step.action) {
            (GuardrailRole::Unit, Action::Create) => {
                let path = unit_path(&step.address);
                // AWS attaches its policy to whatever is made.
                if let Some(full) = &mut self.full_access {
                    full.extend(path.clone());
                }
                self.units.extend(path);
            }
            (GuardrailRole::Policy { name, document }, Action::Create | Action::Update | Action::Adopt) => {
                self.documents.insert(key(plan, &step.address), read(name, Some(document)));
            }
            (GuardrailRole::Policy { .. }, Action::Delete) => {
                let gone = key(plan, &step.address);
                self.documents.remove(&gone);
                self.places.values_mut().for_each(|keys| {
                    keys.remove(&gone);
                });
            }
            (GuardrailRole::Attachment { policy, target }, action) => {
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
            .filter_map(|key| self.documents.get(key)?.as_ref().ok().cloned())
            .collect();
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        if full || policies.is_empty() {
            policies.insert(0, Policy::full_access());
        }
        policies
    }

    /// The policies on the way from the root to an account that no verdict takes into account, because they cannot be read:
    /// one finding each, an error where a verdict is wanted and a warning where it is only checked.
    pub(in crate::plan) fn unread(
        &self,
        path: &str,
        account: Option<&str>,
        severity: Severity,
    ) -> Vec<Problem> {
        let mut places = vec![String::new()];
        let mut so_far = String::new();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if !so_far.is_empty() {
                so_far.push('/');
            }
            so_far.push_str(name);
            places.push(so_far.clone());
        }
        places.extend(account.map(str::to_owned));
        let mut problems = Vec::new();
        for place in places {
            let keys = self.places.get(&place).into_iter().flatten();
            for Unread { name, reason } in keys.filter_map(|key| self.documents.get(key)?.as_ref().err()) {
                let at = match place.as_str() {
                    "" => "the root".to_owned(),
                    place => format!("`{place}`"),
                };
                let message = format!(
                    "the policy `{name}` at {at} cannot be read, so what it denies is not known: {reason}"
                );
                let hint = "check by hand that it lets the access role do its work, or detach it";
                let problem = Problem::error("policy.unread", name.as_str(), message, hint);
                problems.push(Problem { severity, ..problem });
            }
        }
        problems
    }

    /// Whether something of somebody's is attached to the place itself.
    pub(super) fn has_own(&self, place: &str) -> bool {
        self.places.get(place).is_some_and(|keys| !keys.is_empty())
    }

    /// The levels from the root to an account below a unit; the account's own where its id is given.
    pub(in crate::plan) fn levels(&self, path: &str, account: Option<&str>) -> Vec<Level> {
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
pub(in crate::plan) fn unit_path(address: &Address) -> Option<String> {
    address.local().strip_prefix("ou/").map(str::to_owned)
}

/// A document under its name, or why it cannot be decided with.
fn read(name: &str, document: Option<&str>) -> Result<Policy, Unread> {
    let unread = |reason: String| Unread { name: name.to_owned(), reason };
    let text = document.ok_or_else(|| unread("AWS returned no document".to_owned()))?;
    let document = PolicyDocument::parse(text).map_err(|error| unread(error.to_string()))?;
    Ok(Policy::new(name, document))
}

fn key(plan: &Plan, policy: &Address) -> Key {
    plan.known.get(policy).map_or_else(|| policy.to_string(), ToString::to_string)
}
