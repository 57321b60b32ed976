//! Failures of a call, classified twice: what kind of failure, and whether the call may have had an effect.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Diagnostic, Problem, Problems};

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Too many calls: slow down, then call again.
    Throttled,
    /// Something else is changing the same thing, or a change has not settled: call again after a while.
    Busy,
    /// An id created a moment ago is not visible yet (or is gone): call again for a while, then look.
    NotFound,
    /// It exists already: look it up by its natural key, and take it if it is ours.
    AlreadyExists,
    /// The account is too young to be worked in: call again for minutes.
    NotReady,
    /// The credentials have expired: assume the role again, then call again.
    ExpiredCredentials,
    /// The service failed: call again with growing pauses.
    Service,
    /// No connection comes about: for a while where one did before, else the address, the network or a proxy is wrong.
    Unreachable,
    /// The endpoint shows a certificate that is not trusted: no use calling again where it was never another.
    Untrusted,
    /// The service answered, and its answer cannot be read: few further attempts are worth their while.
    Unreadable,
    /// A quota is exhausted: no use calling again until it is raised.
    Quota,
    /// The call itself is wrong, or not allowed: no use calling again.
    Permanent,
    /// The calling process died: simulated clouds alone report it.
    CallerGone,
}

/// Whether a failed call may have had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It never left: certainly no effect.
    NotSent,
    /// The service answered with an error: certainly no effect.
    Rejected,
    /// No usable answer came back: it may have had its effect. Read back before calling again.
    Unknown,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub struct CloudError {
    /// AWS's error code, for example `InvalidVpcID.NotFound`; `RequestTimeout` and the like where no code came back.
    pub code: String,
    /// The reason AWS gives inside the error (`ConstraintViolationException` has one), if any.
    pub reason: Option<String>,
    /// AWS's message.
    pub message: String,
    /// What to do about it.
    pub kind: ErrorKind,
    /// Whether the call may have had an effect.
    pub delivery: Delivery,
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, reason, message, kind: _, delivery } = self;
        write!(f, "{code}")?;
        if let Some(reason) = reason {
            write!(f, " ({reason})")?;
        }
        if !message.is_empty() {
            write!(f, ": {message}")?;
        }
        if *delivery == Delivery::Unknown {
            write!(f, " (it may have taken effect)")?;
        }
        Ok(())
    }
}

/// Codes whose meaning does not follow from their ending, in one table.
const KINDS: &[(&str, ErrorKind)] = &[
    ("TooManyRequestsException", ErrorKind::Throttled),
    ("ThrottlingException", ErrorKind::Throttled),
    ("Throttling", ErrorKind::Throttled),
    ("RequestLimitExceeded", ErrorKind::Throttled),
    ("SlowDown", ErrorKind::Throttled),
    ("ConcurrentModificationException", ErrorKind::Busy),
    ("ConcurrentModification", ErrorKind::Busy),
    ("FinalizingOrganizationException", ErrorKind::Busy),
    ("PolicyChangesInProgressException", ErrorKind::Busy),
    ("OperationAbortedException", ErrorKind::Busy),
    ("ConcurrentTagAccess", ErrorKind::Busy),
    ("ConflictException", ErrorKind::Busy),
    ("DependencyViolation", ErrorKind::Busy),
    ("DeleteConflict", ErrorKind::Busy),
    ("PolicyInUseException", ErrorKind::Busy),
    ("OrganizationalUnitNotEmptyException", ErrorKind::Busy),
    ("InvalidIPAddress.InUse", ErrorKind::Busy),
    ("IncorrectState", ErrorKind::Busy),
    ("IncorrectInstanceState", ErrorKind::Busy),
    ("NatGatewayNotFound", ErrorKind::NotFound),
    ("NoSuchEntity", ErrorKind::NotFound),
    ("PolicyNotAttachedException", ErrorKind::NotFound),
    ("Gateway.NotAttached", ErrorKind::NotFound),
    ("ResourceNotFoundException", ErrorKind::NotFound),
    ("AWSOrganizationsNotInUseException", ErrorKind::NotFound),
    ("AlreadyInOrganizationException", ErrorKind::AlreadyExists),
    ("DuplicateOrganizationalUnitException", ErrorKind::AlreadyExists),
    ("DuplicatePolicyException", ErrorKind::AlreadyExists),
    ("DuplicatePolicyAttachmentException", ErrorKind::AlreadyExists),
    ("DuplicateAccountException", ErrorKind::AlreadyExists),
    ("PolicyTypeAlreadyEnabledException", ErrorKind::AlreadyExists),
    ("AccountAlreadyClosedException", ErrorKind::AlreadyExists),
    ("Resource.AlreadyAssociated", ErrorKind::AlreadyExists),
    ("RouteAlreadyExists", ErrorKind::AlreadyExists),
    ("FlowLogAlreadyExists", ErrorKind::AlreadyExists),
    ("EntityAlreadyExists", ErrorKind::AlreadyExists),
    ("ResourceAlreadyExistsException", ErrorKind::AlreadyExists),
    ("PendingVerification", ErrorKind::NotReady),
    ("OptInRequired", ErrorKind::NotReady),
    ("AuthFailure", ErrorKind::NotReady),
    ("UnauthorizedOperation", ErrorKind::NotReady),
    ("AccessDenied", ErrorKind::NotReady),
    ("AccessDeniedException", ErrorKind::NotReady),
    ("SubscriptionRequiredException", ErrorKind::NotReady),
    ("InvalidClientTokenId", ErrorKind::NotReady),
    ("RegionDisabledException", ErrorKind::NotReady),
    ("UnrecognizedClientException", ErrorKind::NotReady),
    ("ExpiredToken", ErrorKind::ExpiredCredentials),
    ("ExpiredTokenException", ErrorKind::ExpiredCredentials),
    ("RequestExpired", ErrorKind::ExpiredCredentials),
    ("ServiceException", ErrorKind::Service),
    ("InternalError", ErrorKind::Service),
    ("InternalFailure", ErrorKind::Service),
    ("ServiceUnavailable", ErrorKind::Service),
    ("ServiceUnavailableException", ErrorKind::Service),
    ("ServiceFailureException", ErrorKind::Service),
    ("ServiceFailure", ErrorKind::Service),
    ("KMSInternalException", ErrorKind::Service),
    ("DependencyTimeoutException", ErrorKind::Service),
    ("InternalServerException", ErrorKind::Service),
    ("Unavailable", ErrorKind::Service),
    ("RequestTimeout", ErrorKind::Service),
    ("EndpointUnreachable", ErrorKind::Unreachable),
    ("CertificateUntrusted", ErrorKind::Untrusted),
    ("MalformedReply", ErrorKind::Unreadable),
    ("ReplyTooLarge", ErrorKind::Unreadable),
    ("LimitExceededException", ErrorKind::Quota),
    ("LimitExceeded", ErrorKind::Quota),
    ("Crashed", ErrorKind::CallerGone),
];

