//! Work under the lease of a state: taken, waited for where the caller wants to wait, and given back.

use std::time::Duration;

use crate::cloud::Cloud;
use crate::exec::{ApplyOptions, Error};
use crate::state::{self, Lease, State};

/// How often to look whether a lease was given back before it has run out.
const LOOK: Duration = Duration::from_secs(5);

/// Does something under the lease and gives that back, however it ends; the dead do not.
pub(in crate::exec) async fn leased<T, F: Future<Output = Result<T, Error>>>(
    cloud: &dyn Cloud,
    state: &State,
    options: &ApplyOptions,
    work: impl FnOnce(Lease) -> F,
) -> Result<T, Error> {
    let lease = acquire(cloud, state, options).await?;
    let result = work(lease.clone()).await;
    if !result.as_ref().is_err_and(Error::is_crash) {
        // What was done is durable by now. A lease that cannot be given back runs out.
        drop(lease.release().await);
    }
    result
}

/// Takes the lease, and waits for it as long as the caller wants to.
async fn acquire(cloud: &dyn Cloud, state: &State, options: &ApplyOptions) -> Result<Lease, Error> {
    let began = cloud.runtime().steady();
    let mut said = false;
    loop {
        let by = match state.acquire(&options.holder()).await {
            Err(state::Error::Leased { by }) => by,
            taken => return Ok(taken?),
        };
        let left = options.wait_for_lease.saturating_sub(cloud.runtime().steady().since(began));
        if left.is_zero() || options.stop.is_asked() {
            return Err(Error::State(state::Error::Leased { by }));
        }
        if !std::mem::replace(&mut said, true) {
            tracing::warn!(%by, "waiting for the state, which another process is writing to");
        }
        // Never zero: whoever has it may just be renewing it.
        let pause = state.left_of(&by).clamp(Duration::from_millis(100), LOOK).min(left);
        tokio::select! {
            biased;
            () = options.stop.asked() => {}
            () = cloud.runtime().sleep(pause) => {}
        }
    }
}
