//! AWS Security Token Service.

use crate::cloud::operation::operations;
use crate::cloud::reply::replies;
use crate::model::AccountId;

operations! {
    Sts "sts";
    /// The account the credentials belong to.
    reads GetCallerIdentity;
}

replies! {
    Sts;
    /// To `GetCallerIdentity`.
    CallerIdentity(AccountId) "caller identity",
}
