//! Why a step cannot go on.

use crate::cloud::{CloudError, Reply};
use crate::model::{AccountId, NameError};

/// Why a step cannot go on, whatever is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    /// A resource that the step names has no id yet, although the plan says that it exists by now.
    #[error("the id of `{address}` is not known")]
    UnknownId { address: String },
    /// AWS returned text that cannot be an id.
    #[error(transparent)]
    NotAnId(#[from] NameError),
    /// The reply is that of another operation.
    #[error("the cloud answered with {shape} where that makes no sense")]
    Unexpected { shape: &'static str },
    /// The pages of a list never end.
    #[error("{0}")]
    EndlessList(CloudError),
    /// The organization is there without a root.
    #[error("the organization has no root")]
    NoRoot,
    /// The id of an attachment does not name its policy and its target.
    #[error("an attachment's id has two parts")]
    NotAnAttachment,
    /// The step works in a member account whose id is not known.
    #[error("the account of the log group is not known")]
    UnknownAccount,
    /// The account has fewer availability zones in the region than its network needs.
    #[error("{0}")]
    TooFewZones(String),
    /// The NAT gateway never came up.
    #[error("the NAT gateway failed: {why}")]
    GatewayFailed { why: String },
    /// The change was awaited too long.
    #[error("it has not settled within {minutes} minutes; plan again")]
    NotSettled { minutes: u64 },
    /// AWS says that the resource exists, and the look-up does not show it.
    #[error("{refusal}, yet it was not found by its name or tags")]
    NotShown { refusal: String },
    /// AWS decided against a request for an account.
    #[error("AWS refused the account: {reason}; {advice}")]
    AccountRefused { reason: String, advice: &'static str },
    /// The account with the tenant's root e-mail address cannot be used.
    #[error(
        "`{email}` belongs to account `{account}`, which is being closed or suspended; use another address, or have AWS \
         reopen it"
    )]
    AccountLost { email: String, account: AccountId },
    /// The access role leads into another account.
    #[error("the access role leads into account `{found}`, which is not the tenant's")]
    WrongAccount { found: AccountId },
    /// A step waits for a request that it has not made.
    #[error("no request to wait for")]
    NoRequest,
    /// The kind has nothing to discard.
    #[error("a resource of this kind is never discarded")]
    NothingToDiscard,
}

impl StepError {
    /// The reply is that of another operation.
    pub(crate) fn unexpected(reply: &Reply) -> Self {
        Self::Unexpected { shape: reply.shape() }
    }
}
