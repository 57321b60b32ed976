//! Units, policies and attachments that no tenant needs any more.
//!
//! A unit goes when nothing is left in it, and nothing loses its guardrails on the way: what is detached from a unit waits
//! for the accounts that leave it, and for what takes its place on a unit that stays.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::Pruned;
use crate::kinds::guardrail_role::GuardrailRole;
use crate::kinds::step::Action;
use crate::kinds::{
    OrganizationalUnitSpec, PolicyAttachmentSpec, ResourceSpec, ServiceControlPolicySpec, attachment_id,
};
use crate::model::{AccountId, Address, Problem, ResourceId};
use crate::observe::{Names, ObservedOrganization, ObservedPolicy, ObservedUnit, unit_paths};
use crate::plan::desired::graph::{Dependency, DependencyReason, ResourceGraph};
use crate::plan::step::{Site, Step};
use crate::policy::PolicyText;

/// Adds what is to go, each after all it waits for.
pub(super) fn find(
    organization: &ObservedOrganization,
    names: &Names<'_>,
    suspended: &str,
    graph: &ResourceGraph,
    steps: &IndexMap<Address, Step>,
    pruned: &mut Pruned,
) {
    let mut leftovers = Leftovers::new(organization, names, graph, steps);
    for policy in &organization.policies {
        if names.ours(&policy.tags) {
            leftovers.policy(policy);
        }
    }
    // Children come after their parents in an observation, and must go before them.
    for unit in organization.units.iter().rev() {
        leftovers.unit(unit, suspended);
    }
    pruned.deletions.extend(leftovers.steps);
    pruned.warnings.extend(leftovers.warnings);
}

struct Leftovers<'a> {
    names: &'a Names<'a>,
    graph: &'a ResourceGraph,
    planned: &'a IndexMap<Address, Step>,
    /// The path of every unit.
    paths: BTreeMap<ResourceId, String>,
    /// The moves out of each unit, those out of units below it included.
    departures: BTreeMap<&'a ResourceId, Vec<Address>>,
    /// Units in which something stays.
    inhabited: BTreeSet<&'a ResourceId>,
    /// The root or unit above each unit.
    parents: BTreeMap<&'a ResourceId, &'a ResourceId>,
    steps: Vec<Step>,
    warnings: Vec<Problem>,
}

impl<'a> Leftovers<'a> {
    fn new(
        organization: &'a ObservedOrganization,
        names: &'a Names<'a>,
        graph: &'a ResourceGraph,
        planned: &'a IndexMap<Address, Step>,
    ) -> Self {
        let moves: BTreeMap<AccountId, &Address> = planned
            .values()
            .filter(|step| {
                matches!(step.spec.as_kind().guardrail_role(), Some(GuardrailRole::Placement { .. }))
            })
            .filter_map(|step| Some((step.id.as_ref()?.as_str().parse().ok()?, &step.address)))
            .collect();
        let parents = organization.units.iter().map(|unit| (&unit.id, &unit.parent)).collect();
        let mut leftovers = Self {
            names,
            graph,
            planned,
            paths: unit_paths(organization),
            departures: BTreeMap::new(),
            inhabited: BTreeSet::new(),
            parents,
            steps: Vec::new(),
            warnings: Vec::new(),
        };
        for account in &organization.accounts {
            let leaves = moves.get(&account.account.id);
            for unit in leftovers.upwards(&account.parent) {
                match leaves {
                    Some(placement) => {
                        leftovers.departures.entry(unit).or_default().push((*placement).clone());
                    }
                    None => drop(leftovers.inhabited.insert(unit)),
                }
            }
        }
        for unit in &organization.units {
            if leftovers.wanted(unit) || !names.ours(&unit.tags) {
                for above in leftovers.upwards(&unit.id) {
                    leftovers.inhabited.insert(above);
                }
            }
        }
        leftovers
    }

