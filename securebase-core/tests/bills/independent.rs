//! A bill by hand: what the cloud holds, times the amounts that the manual works out for one tenant.
//!
//! It shares no code with the library's: amounts are literals, accounts are found by their e-mail address, and what a survey
//! cannot show is kept in a ledger of its own.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use securebase_core::cloud::ec2::NatGatewayState;
use securebase_core::cloud::organizations::AccountState;
use securebase_core::model::AccountId;
use securebase_core::observe::{Observed, ObservedAccount, ObservedMember};
use serde_json::Value;

pub(crate) const HOME: &str = "us-east-1";
pub(crate) const ABROAD: &str = "eu-west-1";

/// What a departed tenant's account, or one that the file no longer names, is billed by.
#[derive(Clone, PartialEq, Debug)]
struct Entry {
    tier: Option<String>,
    region: String,
    archived: bool,
    departed: bool,
}

/// What a state remembers: the terms of each account.
#[derive(Clone, Default, Debug)]
pub(crate) struct Ledger(BTreeMap<AccountId, Entry>);

/// The organization as it is, with what a document says of it.
pub(crate) struct World<'a> {
    observed: &'a Observed,
    document: &'a Value,
    ledger: Option<&'a Ledger>,
}

/// An amount in cents times a hundred, so that four decimals can be written.
fn usd(ten_thousandths: i64) -> Decimal {
    Decimal::new(ten_thousandths, 4)
}

/// Half to even, whole cents.
fn cents(amount: Decimal) -> Decimal {
    amount.round_dp(2)
}

fn unit_of(tier: &str) -> &'static str {
    match tier {
        "fintech" => "Customers-Fintech",
        "healthcare" => "Customers-Healthcare",
        "gov-federal" => "Customers-Government-Federal",
        "gold" => "Customers-Gold",
        _ => "Customers-Standard",
    }
}

const TIERS: [&str; 5] = ["fintech", "healthcare", "gov-federal", "gold", "standard"];

fn is_closed(found: &ObservedAccount) -> bool {
    !matches!(found.account.state, AccountState::Active)
}

/// AWS makes a default VPC in every region, which costs nothing.
fn networks_in(member: &ObservedMember) -> usize {
    member.vpcs.iter().filter(|found| !found.vpc.is_default).count()
}

impl<'a> World<'a> {
    pub(crate) fn new(observed: &'a Observed, document: &'a Value, ledger: Option<&'a Ledger>) -> Self {
        Self { observed, document, ledger }
    }

