//! The state: what every store must do, who may write, and what each failure looks like.

mod damage;
mod failures;
mod faulty;
mod hardened;
mod history;
mod leases;
mod places;
mod portable;
mod processes;
mod stores;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use object_store::memory::InMemory;
use securebase_core::model::Address;
use securebase_core::plan::{Plan, Planner};
use securebase_core::state::{
    BucketStore, DirectoryStore, Entry, FORMAT_VERSION, Fact, Holder, MemoryStore, State, Store,
};
use securebase_core::time::{Clock, Time};

use crate::support::{ONE_TENANT, Scratch, zone};

/// A clock that moves when it is told to.
#[derive(Clone)]
pub(crate) struct HandClock(Arc<AtomicU64>);

impl HandClock {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_795_262_000_000_000)))
    }

    fn advance(&self, duration: Duration) {
        self.0.fetch_add(u64::try_from(duration.as_micros()).unwrap(), Ordering::SeqCst);
    }

    fn set_back(&self, duration: Duration) {
        self.0.fetch_sub(u64::try_from(duration.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// An empty store of each kind, with what it is kept in.
fn stores() -> Vec<(&'static str, Arc<dyn Store>, Option<Scratch>)> {
    let scratch = Scratch::new("store");
    let directory: Arc<dyn Store> = Arc::new(DirectoryStore::new(scratch.path().join("state")));
    vec![
        ("memory", Arc::new(MemoryStore::new()), None),
        ("directory", directory, Some(scratch)),
        ("bucket", Arc::new(bucket()), None),
    ]
}

fn bucket() -> BucketStore {
    BucketStore::new(Arc::new(InMemory::new()), "zones/one", "test://bucket/zones/one")
}

fn state(store: &Arc<dyn Store>, clock: &HandClock) -> State {
    State::new(Arc::clone(store)).clock(clock.clone())
}

fn holder(who: &str) -> Holder {
    Holder::this_process(who)
}

fn a_plan() -> Plan {
    Planner::new(&zone(ONE_TENANT)).plan().unwrap()
}

fn begun(seq: u64) -> Entry {
    let (who, plan) = ("test".to_owned(), "p".to_owned());
    let fact = Fact::Begun { format_version: FORMAT_VERSION, who, plan, organization: None };
    Entry { seq, at: Time::from_micros(seq), fact }
}

fn intent(seq: u64, address: &str) -> Entry {
    let fact = Fact::Intent { address: Address::new(address), call: "ec2:CreateVpc".to_owned() };
    Entry { seq, at: Time::from_micros(seq), fact }
}
