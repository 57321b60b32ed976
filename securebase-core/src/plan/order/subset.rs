//! A part of a plan: some addresses, and whatever they wait for.

use std::collections::BTreeSet;

use crate::model::Address;
use crate::plan::Error;
use crate::plan::diff::since::Basis;
use crate::plan::step::{Plan, Step};

impl Plan {
    /// The plan that carries out only what stands at or below `targets`, and every step those wait for.
    ///
    /// What is left out stays to be done: planning again afterwards finds it. No targets give an empty plan.
    ///
    /// # Errors
    /// [`Error::UnknownTargets`] with every target at and below which nothing exists or is to be done.
    pub fn only(&self, targets: &[Address]) -> Result<Self, Error> {
        let unknown: Vec<Address> = targets
            .iter()
            .filter(|target| !self.inventory.keys().chain(self.steps.keys()).any(|at| within(at, target)))
            .cloned()
            .collect();
        if !unknown.is_empty() {
            return Err(Error::UnknownTargets(unknown));
        }
        let mut wanted: BTreeSet<&Address> = BTreeSet::new();
        // Steps come after all they wait for, so from the end every step knows by then whether one that waits is wanted.
        for step in self.steps.values().rev() {
            if wanted.contains(&step.address) || targets.iter().any(|target| within(&step.address, target)) {
                wanted.insert(&step.address);
                wanted.extend(step.depends_on.iter().map(|dependency| &dependency.on));
            }
        }
        let left_out: BTreeSet<&Address> =
            self.steps.keys().filter(|address| !wanted.contains(address)).collect();
        let kept = |step: &&Step| wanted.contains(&step.address);
        let mut part = Self { basis: Basis::default(), ..self.clone() };
        part.steps =
            self.steps.values().filter(kept).map(|step| (step.address.clone(), step.clone())).collect();
        part.inventory.retain(|address, _| !left_out.contains(address));
        Ok(part)
    }
}

/// Whether `address` is `target` or stands below it.
fn within(address: &Address, target: &Address) -> bool {
    address
        .as_str()
        .strip_prefix(target.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