    fn accounts(&self) -> impl Iterator<Item = &'a ObservedAccount> {
        let organization = self.observed.organization.as_ref();
        let ours = |found: &&ObservedAccount| found.account.email.starts_with("aws+");
        organization.into_iter().flat_map(|organization| &organization.accounts).filter(ours)
    }

    fn client(&self, found: &ObservedAccount) -> Option<&'a Value> {
        let key = found.account.email.strip_prefix("aws+")?.split('@').next()?;
        self.document["clients"].get(key)
    }

    /// The name of the topmost unit an account is in.
    fn unit(&self, found: &ObservedAccount) -> &'a str {
        let units = self.observed.organization.iter().flat_map(|organization| &organization.units);
        let units: Vec<_> = units.collect();
        let (mut id, mut name) = (&found.parent, "");
        while let Some(unit) = units.iter().find(|unit| unit.id == *id) {
            (id, name) = (&unit.parent, &unit.name);
        }
        name
    }

    fn tier_of_unit(&self, found: &ObservedAccount) -> Option<&'static str> {
        let unit = self.unit(found);
        TIERS.into_iter().find(|tier| unit_of(tier) == unit)
    }

    fn departed(&self, found: &ObservedAccount) -> bool {
        is_closed(found) || self.tier_of_unit(found).is_none()
    }

    fn members(&self, account: AccountId) -> Vec<(&'a str, &'a ObservedMember)> {
        self.observed.known_regions(account).map(|(region, member)| (region.as_str(), member)).collect()
    }

    fn keeps_flow_logs(&self) -> bool {
        let network = &self.document["vpc_config"];
        self.document["enable_vpc"] == true && network["enable_vpc_flow_logs"] == true
    }

    /// The terms of an account; `None` where it is not on the bill.
    fn entry(&self, found: &ObservedAccount) -> Option<Entry> {
        let known = self.ledger.and_then(|ledger| ledger.0.get(&found.account.id));
        let client = self.client(found);
        let members = self.members(found.account.id);
        let first = |holds: &dyn Fn(&ObservedMember) -> bool| {
            let mut seen = members.iter().filter(|(region, member)| self.is_seen(found, region, member));
            seen.find(|(_, member)| holds(member)).map(|(region, _)| (*region).to_owned())
        };
        let has_logs = !is_closed(found) && first(&|member| !member.log_groups.is_empty()).is_some();
        let of_client = |client: &Value| client["region"].as_str().unwrap_or(HOME).to_owned();
        if self.departed(found) {
            if let Some(known) = known.filter(|known| known.departed) {
                return Some(Entry { archived: known.archived || has_logs, ..known.clone() });
            }
            let tier = client.map(|client| client["tier"].as_str().unwrap_or_default().to_owned());
            if client.is_none() && is_closed(found) {
                return None;
            }
            let region = client.map_or_else(|| HOME.to_owned(), of_client);
            let archived = if is_closed(found) { self.keeps_flow_logs() } else { has_logs };
            return Some(Entry { tier, region, archived, departed: true });
        }
        let tier = self.tier_of_unit(found).map(str::to_owned);
        let region = known.map(|known| known.region.clone());
        let region = match client {
            Some(client) => region.unwrap_or_else(|| of_client(client)),
            None => first(&|member| networks_in(member) > 0)
                .or(region)
                .or_else(|| first(&|member| !member.log_groups.is_empty()))
                .unwrap_or_else(|| HOME.to_owned()),
        };
        Some(Entry { tier, region, archived: has_logs, departed: false })
    }

    /// Whether a survey looks into a region of an account: without a state, the one that the file names; of an account that the
    /// file does not name, every region of the file, and all others if those hold none of its networks.
    fn is_seen(&self, found: &ObservedAccount, region: &str, member: &ObservedMember) -> bool {
        let of = |client: &Value| client["region"].as_str().unwrap_or(HOME) == region;
        match self.client(found) {
            _ if self.ledger.is_some() => true,
            Some(client) => of(client),
            None => {
                let of_file = |region: &str| {
                    let of = |client: &Value| client["region"].as_str().unwrap_or(HOME) == region;
                    let clients = self.document["clients"].as_object();
                    region == HOME || clients.is_some_and(|clients| clients.values().any(of))
                };
                let members = self.members(found.account.id);
                let in_file = members.iter().filter(|(region, _)| of_file(region));
                let is_lost = in_file.map(|(_, member)| networks_in(member)).sum::<usize>() == 0;
                of_file(region) || (is_lost && networks_in(member) > 0)
            }
        }
    }
}

impl Ledger {
    /// What a state has once a document was applied. `self` is what it had, `before` the cloud at that time.
    pub(crate) fn after(&self, before: &Observed, now: &Observed, document: &Value) -> Self {
        let world = World::new(now, document, Some(self));
        let earlier = World::new(before, document, Some(self));
        let mut entries = self.0.clone();
        for found in world.accounts() {
            let id = found.account.id;
            let known = self.0.get(&id);
            let Some(mut entry) = world.entry(found) else { continue };
            let client = world.client(found);
            if entry.departed && !known.is_some_and(|known| known.departed) {
                // It left just now: where it worked, on the tier that the file gives it.
                let had = |(_, member): &(&str, &ObservedMember)| !member.log_groups.is_empty();
                entry.archived = earlier.members(id).iter().any(had);
                entry.region = known.map_or(entry.region, |known| known.region.clone());
            } else if let Some(client) = client.filter(|_| !entry.departed) {
                entry.region = client["region"].as_str().unwrap_or(HOME).to_owned();
            }
            entries.insert(id, entry);
        }
        Self(entries)
    }
}

/// The amounts of one price that the organization fills together, added up before they are rounded.
#[derive(Default)]
struct Pools {
    alarms: i64,
    dashboards: i64,
    standard_gb_months: Decimal,
}

