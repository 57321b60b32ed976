//! An operator's hands: changes that nobody is told of.

use super::holdings::{InAccount, Place};
use super::services::organizations::{self, Org};
use super::world::World;
use crate::cloud::organizations::AccountState;
use crate::model::{AccountId, Latency, ResourceId, Tags};

impl World {
    /// Deletes what has that id and what hangs on it; answers how many resources are gone.
    pub(super) fn remove(&mut self, text: &str) -> usize {
        let Ok(resource) = text.parse::<ResourceId>() else { return 0 };
        if let Ok(account) = text.parse::<AccountId>() {
            return self.remove_account(account);
        }
        let removed = self.holdings.org.as_mut().map_or(0, |org| org.remove(&resource));
        if removed > 0 {
            return removed;
        }
        for (site, place) in &mut self.holdings.places {
            let account = self.holdings.accounts.get_mut(&site.account);
            let mut removed = 0;
            for holding in place.all_mut().chain(account.into_iter().flat_map(InAccount::all_mut)) {
                let before = holding.count();
                holding.remove(&resource);
                removed += before - holding.count();
            }
            if removed > 0 {
                return removed;
            }
        }
        0
    }

    fn remove_account(&mut self, account: AccountId) -> usize {
        let management = self.holdings.management;
        let Some(org) = &mut self.holdings.org else { return 0 };
        if account == management || !org.drop_member(account) {
            return 0;
        }
        let mut removed = 1 + self.holdings.accounts.remove(&account).map_or(0, |held| held.count());
        self.holdings.places.retain(|site, place| {
            if site.account == account {
                removed += place.count() - place.network.default_vpcs();
            }
            site.account != account
        });
        removed
    }

    /// Moves a member account; answers whether it and the place are there.
    pub(super) fn move_account(&mut self, account: AccountId, to: &ResourceId) -> bool {
        let management = self.holdings.management;
        let Some(org) = &mut self.holdings.org else { return false };
        let known = *to == org.root.id || org.units.contains_key(to);
        let found = known && account != management && org.members.contains_key(&account);
        if found {
            org.place_member(account, to);
        }
        found
    }

    /// Begins to close a member account; answers whether it is there and in use.
    pub(super) fn close_account(&mut self, account: AccountId) -> bool {
        let (now, management) = (self.now, self.holdings.management);
        let open = account != management
            && self.holdings.org.as_mut().is_some_and(|org| {
                org.change_state(account, &[AccountState::Active], AccountState::PendingClosure)
            });
        if open {
            let duration = self.latencies.typical(Latency::AccountClosure);
            self.agenda.put(now + duration, organizations::Event::AccountClosed { account }.into());
        }
        open
    }

    /// Reopens a member account; answers whether it was closed.
    pub(super) fn reopen_account(&mut self, account: AccountId) -> bool {
        let closed = [AccountState::PendingClosure, AccountState::Suspended];
        self.holdings.org.as_mut().is_some_and(|org| org.change_state(account, &closed, AccountState::Active))
    }

    /// Adds or removes the payment method of the management account. Returns whether the organization exists.
    pub(super) fn set_payment_method(&mut self, valid: bool) -> bool {
        let Some(org) = &mut self.holdings.org else { return false };
        org.unpaid = !valid;
        true
    }

    /// Takes a member account out of the organization; answers whether it was in.
    pub(super) fn expel_account(&mut self, account: AccountId) -> bool {
        account != self.holdings.management
            && self.holdings.org.as_mut().is_some_and(|org| org.expel_member(account))
    }

    /// Takes those accounts in again; answers how many.
    pub(super) fn readmit_accounts(&mut self) -> usize {
        self.holdings.org.as_mut().map_or(0, Org::readmit_members)
    }

    /// Sets or removes a tag of what has that id; answers whether there is any.
    pub(super) fn set_tag(&mut self, text: &str, key: &str, value: Option<&str>) -> bool {
        let Ok(resource) = text.parse::<ResourceId>() else { return false };
        let Some(tags) = self.tags_of(&resource) else { return false };
        match value {
            Some(value) => drop(tags.insert(key.to_owned(), value.to_owned())),
            None => drop(tags.remove(key)),
        }
        true
    }

    fn tags_of(&mut self, resource: &ResourceId) -> Option<&mut Tags> {
        if let Some(tags) = self.holdings.org.as_mut().and_then(|org| org.tags_mut(resource)) {
            return Some(tags);
        }
        let accounts = self.holdings.accounts.values_mut().flat_map(InAccount::all_mut);
        let places = self.holdings.places.values_mut().flat_map(Place::all_mut);
        accounts.chain(places).find_map(|holding| holding.tags_mut(resource))
    }
}
