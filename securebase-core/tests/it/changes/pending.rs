//! Steps that wait for time or for a person: the run ends, the plan says so, and nothing but time or the person helps.

use std::time::Duration;

use securebase_core::exec::{self, ApplyOptions, Error, Run};
use securebase_core::model::{Address, LandingZone, Limits, Offboarding};
use securebase_core::plan::{Action, Plan, WaitsFor};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::{RunStatus, State};
use securebase_core::timeline;

use super::{let_go, replan};
use crate::support::{ONE_TENANT, TEN_TENANTS, addresses, apply, memory, now, plan, zone};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Ten tenants in a cloud that lets two accounts be closed within thirty days.
fn two_closures() -> (SimulatedCloud, State) {
    let mut limits = Limits::default().raised();
    limits.set("account_closures", 2.0).unwrap();
    let (cloud, state) = (SimulatedCloud::builder(0).limits(limits).build(), memory());
    assert_eq!(apply(&plan(&zone(TEN_TENANTS), &cloud), &cloud, &state).failed, []);
    (cloud, state)
}

fn closing(count: usize) -> LandingZone {
    let mut zone = zone(TEN_TENANTS);
    for tenant in zone.tenants.iter_mut().take(count) {
        tenant.offboard = Some(Offboarding::Close);
    }
    zone
}

fn carry_out(plan: &Plan, cloud: &SimulatedCloud, state: &State) -> Run {
    now(exec::apply(plan, cloud, state, let_go(plan))).unwrap_or_else(|error| panic!("{error}"))
}

fn closed(cloud: &SimulatedCloud) -> usize {
    let snapshot = cloud.snapshot();
    let accounts = snapshot["account"].as_array().unwrap();
    accounts.iter().filter(|account| account["state"] == "suspended").count()
}

fn closures_asked(cloud: &SimulatedCloud) -> usize {
    cloud.calls().iter().filter(|call| call.operation == "CloseAccount").count()
}

fn later(cloud: &SimulatedCloud, wait: Duration) {
    cloud.advance_to(cloud.now() + wait);
}

#[test]
fn closures_beyond_the_quota_wait_until_aws_closes_more() {
    let (cloud, state) = two_closures();
    let zone = closing(3);
    let run = carry_out(&replan(&zone, &cloud, &state), &cloud, &state);
    assert_eq!((run.status, run.failed.len(), run.pending.len()), (RunStatus::Pending, 0, 1), "{run}");
    assert_eq!(closed(&cloud), 2);
    let pending = &run.pending[0];
    assert_eq!(
        (pending.action, pending.deferral.probe.as_str()),
        (Action::Delete, "organizations:CloseAccount")
    );
    let WaitsFor::Time { not_before } = pending.deferral.waits_for else { panic!("{pending}") };
    assert!(not_before > cloud.now(), "{pending}");
    assert!(
        run.to_string().contains(", 1 pending in ") && run.to_string().contains("delete waits until "),
        "{run}"
    );
    assert_eq!(now(state.history()).unwrap().last().unwrap().status, Some(RunStatus::Pending));

    // Before that moment nothing can be done: the plan is empty, says what waits, and keeps it when it is saved.
    let waiting = replan(&zone, &cloud, &state);
    assert!(waiting.is_empty(), "{waiting}");
    assert_eq!(waiting.pending, run.pending);
    let text = waiting.to_string();
    assert!(text.contains("no changes now;") && text.contains("Pending: 1 steps wait"), "{text}");
    assert_eq!(Plan::from_json(&waiting.to_json()).unwrap(), waiting);
    let asked = closures_asked(&cloud);
    assert_eq!(carry_out(&waiting, &cloud, &state).run, None);
    assert_eq!(closures_asked(&cloud), asked);

    // After a day AWS may be asked again. It still refuses, so the same step is pending again.
    later(&cloud, DAY);
    let again = replan(&zone, &cloud, &state);
    assert_eq!((addresses(&again), again.pending.len()), (vec![pending.address.to_string()], 0));
    let run = carry_out(&again, &cloud, &state);
    assert_eq!((run.status, run.pending.len()), (RunStatus::Pending, 1), "{run}");
    assert_eq!((closed(&cloud), closures_asked(&cloud)), (2, asked + 1));

    // Thirty days after the first closures there is room.
    later(&cloud, 30 * DAY);
    let last = replan(&zone, &cloud, &state);
    let run = carry_out(&last, &cloud, &state);
    assert_eq!((run.status, run.pending.len(), closed(&cloud)), (RunStatus::Succeeded, 0, 3), "{run}");
    let done = replan(&zone, &cloud, &state);
    assert!(done.is_empty() && done.pending.is_empty(), "{done}");
}

#[test]
fn a_planner_that_does_not_know_the_time_plans_every_step() {
    let (cloud, state) = two_closures();
    let zone = closing(3);
    let run = carry_out(&replan(&zone, &cloud, &state), &cloud, &state);
    assert_eq!(run.pending.len(), 1);
    let plan = plan(&zone, &cloud);
    assert_eq!((addresses(&plan), plan.pending.len()), (vec![run.pending[0].address.to_string()], 0));
}

