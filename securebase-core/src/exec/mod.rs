//! Carrying a plan out.
//!
//! Purpose: bring the world to where the plan says, in parallel, within AWS's quotas, so that a crash at any instant loses
//! nothing and doubles nothing. Flow: [`survey`](crate::observe::survey()) finds what exists; the planner decides; [`apply`]
//! drives a [`Machine`], in real time or in virtual time: the machine learns what happened and what time it is, and
//! answers with what to write down, what to call and when to wake it.
//! Invariants: every changing call is written down before it leaves; a call whose effect is unknown is looked up before it
//! is repeated. Not here: what to do (`plan`), how to reach AWS (`cloud`), how bytes are kept (`state`).

mod accounts;
mod driver;
pub(crate) mod engine;
mod error;
mod recover;
mod run;
mod step;

pub(crate) use driver::carry_out::{Handles, Told, carry_out};
pub(crate) use driver::record::Unrecorded;
pub use driver::{apply, resume};
pub use engine::identity::RunIdentity;
pub use engine::machine::Machine;
pub use engine::output::{Dispatch, Output};
pub use error::{Error, Interruption};
pub use recover::dry_run::dry_run;
pub use recover::rebuild::rebuild;
pub use recover::remember::remember;
pub use recover::root_email::{finish_root_email_change, start_root_email_change};
pub use run::call_report::{CallReport, CallStats};
pub use run::control::{Pause, Stop};
pub use run::event::{Event, EventKind, WaitReason};
pub(crate) use run::limits_in_force;
pub use run::{ApplyOptions, OnCall, Progress, Run};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Cloud;
    use crate::observe::{Scope, survey};
    use crate::plan::Plan;
    use crate::sim::SimulatedCloud;
    use crate::state::State;

    fn assert_send<T: Send>(_: T) {}

    /// Compiles, or the futures cannot be spawned.
    #[expect(dead_code, reason = "a proof for the compiler alone")]
    fn futures_can_change_threads(
        zone: &crate::model::LandingZone,
        plan: &Plan,
        scope: &Scope,
        cloud: &dyn Cloud,
        simulated: &SimulatedCloud,
        state: &State,
    ) {
        assert_send(survey(cloud, scope));
        assert_send(apply(plan, cloud, state, ApplyOptions::new()));
        assert_send(resume(cloud, state, ApplyOptions::new()));
        assert_send(apply(plan, simulated, state, ApplyOptions::new()));
        assert_send(rebuild(zone, cloud, state, &ApplyOptions::new()));
    }
}
