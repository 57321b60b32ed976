//! An operator's hands: changes that nobody is told of.

use super::schedule::agenda::Event;
use super::schedule::chance::id;
use super::services::ec2::Place;
use super::services::organizations::{FULL_ACCESS, Org};
use super::world::World;
use crate::cloud::AccountState;
use crate::model::{AccountId, Latency, ResourceId, Tags};

impl World {
    /// Deletes what has that id and what hangs on it; answers how many resources are gone.
    pub(super) fn remove(&mut self, text: &str) -> usize {
        let Ok(resource) = text.parse::<ResourceId>() else { return 0 };
        if let Ok(account) = text.parse::<AccountId>() {
            return self.remove_account(account);
        }
        if let Some(org) = &mut self.org {
            let removed = remove_from_organization(org, &resource);
            if removed > 0 {
                return removed;
            }
        }
        for ((account, _), place) in &mut self.places {
            let before = place.count();
            remove_from_place(place, &resource);
            let mut removed = before - place.count();
            if let Some(roles) = self.roles.get_mut(account) {
                let roles_before = roles.len();
                roles.retain(|name, row| name != text && row.role.arn != text);
                removed += roles_before - roles.len();
            }
            if removed > 0 {
                return removed;
            }
        }
        0
    }

    fn remove_account(&mut self, account: AccountId) -> usize {
        let Some(org) = &mut self.org else { return 0 };
        if account == self.management || !org.drop_member(account) {
            return 0;
        }
        let mut removed = 1 + self.roles.remove(&account).map_or(0, |roles| roles.len());
        self.places.retain(|(holder, _), place| {
            if *holder == account {
                removed +=
                    place.count() - place.vpcs.values().filter(|kept| kept.value.vpc.is_default).count();
            }
            *holder != account
        });
        removed
    }

    /// Moves a member account; answers whether it and the place are there.
    pub(super) fn move_account(&mut self, account: AccountId, to: &ResourceId) -> bool {
        let management = self.management;
        let Some(org) = &mut self.org else { return false };
        let known = *to == org.root.id || org.units.contains_key(to);
        let found = known && account != management && org.members.contains_key(&account);
        if found {
            org.place_member(account, to);
        }
        found
    }

    /// Begins to close a member account; answers whether it is there and in use.
    pub(super) fn close_account(&mut self, account: AccountId) -> bool {
        let (now, management) = (self.now, self.management);
        let open = account != management
            && self.org.as_mut().is_some_and(|org| {
                org.change_state(account, &[AccountState::Active], AccountState::PendingClosure)
            });
        if open {
            let duration = self.latencies.typical(Latency::AccountClosure);
            self.agenda.put(now + duration, Event::AccountClosed { account });
        }
        open
    }

    /// Reopens a member account; answers whether it was closed.
    pub(super) fn reopen_account(&mut self, account: AccountId) -> bool {
        let closed = [AccountState::PendingClosure, AccountState::Suspended];
        self.org.as_mut().is_some_and(|org| org.change_state(account, &closed, AccountState::Active))
    }

    /// Takes a member account out of the organization; answers whether it was in.
    pub(super) fn expel_account(&mut self, account: AccountId) -> bool {
        account != self.management && self.org.as_mut().is_some_and(|org| org.expel_member(account))
    }

    /// Takes those accounts in again; answers how many.
    pub(super) fn readmit_accounts(&mut self) -> usize {
        self.org.as_mut().map_or(0, Org::readmit_members)
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
        let now = crate::time::Time::from_micros(u64::MAX);
        if let Some(tags) = self.org.as_mut().and_then(|org| org.tags_mut(resource)) {
            return Some(tags);
        }
        for row in self.roles.values_mut().flat_map(|roles| roles.values_mut()) {
            if row.role.arn == resource.as_str() || row.role.name == resource.as_str() {
                return Some(&mut row.role.tags);
            }
        }
        self.places.values_mut().find_map(|place| {
            if let Some(group) = place
                .log_groups
                .values()
                .find(|kept| [&kept.value.group.name, &kept.value.group.arn].contains(&&resource.to_string()))
                .map(|kept| kept.value.group.name.clone())
            {
                return place.log_groups.get_mut(&group).map(|kept| &mut kept.value.tags);
            }
            place.tags_mut(resource, now)
        })
    }
}

