//! Handles on a run that is under way: ending it early, pausing it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Asks a run to stop: no new call leaves, those under way are waited for. Clones are one and the same request.
#[derive(Debug, Clone, Default)]
pub struct Stop(Switch);

impl Stop {
    /// A request that has not been made yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes it.
    pub fn ask(&self) {
        self.0.set(true);
    }

    /// Whether it was made.
    pub fn is_asked(&self) -> bool {
        self.0.is_on()
    }

    /// Returns once it is made.
    pub(in crate::exec) async fn asked(&self) {
        self.0.becomes(true).await;
    }
}

/// Pauses a run: no new call leaves until it is resumed; those under way are waited for, and the lease is kept. Clones are
/// one and the same handle.
#[derive(Debug, Clone, Default)]
pub struct Pause(Switch);

impl Pause {
    /// A handle on a run that is not paused.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pauses the run.
    pub fn pause(&self) {
        self.0.set(true);
    }

    /// Resumes it.
    pub fn resume(&self) {
        self.0.set(false);
    }

    /// Whether the run is paused.
    pub fn is_paused(&self) -> bool {
        self.0.is_on()
    }

    /// Returns once the run is paused, or not any more.
    pub(in crate::exec) async fn becomes(&self, paused: bool) {
        self.0.becomes(paused).await;
    }
}

/// Something that is on or off, and can be waited for.
#[derive(Debug, Clone, Default)]
struct Switch {
    on: Arc<AtomicBool>,
    notify: Arc<Notify>,
}

impl Switch {
    fn set(&self, on: bool) {
        self.on.store(on, Ordering::SeqCst);
        self.notify.notify_waiters();
    }

    fn is_on(&self) -> bool {
        self.on.load(Ordering::SeqCst)
    }

    async fn becomes(&self, on: bool) {
        loop {
            // Asked to be told before looking: a change between the two is not missed.
            let mut told = std::pin::pin!(self.notify.notified());
            told.as_mut().enable();
            if self.is_on() == on {
                return;
            }
            told.await;
        }
    }
}
