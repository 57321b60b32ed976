//! The driver of a real cloud, in a simulated one whose calls and pauses overlap: what it writes down, and when.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use securebase_core::cloud::{Call, CloudError, Operation, organizations};
use securebase_core::exec::{self, ApplyOptions, Error, EventKind, Stop};
use securebase_core::model::{Latencies, Latency};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{
    self, Entry, FORMAT_VERSION, Fact, Holder, MemoryStore, RunStatus, State, StepStatus,
};
use securebase_core::time::Time;

use crate::clockwork::{Clockwork, CloudClock};
use crate::gated::{Gate, GatedStore, Outcome, Write};
use crate::support::{ONE_TENANT, TEN_TENANTS, memory, now, plan, zone};

/// A store that loses what was not made durable.
struct Lagging;

impl Gate for Lagging {
    fn write<'a>(&self, _: Write, _: &str, bytes: &'a [u8]) -> Outcome<'a> {
        Outcome { written: Some(bytes), error: None }
    }

    fn lags(&self) -> bool {
        true
    }
}

fn lagging(store: &MemoryStore) -> State {
    State::new(GatedStore::new(Arc::new(store.clone()), Lagging))
}

/// How often each changing call was announced in what is durable.
fn announced(store: &MemoryStore) -> BTreeMap<String, usize> {
    let state = lagging(store);
    let mut calls = BTreeMap::new();
    let Some(last) = now(state.last_run()).unwrap() else { return calls };
    for entry in now(state.entries(last.run)).unwrap() {
        if let Fact::Intent { call, .. } = entry.fact {
            *calls.entry(call).or_default() += 1;
        }
    }
    calls
}

#[test]
fn no_changing_call_leaves_before_it_is_durable() {
    let (cloud, store) = (SimulatedCloud::new(0), MemoryStore::new());
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let sent: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let (counted, durable) = (Arc::clone(&sent), store.clone());
    let clockwork = Clockwork::new(&cloud, move |Call { operation, .. }| {
        if operation.is_mutating() {
            let mut counted = counted.lock().unwrap();
            let count = counted.entry(operation.action().to_owned()).or_default();
            *count += 1;
            let announced = announced(&durable).get(operation.action()).copied().unwrap_or_default();
            assert!(announced >= *count, "{} left before it was durable", operation.action());
        }
        None
    });
    let run = clockwork.run(exec::apply(&plan, &clockwork, &lagging(&store), ApplyOptions::new())).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    assert_eq!(*sent.lock().unwrap(), announced(&store), "and none was announced that did not leave");
    // Nor does anything of what came of them wait for the next write.
    let last = now(lagging(&store).last_run()).unwrap().unwrap();
    assert_eq!(last.replay.ended, Some(RunStatus::Succeeded));
}

#[test]
fn a_stop_waits_for_the_replies_that_are_under_way() {
    for stop_after in [1, 5, 20, 60] {
        let (cloud, state) = (SimulatedCloud::new(0), memory());
        let plan = plan(&zone(TEN_TENANTS), &cloud);
        let (stop, changes) = (Stop::new(), AtomicUsize::new(0));
        let asked = stop.clone();
        let clockwork = Clockwork::new(&cloud, move |call| {
            if call.operation.is_mutating() && changes.fetch_add(1, Ordering::SeqCst) + 1 == stop_after {
                asked.ask();
            }
            None
        });
        let options = ApplyOptions::new().stop(stop);
        let stopped = clockwork.run(exec::apply(&plan, &clockwork, &state, options));
        assert!(matches!(stopped, Err(Error::Interrupted { .. })), "{stopped:?}");
        let steps = now(state.last_run()).unwrap().unwrap().replay.steps;
        assert!(
            steps.values().any(|step| step.status == StepStatus::Between || step.status == StepStatus::Done)
        );
        let calling: Vec<_> = steps.iter().filter(|(_, step)| step.status == StepStatus::Calling).collect();
        assert!(calling.is_empty(), "after {stop_after}: {calling:?}");
    }
}

