//! Watching a run, holding it, trying it out.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use object_store::memory::InMemory;
use securebase_core::cloud::{Call, Cloud, ReplyFuture};
use securebase_core::exec::{self, ApplyOptions, Error, EventKind, Pause, Stop};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::{self, BucketStore, Holder, LEASE_TERM, Lease, RunStatus, State};
use securebase_core::time::{Clock, Runtime, Time};

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
    let run = now(exec::apply(&plan, &cloud, &memory(), options)).unwrap();
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
        assert_eq!(stats.took, of_call().map(|report| report.took).sum::<Duration>(), "{call}");
        assert_eq!(
            stats.failed.values().sum::<u64>(),
            of_call().filter(|it| it.code.is_some()).count() as u64
        );
    }
    assert_eq!(run.calls.values().map(|stats| stats.count).sum::<u64>(), reports.len() as u64);
}

#[test]
fn a_paused_run_calls_nothing_until_it_is_resumed() {
    let cloud = SimulatedCloud::new(0);
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let (pause, may_resume) = (Pause::new(), Arc::new(AtomicBool::new(false)));
    let (finished, too_early) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let paused_at = Mutex::new(None);
    let options = {
        let (pause, may_resume) = (pause.clone(), Arc::clone(&may_resume));
        let (finished, too_early) = (Arc::clone(&finished), Arc::clone(&too_early));
        ApplyOptions::new().pause(pause.clone()).progress(move |event| match event.kind {
            EventKind::Finished { .. } if finished.fetch_add(1, Ordering::SeqCst) == 5 => {
                *paused_at.lock().unwrap() = Some(event.at);
                pause.pause();
            }
            // What was decided at the moment of the request may still leave.
            EventKind::Started { .. }
                if paused_at.lock().unwrap().is_some_and(|paused_at| event.at > paused_at)
                    && !may_resume.load(Ordering::SeqCst) =>
            {
                too_early.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        })
    };
    let waker = {
        let (pause, may_resume) = (pause.clone(), Arc::clone(&may_resume));
        std::thread::spawn(move || {
            while !pause.is_paused() {
                std::thread::yield_now();
            }
            may_resume.store(true, Ordering::SeqCst);
            pause.resume();
        })
    };
    let run = now(exec::apply(&plan, &cloud, &memory(), options)).unwrap();
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
    assert!(dry.dry && dry.to_string().starts_with("dry run succeeded, nothing was changed: "), "{dry}");
    assert_eq!(cloud.snapshot(), before);
    assert_eq!(dry.applied.len(), planned.steps().len());
    assert_eq!(apply(&planned, &cloud, &memory()).failed, []);
    let stale = now(exec::dry_run(&planned, &cloud, ApplyOptions::new()));
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let again = plan(&zone, &cloud);
    assert!(again.is_empty());
    assert_eq!(now(exec::dry_run(&again, &cloud, ApplyOptions::new())).unwrap().applied, []);
}

/// The time of a simulated cloud, for a state.
struct CloudClock(SimulatedCloud);

impl Clock for CloudClock {
    fn now(&self) -> Time {
        SimulatedCloud::now(&self.0)
    }
}

/// A state that cannot know who is alive, in the time of a cloud.
fn bucket(cloud: &SimulatedCloud) -> State {
    let store = BucketStore::new(Arc::new(InMemory::new()), "zone", "test://bucket/zone");
    State::new(store).clock(CloudClock(cloud.clone()))
}

fn waiting(seconds: u64) -> ApplyOptions {
    ApplyOptions::new().wait_for_lease(Duration::from_secs(seconds))
}

fn is_locked<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::State(state::Error::Leased { .. })))
}

#[test]
fn the_lease_of_the_dead_is_waited_for_where_that_is_wanted() {
    let faults = Faults { crash_after_calls: Some(50), ..Faults::default() };
    let cloud = SimulatedCloud::builder(0).faults(faults).build();
    let state = bucket(&cloud);
    let plan = plan(&zone(ONE_TENANT), &SimulatedCloud::new(0));
    let died = now(exec::apply(&plan, &cloud, &state, ApplyOptions::new()));
    assert!(matches!(died, Err(Error::Interrupted { .. })), "{died:?}");
    assert!(is_locked(&now(exec::resume(&cloud, &state, ApplyOptions::new()))));
    let expires = now(state.lease_info()).unwrap().unwrap().expires;
    let run = now(exec::resume(&cloud, &state, waiting(120))).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    assert!(run.began >= expires && run.began.since(expires) < Duration::from_secs(10), "{}", run.began);
}

#[test]
fn a_holder_that_lives_is_waited_for_until_it_lets_go_or_time_is_up() {
    let cloud = SimulatedCloud::new(0);
    let state = bucket(&cloud);
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let lease = now(state.acquire(&Holder::this_process("ada"))).unwrap();
    let began = cloud.now();
    let refused = now(exec::apply(&plan, &cloud, &state, waiting(20)));
    assert!(is_locked(&refused), "{refused:?}");
    assert_eq!(cloud.now().since(began), Duration::from_secs(20));
    // Asked to stop, nobody waits.
    let stop = Stop::new();
    stop.ask();
    let began = cloud.now();
    assert!(is_locked(&now(exec::apply(&plan, &cloud, &state, waiting(20).stop(stop)))));
    assert_eq!(cloud.now(), began);
    // It keeps its lease for a while, as a run does, and then gives it back: long before that would have run out.
    let began = cloud.now();
    let beside =
        Beside { cloud: cloud.clone(), lease, looks: AtomicUsize::new(0), released: Mutex::default() };
    let run = now(exec::apply(&plan, &beside, &state, waiting(600))).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    let released = beside.released.lock().unwrap().unwrap();
    assert!(released.since(began) > LEASE_TERM, "it was renewed");
    assert!(run.began.since(released) <= Duration::from_secs(10), "{} after {released}", run.began);
}

/// A cloud for one who waits while somebody else has the lease, keeps it, and gives it back in the end.
struct Beside {
    cloud: SimulatedCloud,
    lease: Lease,
    looks: AtomicUsize,
    released: Mutex<Option<Time>>,
}

impl Cloud for Beside {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        self.cloud.call(call)
    }

    fn runtime(&self) -> &dyn Runtime {
        self
    }
}

impl Runtime for Beside {
    fn now(&self) -> Time {
        self.cloud.now()
    }

    fn steady(&self) -> Time {
        self.cloud.steady()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.cloud.sleep(duration).await;
            match self.looks.fetch_add(1, Ordering::SeqCst) {
                0..20 => self.lease.keep().await.unwrap(),
                20 => {
                    self.lease.release().await.unwrap();
                    *self.released.lock().unwrap() = Some(self.cloud.now());
                }
                _ => {}
            }
        })
    }
}
