//! Watching a run, holding it, trying it out.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use securebase_core::cloud::SimulatedCloud;
use securebase_core::cloud::simulated::Faults;
use securebase_core::exec::{self, ApplyOptions, Error, EventKind, Pause};
use securebase_core::state::RunStatus;

use crate::support::{ONE_TENANT, TEN_TENANTS, apply, memory, now, plan, zone};

#[test]
fn every_call_of_a_run_is_reported_once_with_what_came_of_it() {
    let faults = Faults { throttle: 0.1, lost_reply: 0.05, ..Faults::default() };
    let cloud = SimulatedCloud::builder(4).faults(faults).build();
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let reports = Arc::new(Mutex::new(Vec::new()));
    let surveyed = Arc::new(AtomicUsize::new(0));
    let (sink, count, world) = (Arc::clone(&reports), Arc::clone(&surveyed), cloud.clone());
    let options = ApplyOptions::new()
        .on_call(move |report| sink.lock().unwrap().push(report.clone()))
        .progress(move |event| {
            if let EventKind::Begun { .. } = event.kind {
                count.store(world.calls().len(), Ordering::SeqCst);
            }
        });
    let run = now(exec::simulate(&plan, &cloud, &memory(), options)).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded);

    let sent = &cloud.calls()[surveyed.load(Ordering::SeqCst)..];
    let reports = reports.lock().unwrap();
    let name = |service: &str, operation: &str| format!("{service}:{operation}");
    let mut expected: Vec<String> = sent.iter().map(|call| name(call.service, call.operation)).collect();
    let mut told: Vec<String> = reports.iter().map(|report| report.call.to_owned()).collect();
    expected.sort();
    told.sort();
    assert_eq!(told, expected);
    assert_eq!(
        reports.iter().filter(|report| report.code.is_some()).count(),
        sent.iter().filter(|call| call.outcome != "ok").count(),
    );
    assert!(reports.iter().any(|report| report.code.is_some()), "the faults did nothing");
    for (call, stats) in &run.calls {
        let of_call = || reports.iter().filter(|report| report.call == *call);
        assert_eq!(stats.count, of_call().count() as u64, "{call}");
        assert_eq!(stats.took, of_call().map(|report| report.took).sum(), "{call}");
        assert_eq!(
            stats.failed.values().sum::<u64>(),
            of_call().filter(|it| it.code.is_some()).count() as u64
        );
    }
    assert_eq!(run.calls.values().map(|stats| stats.count).sum::<u64>(), reports.len() as u64);
}

#[test]
fn a_run_that_is_held_calls_nothing_until_it_may_go_on() {
    let cloud = SimulatedCloud::new(0);
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let (pause, may_go_on) = (Pause::new(), Arc::new(AtomicBool::new(false)));
    let (finished, too_early) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let held_at = Mutex::new(None);
    let options = {
        let (pause, may_go_on) = (pause.clone(), Arc::clone(&may_go_on));
        let (finished, too_early) = (Arc::clone(&finished), Arc::clone(&too_early));
        ApplyOptions::new().pause(pause.clone()).progress(move |event| match event.kind {
            EventKind::Finished { .. } if finished.fetch_add(1, Ordering::SeqCst) == 5 => {
                *held_at.lock().unwrap() = Some(event.at);
                pause.hold();
            }
            // What was decided at the moment of the request may still leave.
            EventKind::Started { .. }
                if held_at.lock().unwrap().is_some_and(|held_at| event.at > held_at)
                    && !may_go_on.load(Ordering::SeqCst) =>
            {
                too_early.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        })
    };
    let waker = {
        let (pause, may_go_on) = (pause.clone(), Arc::clone(&may_go_on));
        std::thread::spawn(move || {
            while !pause.is_held() {
                std::thread::yield_now();
            }
            may_go_on.store(true, Ordering::SeqCst);
            pause.go_on();
        })
    };
    let run = now(exec::simulate(&plan, &cloud, &memory(), options)).unwrap();
    waker.join().unwrap();
    assert_eq!(run.status, RunStatus::Succeeded);
    assert!(finished.load(Ordering::SeqCst) > 6);
    assert_eq!(too_early.load(Ordering::SeqCst), 0);
}

#[test]
fn a_dry_run_tells_everything_and_changes_nothing() {
    let (cloud, zone) = (SimulatedCloud::new(0), zone(TEN_TENANTS));
    let planned = plan(&zone, &cloud);
    let before = cloud.snapshot();
    let dry = now(exec::dry_run(&planned, &cloud, ApplyOptions::new())).unwrap();
    assert_eq!(cloud.snapshot(), before);
    assert_eq!(dry.applied.len(), planned.steps().len());
    assert_eq!(apply(&planned, &cloud, &memory()).failed, []);
    let stale = now(exec::dry_run(&planned, &cloud, ApplyOptions::new()));
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let again = plan(&zone, &cloud);
    assert!(again.is_empty());
    assert_eq!(now(exec::dry_run(&again, &cloud, ApplyOptions::new())).unwrap().applied, []);
}