    /// A unit and all above it.
    fn upwards(&self, unit: &ResourceId) -> Vec<&'a ResourceId> {
        let mut found = Vec::new();
        let mut next = self.parents.get_key_value(unit);
        while let Some((unit, above)) = next {
            found.push(*unit);
            next = self.parents.get_key_value(*above);
        }
        found
    }

    fn address(&self, unit: &ResourceId) -> Option<Address> {
        let path = self.paths.get(unit).filter(|path| !path.is_empty())?;
        Some(Address::organizational_unit(path))
    }

    fn wanted(&self, unit: &ObservedUnit) -> bool {
        self.address(&unit.id).is_some_and(|address| self.graph.get(&address).is_some())
    }

    /// The waits for all accounts that leave a unit.
    fn after_departures(&self, unit: &ResourceId) -> Vec<Dependency> {
        let moves = self.departures.get(unit).into_iter().flatten();
        moves.map(|on| Dependency { on: on.clone(), reason: DependencyReason::Left }).collect()
    }

    fn delete(
        &mut self,
        address: Address,
        spec: ResourceSpec,
        id: ResourceId,
        mut depends_on: Vec<Dependency>,
    ) {
        depends_on.sort();
        depends_on.dedup();
        self.steps.push(Step {
            kind: spec.kind(),
            address,
            action: Action::Delete,
            tenant: None,
            site: Site::Management,
            spec,
            id: Some(id),
            changes: Vec::new(),
            look_first: false,
            depends_on,
        });
    }

    /// The attachments of a policy that go, and the policy itself where all of them do and nobody wants it.
    fn policy(&mut self, found: &ObservedPolicy) {
        let name = &found.policy.name;
        let policy = Address::policy(name);
        let mut gone = Vec::new();
        let mut stays = self.graph.get(&policy).is_some();
        for target in &found.targets {
            let path = self.paths.get(target).filter(|path| !path.is_empty()).cloned();
            let Some(path) = path else {
                stays = true;
                continue;
            };
            let address = Address::attachment(&path, name);
            if self.graph.get(&address).is_some() {
                continue;
            }
            let unit = Address::organizational_unit(&path);
            let unit_wanted = self.graph.get(&unit).is_some();
            // Whoever stays in a unit keeps its guardrails.
            if !unit_wanted && self.inhabited.contains(target) {
                stays = true;
                continue;
            }
            let mut waits = self.after_departures(target);
            if unit_wanted {
                let on_unit = |step: &&Step| matches!(step.spec.as_kind().guardrail_role(), Some(GuardrailRole::Attachment { target, .. }) if *target == unit);
                let successors = self.planned.values().filter(on_unit);
                waits.extend(
                    successors.map(|step| Dependency {
                        on: step.address.clone(),
                        reason: DependencyReason::Guarded,
                    }),
                );
            }
            let spec =
                ResourceSpec::PolicyAttachment(PolicyAttachmentSpec { policy: policy.clone(), target: unit });
            self.delete(address.clone(), spec, attachment_id(&found.policy.id, target), waits);
            gone.push(Dependency { on: address, reason: DependencyReason::Freed });
        }
        if !stays {
            let spec = ResourceSpec::ServiceControlPolicy(ServiceControlPolicySpec {
                name: name.clone(),
                description: found.policy.description.clone(),
                document: found.policy.document.clone().unwrap_or_else(|| PolicyText::read("")),
                tags: found.tags.clone(),
            });
            self.delete(policy, spec, found.policy.id.clone(), gone);
        }
    }

    /// A unit of ours that nobody wants and in which nothing stays.
    fn unit(&mut self, unit: &ObservedUnit, suspended: &str) {
        if self.wanted(unit) || !self.names.ours(&unit.tags) {
            return;
        }
        let Some(address) = self.address(&unit.id) else { return };
        if self.inhabited.contains(&unit.id) {
            if address == Address::organizational_unit(suspended) {
                return;
            }
            self.warnings.push(Problem::warning(
                "unit-kept",
                address.as_str(),
                format!(
                    "organizational unit `{}` is no longer wanted, but accounts or units stay in it",
                    unit.name
                ),
                "it keeps its guardrails and is deleted once nothing is in it",
            ));
            return;
        }
        let parent = self.address(&unit.parent).unwrap_or_else(Address::root);
        let mut waits = self.after_departures(&unit.id);
        // Attachments to the unit, and units below it.
        let before = self.steps.iter().filter(|step| step.spec.references().contains(&&address));
        waits.extend(
            before.map(|step| Dependency { on: step.address.clone(), reason: DependencyReason::Freed }),
        );
        let spec = ResourceSpec::OrganizationalUnit(OrganizationalUnitSpec {
            name: unit.name.clone(),
            parent,
            tags: unit.tags.clone(),
        });
        self.delete(address, spec, unit.id.clone(), waits);
    }
}
