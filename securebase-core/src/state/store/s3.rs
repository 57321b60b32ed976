//! States in S3.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use super::bucket::BucketStore;
use crate::state::lease::LEASE_TERM;

/// A request that takes longer than this has failed. A plan of ten thousand tenants is some hundred megabytes.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a request is tried again. The bucket must answer, or fail, well before the lease runs out.
const RETRIES_MAX: usize = 5;

/// What is said of a setting that there is not. What does not look like the name of one may be a key in the wrong place.
fn unknown(name: &str) -> String {
    let is_name = name.len() <= 48 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if is_name {
        format!("`{name}` is no setting of S3")
    } else {
        "a name of the settings is none of S3".to_owned()
    }
}

/// A store at `bucket/prefix`, or why there is none.
pub(in crate::state) fn open<'a>(
    place: &str,
    settings: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<BucketStore, String> {
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    if bucket.is_empty() {
        return Err("it names no bucket: write `s3://bucket/prefix`".to_owned());
    }
    if !bucket.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) {
        return Err("the name of a bucket is letters, digits, `-`, `_` and `.`".to_owned());
    }
    // Refused where the process has chosen one already, which serves as well.
    drop(rustls::crypto::ring::default_provider().install_default());
    let retry = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: RETRIES_MAX,
        retry_timeout: LEASE_TERM / 4,
    };
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_client_options(ClientOptions::new().with_timeout(REQUEST_TIMEOUT))
        .with_retry(retry);
    for (name, value) in settings {
        let key: AmazonS3ConfigKey = name.to_ascii_lowercase().parse().map_err(|_| unknown(name))?;
        builder = builder.with_config(key, value);
    }
    let endpoints = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint];
    let endpoint = endpoints.iter().find_map(|key| builder.get_config_value(key));
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        // Whoever writes `http://` means it: a server for tests.
        builder = builder.with_allow_http(true);
    }
    let objects = builder.build().map_err(|error| error.to_string())?;
    Ok(BucketStore::new(Arc::new(objects), prefix, format!("s3://{}", place.trim_end_matches('/'))))
}
