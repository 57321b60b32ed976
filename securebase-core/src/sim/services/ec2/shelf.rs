//! Kinds of resource in a region, and the shelves on which they are kept.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Network;
use crate::cloud::{CloudError, Page, PageToken};
use crate::model::{ResourceId, ResourceKind, Tags};
use crate::sim::holdings::{Kept, Site};
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;
use crate::sim::services::page;
use crate::sim::view::Snapshot;
use crate::time::Time;

/// How many entries EC2 puts on a page.
const PAGE: usize = 1000;

/// The resources of a kind, by id.
pub(super) type Shelf<T> = BTreeMap<ResourceId, Kept<T>>;

/// A kind that has a shelf in a network; `kinds!` says which.
pub(super) trait Shelved: Sized {
    fn shelf_mut(network: &mut Network) -> &mut Shelf<Self>;
}

/// A kind of resource in a region. States all that the rest of the simulated cloud must know of it.
pub(super) trait Kind: Shelved + Clone {
    const KIND: ResourceKind;

    /// The prefix of its ids.
    const PREFIX: &'static str;

    /// The code for an id that does not exist, in calls about tags.
    const ABSENT: &'static str;

    /// Whether a call that deletes its VPC deletes it as well.
    const GOES_WITH_VPC: bool = false;

    fn id(&self) -> &ResourceId;

    fn tags(&self) -> &Tags;

    fn tags_mut(&mut self) -> &mut Tags;

    /// Carries out an operation of the kind.
    fn execute(
        network: &mut Network,
        context: &mut Context<'_>,
        operation: &super::Operation,
        roles: Option<&Roles>,
    ) -> Outcome;

    /// Returns what a snapshot says of it besides id and tags; `None` where a snapshot leaves it out.
    fn details(&self) -> Option<Value>;

    /// Returns it as a read shows it.
    fn shown(&self, _: &Network) -> Self {
        self.clone()
    }

    /// Adds it to a snapshot.
    fn list(&self, snapshot: &mut Snapshot, site: &Site) {
        if let Some(details) = self.details() {
            snapshot.add(Self::KIND, site, self.id().as_str(), Some(self.tags()), details);
        }
    }

    /// Returns how many resources of a snapshot it is.
    fn count(&self) -> usize {
        1
    }

    /// Returns whether a part of a resource on the shelf has that id.
    fn has_part(_: &Shelf<Self>, _: &ResourceId) -> bool {
        false
    }

    /// Returns whether it cannot exist without the VPC.
    fn is_in(&self, _: &ResourceId) -> bool {
        false
    }

    /// Returns what keeps the VPC from being deleted, if this does.
    fn keeps(&self, _: &ResourceId) -> Option<&'static str> {
        None
    }

    /// Ends what was under way: it comes from an observation.
    fn settle(&mut self) {}

    /// Removes its references to a resource that is gone.
    fn let_go(&mut self, _: &ResourceId) {}

    /// Removes the resource of that id with all that cannot exist without it. Returns whether one had that id.
    fn remove(network: &mut Network, id: &ResourceId) -> bool {
        Self::shelf_mut(network).remove(id).is_some()
    }
}

/// Returns the visible resources that carry all the tags.
pub(super) fn matching<'a, T: Kind>(
    shelf: &'a Shelf<T>,
    wanted: &'a Tags,
    now: Time,
) -> impl Iterator<Item = (&'a ResourceId, &'a T)> {
    shelf
        .iter()
        .filter(move |(_, kept)| kept.visible_from <= now)
        .filter(|(_, kept)| wanted.iter().all(|(key, value)| kept.value.tags().get(key) == Some(value)))
        .map(|(id, kept)| (id, &kept.value))
}

/// Returns a page of those.
pub(super) fn paged<T: Kind, R>(
    shelf: &Shelf<T>,
    wanted: &Tags,
    token: Option<&PageToken>,
    now: Time,
    show: impl Fn(&T) -> R,
) -> Result<Page<R>, CloudError> {
    let after: Option<ResourceId> = page::start(token)?;
    let items = matching(shelf, wanted, now).filter(|(id, _)| after.as_ref().is_none_or(|after| *id > after));
    let Page { items, next } = page::page(items, PAGE, |(id, _)| id.to_string());
    Ok(Page { items: items.into_iter().map(|(_, value)| show(value)).collect(), next })
}

/// Returns the visible resource of that id, or an error with the code.
pub(super) fn visible<'a, T>(
    shelf: &'a Shelf<T>,
    id: &ResourceId,
    now: Time,
    code: &str,
) -> Result<&'a T, CloudError> {
    match shelf.get(id) {
        Some(kept) if kept.visible_from <= now => Ok(&kept.value),
        _ => Err(absent(code, id)),
    }
}

/// As [`visible`], in order to change it.
pub(super) fn visible_mut<'a, T>(
    shelf: &'a mut Shelf<T>,
    id: &ResourceId,
    now: Time,
    code: &str,
) -> Result<&'a mut T, CloudError> {
    match shelf.get_mut(id) {
        Some(kept) if kept.visible_from <= now => Ok(&mut kept.value),
        _ => Err(absent(code, id)),
    }
}

pub(super) fn absent(code: &str, id: &ResourceId) -> CloudError {
    CloudError::rejected(code, format!("`{id}` does not exist"))
}
