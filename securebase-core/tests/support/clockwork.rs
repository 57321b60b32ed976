//! A simulated cloud whose time passes as real time does: calls and pauses overlap, and end in the order of their moments.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures::future::BoxFuture;
use securebase_core::cloud::{Call, Cloud, CloudError, Reply, ReplyFuture};
use securebase_core::sim::SimulatedCloud;
use securebase_core::time::{Clock, Runtime, Time};

/// An answer that a test gives instead of the cloud, and how long it takes.
pub(crate) type Answer = (Duration, Result<Reply, CloudError>);

type Hook = Box<dyn Fn(&Call) -> Option<Answer> + Send + Sync>;
type Timers = Arc<Mutex<BTreeMap<(Time, u64), Waker>>>;

pub(crate) struct Clockwork {
    cloud: SimulatedCloud,
    hook: Hook,
    timers: Timers,
    count: Mutex<u64>,
}

impl Clockwork {
    /// Every call is shown to `hook` as it leaves; what that answers never reaches the cloud.
    pub(crate) fn new(
        cloud: &SimulatedCloud,
        hook: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let cloud = cloud.clone();
        Self { cloud, hook: Box::new(hook), timers: Timers::default(), count: Mutex::default() }
    }

    fn at(&self, due: Time) -> Timer {
        let mut count = self.count.lock().unwrap();
        *count += 1;
        Timer { due: (due, *count), cloud: self.cloud.clone(), timers: Arc::clone(&self.timers) }
    }

    /// Runs a future to its end. Time passes only where nothing else can happen.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            if woken.0.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return output;
                }
                continue;
            }
            let first = self.timers.lock().unwrap().pop_first();
            let Some(((due, _), timer)) = first else { panic!("nothing is left to wait for") };
            self.cloud.advance_to(due);
            timer.wake();
        }
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Timer {
    due: (Time, u64),
    cloud: SimulatedCloud,
    timers: Timers,
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.cloud.now() >= self.due.0 {
            return Poll::Ready(());
        }
        self.timers.lock().unwrap().insert(self.due, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.timers.lock().unwrap().remove(&self.due);
    }
}

impl Cloud for Clockwork {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        Box::pin(async move {
            let now = self.cloud.now();
            let (at, result) = match (self.hook)(&call) {
                Some((took, result)) => (now + took, result),
                None => {
                    let submission = self.cloud.submit(now, &call);
                    (submission.at, submission.result)
                }
            };
            self.at(at).await;
            result
        })
    }

    fn runtime(&self) -> &dyn Runtime {
        self
    }
}

impl Runtime for Clockwork {
    fn now(&self) -> Time {
        self.cloud.clock()
    }

    fn steady(&self) -> Time {
        self.cloud.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(self.at(self.cloud.now() + duration))
    }
}

/// The time of a simulated cloud, for a state.
pub(crate) struct CloudClock(pub(crate) SimulatedCloud);

impl Clock for CloudClock {
    fn now(&self) -> Time {
        SimulatedCloud::now(&self.0)
    }
}
