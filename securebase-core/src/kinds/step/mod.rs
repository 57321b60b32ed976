//! How a step of a kind is carried out: which calls, in which order, and what their replies mean.
//!
//! A procedure never calls anything. The executor asks it for the next call and hands it the reply; pacing, retries and the
//! journal are the executor's. Every procedure has three parts, any of which may be empty:
//!
//! - *look up*: find the resource by its natural key, because an earlier attempt may have made it;
//! - *act*: calls that change something, in order, the first of which makes the resource;
//! - *await*: read until the change has settled.

mod change;
mod context;
mod error;
mod outcome;
mod pending;
mod requested;

use std::fmt;

use crate::cloud::{CloudError, Operation, PageToken, Reply};
use crate::model::{Latency, ResourceId};

pub use change::{Action, Change};
pub(crate) use context::{Context, Progress};
pub(crate) use error::StepError;
pub(crate) use outcome::{Acted, Decided, Found, Reaction, Settled, listed};
pub use pending::{Deferral, Pending, WaitsFor};
pub(crate) use pending::{PutOff, Until};
pub(crate) use requested::Requested;

/// One step of one resource on its way, with whatever the kind must remember between two calls.
///
/// Only the parts that a kind needs are written; the defaults are those of a resource that is there as soon as its call has
/// succeeded.
pub(crate) trait Procedure: fmt::Debug + Send + Sync {
    /// Whether even the first attempt looks before it acts.
    fn looks_first(&self, _: &Context<'_>) -> bool {
        false
    }

    /// The call that looks for what an earlier attempt may have made. `None` where a second attempt does no harm.
    fn look_up(&self, _: &Context<'_>, _: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(None)
    }

    /// What the reply to a look-up shows.
    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        Err(StepError::unexpected(reply))
    }

    /// What it means that a look-up is answered with "not found".
    fn not_found(&mut self) -> Found {
        Found::Absent
    }

    /// The look-up begins again, from its first page.
    fn look_again(&mut self) {}

    /// How many times AWS's longest delay until a resource shows is waited for before a resource that does not show is taken
    /// for absent.
    fn doubts(&self) -> u32 {
        2
    }

    /// The call number `index` that makes the resource; `None` after the last.
    fn create(&self, cx: &Context<'_>, at: &Progress, index: usize) -> Result<Option<Operation>, StepError>;

    /// The calls that change the resource.
    fn update(&self, cx: &Context<'_>, at: &Progress) -> Result<Vec<Operation>, StepError>;

    /// The calls that delete the resource.
    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError>;

    /// What the reply to the call number `index` means.
    fn read_act(&mut self, _: &Context<'_>, index: usize, reply: &Reply) -> Result<Acted, StepError> {
        Ok(match reply {
            Reply::Created(id) if index == 0 => Acted::Made(id.clone()),
            _ => Acted::Next,
        })
    }

    /// What it means that AWS refused a call that changes something.
    fn refused(&mut self, _: &Context<'_>, _: &CloudError) -> Reaction {
        Reaction::Unhandled
    }

    /// The call that shows whether the change has settled; `None` where nothing settles.
    fn settle(&self, _: &Context<'_>, _: &Progress) -> Result<Option<Operation>, StepError> {
        Ok(None)
    }

    /// What that call shows.
    fn read_settle(&self, _: &Context<'_>, _: &Progress, reply: &Reply) -> Result<Settled, StepError> {
        Err(StepError::unexpected(reply))
    }

    /// How long the change takes to settle.
    fn latency(&self, _: Action) -> Option<Latency> {
        None
    }

    /// The call that discards a resource that will never settle, before another is made.
    fn discard(&self, _: &Context<'_>, _: &Progress) -> Result<Operation, StepError> {
        Err(StepError::NothingToDiscard)
    }

    /// The id of the resource when its step has not learned one from a reply.
    fn known_id(&self, cx: &Context<'_>) -> Result<ResourceId, StepError> {
        cx.own_id()
    }

    /// The id of the resource.
    fn id(&self, cx: &Context<'_>, at: &Progress) -> Result<ResourceId, StepError> {
        at.made.clone().map_or_else(|| self.known_id(cx), Ok)
    }

    /// For a kind that AWS makes upon a request that it decides on later.
    fn requested(&mut self) -> Option<&mut dyn Requested> {
        None
    }
}