/// Reasons inside `ConstraintViolationException` that pass: everything else in there is a quota or a rule.
const TRANSIENT_REASONS: &[&str] =
    &["ACCOUNT_CREATION_NOT_COMPLETE", "WAIT_PERIOD_ACTIVE", CLOSURES_IN_PROGRESS];

/// As many accounts are being closed as can be at once.
pub(crate) const CLOSURES_IN_PROGRESS: &str = "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED";

impl ErrorKind {
    /// The kind of a failure, from AWS's code and the reason inside it, if any.
    pub fn classify(code: &str, reason: Option<&str>) -> Self {
        if let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == code) {
            return *kind;
        }
        if code == "ConstraintViolationException" {
            return match reason {
                Some(reason) if TRANSIENT_REASONS.contains(&reason) => Self::Busy,
                Some(reason) if reason.contains("LIMIT_EXCEEDED") => Self::Quota,
                _ => Self::Permanent,
            };
        }
        if code.ends_with(".NotFound") || code.ends_with("NotFoundException") {
            Self::NotFound
        } else if code.ends_with("LimitExceeded") {
            Self::Quota
        } else {
            Self::Permanent
        }
    }
}

impl CloudError {
    /// An error the service answered with: it had no effect. The kind follows from the code.
    pub fn rejected(code: &str, message: impl Into<String>) -> Self {
        Self::new(code, None, message, Delivery::Rejected)
    }

    /// An error with AWS's reason in it, as `ConstraintViolationException` and `InvalidInputException` carry.
    pub fn rejected_because(code: &str, reason: &str, message: impl Into<String>) -> Self {
        Self::new(code, Some(reason), message, Delivery::Rejected)
    }

    /// The service failed or the reply was lost: the call may have had its effect.
    pub fn unknown(code: &str, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Service, ..Self::new(code, None, message, Delivery::Unknown) }
    }

    /// An answer came back that cannot be read: the call has most likely had its effect.
    pub fn unreadable(code: &str, message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Unreadable, ..Self::new(code, None, message, Delivery::Unknown) }
    }

    /// The call never left.
    pub fn not_sent(code: &str, message: impl Into<String>) -> Self {
        Self::new(code, None, message, Delivery::NotSent)
    }

    /// Returns how to correct it, as far as the code says.
    pub fn help(&self) -> Option<String> {
        let help = match self.code.as_str() {
            "ProfileNotFound" => {
                "name a profile that `aws configure list-profiles` lists, or make this one with `aws configure --profile NAME`"
            }
            "ProfileUnreadable" => "correct the configuration file at the place that the message names",
            "NoCredentials" => {
                "sign in (`aws sso login`), name a profile that has credentials, or set them in the environment"
            }
            _ => "check region, endpoint, profile and credentials",
        };
        Some(help.to_owned())
    }

    /// An error of any delivery; its kind follows from the code and reason.
    pub fn new(code: &str, reason: Option<&str>, message: impl Into<String>, delivery: Delivery) -> Self {
        Self {
            code: code.to_owned(),
            reason: reason.map(str::to_owned),
            message: message.into(),
            kind: ErrorKind::classify(code, reason),
            delivery,
        }
    }
}

