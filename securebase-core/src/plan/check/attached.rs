//! Which policies are attached where, before a plan and after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::guardrail_role::GuardrailRole;
use crate::kinds::step::Action;
use crate::model::{Address, Problem, ResourceId, Severity};
use crate::observe::{ObservedOrganization, unit_paths};
use crate::plan::step::{Plan, Step};
use crate::policy::{Level, Policy, PolicyText};

/// A policy, by its id where it has one, else by its address.
type Key = String;

/// A policy that is attached and cannot be decided with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unread {
    name: String,
    reason: String,
}

impl Unread {
    /// The finding at a place: the path of a unit, the empty path of the root, or the id of an account.
    fn problem(&self, place: &str) -> Problem {
        let Self { name, reason } = self;
        let at = match place {
            "" => "the root".to_owned(),
            place => format!("`{place}`"),
        };
        let message =
            format!("the policy `{name}` at {at} cannot be read, so what it denies is not known: {reason}");
        let hint = "check by hand that it lets the access role do its work, or detach it";
        Problem::error("policy.unread", name.as_str(), message, hint)
    }
}

/// What is attached on the way from the root to an account: the levels that can be decided with, and the policies on them that
/// cannot be read. A caller that takes the levels takes the findings too, so that an unread policy never looks like an absent one.
#[derive(Debug)]
pub(in crate::plan) struct Way {
    levels: Vec<Level>,
    unread: Vec<Problem>,
}

impl Way {
    /// The levels, where every policy on them can be read.
    ///
    /// # Errors
    /// One error for each policy that cannot.
    pub(in crate::plan) fn complete(self) -> Result<Vec<Level>, Vec<Problem>> {
        if self.unread.is_empty() { Ok(self.levels) } else { Err(self.unread) }
    }

    /// The levels as far as they can be read, and a warning for each policy that cannot.
    pub(in crate::plan) fn with_warnings(self) -> (Vec<Level>, Vec<Problem>) {
        let warning = |problem| Problem { severity: Severity::Warning, ..problem };
        (self.levels, self.unread.into_iter().map(warning).collect())
    }
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
            let document = found.policy.document.as_ref();
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

    /// What is attached to a place: what can be decided with in the order of names, and what cannot be read.
    fn at(&self, place: &str) -> (Vec<Policy>, Vec<Unread>) {
        let full = self.full_access.as_ref().is_none_or(|places| {
            // Whatever is made gets it by itself.
            places.contains(place) || !self.places.contains_key(place)
        });
        let (mut policies, mut unread) = (Vec::new(), Vec::new());
        for key in self.places.get(place).into_iter().flatten() {
            match self.documents.get(key) {
                Some(Ok(policy)) => policies.push(policy.clone()),
                Some(Err(why)) => unread.push(why.clone()),
                None => unread.push(Unread { name: key.clone(), reason: "it is not observed".to_owned() }),
            }
        }
        policies.sort_by(|a: &Policy, b| a.name.cmp(&b.name));
        if full || policies.is_empty() {
            policies.insert(0, Policy::full_access());
        }
        (policies, unread)
    }

    /// Whether the place itself has the same policies as in `other`, also among those that cannot be read.
    pub(in crate::plan) fn is_same_at(&self, other: &Self, place: &str) -> bool {
        self.at(place) == other.at(place)
    }

    /// Whether something of somebody's is attached to the place itself.
    pub(super) fn has_own(&self, place: &str) -> bool {
        self.places.get(place).is_some_and(|keys| !keys.is_empty())
    }

    /// What is attached from the root to an account below a unit; also to the account itself where its id is given.
    pub(in crate::plan) fn way(&self, path: &str, account: Option<&str>) -> Way {
        let mut way = Way { levels: Vec::new(), unread: Vec::new() };
        let mut add = |name: &str, place: &str| {
            let (policies, unread) = self.at(place);
            way.levels.push(Level::new(name, policies));
            way.unread.extend(unread.iter().map(|unread| unread.problem(place)));
        };
        add("root", "");
        let mut so_far = String::new();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if !so_far.is_empty() {
                so_far.push('/');
            }
            so_far.push_str(name);
            add(&so_far, &so_far);
        }
        match account {
            Some(id) => add("account", id),
            None => way.levels.push(Level::new("account", vec![Policy::full_access()])),
        }
        way
    }
}

/// The path of a unit, `None` for what is none.
pub(in crate::plan) fn unit_path(address: &Address) -> Option<String> {
    address.local().strip_prefix("ou/").map(str::to_owned)
}

/// A document under its name, or why it cannot be decided with.
fn read(name: &str, document: Option<&PolicyText>) -> Result<Policy, Unread> {
    let unread = |reason: String| Unread { name: name.to_owned(), reason };
    let text = document.ok_or_else(|| unread("AWS returned no document".to_owned()))?;
    let document = text.document().map_err(|unreadable| unread(unreadable.to_string()))?;
    Ok(Policy::new(name, document.clone()))
}

fn key(plan: &Plan, policy: &Address) -> Key {
    plan.known.get(policy).map_or_else(|| policy.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root has a policy that can be read, one that cannot, and one of which nothing is known.
    fn attached() -> Attached {
        let full = PolicyText::read(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#,
        );
        let documents = [("p-1", Some(&full)), ("p-2", Some(&PolicyText::read("{"))), ("p-3", None)];
        let mut attached = Attached::default();
        for (id, document) in documents {
            attached.documents.insert(id.to_owned(), read(id, document));
        }
        let keys = ["p-1", "p-2", "p-3", "p-4"].map(str::to_owned);
        attached.places.insert(String::new(), keys.into());
        attached
    }

    #[test]
    fn the_levels_come_with_every_policy_that_is_not_read() {
        let names = |problems: &[Problem]| problems.iter().map(|it| it.path.clone()).collect::<Vec<_>>();
        let (levels, warnings) = attached().way("Customers", None).with_warnings();
        assert_eq!(names(&warnings), ["p-2", "p-3", "p-4"]);
        assert!(warnings.iter().all(|it| it.code == "policy.unread" && !it.is_error()), "{warnings:?}");
        assert_eq!(
            levels[0].policies.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
            ["FullAWSAccess", "p-1"]
        );
        let errors = attached().way("Customers", None).complete().unwrap_err();
        assert_eq!(names(&errors), ["p-2", "p-3", "p-4"]);
        assert!(errors.iter().all(Problem::is_error), "{errors:?}");
    }

    #[test]
    fn a_place_differs_by_what_is_not_read_there() {
        let (one, mut other) = (attached(), attached());
        assert!(one.is_same_at(&other, ""));
        other.documents.insert("p-2".to_owned(), read("p-2", Some(&PolicyText::read("["))));
        assert!(!one.is_same_at(&other, ""));
    }
}