#[test]
fn a_tenant_that_stays_after_all_is_no_longer_pending() {
    let (cloud, state) = two_closures();
    let mut zone = closing(3);
    let run = carry_out(&replan(&zone, &cloud, &state), &cloud, &state);
    let pending = &run.pending[0].address;
    for tenant in &mut zone.tenants {
        if pending.tenant_key() == Some(tenant.key.as_str()) {
            tenant.offboard = None;
        }
    }
    let plan = replan(&zone, &cloud, &state);
    assert_eq!(plan.pending, []);
    assert!(plan.step(pending).is_none_or(|step| step.action != Action::Delete), "{plan}");
    assert_eq!(carry_out(&plan, &cloud, &state).status, RunStatus::Succeeded);
    assert!(replan(&zone, &cloud, &state).is_empty());
    assert_eq!(closed(&cloud), 2);
}

#[test]
fn a_crash_anywhere_in_a_run_with_a_pending_step_ends_as_without_it() {
    let (cloud, state) = two_closures();
    let zone = closing(3);
    let plan = replan(&zone, &cloud, &state);
    let base = cloud.observe();
    let mut limits = Limits::default().raised();
    limits.set("account_closures", 2.0).unwrap();
    let mut crashes = 0;
    for after in (1..).step_by(7) {
        let state = memory();
        let faults = Faults { crash_after_calls: Some(after), ..Faults::default() };
        let builder = SimulatedCloud::builder(after).observed(&base).faults(faults);
        let cloud = builder.limits(limits.clone()).build();
        match now(exec::apply(&plan, &cloud, &state, let_go(&plan))) {
            Ok(_) => break,
            Err(Error::Interrupted { .. } | Error::Survey(_)) => crashes += 1,
            Err(error) => panic!("crash after {after} calls: {error}"),
        }
        let mut run = now(exec::resume(&cloud, &state, let_go(&plan))).unwrap();
        if run.run.is_none() {
            run = carry_out(&plan, &cloud, &state);
        }
        assert_eq!(
            (run.status, run.failed.len()),
            (RunStatus::Pending, 0),
            "crash after {after} calls: {run}"
        );
        assert_eq!((run.pending.len(), closed(&cloud)), (1, 2), "crash after {after} calls");
    }
    assert!(crashes > 10, "only {crashes} crashes");
}

#[test]
fn an_account_waits_until_a_person_has_added_a_payment_method() {
    let (cloud, state) = (SimulatedCloud::new(0), memory());
    assert_eq!(apply(&plan(&zone(ONE_TENANT), &cloud), &cloud, &state).failed, []);
    let zone = zone(&ONE_TENANT.replace("\nclients = {", "\nclients = {\n  \"globex\" = { tier = \"fintech\", framework = \"soc2\", prefix = \"globex\", contact_email = \"ops@globex.com\", vpc_cidr = \"10.1.0.0/16\" }"));
    assert!(cloud.set_payment_method(false));
    for _ in 0..2 {
        // Time does not help.
        later(&cloud, 30 * DAY);
        let plan = replan(&zone, &cloud, &state);
        assert!(plan.step(&Address::new("tenant/globex/account")).is_some(), "{plan}");
        let run = now(exec::apply(&plan, &cloud, &state, ApplyOptions::new())).unwrap();
        assert_eq!((run.status, run.failed.len()), (RunStatus::Pending, 0), "{run}");
        let [pending] = &run.pending[..] else { panic!("{run}") };
        assert_eq!(
            (pending.address.as_str(), pending.deferral.waits_for),
            ("tenant/globex/account", WaitsFor::Person)
        );
        assert!(
            pending.to_string().contains("waits for a person: the management account has no valid payment")
        );
        assert!(run.blocked.iter().any(|(address, by)| {
            (address.as_str(), by.as_str()) == ("tenant/globex/vpc", "tenant/globex/account")
        }));
    }
    assert!(cloud.set_payment_method(true));
    let run = apply(&replan(&zone, &cloud, &state), &cloud, &state);
    assert_eq!((run.status, run.pending.len()), (RunStatus::Succeeded, 0), "{run}");
    assert!(replan(&zone, &cloud, &state).is_empty());
}

#[test]
fn a_timeline_leaves_out_what_is_pending() {
    let (cloud, state) = two_closures();
    let mut zone = closing(3);
    zone.limits.set("account_closures", 2.0).unwrap();
    let plan = replan(&zone, &cloud, &state);
    let rehearsed = timeline::rehearse(&plan, &timeline::Rehearsal::default()).unwrap();
    let closures = |interval: &&timeline::Interval| {
        interval.action == Action::Delete && interval.address.as_str().ends_with("/account")
    };
    assert_eq!(rehearsed.intervals.iter().filter(closures).count(), 2);
}
