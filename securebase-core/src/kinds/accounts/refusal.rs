//! What AWS means when it refuses an account, and what to do then.

use std::time::Duration;

use crate::cloud::{CloudError, ErrorKind};
use crate::kinds::step::{PutOff, Until};

/// There are as many accounts as there may be, said by a decision.
pub(crate) const TOO_MANY_DECIDED: &str = "ACCOUNT_LIMIT_EXCEEDED";

/// What to do where AWS refuses accounts for good; empty where the refusal says it itself.
pub(crate) fn advice_on_refusal(error: &CloudError) -> &'static str {
    match error.reason.as_deref() {
        Some("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED") => {
            "; AWS makes no more accounts for this organization today: plan again tomorrow"
        }
        _ if error.kind == ErrorKind::Quota => "; raise the quota, then plan again",
        _ => "",
    }
}

/// What a refused request for an account waits for, where that passes.
pub(super) fn put_off_by_refusal(error: &CloudError) -> Option<PutOff> {
    let what = match error.reason.as_deref()? {
        "MASTER_ACCOUNT_MISSING_CONTACT_INFO" => CONTACT,
        "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED" => PAYMENT,
        _ => return None,
    };
    Some(put_off(Until::Person, what))
}

/// What a request for an account waits for that AWS has decided against, where that passes.
pub(super) fn put_off_by_decision(reason: &str) -> Option<PutOff> {
    let (until, what) = match reason {
        "PENDING_BUSINESS_VALIDATION" => (Until::After(VALIDATED_AFTER), VALIDATION),
        "MISSING_BUSINESS_VALIDATION" => (Until::Person, CONTACT),
        "MISSING_PAYMENT_INSTRUMENT" | "INVALID_PAYMENT_INSTRUMENT" => (Until::Person, PAYMENT),
        _ => return None,
    };
    Some(put_off(until, what))
}

const CONTACT: &str = "the management account's contact information is incomplete: complete it";
const PAYMENT: &str = "the management account has no valid payment method: add one";
const VALIDATION: &str = "AWS is validating the management account's business information";
/// AWS names no time for it; its documentation speaks of days.
const VALIDATED_AFTER: Duration = Duration::from_secs(24 * 3600);

fn put_off(until: Until, reason: &str) -> PutOff {
    PutOff { until, reason: reason.to_owned(), probe: "organizations:CreateAccount" }
}

/// What to do about the reason with which AWS decided against a request for an account.
pub(crate) fn advice(reason: &str) -> &'static str {
    match reason {
        TOO_MANY_DECIDED => "ask for a higher quota of accounts in Service Quotas",
        "EMAIL_ALREADY_EXISTS" => {
            "the root e-mail address belongs to another AWS account: invite that one into the organization, or choose \
             another address"
        }
        "INVALID_EMAIL" => "AWS does not take this root e-mail address: choose another one",
        "CONCURRENT_ACCOUNT_MODIFICATION" => {
            "another process has asked for the same account, and it does not show: plan again in a few minutes"
        }
        "INVALID_ADDRESS"
        | "FAILED_BUSINESS_VALIDATION"
        | "UNKNOWN_BUSINESS_VALIDATION"
        | "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION" => {
            "complete the management account's contact information, or wait until AWS has validated it"
        }
        "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED" => {
            "the organization's resource policy and the account's tags do not go together: change that policy"
        }
        _ => "see the failure reasons of CreateAccount in AWS's documentation",
    }
}
