//! Carrying a plan out.
//!
//! Purpose: bring the world to where the plan says, in parallel, within AWS's quotas, so that a crash at any instant loses
//! nothing and doubles nothing. Flow: [`survey`] tells what exists; the planner decides; [`apply`] (a real cloud, real time)
//! or [`simulate`] (a simulated cloud, virtual time) drives one and the same [`Machine`], which is told what happened and
//! what time it is, and answers with what to write down, what to call and when to wake it.
//! Invariants: every changing call is written down before it leaves; a call whose effect is unknown is looked up before it
//! is repeated. Not here: what to do (`plan`), how to reach AWS (`cloud`), how bytes are kept (`state`).

mod admission;
mod call_report;
mod control;
mod driver;
mod dry_run;
mod earlier;
mod error;
mod event;
mod exhausted;
mod identity;
mod keeping;
mod known;
mod lane;
mod leased;
mod limiter;
mod machine;
mod output;
mod pages;
mod patience;
mod program;
mod rebuild;
mod remember;
mod requests;
mod retry;
mod root_email;
mod run;
mod simulated;
mod steps;
mod survey;
mod timeline;

pub use call_report::{CallReport, CallStats};
pub use control::{Pause, Stop};
pub use driver::{apply, resume};
pub use dry_run::dry_run;
pub use error::Error;
pub use event::{Event, EventKind, WaitReason};
pub use identity::RunIdentity;
pub use machine::Machine;
pub use output::{Dispatch, Output, Ticket};
pub use rebuild::{rebuild, rebuild_simulated};
pub use remember::remember;
pub use root_email::{finish_root_email_change, start_root_email_change};
pub use run::{ApplyOptions, OnCall, Progress, Run};
pub use simulated::{resume_simulated, simulate, survey_simulated};
pub use survey::survey;
pub use timeline::{
    Bound, Interval, Rehearsal, Spread, SpreadError, Timeline, WhatIf, rehearse, rehearse_until, spread,
    spread_until, timeline, what_if, what_if_until,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{Cloud, SimulatedCloud};
    use crate::plan::{Plan, Scope};
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
        assert_send(simulate(plan, simulated, state, ApplyOptions::new()));
        assert_send(resume_simulated(simulated, state, ApplyOptions::new()));
        assert_send(rebuild(zone, cloud, state, &ApplyOptions::new()));
    }
}