/// The monthly bill, without the tenants' payments.
pub(crate) fn bill(world: &World<'_>) -> Decimal {
    let mut total = Decimal::ZERO;
    // Three core accounts: Config 1.50 and 2.00, GuardDuty 0.80, Security Hub 3.00, a key 1.00. The state: 10 MB, 2,000 writes.
    total += usd(3 * 83_000) + usd(100);
    let mut pools = Pools { alarms: 15, dashboards: 1, standard_gb_months: Decimal::new(1, 2) };
    let mut tiers = BTreeSet::new();
    for found in world.accounts() {
        let Some(entry) = world.entry(found) else { continue };
        let mut members = if is_closed(found) { Vec::new() } else { world.members(found.account.id) };
        members.retain(|(region, member)| world.is_seen(found, region, member));
        let has_shield = entry.tier.as_deref() == Some("gov-federal") && !entry.departed;
        total += resources(&entry, &members);
        total += archive(&entry, &members, &mut pools);
        if entry.departed {
            continue;
        }
        total += promised(&entry, &members);
        pools.alarms += 5;
        pools.dashboards += 1;
        tiers.insert((entry.tier, has_shield));
    }
    if tiers.iter().any(|(_, has_shield)| *has_shield) {
        total += usd(30_000_000);
    }
    pools.dashboards += i64::try_from(tiers.len()).unwrap_or_default();
    total += usd(1_000) * Decimal::from((pools.alarms - 10).max(0));
    total += usd(30_000) * Decimal::from((pools.dashboards - 3).max(0));
    total + cents(usd(230) * pools.standard_gb_months)
}

/// Gateways, addresses, flow logs and log groups, served tenant or not.
fn resources(entry: &Entry, members: &[(&str, &ObservedMember)]) -> Decimal {
    let mut total = Decimal::ZERO;
    for (_, member) in members {
        let alive = |state| matches!(state, NatGatewayState::Pending | NatGatewayState::Available);
        let gateways = member.nat_gateways.iter().filter(|nat| alive(nat.state)).count();
        // 730 hours and 100 GB at 0.045 or 0.048, an address at 0.005 an hour, 10 GB of flow logs at 0.50 or 0.57.
        let abroad = entry.region == ABROAD;
        let (gateway, flow_log) = if abroad { (398_400, 57_000) } else { (373_500, 50_000) };
        total += usd(gateway) * Decimal::from(gateways);
        total += usd(36_500) * Decimal::from(member.elastic_ips.len());
        total += usd(flow_log) * Decimal::from(member.flow_logs.len());
        let days: u32 = member.log_groups.iter().filter_map(|group| group.group.retention_days).sum();
        total += cents(usd(300) * Decimal::from(days) / Decimal::from(3));
    }
    total
}

/// What the tier promises a served tenant.
fn promised(entry: &Entry, members: &[(&str, &ObservedMember)]) -> Decimal {
    let has_default_profile = matches!(entry.tier.as_deref(), None | Some("standard"));
    // Config 1.50 and 2.00, GuardDuty 0.80, Security Hub 3.00; keys; for a network 10 GB of GuardDuty, and a VPN with two
    // addresses in healthcare.
    let keys = if has_default_profile { 10_000 } else { 20_000 };
    let networks: usize = members.iter().map(|(_, member)| networks_in(member)).sum();
    let vpn = if entry.tier.as_deref() == Some("healthcare") { 438_000 } else { 0 };
    usd(73_000 + keys) + usd(100_000 + vpn) * Decimal::from(networks)
}

/// Flow logs delivered to S3, and what is stored there: three months in Standard, the rest in Deep Archive.
fn archive(entry: &Entry, members: &[(&str, &ObservedMember)], pools: &mut Pools) -> Decimal {
    let years = match entry.tier.as_deref() {
        Some("healthcare" | "gov-federal") => 10,
        Some("fintech" | "gold") => 7,
        _ => return Decimal::ZERO,
    };
    if !entry.archived {
        return Decimal::ZERO;
    }
    let streams: usize = members.iter().map(|(_, member)| member.flow_logs.len()).sum();
    let cold = Decimal::from(years * 12 - 3);
    let objects = Decimal::from(8_760);
    let gb = Decimal::from(1_048_576);
    pools.standard_gb_months += Decimal::from(30) + cold * objects * Decimal::from(8) / gb;
    let deep = cold * Decimal::TEN + cold * objects * Decimal::from(32) / gb;
    // Delivery 2.50, writes 0.0438, moves 0.438, each rounded.
    let delivery = usd(29_800) * Decimal::from(streams);
    delivery + cents(Decimal::new(99, 5) * deep)
}
