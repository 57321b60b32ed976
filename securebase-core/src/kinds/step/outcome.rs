//! What replies mean to a step.

use std::time::Duration;

use super::{PutOff, StepError};
use crate::cloud::PageToken;
use crate::model::ResourceId;

/// What a look-up shows.
#[derive(Debug)]
pub(crate) enum Found {
    /// The resource; that many of the acts are done.
    Present { id: ResourceId, acts_done: usize },
    /// A request that AWS is still deciding on.
    Requested(ResourceId),
    /// Not on this page: the next one, or where there is none the first one of the next list.
    More(Option<PageToken>),
    /// What was made does not show yet: the next list, from its first page.
    Hidden,
    /// Nothing, and AWS may show it later.
    Absent,
    /// Nothing that could still show: what the act needs is known now.
    Ready,
}

/// What was found on a page, or where to go on.
pub(crate) fn listed(found: Option<ResourceId>, next: Option<&PageToken>) -> Found {
    match (found, next) {
        (Some(id), _) => Found::Present { id, acts_done: 1 },
        (None, Some(page)) => Found::More(Some(page.clone())),
        (None, None) => Found::Absent,
    }
}

/// What the reply to an act means.
#[derive(Debug)]
pub(crate) enum Acted {
    /// It is done.
    Next,
    /// It is done, and the resource has that id.
    Made(ResourceId),
    /// It was a question; the act itself is still to come.
    Again,
    /// The whole step is done.
    Settled,
    /// It was a request, on which AWS decides.
    Requested(Decided),
}

/// What has become of a request.
#[derive(Debug)]
pub(crate) enum Decided {
    /// Nothing yet.
    Waiting(ResourceId),
    /// The resource was made.
    Made(ResourceId),
    /// The resource must be looked for.
    LookUp {
        /// Whether AWS may show it only later.
        in_doubt: bool,
        /// How long to wait before.
        after: Option<Duration>,
        /// With what the step fails where it does not show at all.
        else_fails: Option<StepError>,
    },
    /// Nothing, and another request would come to the same before time has passed or a person has acted.
    PutOff(PutOff),
}

/// What an awaited read says.
#[derive(Debug)]
pub(crate) enum Settled {
    /// It has settled.
    Yes,
    /// Not yet.
    No,
    /// It never will: discard it and begin again.
    Failed(StepError),
}

/// How a step takes a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// It cannot.
    Unhandled,
    /// As good as done: on to the next act.
    Done,
    /// The same act again, perhaps by another call.
    Again {
        /// How long to wait before.
        after: Option<Duration>,
    },
    /// Look first, then act.
    LookUp,
    /// It exists already, so that looking must show it.
    Exists,
    /// The call cannot succeed before time has passed or a person has acted.
    PutOff(PutOff),
}
