//! Setting up: region, endpoint, credentials.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use super::client::AwsCloud;
use super::{error, http, profile};
use crate::cloud::CloudError;
use crate::model::Region;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole call may take where nothing else is said: several times what the slowest of them takes.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// What an [`AwsCloud`] is made from.
#[derive(Debug, Clone)]
pub struct AwsCloudBuilder {
    region: Region,
    endpoint_url: Option<String>,
    profile: Option<String>,
    session_name: String,
    call_timeout: Duration,
}

impl Default for AwsCloudBuilder {
    fn default() -> Self {
        Self {
            region: Region::us_east_1(),
            endpoint_url: None,
            profile: None,
            session_name: "securebase".to_owned(),
            call_timeout: CALL_TIMEOUT,
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

    /// The profile of the AWS configuration files to take credentials from, and from nowhere else: credentials in the
    /// environment, which may be another account's, are then left alone. By default whatever is found first.
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

    /// How long to wait for the end of a call; after that, whether it had an effect is unknown. One minute by default.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// Finds credentials the way every AWS tool does (environment, profile, single sign-on, machine role).
    ///
    /// # Errors
    /// [`CloudError`] `ProfileNotFound` for a profile, named here or by `AWS_PROFILE`, that no configuration file defines, `NoCredentials` where none are found
    /// or they cannot be had, `InvalidEndpoint` and `InvalidSessionName` for bad settings. Whether AWS accepts the credentials shows with the first call.
    pub async fn build(self) -> Result<AwsCloud, CloudError> {
        let Self { region, endpoint_url, profile, session_name, call_timeout } = self;
        check_session_name(&session_name)?;
        let local = match &endpoint_url {
            Some(url) => http::is_on_this_machine(url)?,
            None => false,
        };
        match &profile {
            Some(name) => profile::check_exists(name, "").await?,
            None => profile::check_named_by_environment().await?,
        }
        let http = http::client(local);
        let region_name = aws_config::Region::new(region.as_str().to_owned());
        let setting = ProviderConfig::without_region()
            .with_region(Some(region_name.clone()))
            .with_http_client(http.clone());
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(region_name)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_timeout(call_timeout)
                    .build(),
            )
            .http_client(http);
        if let Some(url) = &endpoint_url {
            loader = loader.endpoint_url(url);
        }
        loader = match &profile {
            Some(profile) => loader
                .profile_name(profile)
                .credentials_provider(profile_credentials(Some(profile), &setting)),
            None if local => loader.credentials_provider(local_credentials(&setting)),
            None => loader,
        };
        let config = loader.load().await;
        let no_credentials = || error::no_credentials("no credentials are set up for AWS");
        let provider: SharedCredentialsProvider = config.credentials_provider().ok_or_else(no_credentials)?;
        provider.provide_credentials().await.map_err(|source| error::credentials(&source))?;
        Ok(AwsCloud::new(config, &region, session_name))
    }
}

/// The credentials of a profile, of whatever kind it is.
fn profile_credentials(profile: Option<&str>, setting: &ProviderConfig) -> ProfileFileCredentialsProvider {
    let builder = ProfileFileCredentialsProvider::builder().configure(setting);
    match profile {
        Some(name) => builder.profile_name(name).build(),
        None => builder.build(),
    }
}

/// Credentials for a test server on this machine: the user's own if set, else made-up ones. The machine role is not asked
/// for: where there is none, the question takes seconds.
fn local_credentials(setting: &ProviderConfig) -> CredentialsProviderChain {
    CredentialsProviderChain::first_try("environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("profile", profile_credentials(None, setting))
        .or_else("test server", Credentials::new("testing", "testing", None, None, "test server"))
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