impl Diagnostic for CloudError {
    fn code(&self) -> &str {
        &self.code
    }

    fn help(&self) -> Option<String> {
        Self::help(self)
    }

    fn problems(&self) -> Problems {
        Problem::error(&self.code, "", self.message(), Self::help(self).unwrap_or_default()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_from_code_and_reason() {
        let cases = [
            ("RequestLimitExceeded", None, ErrorKind::Throttled),
            ("VpcLimitExceeded", None, ErrorKind::Quota),
            ("InvalidVpcID.NotFound", None, ErrorKind::NotFound),
            ("PolicyNotFoundException", None, ErrorKind::NotFound),
            ("ConstraintViolationException", Some("ACCOUNT_NUMBER_LIMIT_EXCEEDED"), ErrorKind::Quota),
            (
                "ConstraintViolationException",
                Some("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"),
                ErrorKind::Permanent,
            ),
            ("InvalidSubnet.Conflict", None, ErrorKind::Permanent),
            ("SomethingNobodyHasSeen", None, ErrorKind::Permanent),
        ];
        for (code, reason, kind) in cases {
            assert_eq!(ErrorKind::classify(code, reason), kind, "{code}");
        }
    }

    /// Codes by what a correct client does about them: AWS's reference, service by service.
    const CODES: &[(ErrorKind, &[&str])] = &[
        (
            ErrorKind::Throttled,
            &["TooManyRequestsException", "RequestLimitExceeded", "Throttling", "ThrottlingException"],
        ),
        (
            ErrorKind::Busy,
            &[
                "ConcurrentModificationException",
                "FinalizingOrganizationException",
                "PolicyChangesInProgressException",
                "ConcurrentTagAccess",
                "DependencyViolation",
                "InvalidIPAddress.InUse",
                "OperationAbortedException",
            ],
        ),
        (
            ErrorKind::NotFound,
            &[
                "InvalidVpcID.NotFound",
                "InvalidSubnetID.NotFound",
                "InvalidSubnetId.NotFound",
                "InvalidInternetGatewayID.NotFound",
                "InvalidRouteTableID.NotFound",
                "InvalidAllocationID.NotFound",
                "NatGatewayNotFound",
                "InvalidNatGatewayID.NotFound",
                "CreateAccountStatusNotFoundException",
                "SourceParentNotFoundException",
                "AccountNotFoundException",
                "NoSuchEntity",
            ],
        ),
        (
            ErrorKind::AlreadyExists,
            &[
                "AlreadyInOrganizationException",
                "DuplicateOrganizationalUnitException",
                "DuplicatePolicyException",
                "DuplicatePolicyAttachmentException",
                "DuplicateAccountException",
                "PolicyTypeAlreadyEnabledException",
                "Resource.AlreadyAssociated",
                "RouteAlreadyExists",
                "FlowLogAlreadyExists",
                "EntityAlreadyExists",
                "ResourceAlreadyExistsException",
            ],
        ),
        (
            ErrorKind::NotReady,
            &["PendingVerification", "OptInRequired", "AuthFailure", "UnauthorizedOperation", "AccessDenied"],
        ),
        (ErrorKind::ExpiredCredentials, &["RequestExpired", "ExpiredToken", "ExpiredTokenException"]),
        (
            ErrorKind::Quota,
            &[
                "VpcLimitExceeded",
                "AddressLimitExceeded",
                "NatGatewayLimitExceeded",
                "SubnetLimitExceeded",
                "InternetGatewayLimitExceeded",
                "RouteTableLimitExceeded",
                "VpnGatewayLimitExceeded",
                "CidrLimitExceeded",
                "LimitExceededException",
            ],
        ),
        (
            ErrorKind::Permanent,
            &[
                "InvalidVpcRange",
                "InvalidVpc.Range",
                "InvalidSubnet.Range",
                "MalformedPolicyDocumentException",
                "InvalidInputException",
                "IdempotentParameterMismatch",
            ],
        ),
    ];

    #[test]
    fn what_passes_is_tried_again_and_what_does_not_is_not() {
        for (kind, codes) in CODES {
            for code in *codes {
                assert_eq!(ErrorKind::classify(code, None), *kind, "{code}");
            }
        }
        let reasons = [
            ("ACCOUNT_NUMBER_LIMIT_EXCEEDED", ErrorKind::Quota),
            ("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED", ErrorKind::Quota),
            ("OU_NUMBER_LIMIT_EXCEEDED", ErrorKind::Quota),
            ("MASTER_ACCOUNT_MISSING_CONTACT_INFO", ErrorKind::Permanent),
            ("MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED", ErrorKind::Permanent),
            ("A_REASON_OF_THE_FUTURE", ErrorKind::Permanent),
        ];
        for (reason, kind) in reasons {
            assert_eq!(ErrorKind::classify("ConstraintViolationException", Some(reason)), kind, "{reason}");
        }
    }
}
