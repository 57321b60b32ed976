//! One call outside of a run, sent again while its failure passes.

use super::{Contact, Failing};
use crate::cloud::{Cloud, CloudError, ErrorKind, Operation};
use crate::time::{Seed, Time};

/// How often a call has failed in a row, and since when.
#[derive(Default)]
pub(crate) struct Patience {
    failing: Option<Failing>,
}

impl Patience {
    /// The call that was sent then has failed: lets the time pass until it may be sent again. That it takes long is logged
    /// once, with the reason.
    ///
    /// # Errors
    /// The failure, where sending the call again is of no use, or of no use any more.
    pub(crate) async fn wait(
        &mut self,
        cloud: &dyn Cloud,
        operation: &Operation,
        sent: Time,
        error: CloudError,
        contact: Contact,
    ) -> Result<(), CloudError> {
        // Nothing has been made a moment ago for which to wait.
        if matches!(error.kind, ErrorKind::NotFound | ErrorKind::NotReady) {
            return Err(error);
        }
        let now = cloud.runtime().steady();
        let failing = self.failing.get_or_insert_with(|| Failing::since(sent));
        let Some(wait) = failing.again(now, &error, contact, Seed::new(0), operation.name()) else {
            return Err(error);
        };
        if failing.becomes_long(now + wait) {
            let call = operation.action();
            tracing::warn!(call, code = error.code, "waiting: {call} answered {error}; it is called again");
        }
        cloud.runtime().sleep(wait).await;
        Ok(())
    }
}
