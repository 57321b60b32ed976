//! A world from an observation.

use super::holdings::{Place, Site};
use super::services::organizations::organization_of;
use super::world::World;
use crate::observe::Observed;

impl World {
    /// Makes everything exist that was observed, and the organization the observed one.
    pub(super) fn import(&mut self, observed: &Observed) {
        if let Some(organization) = &observed.organization {
            self.holdings.management = organization.organization.management_account;
            self.holdings.org = Some(organization_of(organization));
        }
        // What could not be read is as in an account that was just made: a plan expects nothing else of it.
        for (account, region, member) in observed.known_members() {
            let site = Site { account, region: region.clone() };
            let mut place = Place::empty(&site, &self.chance);
            let in_account = self.holdings.accounts.entry(account).or_default();
            for holding in place.all_mut().chain(in_account.all_mut()) {
                holding.import(member);
            }
            self.enabled.insert((account, region.clone()));
            self.holdings.places.insert(site, place);
        }
    }
}