#[test]
fn the_lease_is_held_at_every_call_however_quiet_the_run_is() {
    let cloud = SimulatedCloud::new(0);
    let state = memory().clock(CloudClock(cloud.clone()));
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let (began, lost) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let clockwork = {
        let (state, began, lost) = (state.clone(), Arc::clone(&began), Arc::clone(&lost));
        Clockwork::new(&cloud, move |call| {
            if began.load(Ordering::SeqCst) && now(state.lease_info()).unwrap().is_none() {
                lost.lock().unwrap().push(call.operation.action());
            }
            None
        })
    };
    let options = ApplyOptions::new().progress(move |event| {
        if let EventKind::Begun { .. } = event.kind {
            began.store(true, Ordering::SeqCst);
        }
    });
    let run = clockwork.run(exec::apply(&plan, &clockwork, &state, options)).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    assert_eq!(*lost.lock().unwrap(), Vec::<&str>::new());
}

/// A store whose disk takes that long for every batch of a journal.
struct Slow(SimulatedCloud, Duration);

impl Gate for Slow {
    fn write<'a>(&self, _: Write, _: &str, bytes: &'a [u8]) -> Outcome<'a> {
        Outcome { written: Some(bytes), error: None }
    }

    fn written(&self, what: Write, _: &str, _: &[u8]) {
        if what == Write::Append {
            self.0.advance_to(self.0.now() + self.1);
        }
    }
}

#[test]
fn the_lease_is_held_once_a_slow_write_is_done() {
    let cloud = SimulatedCloud::new(0);
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let slow = Slow(cloud.clone(), state::LEASE_TERM + Duration::from_secs(1));
    let state = State::new(GatedStore::new(Arc::new(MemoryStore::new()), slow)).clock(CloudClock(cloud));
    let lease = now(state.acquire(&Holder::this_process("ada"))).unwrap();
    let journal = now(state.begin(&lease, &plan)).unwrap();
    let fact = Fact::Begun {
        format_version: FORMAT_VERSION,
        who: "ada".to_owned(),
        plan: journal.fingerprint().to_owned(),
        organization: None,
    };
    now(journal.append(&[Entry { seq: 1, at: Time::ZERO, fact }])).unwrap();
    let held = now(state.lease_info()).unwrap();
    assert_eq!(held.map(|held| held.token), Some(lease.token()), "what follows rests on it");
}

/// A process that is suspended between the journal and its calls wakes up when another one has the state.
#[test]
fn no_changing_call_leaves_once_another_has_taken_the_lease() {
    let cloud = SimulatedCloud::new(0);
    let state = memory().clock(CloudClock(cloud.clone()));
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let thief: Arc<Mutex<Option<state::Lease>>> = Arc::default();
    let left = Arc::new(Mutex::new(Vec::new()));
    let clockwork = {
        let (thief, left) = (Arc::clone(&thief), Arc::clone(&left));
        Clockwork::new(&cloud, move |call| {
            if call.operation.is_mutating() && thief.lock().unwrap().is_some() {
                left.lock().unwrap().push(call.operation.action());
            }
            None
        })
    };
    let (world, place) = (cloud.clone(), state.clone());
    let options = ApplyOptions::new().progress(move |event| {
        let mut thief = thief.lock().unwrap();
        if matches!(event.kind, EventKind::Started { .. }) && thief.is_none() {
            world.advance_to(world.now() + state::LEASE_TERM);
            *thief = Some(now(place.acquire(&Holder::this_process("eve"))).unwrap());
        }
    });
    let stopped = clockwork.run(exec::apply(&plan, &clockwork, &state, options));
    assert!(matches!(stopped, Err(Error::CutOff(state::Error::Fenced { .. }))), "{stopped:?}");
    assert_eq!(*left.lock().unwrap(), Vec::<&str>::new());
}

#[test]
fn too_fast_empties_the_lane() {
    let cloud = SimulatedCloud::new(0);
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let (world, times) = (cloud.clone(), Arc::clone(&sent));
    let took = Duration::from_millis(100);
    let clockwork = Clockwork::new(&cloud, move |call| {
        let Operation::Organizations(organizations::Operation::CreateAccount { .. }) = call.operation else {
            return None;
        };
        let mut times = times.lock().unwrap();
        times.push(world.now());
        let refused = CloudError::rejected("TooManyRequestsException", "");
        (times.len() == 1).then_some((took, Err(refused)))
    });
    let run = clockwork.run(exec::apply(&plan, &clockwork, &memory(), ApplyOptions::new())).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    let sent = sent.lock().unwrap();
    let [first, second] = sent[..] else { panic!("{sent:?}") };
    // AWS takes one in ten seconds; a second token that was believed to be there would let it leave after one.
    assert!(second.since(first + took) >= Duration::from_secs(10), "{sent:?}");
}

