//! What exists: what the services keep in the organization, in an account, and in a region of an account.

use std::collections::BTreeMap;

use super::schedule::chance::Chance;
use super::services::ec2::Network;
use super::services::iam::Roles;
use super::services::kms::Keys;
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

    /// Returns the region of an account, as AWS hands it over where no call has gone there before.
    pub(super) fn place(&mut self, site: &Site, chance: &mut Chance) -> &mut Place {
        self.places.entry(site.clone()).or_insert_with(|| Place::new(site, chance))
    }
}

/// What a service keeps in an account, or in a region of it.
pub(super) trait Holding {
    /// Makes everything exist that was observed.
    fn import(&mut self, member: &ObservedMember);

    /// Adds all that exists here to an observation.
    fn observe(&self, member: &mut ObservedMember);

    /// Adds all that exists here to a snapshot.
    fn list(&self, snapshot: &mut Snapshot, site: &Site);

    /// Returns how many things exist here, as a snapshot counts them.
    fn count(&self) -> usize;

    /// Returns the tags of what has that id or name.
    fn tags_mut(&mut self, resource: &ResourceId) -> Option<&mut Tags>;

    /// Deletes what has that id or name, and what cannot exist without it.
    fn remove(&mut self, resource: &ResourceId);
}

/// Declares what stands together: a field for each service that keeps something there.
macro_rules! holdings {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $holding:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub(super) struct $name {
            $(pub(super) $field: $holding,)+
        }

        impl $name {
            /// Returns what each service keeps here.
            pub(super) fn all(&self) -> impl Iterator<Item = &dyn Holding> {
                [$(&self.$field as &dyn Holding),+].into_iter()
            }

            /// Returns what each service keeps here, in order to change it.
            pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut dyn Holding> {
                [$(&mut self.$field as &mut dyn Holding),+].into_iter()
            }

            /// Returns how many things exist here.
            pub(super) fn count(&self) -> usize {
                self.all().map(Holding::count).sum()
            }
        }
    };
}

holdings! {
    /// What the global services keep in an account.
    #[derive(Default)]
    InAccount { roles: Roles }
}

holdings! {
    /// What the regional services keep in a region of an account.
    Place { network: Network, log_groups: LogGroups, keys: Keys }
}

impl Place {
    /// A region as AWS hands it over: with a default VPC.
    pub(super) fn new(site: &Site, chance: &mut Chance) -> Self {
        let mut place = Self::empty(site, chance);
        place.network.add_default_vpc(chance);
        place
    }

    /// A region with nothing in it.
    pub(super) fn empty(site: &Site, chance: &Chance) -> Self {
        Self {
            network: Network::empty(site, chance),
            log_groups: LogGroups::new(site),
            keys: Keys::new(site),
        }
    }
}
