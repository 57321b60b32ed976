//! States in S3, against a moto server: what the tests of stores in memory show holds for a real HTTP client too.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test, and says so")]

#[path = "../aws/moto.rs"]
#[expect(dead_code, reason = "the tests of AWS itself need more of it")]
mod moto;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use securebase_core::exec::{self, ApplyOptions};
use securebase_core::input::Format;
use securebase_core::model::LandingZone;
use securebase_core::plan::{Plan, Planner};
use securebase_core::sim::Faults;
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{Error, Holder, LEASE_TERM, RunId, RunStatus, State};
use securebase_core::time::{Clock, Time};

use moto::Moto;

/// A clock that moves when it is told to.
#[derive(Clone)]
struct HandClock(Arc<AtomicU64>);

impl HandClock {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_795_262_000_000_000)))
    }

    fn advance(&self, duration: Duration) {
        self.0.fetch_add(u64::try_from(duration.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A server with a bucket.
fn server() -> Moto {
    let moto = Moto::start();
    moto.make_bucket("states");
    moto
}

fn state(moto: &Moto, prefix: &str, clock: &HandClock) -> State {
    let settings = [
        ("aws_endpoint", moto.url()),
        ("aws_region", "us-east-1"),
        ("aws_access_key_id", "test"),
        ("aws_secret_access_key", "test"),
    ];
    let url = format!("s3://states/{prefix}");
    State::open_with(&url, settings).unwrap_or_else(|error| panic!("{error}")).clock(clock.clone())
}

fn holder(who: &str) -> Holder {
    Holder::this_process(who)
}

fn zone() -> LandingZone {
    let text = include_str!("../../../examples/ten-tenants.client.auto.tfvars");
    LandingZone::parse(text, Format::Tfvars, None).unwrap_or_else(|problems| panic!("{problems}"))
}

fn plan() -> Plan {
    Planner::new(&zone()).plan().unwrap()
}

#[tokio::test]
async fn a_run_is_journalled_cut_off_and_resumed_from_s3() {
    let (moto, clock) = (server(), HandClock::new());
    let faults = Faults { crash_after_calls: Some(300), ..Faults::default() };
    let cloud = SimulatedCloud::builder(0).faults(faults).build();
    let planned = plan();
    let here = state(&moto, "zones/one", &clock);
    let cut_off = exec::apply(&planned, &cloud, &here, ApplyOptions::new().who("ada")).await;
    assert!(matches!(cut_off, Err(exec::Error::Interrupted { .. })), "{cut_off:?}");
    // The dead give nothing back: the lease has to run out.
    let there = state(&moto, "zones/one", &clock);
    let early = exec::resume(&cloud, &there, ApplyOptions::new().who("grace")).await;
    let Err(exec::Error::State(Error::Leased { by })) = early else { panic!("{early:?}") };
    assert_eq!(by.holder.who, "ada");
    clock.advance(LEASE_TERM);
    let run = exec::resume(&cloud, &there, ApplyOptions::new().who("grace")).await.unwrap();
    assert_eq!((run.status, run.failed.len()), (RunStatus::Succeeded, 0), "{run}");
    assert!(!run.applied.is_empty() && run.applied.len() < planned.steps().len(), "{run}");
    let history = there.history().await.unwrap();
    assert_eq!((history.len(), history[0].step_count), (1, planned.steps().len()));
    assert_eq!(here.resources().await.unwrap().len(), planned.inventory.len());
    assert_eq!(there.lease_info().await.unwrap(), None);
    // Nothing to go on with, and no lease in the way.
    let again = exec::resume(&cloud, &here, ApplyOptions::new()).await.unwrap();
    assert_eq!((again.run, again.applied.len()), (None, 0));
}

#[tokio::test]
async fn of_many_that_want_the_lease_one_gets_it() {
    let (moto, clock) = (server(), HandClock::new());
    for round in 1..=5_u64 {
        let tries = (0..8).map(|number| {
            let state = state(&moto, "raced", &clock);
            async move { state.acquire(&holder(&format!("racer {number}"))).await }
        });
        let mut leases = Vec::new();
        for tried in futures::future::join_all(tries).await {
            match tried {
                Ok(lease) => leases.push(lease),
                Err(Error::Leased { by }) => assert_eq!(by.token, round),
                Err(error) => panic!("{error}"),
            }
        }
        let [lease] = leases.as_slice() else { panic!("{} leases", leases.len()) };
        assert_eq!(lease.token(), round);
        lease.release().await.unwrap();
    }
}

#[tokio::test]
async fn a_zombie_is_shut_out_by_s3_itself() {
    let (moto, clock) = (server(), HandClock::new());
    let (here, there) = (state(&moto, "", &clock), state(&moto, "", &clock));
    let planned = plan();
    let zombie = here.acquire(&holder("zombie")).await.unwrap();
    let journal = here.begin(&zombie, &planned).await.unwrap();
    let entry = |seq, who: &str| securebase_core::state::Entry {
        seq,
        at: Time::ZERO,
        fact: securebase_core::state::Fact::Resumed { who: who.to_owned() },
    };
    journal.append(&[entry(1, "zombie")]).await.unwrap();
    clock.advance(LEASE_TERM);
    let lease = there.acquire(&holder("grace")).await.unwrap();
    let refused = journal.append(&[entry(2, "zombie")]).await;
    let Err(Error::Fenced { by: Some(by) }) = refused else { panic!("{refused:?}") };
    assert_eq!((by.holder.who.as_str(), by.token), ("grace", 2));
    assert!(matches!(here.compact(&zombie).await, Err(Error::Fenced { .. })));
    let last = there.last_run().await.unwrap().unwrap();
    there.reopen(&lease, &last).await.unwrap().append(&[entry(2, "grace")]).await.unwrap();
    assert_eq!(there.entries(RunId(1)).await.unwrap(), [entry(1, "zombie"), entry(2, "grace")]);
}

#[tokio::test]
async fn a_state_moves_from_s3_to_anywhere() {
    let (moto, clock) = (server(), HandClock::new());
    let s3 = state(&moto, "zones/two", &clock);
    let planned = plan();
    let cloud = SimulatedCloud::new(0);
    exec::apply(&planned, &cloud, &s3, ApplyOptions::new()).await.unwrap();
    let bytes = s3.export().await.unwrap();
    let copy = State::open("memory://").unwrap();
    copy.import(&bytes, &holder("ada")).await.unwrap();
    assert_eq!(copy.resources().await.unwrap(), s3.resources().await.unwrap());
    let back = state(&moto, "zones/three", &clock);
    back.import(&bytes, &holder("ada")).await.unwrap();
    assert_eq!(back.export().await.unwrap(), bytes);
    // Neither sees the other.
    let nowhere = state(&moto, "zones/four", &clock).history().await;
    assert!(matches!(nowhere, Err(Error::NotFound { .. })), "{nowhere:?}");
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_named() {
    let (moto, clock) = (server(), HandClock::new());
    let settings = [
        ("aws_endpoint", moto.url()),
        ("aws_region", "us-east-1"),
        ("aws_access_key_id", "test"),
        ("aws_secret_access_key", "test"),
    ];
    let state = State::open_with("s3://nowhere/state", settings).unwrap().clock(clock);
    let Err(error) = state.acquire(&holder("ada")).await else { panic!("no bucket is needed?") };
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
    let text = error.message();
    assert!(text.contains("s3://nowhere/state/lease.json") && text.contains("NoSuchBucket"), "{text}");
    for (url, setting) in [("s3://", "aws_region"), ("s3://bucket", "colour")] {
        let refused = State::open_with(url, [(setting, "x")]).map(|_| ());
        assert!(matches!(refused, Err(Error::Url { .. })), "{url}: {refused:?}");
    }
}
