//! A lease that is kept while a survey takes its time.

use crate::cloud::{Call, Cloud, ReplyFuture};
use crate::state::Lease;
use crate::time::Runtime;

/// A cloud that has the lease renewed on the way, where it is time to: between the calls of a survey, which writes nothing
/// down and may take minutes.
pub(super) struct Keeping<'a> {
    pub(super) cloud: &'a dyn Cloud,
    pub(super) lease: &'a Lease,
}

impl Cloud for Keeping<'_> {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        Box::pin(async move {
            // A failure is no reply of the cloud's. Whoever surveys asks the lease again in the end, and is told then.
            drop(self.lease.keep().await);
            self.cloud.call(call).await
        })
    }

    fn runtime(&self) -> &dyn Runtime {
        self.cloud.runtime()
    }
}
