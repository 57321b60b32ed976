//! Trying a plan out: everything but the effect.

use crate::cloud::Cloud;
use crate::exec::Error;
use crate::exec::driver::apply;
use crate::exec::driver::prepare::refuse;
use crate::exec::run::{ApplyOptions, Run, limits_in_force};
use crate::observe::survey;
use crate::plan::{Plan, fingerprint};
use crate::sim::SimulatedCloud;
use crate::state::{MemoryStore, State};

/// Carries a plan out in a simulated cloud that begins as the real one is now. Nothing is changed and nothing written down.
///
/// # Flow
/// Surveys the cloud, which proves the credentials and that the plan is not stale; then runs the executor itself in virtual
/// time, telling `options` every event and call.
///
/// # Caveats
/// What AWS alone knows is not tried: whether an e-mail address is taken, whether a quota was raised.
///
/// # Errors
/// As [`apply`](crate::exec::apply), but for those of the state.
pub async fn dry_run(plan: &Plan, cloud: &dyn Cloud, options: ApplyOptions) -> Result<Run, Error> {
    refuse(plan, &options)?;
    let observed = survey(cloud, &plan.scope).await?;
    if fingerprint(&observed, &plan.scope) != plan.observed_fingerprint {
        return Err(Error::Stale);
    }
    let rehearsal = SimulatedCloud::builder(0)
        .limits(limits_in_force(&plan.limit_overrides).raised())
        .observed(&plan.observed)
        .build();
    let run = apply(plan, &rehearsal, &State::new(MemoryStore::new()), options).await?;
    Ok(Run { dry: true, ..run })
}