#[test]
fn an_account_in_doubt_is_looked_for_until_it_must_have_shown() {
    use securebase_core::cloud::{Page, Reply};
    let cloud = SimulatedCloud::new(0);
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let visibility = Latencies::default().max(Latency::Visibility);
    let asked: Arc<Mutex<Vec<Time>>> = Arc::default();
    let (world, times) = (cloud.clone(), Arc::clone(&asked));
    let clockwork = Clockwork::new(&cloud, move |call| {
        let took = Duration::from_millis(100);
        let mut times = times.lock().unwrap();
        let hidden = times.first().is_some_and(|first| world.now() < *first + visibility * 3);
        match &call.operation {
            Operation::Organizations(organizations::Operation::CreateAccount { .. }) => {
                times.push(world.now());
                // It has its effect; its reply is lost.
                drop(world.submit(world.now(), call));
                Some((took, Err(CloudError::unknown("RequestTimeout", ""))))
            }
            Operation::Organizations(organizations::Operation::ListAccounts { .. }) if hidden => Some((
                took,
                Ok(Reply::Organizations(organizations::Reply::Accounts(Page {
                    items: Vec::new(),
                    next: None,
                }))),
            )),
            Operation::Organizations(organizations::Operation::ListCreateAccountStatus { .. }) if hidden => {
                Some((
                    took,
                    Ok(Reply::Organizations(organizations::Reply::AccountRequests(Page {
                        items: Vec::new(),
                        next: None,
                    }))),
                ))
            }
            _ => None,
        }
    });
    let run = clockwork.run(exec::apply(&plan, &clockwork, &memory(), ApplyOptions::new())).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    assert_eq!(asked.lock().unwrap().len(), 1, "it was asked for once");
}

/// AWS keeps the address in lower case, the file writes it otherwise, and AWS's list no longer has the request.
#[test]
fn an_account_in_doubt_is_found_by_its_address_in_any_case() {
    use securebase_core::cloud::{Page, Reply};
    let cloud = SimulatedCloud::new(0);
    let plan = plan(&zone(&ONE_TENANT.replace("aws+{prefix}@", "AWS+{prefix}@")), &cloud);
    let asked = Arc::new(AtomicUsize::new(0));
    let (world, count) = (cloud.clone(), Arc::clone(&asked));
    let clockwork = Clockwork::new(&cloud, move |call| {
        let took = Duration::from_millis(100);
        match &call.operation {
            Operation::Organizations(organizations::Operation::CreateAccount { .. }) => {
                count.fetch_add(1, Ordering::SeqCst);
                // It has its effect, its reply is lost, and by the time the caller gives up waiting the account is there.
                drop(world.submit(world.now(), call));
                world.advance_to(world.now() + Duration::from_secs(3_600));
                Some((took, Err(CloudError::unknown("RequestTimeout", ""))))
            }
            Operation::Organizations(organizations::Operation::ListCreateAccountStatus { .. }) => Some((
                took,
                Ok(Reply::Organizations(organizations::Reply::AccountRequests(Page {
                    items: Vec::new(),
                    next: None,
                }))),
            )),
            Operation::Organizations(organizations::Operation::ListAccounts { .. }) => {
                let result = world.submit(world.now(), call).result.map(|reply| match reply {
                    Reply::Organizations(organizations::Reply::Accounts(mut page)) => {
                        page.items.iter_mut().for_each(|account| account.email.make_ascii_lowercase());
                        Reply::Organizations(organizations::Reply::Accounts(page))
                    }
                    other => other,
                });
                Some((took, result))
            }
            _ => None,
        }
    });
    let run = clockwork.run(exec::apply(&plan, &clockwork, &memory(), ApplyOptions::new())).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "it was asked for once");
}
