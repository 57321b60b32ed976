//! Steps that an earlier run has put off, and that cannot succeed yet.

use indexmap::IndexMap;

use crate::kinds::step::{Deferral, Pending};
use crate::model::Address;
use crate::plan::diff::applied::Applied;
use crate::plan::step::Step;
use crate::time::Time;

/// Takes the steps that cannot succeed at this moment out of a plan, and every step that waits for one of them.
///
/// A step that waits for a person stays in the plan: its call is what shows whether the person has acted.
pub(in crate::plan) fn set_aside(
    applied: &Applied,
    now: Time,
    steps: &mut IndexMap<Address, Step>,
) -> Vec<Pending> {
    let mut pending: IndexMap<Address, Pending> = IndexMap::new();
    // Each step comes after all it waits for, so one pass finds everything that waits for a pending step.
    for step in steps.values() {
        let put_off = applied.pending.get(&step.address);
        let own = put_off
            .filter(|(action, deferral)| *action == step.action && deferral.waits_for.rules_out(now))
            .map(|(_, deferral)| deferral.clone());
        let inherited = || {
            let cause = step.depends_on.iter().find_map(|dependency| pending.get(&dependency.on))?;
            let Deferral { waits_for, probe, .. } = cause.deferral.clone();
            Some(Deferral { waits_for, reason: format!("`{}` is pending", cause.address), probe })
        };
        if let Some(deferral) = own.or_else(inherited) {
            let Step { address, kind, action, .. } = step;
            pending.insert(
                address.clone(),
                Pending { address: address.clone(), kind: *kind, action: *action, deferral },
            );
        }
    }
    steps.retain(|address, _| !pending.contains_key(address));
    pending.into_values().collect()
}