fn remove_from_organization(org: &mut Org, resource: &ResourceId) -> usize {
    // An attachment is `policy/target`; the name of a log group has slashes as well, and begins with one.
    if let Some((policy, target)) = resource.as_str().split_once('/') {
        let attachment = policy.parse::<ResourceId>().ok().zip(target.parse::<ResourceId>().ok());
        return attachment.map_or(0, |(policy, target)| usize::from(org.detach(&policy, &target)));
    }
    if org.units.contains_key(resource) {
        return remove_unit(org, resource);
    }
    match org.policies.get(resource) {
        Some(row) if resource.as_str() != FULL_ACCESS => {
            let removed = 1 + row.targets.len();
            org.drop_policy(resource);
            removed
        }
        _ => 0,
    }
}

/// A unit goes with the units below it and its attachments; its accounts fall back to the root.
fn remove_unit(org: &mut Org, unit: &ResourceId) -> usize {
    let children: Vec<ResourceId> =
        org.units.iter().filter(|(_, row)| row.parent == *unit).map(|(child, _)| child.clone()).collect();
    let mut removed: usize = children.iter().map(|child| remove_unit(org, child)).sum();
    let root = org.root.id.clone();
    for account in org.accounts_in.get(unit).cloned().unwrap_or_default() {
        org.place_member(account, &root);
    }
    let full_access = id(FULL_ACCESS);
    removed += org
        .attached
        .get(unit)
        .map_or(0, |policies| policies.iter().filter(|policy| **policy != full_access).count());
    org.drop_unit(unit);
    removed + 1
}

fn remove_from_place(place: &mut Place, resource: &ResourceId) {
    let text = resource.as_str();
    if place.vpcs.remove(resource).is_some() {
        let subnets: Vec<ResourceId> = in_vpc(place, resource);
        for subnet in subnets {
            remove_from_place(place, &subnet);
        }
        place.route_tables.retain(|_, kept| kept.value.vpc != *resource);
        place.internet_gateways.retain(|_, kept| kept.value.vpc.as_ref() != Some(resource));
        place.vpn_gateways.retain(|_, kept| kept.value.vpc.as_ref() != Some(resource));
        place.flow_logs.retain(|_, kept| kept.value.vpc != *resource);
        place.vpc_endpoints.retain(|_, kept| kept.value.vpc != *resource);
    } else if place.subnets.contains_key(resource) {
        remove_nats(place, |nat| nat.subnet == *resource);
        place.drop_subnet(resource);
    } else if place.elastic_ips.contains_key(resource) {
        remove_nats(place, |nat| nat.allocation.as_ref() == Some(resource));
        place.elastic_ips.remove(resource);
    } else if place.nat_gateways.contains_key(resource) {
        remove_nats(place, |nat| nat.id == *resource);
    } else if let Some((table, destination)) = text.split_once('_')
        && let Some(kept) =
            table.parse().ok().and_then(|table: ResourceId| place.route_tables.get_mut(&table))
    {
        kept.value.routes.retain(|route| route.destination.to_string() != destination);
    } else if !place.drop_association(resource) {
        place.drop_table(resource);
        place.internet_gateways.remove(resource);
        place.vpn_gateways.remove(resource);
        place.flow_logs.remove(resource);
        place.vpc_endpoints.remove(resource);
        place.log_groups.retain(|name, kept| name != text && kept.value.group.arn != text);
    }
}

fn in_vpc(place: &Place, vpc: &ResourceId) -> Vec<ResourceId> {
    place.subnets.values().filter(|kept| kept.value.vpc == *vpc).map(|kept| kept.value.id.clone()).collect()
}

fn remove_nats(place: &mut Place, which: impl Fn(&crate::cloud::NatGateway) -> bool) {
    let gone: Vec<(ResourceId, Option<ResourceId>)> = place
        .nat_gateways
        .values()
        .filter(|kept| which(&kept.value))
        .map(|kept| (kept.value.id.clone(), kept.value.allocation.clone()))
        .collect();
    for (gateway, allocation) in gone {
        place.nat_gateways.remove(&gateway);
        place.disassociate(allocation.as_ref());
    }
}
