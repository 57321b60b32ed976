//! From an SDK's error to the two answers the executor needs: what kind of failure, and whether it may have had an effect.
//!
//! Where it is not certain that a call had no effect, the answer is «unknown»: reading back costs a call, a second VPC
//! costs a tenant.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use hyper_util::client::legacy::Error as ConnectionError;
use rustls::Error as TlsError;

use super::http::TooLarge;
use crate::cloud::{CloudError, Delivery, ErrorKind};
use crate::model::chain;

/// No reply came in time.
const TIMEOUT: &str = "RequestTimeout";
/// The endpoint could not be reached at all.
const UNREACHABLE: &str = "EndpointUnreachable";
/// The endpoint shows a certificate that nothing here vouches for.
const UNTRUSTED: &str = "CertificateUntrusted";
/// The connection broke before the reply was complete.
const CONNECTION_LOST: &str = "ConnectionLost";
/// The reply is not what the service speaks.
const MALFORMED: &str = "MalformedReply";
/// The reply has no end.
const TOO_LARGE: &str = "ReplyTooLarge";

/// What a failed SDK call means.
#[expect(clippy::needless_pass_by_value, reason = "it is what the error of a call is mapped with")]
pub(super) fn failure<E>(error: SdkError<E, HttpResponse>) -> CloudError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    classified(&error)
}

/// As [`failure`], of an error that is still needed.
pub(super) fn classified<E>(error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => CloudError::not_sent("InvalidRequest", chain(error)),
        SdkError::TimeoutError(_) => CloudError::unknown(TIMEOUT, chain(error)),
        SdkError::DispatchFailure(failure) => {
            if let Some(source) = find::<CredentialsError>(error) {
                return credentials(source);
            }
            let never_connected = find::<ConnectionError>(error).is_some_and(ConnectionError::is_connect);
            let message = chain(error);
            if never_connected {
                let untrusted = find::<TlsError>(error).is_some_and(is_about_certificate);
                CloudError::not_sent(if untrusted { UNTRUSTED } else { UNREACHABLE }, message)
            } else if find::<TooLarge>(error).is_some() {
                CloudError::unreadable(TOO_LARGE, message)
            } else if failure.is_timeout() {
                CloudError::unknown(TIMEOUT, message)
            } else {
                CloudError::unknown(CONNECTION_LOST, message)
            }
        }
        SdkError::ResponseError(response) => answered(None, &chain(error), response.raw()),
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            let message = meta.message().map_or_else(|| chain(service.err()), str::to_owned);
            answered(meta.code(), &message, service.raw())
        }
        _ => CloudError::unreadable(MALFORMED, chain(error)),
    }
}

fn is_about_certificate(error: &TlsError) -> bool {
    matches!(error, TlsError::InvalidCertificate(_) | TlsError::NoCertificatesPresented)
}

/// What an answer other than success means.
fn answered(code: Option<&str>, message: &str, raw: &HttpResponse) -> CloudError {
    let status = raw.status().as_u16();
    let Some(code) = code else {
        return without_code(status, message, raw);
    };
    let error = CloudError::rejected(code, message);
    let service_failed =
        error.kind == ErrorKind::Service || (status >= 500 && error.kind == ErrorKind::Permanent);
    if service_failed { CloudError::unknown(code, message) } else { error }
}

/// An answer without one of AWS's codes: a proxy's page, or a service in trouble.
fn without_code(status: u16, message: &str, raw: &HttpResponse) -> CloudError {
    let body = raw.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let body: String = body.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let message = format!("HTTP {status}: {message}; the body begins `{body}`");
    match status {
        // Success that cannot be read had its effect.
        0..400 => CloudError::unreadable(MALFORMED, message),
        408 => CloudError::unknown(TIMEOUT, message),
        429 => CloudError { kind: ErrorKind::Throttled, ..CloudError::rejected("Http429", message) },
        400..500 => CloudError::rejected(&format!("Http{status}"), message),
        500.. => CloudError::unknown(&format!("Http{status}"), message),
    }
}

/// The same failure with the reason AWS gave inside it, which can change its kind.
pub(super) fn with_reason(error: CloudError, reason: Option<String>) -> CloudError {
    match (error.delivery, reason) {
        (Delivery::Rejected, Some(reason)) => {
            CloudError::rejected_because(&error.code, &reason, error.message)
        }
        _ => error,
    }
}

/// A refusal in the management account: that account is not too young, the credentials are wrong or may do too little.
pub(super) fn of_management(error: CloudError) -> CloudError {
    match error.kind {
        ErrorKind::NotReady => CloudError { kind: ErrorKind::Permanent, ..error },
        _ => error,
    }
}

/// There are no credentials to sign a call with.
pub(super) fn no_credentials(message: impl Into<String>) -> CloudError {
    CloudError::not_sent("NoCredentials", message)
}

/// The credentials could not be had.
pub(super) fn credentials(source: &CredentialsError) -> CloudError {
    let error = no_credentials(chain(source));
    match source {
        CredentialsError::ProviderTimedOut(_) => CloudError { kind: ErrorKind::Service, ..error },
        _ => error,
    }
}

/// The first error of that type among the error and its causes.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    std::iter::successors(Some(error), |&error| cause(error)).find_map(|error| error.downcast_ref())
}

/// What an error was caused by. An I/O error hides the one it is made of: its own cause is that one's.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let io = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    io.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
}
