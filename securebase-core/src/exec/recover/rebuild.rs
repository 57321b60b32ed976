//! A state that was lost, from what exists.

use crate::cloud::Cloud;
use crate::exec::ApplyOptions;
use crate::exec::Error;
use crate::exec::driver::leased::leased;
use crate::model::{Address, LandingZone, ResourceId, ResourceKind, TenantKey};
use crate::observe::{Observed, Scope, survey};
use crate::plan::Planner;
use crate::state::{RunId, State, StoredResource};

/// Writes down what exists of a zone, in place of whatever a state knew: for a state that was lost, or never was.
///
/// # Flow
/// Surveys the cloud, matches what is there with what the zone wants by tags, names and root e-mails as a planner does, and
/// puts the ids into the state, with an entry in its history. The cloud is not changed.
///
/// # Errors
/// [`Error::Survey`]; [`Error::Plan`] where zone and cloud do not go together; [`Error::Unfinished`] where the state holds a
/// run that was cut off, which knows more than a survey; [`Error::State`].
pub async fn rebuild(
    zone: &LandingZone,
    cloud: &dyn Cloud,
    state: &State,
    options: &ApplyOptions,
) -> Result<RunId, Error> {
    let observed = survey(cloud, &Scope::of(zone)).await?;
    write_down(zone, &observed, cloud, state, options).await
}

async fn write_down(
    zone: &LandingZone,
    observed: &Observed,
    cloud: &dyn Cloud,
    state: &State,
    options: &ApplyOptions,
) -> Result<RunId, Error> {
    let plan = Planner::new(zone).observed(observed).plan()?;
    let tenant = |address: &Address| -> Option<TenantKey> {
        let key = address.tenant_key()?;
        plan.tenants.iter().map(|tenant| &tenant.key).find(|tenant| tenant.as_str() == key).cloned()
    };
    let stored = |address: &Address, kind: ResourceKind, id: &ResourceId| StoredResource {
        address: address.clone(),
        kind,
        id: id.clone(),
        tenant: tenant(address),
    };
    // What is wanted and exists, and what is ours, exists and is wanted no longer.
    let wanted = plan.known.iter().filter_map(|(address, id)| {
        let kind = plan.inventory.get(address)?;
        Some(stored(address, *kind, id))
    });
    let pruned = plan.steps().filter_map(|step| {
        let id = step.id.as_ref().filter(|_| !plan.inventory.contains_key(&step.address))?;
        Some(stored(&step.address, step.kind, id))
    });
    let zone = &zone.name;
    leased(cloud, state, options, |lease| async move {
        let last = state.last_run().await?;
        let found = observed.organization.as_ref().map(|found| &found.organization.id);
        state.check_zone(last.as_ref(), zone)?;
        state.check_organization(state.organization(last.as_ref()).await?.as_ref(), found)?;
        if let Some(last) = last
            && last.replay.ended.is_none()
            && last.replay.last_seq > 0
        {
            return Err(Error::Unfinished { run: last.run });
        }
        Ok(state.replace_resources(&lease, wanted.chain(pruned)).await?)
    })
    .await
}
