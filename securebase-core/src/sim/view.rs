//! Looking at the world from above.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::holdings::Site;
use super::services::ec2::zones_of;
use super::services::organizations::Org;
use super::world::World;
use crate::cloud::organizations::{Account, AccountRequest};
use crate::model::{AccountId, Region, ResourceId, ResourceKind as Kind, Tags};
use crate::observe::{Observed, ObservedMember, Reading};

/// Objects by kind, as a snapshot shows them.
pub(super) struct Snapshot {
    kinds: Map<String, Value>,
}

impl Snapshot {
    pub(super) fn add(&mut self, kind: Kind, site: &Site, id: &str, tags: Option<&Tags>, more: Value) {
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(id));
        object.insert("account_id".to_owned(), json!(site.account.to_string()));
        object.insert("region".to_owned(), json!(site.region.as_str()));
        object.insert("tags".to_owned(), tags.map_or_else(|| json!({}), |tags| json!(tags)));
        if let Value::Object(more) = more {
            object.extend(more);
        }
        if let Some(Value::Array(list)) = self.kinds.get_mut(kind.name()) {
            list.push(Value::Object(object));
        }
    }
}

pub(super) fn snapshot(world: &World) -> Value {
    let listed = |kind: &&Kind| !matches!(kind, Kind::AccountPlacement | Kind::AccountReadiness);
    let kinds = Kind::ALL.iter().filter(listed).map(|kind| (kind.name().to_owned(), json!([]))).collect();
    let mut snapshot = Snapshot { kinds };
    if let Some(org) = &world.holdings.org {
        org.list(&mut snapshot);
    }
    for (account, held) in &world.holdings.accounts {
        let global = Site { account: *account, region: Region::us_east_1() };
        held.all().for_each(|holding| holding.list(&mut snapshot, &global));
    }
    for (site, place) in &world.holdings.places {
        place.all().for_each(|holding| holding.list(&mut snapshot, site));
    }
    Value::Object(snapshot.kinds)
}

pub(super) fn accounts(world: &World) -> Vec<(Account, ResourceId)> {
    let members = world.holdings.org.iter().flat_map(|org| org.members.values());
    members
        .filter(|member| member.account.id != world.holdings.management)
        .map(|member| (member.account.clone(), member.parent.clone()))
        .collect()
}

pub(super) fn account_requests(world: &World) -> Vec<(AccountRequest, String)> {
    let requests = world.holdings.org.iter().flat_map(|org| org.requests.values());
    requests.map(|request| (request.answer.clone(), request.email.clone())).collect()
}

pub(super) fn observe(world: &World) -> Observed {
    let mut members: BTreeMap<AccountId, BTreeMap<Region, ObservedMember>> = BTreeMap::new();
    for (site, place) in &world.holdings.places {
        let mut member = ObservedMember::default();
        place.all().for_each(|holding| holding.observe(&mut member));
        members.entry(site.account).or_default().insert(site.region.clone(), member);
    }
    if let Some(org) = &world.holdings.org {
        for account in org.members.keys().filter(|account| **account != world.holdings.management) {
            let regions = members.entry(*account).or_default();
            if regions.is_empty() {
                let zones = Some(zones_of(*account, &world.region, &world.chance));
                regions.insert(world.region.clone(), ObservedMember { zones, ..ObservedMember::default() });
            }
        }
    }
    for (account, held) in &world.holdings.accounts {
        for member in members.get_mut(account).into_iter().flat_map(BTreeMap::values_mut) {
            held.all().for_each(|holding| holding.observe(member));
        }
    }
    let known = members.into_iter().map(|(account, regions)| {
        let regions = regions.into_iter().map(|(region, member)| (region, Reading::Known(member)));
        (account, regions.collect())
    });
    Observed { organization: world.holdings.org.as_ref().map(Org::observe), members: known.collect() }
}
