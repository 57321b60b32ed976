//! The right to write, for a while: taken, renewed, lost, given back.
//!
//! One file, `lease.json`, changed by conditional writes only. Each holder gets a fencing token one higher than the last.
//! Whoever takes over before the last holder has given the lease back seals the journal of that holder's run, so that
//! nothing the last holder still writes has an effect.

pub(super) mod holder;

use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::Error;
use super::journal::envelope;
use super::store::{ObjectVersion, Presence, Store, WriteCondition};
use crate::time::{Clock, Time};
use holder::{Holder, LeaseInfo};

pub(super) const LEASE: &str = "lease.json";

/// How long a lease lasts unless it is renewed.
pub const LEASE_TERM: Duration = Duration::from_secs(60);

/// How often the lease is tried for before the others are let have it.
const TRIES_MAX: u32 = 8;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Document {
    token: u64,
    /// Names the holder's sign of life, and tells its own writes from those of others.
    nonce: String,
    /// The last run that a holder has begun or gone on with; 0 for none.
    run: u64,
    holder: Holder,
    renewed: Time,
    expires: Time,
    released: bool,
}

/// How far two clocks may differ before that is worth a word.
const CLOCKS_DIFFER: Duration = Duration::from_secs(600);
/// The end of the year 9999: no clock says more, and no calendar goes further.
const TIME_MAX: Time = Time::from_micros(253_402_300_799_999_999);
/// More runs and holders than a state can have seen.
const NUMBER_MAX: u64 = 1 << 53;

impl Document {
    /// Who has it, as seen at that moment.
    fn info(&self, store: &dyn Store, now: Time) -> LeaseInfo {
        let ahead = self.renewed.since(now);
        LeaseInfo {
            holder: self.holder.clone(),
            token: self.token,
            expires: self.expires,
            ahead: (ahead > CLOCKS_DIFFER).then_some(ahead),
            file: format!("{}/{LEASE}", store.place()),
        }
    }

    /// What no holder can have written, if anything.
    fn absurd(&self) -> Option<&'static str> {
        let times = [self.renewed, self.expires, self.holder.since];
        if times.iter().any(|time| *time > TIME_MAX) {
            Some("it names a time after the year 9999")
        } else if self.run > NUMBER_MAX || self.token > NUMBER_MAX {
            Some("it names a run or a holder that cannot have been")
        } else {
            None
        }
    }
}

async fn read(store: &dyn Store) -> Result<Option<(Document, ObjectVersion)>, Error> {
    let Some((bytes, version)) = store.get_versioned(LEASE).await? else { return Ok(None) };
    envelope::version(LEASE, &bytes)?;
    let document: Document = envelope::open(LEASE, &bytes)?;
    match document.absurd() {
        Some(why) => Err(Error::Corrupt { key: LEASE.to_owned(), line: 1, why: why.to_owned() }),
        None => Ok(Some((document, version))),
    }
}

/// Whether a lease that was not given back may be taken over.
async fn is_over(store: &dyn Store, document: &Document, now: Time) -> Result<bool, Error> {
    if now >= document.expires {
        return Ok(true);
    }
    Ok(store.is_present(&document.nonce, &document.holder).await? == Some(false))
}

/// Who has the lease, if anybody.
pub(super) async fn info(store: &dyn Store, now: Time) -> Result<Option<LeaseInfo>, Error> {
    match read(store).await? {
        Some((document, _)) if !document.released && !is_over(store, &document, now).await? => {
            Ok(Some(document.info(store, now)))
        }
        _ => Ok(None),
    }
}

/// The last fencing token there was; 0 for none.
pub(super) async fn token(store: &dyn Store) -> Result<u64, Error> {
    Ok(read(store).await?.map_or(0, |(document, _)| document.token))
}

/// A name that nobody else has: from what is known of the holder, and what the operating system gives.
fn nonce(holder: &Holder) -> String {
    use std::hash::{BuildHasher, Hasher};
    // The standard library seeds its hashers from the operating system; a nonce decides nothing but whose a write is.
    let chance = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let text = format!("{holder:?} {chance}");
    hex::encode(&Sha256::digest(text)[..8])
}

