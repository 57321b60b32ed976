//! What exists: what the services keep in the organization, in an account, and in a region of an account.

use std::collections::BTreeMap;

use super::schedule::chance::Chance;
use super::services::ec2::Network;
use super::services::iam::Roles;
use super::services::logs::LogGroups;
use super::services::organizations::Org;
use super::view::Snapshot;
use crate::model::{AccountId, Region, ResourceId, Tags};
use crate::observe::ObservedMember;
use crate::time::Time;

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Site {
    pub(super) account: AccountId,
    pub(super) region: Region,
}

/// Something that exists, and from when on every read shows it.
#[derive(Debug, Clone)]
pub(super) struct Kept<T> {
    pub(super) value: T,
    pub(super) visible_from: Time,
}

impl<T> Kept<T> {
    /// What has been there from the beginning.
    pub(super) fn always(value: T) -> Self {
        Self { value, visible_from: Time::ZERO }
    }
}

/// All that exists.
#[derive(Debug)]
pub(super) struct Holdings {
    pub(super) management: AccountId,
    /// What the organization holds: units, accounts, policies.
    pub(super) org: Option<Org>,
    /// What each account holds in no region.
    pub(super) accounts: BTreeMap<AccountId, InAccount>,
    /// What each account holds in each region.
    pub(super) places: BTreeMap<Site, Place>,
}

impl Holdings {
    pub(super) fn new(management: AccountId, org: Option<Org>) -> Self {
        Self { management, org, accounts: BTreeMap::new(), places: BTreeMap::new() }
    }

    /// The region of an account, as AWS hands it over where no call has gone there before.
    pub(super) fn place(&mut self, site: &Site, chance: &mut Chance) -> &mut Place {
        self.places.entry(site.clone()).or_insert_with(|| Place::new(site, chance))
    }
}

/// What a service keeps in an account, or in a region of it.
pub(super) trait Holding {
    /// Makes everything exist that was observed.
    fn import(&mut self, member: &ObservedMember);

    /// Adds what exists to an observation.
    fn observe(&self, member: &mut ObservedMember);

    /// Adds what exists to a snapshot.
    fn list(&self, snapshot: &mut Snapshot, site: &Site);

    /// How many things exist, as a snapshot counts them.
    fn count(&self) -> usize;

    /// The tags of what has that id or name.
    fn tags_mut(&mut self, resource: &ResourceId) -> Option<&mut Tags>;

    /// Deletes what has that id or name, and what cannot exist without it.
    fn remove(&mut self, resource: &ResourceId);
}

/// What the global services keep in an account.
#[derive(Debug, Clone, Default)]
pub(super) struct InAccount {
    pub(super) roles: Roles,
}

impl InAccount {
    pub(super) fn all(&self) -> [&dyn Holding; 1] {
        [&self.roles]
    }

    pub(super) fn all_mut(&mut self) -> [&mut dyn Holding; 1] {
        [&mut self.roles]
    }

    /// How many things exist here.
    pub(super) fn count(&self) -> usize {
        self.all().iter().map(|holding| holding.count()).sum()
    }
}

/// What the regional services keep in a region of an account.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) network: Network,
    pub(super) log_groups: LogGroups,
}

impl Place {
    /// As AWS hands it over: with a default VPC.
    pub(super) fn new(site: &Site, chance: &mut Chance) -> Self {
        Self { network: Network::new(site, chance), ..Self::empty(site, chance) }
    }

    /// With nothing in it.
    pub(super) fn empty(site: &Site, chance: &Chance) -> Self {
        Self { network: Network::empty(site, chance), log_groups: LogGroups::new(site) }
    }

    pub(super) fn all(&self) -> [&dyn Holding; 2] {
        [&self.network, &self.log_groups]
    }

    pub(super) fn all_mut(&mut self) -> [&mut dyn Holding; 2] {
        [&mut self.network, &mut self.log_groups]
    }

    /// How many things exist here.
    pub(super) fn count(&self) -> usize {
        self.all().iter().map(|holding| holding.count()).sum()
    }
}
