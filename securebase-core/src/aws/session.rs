//! Sessions in member accounts: one per account and access role, shared by all calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::{IdentityCache, SharedIdentityCache};

use super::convert::malformed;
use super::error;
use crate::cloud::{CloudError, Delivery};
use crate::model::{AccountId, Region, RoleName};
use crate::time::{Clock, SystemClock, Time};

/// How long before its end a session is renewed: longer than any call takes.
const MARGIN: Duration = Duration::from_secs(300);

/// An assumed role.
pub(super) struct Session {
    config: SdkConfig,
    expires: Time,
}

impl Session {
    /// Settings with the credentials of the session, in the home region.
    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }
}

/// Holds a session, and makes all who want it at once wait for one `AssumeRole`.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<Session>>>>;

/// All sessions.
pub(super) struct Sessions {
    home: SdkConfig,
    partition: &'static str,
    name: String,
    slots: Mutex<BTreeMap<(AccountId, RoleName), Slot>>,
}

impl Sessions {
    pub(super) fn new(home: SdkConfig, region: &Region, name: String) -> Self {
        Self { home, partition: partition(region), name, slots: Mutex::default() }
    }

    fn slot(&self, account: AccountId, role: &RoleName) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry((account, role.clone())).or_default())
    }

    /// The session in that account, a new one if there is none or it ends soon.
    ///
    /// # Errors
    /// [`CloudError`] why the role cannot be assumed. The call it was wanted for was then not sent.
    pub(super) async fn open(&self, account: AccountId, role: &RoleName) -> Result<Arc<Session>, CloudError> {
        let slot = self.slot(account, role);
        let mut slot = slot.lock().await;
        if let Some(session) = slot.as_ref().filter(|s| s.expires.since(SystemClock.now()) > MARGIN) {
            return Ok(Arc::clone(session));
        }
        let session = self.assume(account, role).await.map_err(|error| CloudError {
            message: format!("cannot assume the role `{role}` in account {account}: {}", error.message),
            delivery: Delivery::NotSent,
            ..error
        })?;
        let session = Arc::new(session);
        *slot = Some(Arc::clone(&session));
        Ok(session)
    }

    /// Drops a session that AWS no longer accepts, unless somebody has renewed it already.
    pub(super) async fn forget(&self, account: AccountId, role: &RoleName, session: &Arc<Session>) {
        let slot = self.slot(account, role);
        let mut slot = slot.lock().await;
        if slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, session)) {
            *slot = None;
        }
    }

    async fn assume(&self, account: AccountId, role: &RoleName) -> Result<Session, CloudError> {
        let output = aws_sdk_sts::Client::new(&self.home)
            .assume_role()
            .role_arn(format!("arn:{}:iam::{account}:role/{role}", self.partition))
            .role_session_name(&self.name)
            .send()
            .await
            .map_err(|e| not_assumable(error::failure(e)))?;
        let given = output.credentials().ok_or_else(|| malformed("Credentials"))?;
        let expires = given.expiration().secs();
        let expires = Time::ZERO + Duration::from_secs(u64::try_from(expires).unwrap_or(0));
        let credentials = Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            None,
            "AssumeRole",
        );
        let mut config = self.home.to_builder();
        // The shared cache would keep the credentials of every session there ever was.
        config.set_identity_cache(Some::<SharedIdentityCache>(IdentityCache::no_cache()));
        config.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
        Ok(Session { config: config.build(), expires })
    }
}

/// A role that may not be assumed is one that is not there yet, where the account is young; every other refusal is about
/// the credentials we came with.
fn not_assumable(error: CloudError) -> CloudError {
    if error.code == "AccessDenied" { error } else { error::of_management(error) }
}

/// The partition part of ARNs: accounts never leave the partition of their organization.
fn partition(region: &Region) -> &'static str {
    let region = region.as_str();
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("us-isob-") => "aws-iso-b",
        _ if region.starts_with("us-isof-") => "aws-iso-f",
        _ if region.starts_with("us-iso-") => "aws-iso",
        _ if region.starts_with("eu-isoe-") => "aws-iso-e",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_follows_from_region() {
        for (region, expected) in [
            ("eu-central-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-north-1", "aws-cn"),
            ("us-isob-east-1", "aws-iso-b"),
        ] {
            assert_eq!(partition(&region.parse().unwrap()), expected, "{region}");
        }
    }
}
