//! How AWS says that it makes no more accounts for an organization: at once, or when it decides on a request.
//!
//! Other quotas that a request can run into, such as that of tags, are its own: they say nothing about the next one.

use crate::cloud::CloudError;
use crate::cloud::organizations::{AccountRequest, AccountRequestState};
use crate::kinds::TOO_MANY_DECIDED;
use crate::pacing::is_too_many_accounts;

/// There were as many requests today as there may be.
const TOO_FAST: &str = "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED";

/// Whether a refusal says that nobody else need ask.
pub(in crate::exec) fn by_refusal(error: &CloudError) -> bool {
    is_too_many_accounts(error) || error.reason.as_deref() == Some(TOO_FAST)
}

/// The reason of a decision that says that nobody else need ask.
pub(in crate::exec) fn by_decision(request: &AccountRequest) -> Option<&str> {
    match &request.state {
        AccountRequestState::Failed { reason } if reason == TOO_MANY_DECIDED => Some(reason),
        _ => None,
    }
}
