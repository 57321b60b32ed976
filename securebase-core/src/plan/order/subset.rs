//! A part of a plan: some addresses, and whatever they wait for.

use std::collections::BTreeSet;

use crate::model::Address;
use crate::plan::Error;
use crate::plan::diff::incremental::Basis;
use crate::plan::step::{Plan, Step};

impl Plan {
    /// The plan that carries out only what stands at or below `targets`, and every step those wait for.
    ///
    /// What is left out stays to be done: planning again afterwards finds it. No targets give an empty plan.
    ///
    /// # Errors
    /// [`Error::UnknownTargets`] with every target at and below which nothing exists or is to be done.
    pub fn only(&self, targets: &[Address]) -> Result<Self, Error> {
        self.check_targets(targets)?;
        let targets: BTreeSet<&str> = targets.iter().map(Address::as_str).collect();
        let mut wanted: BTreeSet<&Address> = BTreeSet::new();
        // Steps come after all they wait for, so from the end every step knows by then whether one that waits is wanted.
        for step in self.steps.values().rev() {
            if wanted.contains(&step.address) || above(&step.address).any(|target| targets.contains(target)) {
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

    /// Makes sure that the plan has something at or below each of these addresses.
    ///
    /// # Errors
    /// [`Error::UnknownTargets`] with all of those at which it has nothing.
    pub(crate) fn check_targets<'a>(
        &self,
        targets: impl IntoIterator<Item = &'a Address>,
    ) -> Result<(), Error> {
        let known: BTreeSet<&str> = self.inventory.keys().chain(self.steps.keys()).flat_map(above).collect();
        let unknown: Vec<Address> =
            targets.into_iter().filter(|target| !known.contains(target.as_str())).cloned().collect();
        if unknown.is_empty() { Ok(()) } else { Err(Error::UnknownTargets(unknown)) }
    }
}

/// An address and all that it stands below: `a/b/c`, `a/b`, `a`.
fn above(address: &Address) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(address.as_str()), |address| Some(address.rsplit_once('/')?.0))
}
