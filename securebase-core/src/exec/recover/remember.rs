//! A planner that knows what a state remembers.

use crate::plan::Planner;
use crate::state::{Error, State};

/// The planner with what a state remembers: ids, what was last applied, and the terms on which tenants were served.
///
/// If no state exists, the planner plans without one and the plan carries a warning, because a mistyped path must not look
/// like an empty state.
///
/// # Errors
/// [`Error::AnotherZone`] where the state is another zone's; as [`State::recorded`].
pub async fn remember<'a>(planner: Planner<'a>, state: &State) -> Result<Planner<'a>, Error> {
    let resources = match state.resources().await {
        Ok(resources) => resources,
        Err(Error::NotFound { place }) => return Ok(planner.without_state(place)),
        Err(error) => return Err(error),
    };
    let last = state.last_run().await?;
    state.check_zone(last.as_ref(), &planner.scope().zone)?;
    let ids = resources.into_values().map(|resource| (resource.address, resource.id));
    let terms = last.map(|last| last.plan.terms());
    Ok(planner.remembered(ids).applied(state.applied().await?).served(terms).state_place(state.place()))
}
