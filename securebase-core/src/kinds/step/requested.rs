//! Resources that AWS makes upon a request that it decides on later.

use std::fmt;

use super::{Decided, StepError};
use crate::cloud::organizations::{Account, AccountRequest};
use crate::model::ResourceId;

/// The part of a procedure that follows a request.
pub(crate) trait Requested: fmt::Debug {
    /// The request in the journal is one that this step has made.
    fn has_asked(&mut self);

    /// AWS has decided, or not yet decided, on the request.
    ///
    /// # Errors
    /// A refusal that no second request can change.
    fn decided(&mut self, request: &AccountRequest) -> Result<Decided, StepError>;

    /// Another request for the same resource was found before this step has made one.
    ///
    /// # Errors
    /// As for [`Requested::decided`].
    fn found_request(&mut self, request: &AccountRequest) -> Result<Decided, StepError>;

    /// The resource was found before this step has made a request.
    ///
    /// # Errors
    /// The account cannot be used.
    fn found(&mut self, account: &Account) -> Result<ResourceId, StepError>;
}
