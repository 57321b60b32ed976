//! What is in a tenant's account, by the tag with its address.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::cloud::ec2::Subnet;
use crate::kinds::tagged;
use crate::model::{Address, Problem, ResourceId};
use crate::observe::{Names, ObservedMember};

/// A member account in one region, with everything tagged as ours by address.
pub(in crate::plan) struct Member<'a> {
    pub(in crate::plan) observed: &'a ObservedMember,
    by_address: BTreeMap<Cow<'a, str>, Tagged<'a>>,
}

/// A resource that carries an address tag, and whether others carry the same.
struct Tagged<'a> {
    id: &'a ResourceId,
    twins: Vec<&'a ResourceId>,
}

impl<'a> Member<'a> {
    pub(super) fn new(observed: &'a ObservedMember, names: &Names<'_>) -> Self {
        let mut by_address: BTreeMap<Cow<'a, str>, Tagged<'a>> = BTreeMap::new();
        tagged(observed, &mut |_, id, tags| {
            if let Some(address) = names.address(tags) {
                let tagged = by_address.entry(address);
                tagged.and_modify(|tagged| tagged.twins.push(id)).or_insert(Tagged { id, twins: Vec::new() });
            }
        });
        Self { observed, by_address }
    }

    pub(super) fn id(&self, address: &Address) -> Option<&'a ResourceId> {
        self.by_address.get(address.as_str()).map(|tagged| tagged.id)
    }

    /// The subnet with that id.
    pub(in crate::plan) fn subnet(&self, id: &ResourceId) -> Option<&'a Subnet> {
        self.observed.subnets.iter().find(|found| found.id == *id)
    }

    /// Takes a resource for ours that carries no tag yet.
    pub(super) fn claim(&mut self, address: &Address, id: &'a ResourceId) {
        let tagged = Tagged { id, twins: Vec::new() };
        self.by_address.entry(Cow::Owned(address.to_string())).or_insert(tagged);
    }

    /// Whether anything of ours is in the account: it could be worked in once, and stays so.
    pub(super) fn was_worked_in(&self) -> bool {
        let Self { observed, by_address } = self;
        !(by_address.is_empty() && observed.roles.is_empty() && observed.log_groups.is_empty())
    }

    /// # Errors
    /// A problem where several resources carry the address.
    pub(super) fn refuse_twins(&self, address: &Address) -> Result<(), Problem> {
        match self.by_address.get(address.as_str()) {
            Some(tagged) if !tagged.twins.is_empty() => Err(twins(address, tagged)),
            _ => Ok(()),
        }
    }

    /// Everything tagged as ours, by address.
    pub(in crate::plan) fn addresses(&self) -> impl Iterator<Item = (&str, &'a ResourceId)> + '_ {
        self.by_address.iter().map(|(address, tagged)| (address.as_ref(), tagged.id))
    }
}

fn twins(address: &Address, tagged: &Tagged<'_>) -> Problem {
    let mut ids: Vec<&str> = vec![tagged.id.as_str()];
    ids.extend(tagged.twins.iter().map(|id| id.as_str()));
    Problem::error(
        "duplicate-resource",
        address.as_str(),
        format!("{} resources carry this address: `{}`", ids.len(), ids.join("`, `")),
        "delete the surplus ones, or take the `securebase:address` tag off them",
    )
}