struct Held {
    document: Document,
    version: ObjectVersion,
    lost: bool,
}

struct Shared {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    term: Duration,
    token: u64,
    who: String,
    held: Mutex<Held>,
    /// What `held` says, for those who cannot wait.
    expires: StdMutex<Time>,
    presence: StdMutex<Option<Box<dyn Presence>>>,
}

/// The right to write to a state. Clones are one and the same lease.
///
/// # Guarantees
/// Of all processes one at most can write at a time. One that was paused for longer than the lease lasts finds that out
/// with its next write ([`Error::Fenced`]), and that write has no effect.
///
/// # Caveats
/// When the last clone is dropped without [`Lease::release`], a store that knows who is alive (a directory, memory) lets
/// the next holder in at once; in another the lease has to run out.
#[derive(Clone)]
pub struct Lease {
    shared: Arc<Shared>,
}

/// A lease, and the run whose journal its last holder may still believe to be its own.
pub(super) struct Taken {
    pub(super) lease: Lease,
    pub(super) abandoned: Option<u64>,
}

impl Lease {
    pub(super) async fn take(
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
        term: Duration,
        holder: &Holder,
    ) -> Result<Taken, Error> {
        let nonce = nonce(holder);
        let mut tries = 0;
        loop {
            let now = clock.now();
            let found = read(store.as_ref()).await?;
            if let Some((document, _)) = &found
                && !document.released
                && !is_over(store.as_ref(), document, now).await?
            {
                return Err(Error::Leased { by: Box::new(document.info(store.as_ref(), now)) });
            }
            let (last, condition) = match found {
                Some((document, version)) => (Some(document), WriteCondition::Unchanged(version)),
                None => (None, WriteCondition::Absent),
            };
            let document = Document {
                token: last.as_ref().map_or(1, |last| last.token + 1),
                nonce: nonce.clone(),
                run: last.as_ref().map_or(0, |last| last.run),
                holder: Holder { since: now, ..holder.clone() },
                renewed: now,
                expires: now + term,
                released: false,
            };
            // Before the lease is written: whoever reads it must find its holder alive.
            let presence = store.announce(&nonce).await?;
            let bytes = envelope::seal(LEASE, &document)?;
            match store.put(LEASE, &bytes, condition).await {
                Ok(version) => {
                    let abandoned = last.filter(|last| !last.released && last.run > 0).map(|last| last.run);
                    let shared = Shared {
                        store: Arc::clone(store),
                        clock: Arc::clone(clock),
                        term,
                        token: document.token,
                        who: holder.who.clone(),
                        expires: StdMutex::new(document.expires),
                        held: Mutex::new(Held { document, version, lost: false }),
                        presence: StdMutex::new(presence),
                    };
                    return Ok(Taken { lease: Self { shared: Arc::new(shared) }, abandoned });
                }
                // Somebody was faster: the next look tells whom to name.
                Err(Error::Conflict { .. }) if tries < TRIES_MAX => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The fencing token: one more with every holder of this state.
    pub fn token(&self) -> u64 {
        self.shared.token
    }

    pub(super) fn who(&self) -> &str {
        &self.shared.who
    }

    fn expires(&self) -> Time {
        *self.shared.expires.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When to renew, by the state's clock: with two thirds of the term left, for clocks that differ and stores that dawdle.
    pub fn renew_at(&self) -> Time {
        let left = self.shared.term * 2 / 3;
        Time::from_micros(self.expires().as_micros().saturating_sub(micros(left)))
    }

    /// How long from now until it should be renewed.
    pub fn renew_in(&self) -> Duration {
        let now = self.shared.clock.now();
        if self.went_back(now) { Duration::ZERO } else { self.renew_at().since(now) }
    }

    /// Whether somebody has set the clock back since the lease was last renewed. How much of it is left cannot be told then.
    fn went_back(&self, now: Time) -> bool {
        now + self.shared.term < self.expires()
    }

    /// Renews the lease where it is time to; to be called at least whenever [`Lease::renew_in`] has passed.
    ///
    /// # Errors
    /// [`Error::Fenced`] where somebody else has it now, or where the store fails.
    pub async fn keep(&self) -> Result<(), Error> {
        let now = self.shared.clock.now();
        if now < self.renew_at() && !self.went_back(now) { Ok(()) } else { self.renew().await }
    }

    /// Makes sure that the lease has not run out: after a write was done, and before anything that rests on it leaves, because
    /// somebody else could have it by then.
    ///
    /// # Errors
    /// As [`Lease::keep`].
    pub async fn confirm(&self) -> Result<(), Error> {
        let now = self.shared.clock.now();
        if now < self.expires() && !self.went_back(now) { Ok(()) } else { self.renew().await }
    }

    /// Renews the lease now.
    ///
    /// # Errors
    /// As [`Lease::keep`].
    pub async fn renew(&self) -> Result<(), Error> {
        self.write(|_| {}).await
    }

    /// Takes note of the run that this holder is about to write to. Whoever takes over seals it.
    pub(super) async fn enter(&self, run: u64) -> Result<(), Error> {
        let entered = self.shared.held.lock().await.document.run == run;
        if entered { self.keep().await } else { self.write(|document| document.run = run).await }
    }

    /// The last run that a holder has begun or gone on with; 0 for none.
    pub(super) async fn run(&self) -> u64 {
        self.shared.held.lock().await.document.run
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// As [`Lease::keep`].
    pub async fn release(&self) -> Result<(), Error> {
        let released = self.write(|document| document.released = true).await;
        drop(self.shared.presence.lock().unwrap_or_else(PoisonError::into_inner).take());
        released
    }

    async fn write(&self, change: impl FnOnce(&mut Document)) -> Result<(), Error> {
        let Shared { store, clock, term, .. } = self.shared.as_ref();
        let mut held = self.shared.held.lock().await;
        if held.lost {
            return Err(self.fenced().await);
        }
        let now = clock.now();
        let mut document = Document { renewed: now, expires: now + *term, ..held.document.clone() };
        change(&mut document);
        let bytes = envelope::seal(LEASE, &document)?;
        let mut result = store.put(LEASE, &bytes, WriteCondition::Unchanged(held.version.clone())).await;
        if let Err(Error::Conflict { .. }) = &result
            && let Ok(Some((found, version))) = read(store.as_ref()).await
            && found.nonce == document.nonce
        {
            // An earlier write of our own took place although its reply was an error.
            result = store.put(LEASE, &bytes, WriteCondition::Unchanged(version)).await;
        }
        match result {
            Ok(version) => {
                *self.shared.expires.lock().unwrap_or_else(PoisonError::into_inner) = document.expires;
                // What was given back is gone: there is nothing to renew.
                let lost = document.released;
                *held = Held { document, version, lost };
                Ok(())
            }
            Err(Error::Conflict { .. }) => {
                held.lost = true;
                Err(self.fenced().await)
            }
            Err(error) => Err(error),
        }
    }

    async fn fenced(&self) -> Error {
        let store = self.shared.store.as_ref();
        let info = |document: Document| Box::new(document.info(store, self.shared.clock.now()));
        match read(store).await {
            Ok(found) => Error::Fenced { by: found.map(|(document, _)| info(document)) },
            // Lost all the same; who has it now cannot be read.
            Err(_) => Error::Fenced { by: None },
        }
    }

    /// What a conflict on one of this holder's own files means.
    pub(super) async fn explain(&self, error: Error) -> Error {
        match error {
            Error::Conflict { .. } => match self.renew().await {
                Err(fenced @ Error::Fenced { .. }) => fenced,
                // It could not be written; whose it is can perhaps still be read.
                Err(_) if self.is_anothers().await => self.fenced().await,
                _ => error,
            },
            _ => error,
        }
    }

    /// Whether somebody else has the lease for sure.
    async fn is_anothers(&self) -> bool {
        let nonce = self.shared.held.lock().await.document.nonce.clone();
        matches!(read(self.shared.store.as_ref()).await, Ok(Some((found, _))) if found.nonce != nonce)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
