//! Real processes that are killed while they apply, again and again, on a bad connection: nothing is lost, nothing doubled.
//!
//! This test binary runs itself. Its children apply a zone to a moto server through a proxy that loses and refuses some of
//! their requests; at a drawn request the proxy holds the child still, and the test kills it (SIGKILL). The next child goes
//! on. How many requests pass decides when, never the clock, so a slow machine changes nothing.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::future::BoxFuture;
use securebase_core::aws::AwsCloud;
use securebase_core::cloud::{Call, Cloud, ReplyFuture};
use securebase_core::exec::{self, ApplyOptions, Run, apply, resume};
use securebase_core::model::LandingZone;
use securebase_core::observe::{Scope, survey};
use securebase_core::plan::Planner;
use securebase_core::state::{Error, RunStatus, State};
use securebase_core::time::{Clock, Runtime, Seed, SystemClock, Time};

use super::moto::Moto;
use super::proxy::{Fate, Moment, Proxy};
use super::verify::{Wanted, verify};

/// Tells a child what to do; without it the test that the children run has nothing to do.
const ORDERS: &str = "SECUREBASE_TEST_ORDERS";
/// How many times faster than real time a child lives: what it waits for on AWS's account, moto does at once.
const PACE: u32 = 100;
/// How long a lease in a bucket lasts that nobody renews.
const SHORT_LEASE: Duration = Duration::from_secs(2);

const TENANTS: [Wanted; 3] = [
    ("acme-finance", "aws+acme@example.com", "Customers-Fintech", "10.0.0.0/16"),
    ("medicorp-health", "aws+medicorp@example.com", "Customers-Healthcare", "10.1.0.0/16"),
    ("startup-standard", "aws+startup@example.com", "Customers-Standard", "10.2.0.0/16"),
];

fn zone() -> LandingZone {
    let clients: serde_json::Map<_, _> = TENANTS
        .iter()
        .zip([("fintech", "soc2"), ("healthcare", "hipaa"), ("standard", "cis")])
        .map(|((key, email, _, cidr), (tier, framework))| {
            let prefix = email.split(['+', '@']).nth(1).unwrap();
            let tenant = serde_json::json!({
                "tier": tier, "framework": framework, "prefix": prefix,
                "contact_email": format!("ops@{prefix}.example.com"), "vpc_cidr": cidr,
            });
            ((*key).to_owned(), tenant)
        })
        .collect();
    let document = serde_json::json!({
        "org_name": "securebase", "environment": "dev", "target_region": "us-east-1", "enable_vpc": true,
        "account_email": "aws+{prefix}@example.com", "clients": clients,
    });
    LandingZone::from_value(&document).unwrap_or_else(|problems| panic!("{problems}"))
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

// The child.

/// What a child is told.
#[derive(serde::Serialize, serde::Deserialize)]
struct Orders {
    /// Where AWS is.
    endpoint: String,
    state: StatePlace,
    /// When the time of all children began.
    epoch: Time,
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
enum StatePlace {
    Directory(PathBuf),
    /// A bucket on the server of that URL.
    Bucket(String),
}

impl StatePlace {
    fn open(&self) -> State {
        match self {
            Self::Directory(path) => State::open(path.to_str().unwrap()).unwrap(),
            Self::Bucket(url) => {
                let settings = [
                    ("aws_endpoint", url.as_str()),
                    ("aws_region", "us-east-1"),
                    ("aws_access_key_id", "test"),
                    ("aws_secret_access_key", "test"),
                ];
                State::open_with("s3://states/zone", settings).unwrap().lease_term(SHORT_LEASE)
            }
        }
    }
}

/// AWS for somebody who lives faster.
struct Hasty {
    cloud: AwsCloud,
    epoch: Time,
}

impl Cloud for Hasty {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        self.cloud.call(call)
    }

    fn runtime(&self) -> &dyn Runtime {
        self
    }
}

impl Runtime for Hasty {
    fn now(&self) -> Time {
        self.epoch + SystemClock.now().since(self.epoch) * PACE
    }

    fn steady(&self) -> Time {
        self.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration / PACE))
    }
}

/// What the children run. It is a test only because that is what this binary can run.
#[tokio::test]
async fn a_child_of_the_tests_below() {
    let Some(orders) = std::env::var_os(ORDERS) else { return };
    let Orders { endpoint, state, epoch } = serde_json::from_str(orders.to_str().unwrap()).unwrap();
    let cloud = Hasty { cloud: AwsCloud::builder().endpoint_url(endpoint).build().await.unwrap(), epoch };
    let state = state.open();
    let zone = zone();
    let options = || ApplyOptions::new().who("child");
    let resumed = match state.check_exists().await {
        // The killed process had not even taken the lease.
        Err(Error::NotFound { .. }) => None,
        exists => {
            exists.unwrap();
            Some(patiently(async || resume(&cloud, &state, options()).await).await)
        }
    };
    if resumed.as_ref().is_none_or(|run| run.run.is_none()) {
        let observed = survey(&cloud, &Scope::of(&zone)).await.unwrap();
        let plan = Planner::new(&zone).observed(&observed).plan().unwrap();
        let run = patiently(async || apply(&plan, &cloud, &state, options()).await).await;
        assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    }
    assert!(resumed.as_ref().is_none_or(|run| run.status == RunStatus::Succeeded), "{resumed:?}");
}

