//! Setting up: region, endpoint, credentials.

use std::time::Duration;

use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, environment::EnvironmentVariableCredentialsProvider};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use crate::cloud::CloudError;
use crate::model::Region;

use super::client::AwsCloud;
use super::{error, http};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a service may take to answer, and a whole call with it.
const READ_TIMEOUT: Duration = Duration::from_secs(45);
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// What an [`AwsCloud`] is made from.
#[derive(Debug, Clone)]
pub struct AwsCloudBuilder {
    region: Region,
    endpoint_url: Option<String>,
    profile: Option<String>,
    session_name: String,
}

impl Default for AwsCloudBuilder {
    fn default() -> Self {
        Self {
            region: Region::us_east_1(),
            endpoint_url: None,
            profile: None,
            session_name: "securebase".to_owned(),
        }
    }
}

impl AwsCloudBuilder {
    /// The home region: where sessions are asked for, and which partition all accounts belong to. `us-east-1` by default.
    #[must_use]
    pub fn region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    /// Sends every call of every service there instead of to AWS: to a test server or a proxy.
    ///
    /// A test server on this machine takes any credentials, so none need to be set up for one.
    #[must_use]
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// The profile of the AWS configuration files to use. By default `AWS_PROFILE`, else the default profile.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// The name of the sessions in member accounts, as their audit logs show it: 2 to 64 letters, digits or `_=,.@-`.
    /// `securebase` by default.
    #[must_use]
    pub fn session_name(mut self, name: impl Into<String>) -> Self {
        self.session_name = name.into();
        self
    }

    /// Finds credentials the way every AWS tool does (environment, profile, single sign-on, machine role).
    ///
    /// # Errors
    /// [`CloudError`] `NoCredentials` where none are found or they cannot be had, `InvalidEndpoint` and
    /// `InvalidSessionName` for bad settings. Whether AWS accepts the credentials shows with the first call.
    pub async fn build(self) -> Result<AwsCloud, CloudError> {
        let Self { region, endpoint_url, profile, session_name } = self;
        check_session_name(&session_name)?;
        let local = match &endpoint_url {
            Some(url) => http::is_on_this_machine(url)?,
            None => false,
        };
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new(region.as_str().to_owned()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .read_timeout(READ_TIMEOUT)
                    .operation_timeout(CALL_TIMEOUT)
                    .build(),
            )
            .http_client(http::client(local));
        if let Some(profile) = &profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if local {
            loader = loader.credentials_provider(local_credentials(profile.as_deref()));
        }
        let config = loader.load().await;
        let no_credentials = || error::no_credentials("no credentials are set up for AWS");
        let provider: SharedCredentialsProvider = config.credentials_provider().ok_or_else(no_credentials)?;
        provider.provide_credentials().await.map_err(|source| error::credentials(&source))?;
        Ok(AwsCloud::new(config, &region, session_name))
    }
}

/// Credentials for a test server on this machine: the user's own if set, else made-up ones. The machine role is not asked
/// for: where there is none, the question takes seconds.
fn local_credentials(profile: Option<&str>) -> CredentialsProviderChain {
    let mut files = ProfileFileCredentialsProvider::builder();
    if let Some(name) = profile {
        files = files.profile_name(name);
    }
    let chain =
        CredentialsProviderChain::first_try("environment", EnvironmentVariableCredentialsProvider::new())
            .or_else("profile", files.build());
    match profile {
        Some(_) => chain,
        None => {
            chain.or_else("test server", Credentials::new("testing", "testing", None, None, "test server"))
        }
    }
}

fn check_session_name(name: &str) -> Result<(), CloudError> {
    let valid = (2..=64).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_=,.@-".contains(c));
    if valid {
        Ok(())
    } else {
        Err(CloudError::not_sent(
            "InvalidSessionName",
            format!("`{name}` is not a session name: use 2 to 64 letters, digits or any of `_=,.@-`"),
        ))
    }
}
