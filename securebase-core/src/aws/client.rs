//! The cloud itself: each call to its service, with the credentials of its account.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use aws_config::SdkConfig;

use super::services::{account, ec2, iam, kms, logs, organizations, sts};
use super::session::Sessions;
use super::{AwsCloudBuilder, error};
use crate::cloud::{Call, Cloud, CloudError, ErrorKind, Operation, Reply, ReplyFuture, Target};
use crate::model::Region;

/// A call that takes longer than this is worth a word.
const SLOW: Duration = Duration::from_secs(10);

/// AWS, reached through its SDKs.
///
/// # Guarantees
/// Each call is sent at most once. Sessions in member accounts are kept, renewed five minutes before they run out, and
/// dropped when AWS says they have expired.
///
/// # Assumptions
/// The credentials belong to the management account (or to a role in it) and may assume the access roles. Needs a tokio
/// runtime with time and I/O.
///
/// # Caveats
/// [`Target::Management`] means the account of the credentials; nothing checks here that it is the management account.
pub struct AwsCloud {
    management: SdkConfig,
    sessions: Sessions,
}

impl fmt::Debug for AwsCloud {
    /// Where it leads, nothing of the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint_url = self.management.endpoint_url();
        f.debug_struct("AwsCloud").field("endpoint_url", &endpoint_url).finish_non_exhaustive()
    }
}

impl AwsCloud {
    /// Begins to set one up.
    pub fn builder() -> AwsCloudBuilder {
        AwsCloudBuilder::default()
    }

    pub(super) fn new(home: SdkConfig, region: &Region, session_name: String) -> Self {
        let served_from = if region.is_commercial() { &Region::us_east_1() } else { region };
        let management = in_region(&home, served_from);
        Self { management, sessions: Sessions::new(home, region, session_name) }
    }

    async fn carry_out(&self, call: Call) -> Result<Reply, CloudError> {
        let Call { target, operation } = call;
        match target {
            Target::Management => send(&self.management, operation).await.map_err(error::of_management),
            Target::Member { account, region, role } => {
                let session = self.sessions.open(account, &role).await?;
                let reply = send(&in_region(session.config(), &region), operation).await;
                if matches!(&reply, Err(error) if error.kind == ErrorKind::ExpiredCredentials) {
                    self.sessions.forget(account, &role, &session).await;
                }
                reply
            }
        }
    }
}

impl Cloud for AwsCloud {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        let action = call.operation.action();
        Box::pin(noticed(action, SLOW, self.carry_out(call)))
    }
}

/// Waits for the end of a call, and says so where that takes longer than `slow`.
async fn noticed<T>(call: &'static str, slow: Duration, carried_out: impl Future<Output = T>) -> T {
    let mut carried_out = pin!(carried_out);
    match tokio::time::timeout(slow, carried_out.as_mut()).await {
        Ok(done) => done,
        Err(_) => {
            tracing::warn!(call, "waiting: {call} has not been answered for {} s", slow.as_secs());
            carried_out.await
        }
    }
}

fn in_region(config: &SdkConfig, region: &Region) -> SdkConfig {
    config.to_builder().region(aws_config::Region::new(region.as_str().to_owned())).build()
}

/// Making a client takes microseconds and the connections are shared, so each call makes its own: ten thousand accounts
/// then cost no memory but their session.
async fn send(config: &SdkConfig, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::Organizations(operation) => {
            organizations::send(&aws_sdk_organizations::Client::new(config), operation).await
        }
        Operation::Sts(operation) => sts::send(&aws_sdk_sts::Client::new(config), &operation).await,
        Operation::Ec2(operation) => ec2::send(&aws_sdk_ec2::Client::new(config), operation).await,
        Operation::Iam(operation) => iam::send(&aws_sdk_iam::Client::new(config), operation).await,
        Operation::Kms(operation) => kms::send(&aws_sdk_kms::Client::new(config), operation).await,
        Operation::Account(operation) => {
            account::send(&aws_sdk_account::Client::new(config), operation).await
        }
        Operation::Logs(operation) => {
            logs::send(&aws_sdk_cloudwatchlogs::Client::new(config), operation).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_that_takes_long_is_waited_for_all_the_same() {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let call = noticed("ec2:CreateVpc", Duration::ZERO, answered);
        // Nothing has been waited for so long that it could not be answered still.
        let (done, sent) = tokio::join!(call, async { answer.send(7) });
        assert_eq!((done.unwrap(), sent), (7, Ok(())));
    }
}