/// Waits for as long as the lease of somebody else lasts.
async fn patiently(work: impl AsyncFn() -> Result<Run, exec::Error>) -> Run {
    loop {
        match work().await {
            Ok(run) => return run,
            Err(exec::Error::State(Error::Leased { by })) => {
                tokio::time::sleep(by.expires.since(SystemClock.now())).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

// The test.

/// A directory that is taken away in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("securebase-{}-{name}", std::process::id()));
        // What an earlier process of the same number left behind.
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A child; it is killed when dropped.
struct Process(Child);

impl Process {
    fn start(orders: &Orders, log: &std::path::Path) -> Self {
        let said = File::create(log).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::a_child_of_the_tests_below", "--nocapture"])
            .env(ORDERS, serde_json::to_string(orders).unwrap())
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap();
        Self(child)
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// Kills it without a warning and waits until it is gone.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// One request in ten meets some fate.
fn bad_connection(seed: Seed) -> impl Fn(u64) -> Fate + Send + Sync {
    move |request| match seed.bits("fate", request) % 40 {
        0 => Fate::LoseRequest,
        1 => Fate::LoseReply,
        2 => Fate::Unavailable,
        3 => Fate::Throttle,
        _ => Fate::Pass,
    }
}

/// What was seen of the kills.
#[derive(Default)]
struct Kills {
    count: u64,
    /// How many of them hit the holder of the lease.
    of_holders: u64,
    moments: BTreeSet<Moment>,
    worlds: u64,
    requests: u64,
}

/// Applies the zone to a new world by children that are killed until there were `wanted` kills, or the world is complete;
/// then looks at that world.
fn world(seed: Seed, wanted: u64, in_bucket: bool, kills: &mut Kills) {
    let scratch = Scratch::new(&format!("killed-{}-{in_bucket}", seed.number()));
    let moto = Moto::start();
    let place = if in_bucket {
        moto.make_bucket("states");
        StatePlace::Bucket(moto.url().to_owned())
    } else {
        StatePlace::Directory(scratch.0.join("state"))
    };
    let proxy = Proxy::start(moto.url(), Duration::ZERO, bad_connection(seed));
    let orders = Orders { endpoint: proxy.url().to_owned(), state: place, epoch: SystemClock.now() };
    let state = orders.state.open();
    let log = scratch.0.join("log");
    loop {
        if kills.count < wanted {
            let after = seed.bits("after", kills.count) % 12;
            let moments = [Moment::BeforeItArrives, Moment::AfterItsEffect, Moment::AfterItsReply];
            let moment = moments[usize::try_from(seed.bits("moment", kills.count) % 3).unwrap()];
            proxy.set_trap(after, moment);
            let mut child = Process::start(&orders, &log);
            if proxy.wait_for_trap(|| child.has_ended()) {
                let holder = block_on(state.lease_info()).unwrap();
                if let Some(info) = &holder {
                    assert_eq!(info.holder.pid, child.0.id());
                }
                child.kill();
                proxy.bury_client();
                kills.count += 1;
                kills.moments.insert(moment);
                if holder.is_some() {
                    kills.of_holders += 1;
                }
                if !in_bucket {
                    // Its lease has most of a minute left, and yet nobody has to wait.
                    let lock = block_on(state.lease_info());
                    assert!(!matches!(lock, Ok(Some(_))), "the dead hold the lease: {lock:?}");
                }
                let history = match block_on(state.history()) {
                    // It was killed before it had taken the lease.
                    Err(Error::NotFound { .. }) => Vec::new(),
                    history => history.unwrap(),
                };
                if history.last().is_some_and(|run| run.status.is_some()) {
                    // It was over already, but for its last words.
                    break;
                }
                continue;
            }
            proxy.bury_client();
            finished(&mut child, &log);
        } else {
            finished(&mut Process::start(&orders, &log), &log);
        }
        break;
    }
    kills.requests += proxy.requests();
    let zone = zone();
    let everything = Planner::new(&zone).plan().unwrap();
    let looked_at =
        verify(&moto, &everything, &zone, &TENANTS).unwrap_or_else(|differences| panic!("{differences}"));
    assert!(looked_at > 150, "only {looked_at} things were looked at");
    block_on(async {
        let cloud = moto.cloud().await;
        let observed = survey(&cloud, &Scope::of(&zone)).await.unwrap();
        let again = Planner::new(&zone).observed(&observed).plan().unwrap();
        assert!(again.is_empty(), "not settled:\n{again}");
        assert_eq!(state.lease_info().await.unwrap(), None);
        assert_eq!(state.resources().await.unwrap().len(), everything.inventory.len());
    });
}

fn finished(child: &mut Process, log: &std::path::Path) {
    let status = child.0.wait().unwrap();
    assert!(status.success(), "{status}: {}", std::fs::read_to_string(log).unwrap());
}

/// Lets children be killed so many times, in as many worlds as that takes.
fn killed(wanted: u64, in_bucket: bool) -> Kills {
    let mut kills = Kills::default();
    while kills.count < wanted {
        world(Seed::new(kills.worlds), wanted, in_bucket, &mut kills);
        kills.worlds += 1;
    }
    // How far each got: most had begun to apply.
    assert!(kills.of_holders * 2 > kills.count, "{} of {} held the lease", kills.of_holders, kills.count);
    kills
}

#[test]
fn killed_at_25_moments_nothing_is_lost_and_nothing_doubled() {
    let kills = killed(25, false);
    assert_eq!(kills.moments.len(), 3, "{:?}", kills.moments);
    let Kills { worlds, requests, of_holders, .. } = kills;
    println!(
        "worlds: {worlds}, requests: {requests}, kills of a process that held the lease: {of_holders} of 25"
    );
}

#[test]
fn killed_with_its_state_in_a_bucket_the_lease_runs_out_and_the_run_goes_on() {
    killed(6, true);
}
