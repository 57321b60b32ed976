//! How long a plan takes, as the executor itself shows in virtual time.

use std::time::Duration;

use securebase_core::model::{Address, Latencies, ResourceKind};
use securebase_core::plan::{Action, Error, Plan, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::time::{Interrupt, Interrupted};
use securebase_core::timeline::{
    Rehearsal, RehearsalError, Timeline, rehearse, rehearse_until, spread, spread_until, timeline, what_if,
    what_if_until,
};

use crate::support::{ONE_TENANT, TEN_TENANTS, apply, memory, plan, zone};

fn ten() -> Plan {
    Planner::new(&zone(TEN_TENANTS)).plan().unwrap()
}

fn assert_bounds_hold(timeline: &Timeline, what: &str) {
    for bound in &timeline.bounds {
        assert!(
            bound.at_least <= timeline.makespan,
            "{what}: {} proves {:?}, but it took {:?}",
            bound.what,
            bound.at_least,
            timeline.makespan
        );
    }
}

#[test]
fn no_bound_is_ever_beaten() {
    for text in [ONE_TENANT, TEN_TENANTS] {
        let plan = Planner::new(&zone(text)).plan().unwrap();
        for seed in 0..4 {
            assert_bounds_hold(&timeline(&plan, seed).unwrap(), &format!("seed {seed}"));
            let slow = Rehearsal::new(seed)
                .usual()
                .limit("policy_attachment_write_rate", 0.01)
                .and_then(|rehearsal| rehearsal.limit("accounts_in_creation", 2.0))
                .unwrap();
            assert_bounds_hold(&rehearse(&plan, &slow).unwrap(), &format!("slow, seed {seed}"));
        }
    }
}

#[test]
fn the_rate_that_is_made_slow_is_named() {
    let plan = ten();
    for (limit, value, expected) in [
        ("policy_attachment_write_rate", 0.001, "policy_attachment_write_rate"),
        ("create_account_rate", 0.002, "create_account_rate"),
        ("accounts_in_creation", 1.0, "accounts_in_creation"),
    ] {
        let slow = rehearse(&plan, &Rehearsal::new(0).usual().limit(limit, value).unwrap()).unwrap();
        assert_eq!(slow.bound_by(), expected, "{:?}", slow.bounds);
    }
    let mut latencies = Latencies::default().usual();
    latencies.set("account_readiness", 800.0, 800.0, 800.0).unwrap();
    let slow = rehearse(&plan, &Rehearsal::new(0).latencies(latencies)).unwrap();
    assert!(slow.makespan > Duration::from_secs(800));
    assert!(slow.bounds.iter().any(|bound| bound.at_least > Duration::from_secs(800)), "{:?}", slow.bounds);
}

#[test]
fn with_the_usual_latencies_the_schedule_is_close_to_the_best_there_is() {
    let timeline = rehearse(&ten(), &Rehearsal::new(0).usual()).unwrap();
    let ratio = timeline.makespan.as_secs_f64() / timeline.lower_bound().as_secs_f64();
    assert!(ratio <= 1.05, "{ratio}: {:?} against {:?}", timeline.makespan, timeline.bounds);
}

#[test]
fn rehearsals_end_when_they_are_asked_to_and_not_before() {
    let plan = ten();
    let base = Rehearsal::new(3);
    let cases = [("as it is".to_owned(), base.clone())];
    let interrupt = Interrupt::new();
    assert_eq!(rehearse_until(&plan, &base, &interrupt), rehearse(&plan, &base));
    assert_eq!(spread_until(&plan, &base, 3, &interrupt), spread(&plan, &base, 3));
    assert_eq!(what_if_until(&plan, &cases, 3, &interrupt), what_if(&plan, &cases, 3));
    assert!(what_if(&plan, &cases, 3).is_ok());
    interrupt.ask();
    let interrupted = RehearsalError::Interrupted(Interrupted);
    assert_eq!(rehearse_until(&plan, &base, &interrupt), Err(interrupted.clone()));
    assert_eq!(spread_until(&plan, &base, 1_000_000, &interrupt), Err(interrupted.clone()));
    assert_eq!(what_if_until(&plan, &cases, 3, &interrupt), Err(interrupted));
}

#[test]
fn a_rehearsal_in_which_steps_fail_is_an_error_that_names_them() {
    let plan = ten();
    for (limit, value, reason) in [("accounts", 1.0, "quota"), ("vpcs", 0.0, "Vpc")] {
        let few = Rehearsal::new(0).usual().limit(limit, value).unwrap();
        let error = rehearse(&plan, &few).unwrap_err();
        assert_eq!(error.code(), "rehearsal-failed");
        let RehearsalError::Failed(failed) = &error else { panic!("{error}") };
        assert!(failed.failed.len() > 3 && failed.case.is_none(), "{error}");
        assert!(error.to_string().starts_with("the rehearsal fails at "), "{error}");
        let problems = error.problems();
        assert_eq!(problems.0.len(), failed.failed.len());
        for (problem, (address, why)) in problems.iter().zip(&failed.failed) {
            assert_eq!(problem.path, address.as_str());
            assert!(problem.message.contains(why.as_str()), "{problem}");
            assert!(why.to_lowercase().contains(&reason.to_lowercase()), "{why}");
        }
        assert_eq!(spread(&plan, &few, 3).unwrap_err(), error, "nothing is left to chance");
        let cases = [("as it is".to_owned(), Rehearsal::new(0)), ("few".to_owned(), few)];
        let error = what_if(&plan, &cases, 2).unwrap_err();
        assert!(error.to_string().starts_with("the rehearsal of `few` fails at "), "{error}");
    }
}

#[test]
fn the_same_seeds_give_the_same_spread_and_another_limit_another() {
    let plan = ten();
    let base = Rehearsal::new(3);
    assert_eq!(spread(&plan, &base, 8), spread(&plan, &base, 8));
    let cases = [
        ("as it is".to_owned(), base.clone()),
        ("one account at a time".to_owned(), base.limit("accounts_in_creation", 1.0).unwrap()),
    ];
    let [usual, slower] = what_if(&plan, &cases, 8).unwrap().try_into().unwrap();
    assert_eq!(usual.spread.makespans.len(), 8);
    assert!(slower.spread.percentile(0.1).unwrap() > usual.spread.percentile(0.9).unwrap());
    assert!(usual.spread.percentile(0.1).unwrap() < usual.spread.percentile(0.9).unwrap());
    assert_eq!(slower.spread.bound_by, "accounts_in_creation");
}

#[test]
fn a_limit_or_latency_that_does_not_exist_is_refused_with_those_that_do() {
    let error = Rehearsal::new(0).limit("acounts", 3.0).unwrap_err();
    assert!(error.problem("limits").hint.contains("did you mean `accounts`"), "{error}");
    for (name, value) in
        [("accounts", -1.0), ("vpcs", f64::NAN), ("iam_rate", 0.0), ("iam_burst", f64::INFINITY)]
    {
        let error = Rehearsal::new(0).limit(name, value).unwrap_err();
        assert!(error.to_string().starts_with("invalid limit"), "{error}");
    }
    let mut latencies = Latencies::default();
    let error = latencies.set("nat", 1.0, 2.0, 3.0).unwrap_err();
    assert!(error.to_string().contains("nat_gateway_available"), "{error}");
    let error = latencies.set("read", 3.0, 2.0, 1.0).unwrap_err();
    assert!(error.to_string().contains("3, 2, 1 seconds"), "{error}");
}

#[test]
fn the_pictures_have_a_row_for_each_tenant_and_bars_within_the_frame() {
    let timeline = timeline(&ten(), 0).unwrap();
    let text = timeline.gantt_text();
    let svg = timeline.gantt_svg();
    for tenant in &zone(TEN_TENANTS).tenants {
        let row = text.lines().find(|line| line.starts_with(tenant.key.as_str())).unwrap();
        assert_eq!(row.matches('|').count(), 2, "{row}");
        for phase in ['a', 'r', 'n'] {
            assert!(row.split_once('|').unwrap().1.contains(phase), "{row}");
        }
        assert!(svg.contains(&format!(">{}</text>", tenant.key)), "{}", tenant.key);
    }
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    for bar in svg.lines().filter(|line| line.contains("<rect") && line.contains("<title>")) {
        let value = |name: &str| {
            let from = bar.split_once(&format!(" {name}=\"")).unwrap().1;
            from.split_once('"').unwrap().0.parse::<f64>().unwrap()
        };
        assert!(value("x") >= 220.0 && value("x") + value("width") <= 220.0 + 760.0 + 1.0, "{bar}");
    }
}

#[test]
fn new_accounts_stand_unguarded_for_moments_only() {
    for seed in 0..3 {
        let timeline = timeline(&ten(), seed).unwrap();
        let unguarded = &timeline.unguarded;
        assert_eq!(unguarded.len(), 10);
        let longest = unguarded.values().max().unwrap();
        assert!(*longest < Duration::from_secs(10), "seed {seed}: {unguarded:?}");
    }
}

#[test]
fn a_part_of_a_plan_brings_what_it_needs_and_leaves_the_rest_for_later() {
    let (zone, cloud, state) = (zone(TEN_TENANTS), SimulatedCloud::new(0), memory());
    let whole = plan(&zone, &cloud);
    let key = zone.tenants[0].key.clone();
    let part = whole.only(&[Address::tenant(&key, "account")]).unwrap();
    assert!(part.steps().any(|step| step.kind == ResourceKind::Account));
    assert!(part.steps().all(|step| step.tenant.as_ref().is_none_or(|tenant| *tenant == key)));
    assert!(part.steps().all(|step| step.kind != ResourceKind::Vpc));
    for step in part.steps() {
        assert!(
            step.depends_on.iter().all(|dependency| part.step(&dependency.on).is_some()),
            "{}",
            step.address
        );
    }
    let run = apply(&part, &cloud, &state);
    assert_eq!(run.failed, []);
    let rest = plan(&zone, &cloud);
    // Nothing of ours is in the account yet, so whether it can be worked in is asked again.
    let asked_again = part.steps().filter(|step| step.action == Action::Verify).count();
    assert_eq!(rest.steps().len() + part.steps().len() - asked_again, whole.steps().len());
    assert_eq!(apply(&rest, &cloud, &state).failed, []);
    assert!(plan(&zone, &cloud).is_empty());

    let error = whole.only(&[Address::new("tenant/nobody"), Address::new("tenant")]).unwrap_err();
    assert!(matches!(&error, Error::UnknownTargets(targets) if targets.len() == 1), "{error}");
    assert!(whole.only(&[]).unwrap().is_empty());
    let many: Vec<Address> = (0..100_000).map(|n| Address::new(format!("nothing/{n}"))).collect();
    let error = whole.only(&many).unwrap_err();
    assert!(error.to_string().contains("`nothing/19` and 99980 more"), "{error}");
}

#[test]
fn a_rehearsal_runs_inside_any_executor() {
    let plan = ten();
    let outside = timeline(&plan, 3).unwrap();
    let inside = futures::executor::block_on(async { timeline(&plan, 3).unwrap() });
    assert_eq!(inside, outside);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let task =
        runtime.block_on(async { tokio::spawn(async move { timeline(&plan, 3).unwrap() }).await.unwrap() });
    assert_eq!(task, outside);
}
