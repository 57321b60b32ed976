//! The bills before and after a plan: each tenant's resources and terms, from the survey and the steps.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::NatGatewayState;
use crate::finance::{BilledTenant, Footprint, Standing};
use crate::model::{AccountId, Address, Money, Region, ResourceKind, ResourceSpec, Tier};
use crate::observe::{ObservedAccount, ObservedMember, ObservedOrganization};
use crate::plan::claim::is_closed;
use crate::plan::compare::account_id;
use crate::plan::owner::Names;
use crate::plan::scope::unit_paths;
use crate::plan::step::{Action, Plan, PlannedTenant, Step};

/// A log group without a retention keeps logs forever. It is billed for the longest retention that CloudWatch Logs offers,
/// because unlimited storage has no finite price.
const LONGEST_RETENTION_DAYS: u32 = 3_653;

/// The input of the bills before and after a plan, each with the tiers of that time.
pub(super) struct Bills {
    pub(super) before: (Footprint, Vec<Tier>),
    pub(super) after: (Footprint, Vec<Tier>),
}

impl Bills {
    pub(super) fn of(plan: &Plan) -> Self {
        let source = Source::new(plan);
        let before = source.before();
        let after = source.after(&before);
        let former = plan.served.as_ref().map_or(&[][..], |terms| &terms.tiers);
        Self { before: (before, joined(former, &plan.tiers)), after: (after, joined(&plan.tiers, former)) }
    }
}

/// The tiers of the first list, and those of the second that it does not name.
fn joined(first: &[Tier], second: &[Tier]) -> Vec<Tier> {
    let more = second.iter().filter(|tier| first.iter().all(|known| known.name != tier.name));
    first.iter().chain(more).cloned().collect()
}

/// A plan with indexes for frequent lookups.
struct Source<'a> {
    plan: &'a Plan,
    names: Names<'a>,
    tenants: BTreeMap<&'a str, &'a PlannedTenant>,
    /// The tenant of each known account.
    claimed: BTreeMap<AccountId, &'a PlannedTenant>,
    /// The kinds of resource in a network that the plan adopts, by tenant.
    adopting: BTreeMap<&'a str, Vec<ResourceKind>>,
    /// The tenants on the terms of the last apply, by their current key.
    served: BTreeMap<&'a str, &'a PlannedTenant>,
    /// The tenants whose account the plan creates or adopts: until then the account is not on this bill.
    begun: BTreeSet<&'a str>,
}

impl<'a> Source<'a> {
    fn new(plan: &'a Plan) -> Self {
        let account =
            |tenant: &PlannedTenant| account_id(&plan.known, &Address::tenant(&tenant.key, "account"));
        let begins = |step: &&Step| step.kind == ResourceKind::Account && begins(step.action);
        Self {
            plan,
            names: Names::of(&plan.scope),
            tenants: plan.tenants.iter().map(|tenant| (tenant.key.as_str(), tenant)).collect(),
            claimed: plan.tenants.iter().filter_map(|tenant| Some((account(tenant)?, tenant))).collect(),
            adopting: adopting(plan),
            served: served(plan),
            begun: plan.steps().filter(begins).filter_map(|step| step.address.tenant_key()).collect(),
        }
    }

    /// The resources that exist, as observed.
    fn before(&self) -> Footprint {
        let mut bill = Footprint::default();
        if let Some(home) = self.plan.scope.regions.first() {
            bill.set_home(home.clone());
        }
        let Some(organization) = &self.plan.observed.organization else { return bill };
        bill.add(None, None, ResourceKind::Organization);
        let paths = unit_paths(organization);
        for found in &organization.accounts {
            let path = paths.get(&found.parent).map(String::as_str);
            let billed = match self.claimed.get(&found.account.id) {
                Some(tenant) if self.begun.contains(tenant.key.as_str()) => {
                    (tenant.key.to_string(), self.adopted(tenant, found))
                }
                Some(tenant) => (tenant.key.to_string(), self.existing(tenant, found, path)),
                None => match self.unclaimed(organization, found, path) {
                    Some(billed) => billed,
                    None => continue,
                },
            };
            bill.insert(&billed.0, billed.1);
        }
        bill
    }

    /// A tenant of the file whose account exists.
    fn existing(&self, tenant: &PlannedTenant, found: &ObservedAccount, path: Option<&str>) -> BilledTenant {
        let tier = self.tier_before(tenant, path);
        let mut billed = BilledTenant::new(Some(tier.name.as_str()));
        billed.set_price(self.price_before(tenant, tier));
        billed.set_region(tenant.region.clone());
        self.settle(&mut billed, found, path);
        billed
    }

    /// An account that a plan adopts: AWS already bills its resources, and its tier promises nothing yet.
    fn adopted(&self, tenant: &PlannedTenant, found: &ObservedAccount) -> BilledTenant {
        let mut billed = BilledTenant::new(Some(tenant.tier.as_str()));
        billed.set_region(tenant.region.clone());
        billed.set_standing(Standing::Departed);
        billed.add(ResourceKind::Account);
        self.count(&mut billed, found.account.id, tenant.key.as_str());
        billed
    }

    /// An account of the zone that no tenant of the file claims. Its price is unknown.
    fn unclaimed(
        &self,
        organization: &ObservedOrganization,
        found: &ObservedAccount,
        path: Option<&str>,
    ) -> Option<(String, BilledTenant)> {
        let management = found.account.id == organization.organization.management_account;
        if management || !self.names.ours(&found.tags) {
            return None;
        }
        let path = path.filter(|path| !path.is_empty())?;
        // A departed tenant is known from the last apply; without it, the logs of a closed account are unknown.
        let key = self.names.tenant(&found.tags);
        let served = key.and_then(|key| self.served.get(key)).filter(|served| served.offboard.is_some());
        if is_closed(found) && served.is_none() {
            return None;
        }
        let tier = self.tier_of_unit(path).map(|tier| tier.name.as_str());
        let mut billed = BilledTenant::new(served.map(|served| served.tier.as_str()).or(tier));
        billed.set_price(Money::zero(self.currency()));
        if let Some(served) = served {
            billed.set_region(served.region.clone());
        } else if let Some(region) = self.region_of(found) {
            billed.set_region(region.clone());
        }
        self.settle(&mut billed, found, Some(path));
        // Another tenant of the file may now have the key, so the account's id is used.
        Some((found.account.id.to_string(), billed))
    }

    /// The region in which an account holds resources of this zone.
    fn region_of(&self, found: &ObservedAccount) -> Option<&Region> {
        let mut regions = self.plan.observed.known_regions(found.account.id);
        let holds = |member: &ObservedMember| !(member.vpcs.is_empty() && member.log_groups.is_empty());
        regions.find(|(_, member)| holds(member)).map(|(region, _)| region)
    }

    /// Standing and resources of an account, as observed.
    fn settle(&self, billed: &mut BilledTenant, found: &ObservedAccount, path: Option<&str>) {
        if is_closed(found) {
            return self.close(billed);
        }
        billed.add(ResourceKind::Account);
        if path.is_some_and(|path| self.is_suspended(path)) {
            billed.set_standing(Standing::Departed);
        }
        let key = self.claimed.get(&found.account.id).map_or("", |tenant| tenant.key.as_str());
        self.count(billed, found.account.id, key);
    }

    /// The zone's resources in an account, and those that the plan adopts, which are already running.
    fn count(&self, billed: &mut BilledTenant, account: AccountId, key: &str) {
        for (_, member) in self.plan.observed.known_regions(account) {
            count(billed, member, &self.names);
        }
        for kind in self.adopting.get(key).into_iter().flatten() {
            billed.add(*kind);
        }
    }

    /// Whether a unit is that of departed tenants, now or when the zone was last applied.
    fn is_suspended(&self, path: &str) -> bool {
        let former = self.plan.served.as_ref().map(|terms| terms.suspended_ou.as_str());
        self.plan.scope.is_suspended(path)
            || former.is_some_and(|former| !former.is_empty() && former == path)
    }

    /// A closed account has no resources and cannot be surveyed. Whether the archive holds its logs follows from the zone's
    /// settings.
    fn close(&self, billed: &mut BilledTenant) {
        billed.clear();
        billed.set_standing(Standing::Departed);
        billed.set_archived(self.plan.scope.flow_logs);
    }

    /// The tier whose terms apply to a tenant until its account moves: that of its unit; if the unit belongs to no tier, the
    /// tenant's tier in the last apply; otherwise the tier in the file.
    fn tier_before(&self, tenant: &PlannedTenant, path: Option<&str>) -> &'a Tier {
        let unit = path.and_then(|path| self.tier_of_unit(path));
        let served = || {
            let name = &self.served.get(tenant.key.as_str())?.tier;
            self.plan.served.iter().flat_map(|terms| &terms.tiers).find(|tier| tier.name == *name)
        };
        unit.or_else(served).unwrap_or_else(|| self.tier_wanted(tenant))
    }

    /// The tier a tenant has in the file.
    fn tier_wanted(&self, tenant: &PlannedTenant) -> &'a Tier {
        #[expect(clippy::expect_used, reason = "a zone with a tenant of an unknown tier is not made")]
        self.plan.tiers.iter().find(|tier| tier.name == tenant.tier).expect("a tenant's tier is in its zone")
    }

    /// The tier to which a unit belongs: its path begins with the tier's unit. The last apply takes precedence over the file,
    /// which may have given the name to another tier.
    fn tier_of_unit(&self, path: &str) -> Option<&'a Tier> {
        let former = self.plan.served.iter().flat_map(|terms| &terms.tiers);
        let top = path.split('/').next().unwrap_or_default();
        former.chain(&self.plan.tiers).find(|tier| tier.ou_name == top)
    }

    /// A tenant's price under a tier: that of the last apply, if a state has it; otherwise the tenant's own price, if it has one;
    /// otherwise the tier's.
    fn price_before(&self, tenant: &PlannedTenant, tier: &Tier) -> Money {
        let served = self.served.get(tenant.key.as_str());
        if let Some(served) = served.filter(|served| served.tier == tier.name) {
            return served.monthly_price;
        }
        let is_list_price = tenant.monthly_price == self.tier_wanted(tenant).monthly_price;
        if is_list_price { tier.monthly_price } else { tenant.monthly_price }
    }

    fn currency(&self) -> crate::model::Currency {
        self.plan.tiers.first().map_or_else(Default::default, |tier| tier.monthly_price.currency)
    }

    /// The resources that exist once every step of the plan is done.
    fn after(&self, before: &Footprint) -> Footprint {
        let mut bill = before.clone();
        // A new price needs no step; a tenant that changes tier keeps its terms until its account moves.
        for tenant in &self.plan.tenants {
            let billed = bill.tenant_mut(tenant.key.as_str());
            if let Some(billed) = billed.filter(|billed| billed.tier() == Some(tenant.tier.as_str())) {
                billed.set_price(tenant.monthly_price);
            }
        }
        for step in self.plan.steps() {
            match step.address.tenant_key().and_then(|key| self.tenants.get(key)) {
                Some(tenant) => self.done(&mut bill, tenant, step),
                None if step.kind == ResourceKind::Organization => {
                    bill.add(None, None, ResourceKind::Organization);
                }
                None => {}
            }
        }
        bill
    }

    /// The effect of one step on the bill of its tenant.
    fn done(&self, bill: &mut Footprint, tenant: &PlannedTenant, step: &Step) {
        let key = tenant.key.as_str();
        if step.kind == ResourceKind::Account && begins(step.action) {
            let mut billed = BilledTenant::new(Some(tenant.tier.as_str()));
            billed.set_price(tenant.monthly_price);
            billed.set_region(tenant.region.clone());
            billed.add(ResourceKind::Account);
            // An account that is taken over holds something already.
            if let Some(found) = account_id(&self.plan.known, &step.address) {
                self.count(&mut billed, found, key);
            }
            return bill.insert(key, billed);
        }
        let Some(billed) = bill.tenant_mut(key) else { return };
        match (step.kind, step.action) {
            (ResourceKind::Account, Action::Delete) => self.close(billed),
            (ResourceKind::AccountPlacement, Action::Move) => {
                billed.set_tier(tenant.tier.as_str());
                billed.set_price(tenant.monthly_price);
                let leaves = matches!(&step.spec, ResourceSpec::AccountPlacement { parent, .. }
                    if *parent == Address::organizational_unit(&self.plan.scope.suspended_ou));
                billed.set_standing(if leaves { Standing::Departed } else { Standing::Served });
            }
            (ResourceKind::LogGroup, action) => keep_logs(billed, action, step),
            (kind, Action::Create) if is_counted(kind) => billed.add(kind),
            (kind, Action::Delete) if is_counted(kind) => billed.remove(kind),
            _ => {}
        }
    }
}

fn adopting(plan: &Plan) -> BTreeMap<&str, Vec<ResourceKind>> {
    let mut kinds: BTreeMap<&str, Vec<ResourceKind>> = BTreeMap::new();
    let adopts = |step: &&Step| step.action == Action::Adopt && is_counted(step.kind);
    for step in plan.steps().filter(adopts) {
        if let Some(key) = step.address.tenant_key() {
            kinds.entry(key).or_default().push(step.kind);
        }
    }
    kinds
}

/// The tenants of the terms in the state, renamed ones by their new key.
fn served(plan: &Plan) -> BTreeMap<&str, &PlannedTenant> {
    let Some(terms) = &plan.served else { return BTreeMap::new() };
    let mut served: BTreeMap<&str, &PlannedTenant> =
        terms.tenants.iter().map(|tenant| (tenant.key.as_str(), tenant)).collect();
    for tenant in &plan.scope.tenants {
        let former = tenant.former_key.as_ref().and_then(|former| served.get(former.as_str()).copied());
        if let Some(former) = former {
            served.entry(tenant.key.as_str()).or_insert(former);
        }
    }
    served
}

/// Applies a step that creates a log group or changes its retention.
fn keep_logs(billed: &mut BilledTenant, action: Action, step: &Step) {
    let ResourceSpec::LogGroup { retention_days, .. } = &step.spec else { return };
    let days = billed.log_days().unwrap_or_default();
    if action == Action::Create {
        billed.add(ResourceKind::LogGroup);
        return billed.set_log_days(days + retention_days);
    }
    if let Some(change) = step.changes.iter().find(|change| change.field == "retention_days") {
        let from = change.from.as_ref().and_then(|days| days.parse().ok()).unwrap_or(LONGEST_RETENTION_DAYS);
        billed.set_log_days(days.saturating_sub(from) + retention_days);
    }
}

/// Whether a resource becomes this zone's with the step.
pub(super) fn begins(action: Action) -> bool {
    matches!(action, Action::Create | Action::Adopt)
}

/// The kinds of resource in a network that a price depends on, except log groups.
fn is_counted(kind: ResourceKind) -> bool {
    matches!(
        kind,
        ResourceKind::Vpc
            | ResourceKind::NatGateway
            | ResourceKind::ElasticIp
            | ResourceKind::FlowLog
            | ResourceKind::VpnGateway
    )
}

/// Counts the zone's resources in an account, in one region.
fn count(billed: &mut BilledTenant, member: &ObservedMember, names: &Names<'_>) {
    let mut add = |kind, tags| {
        if names.ours(tags) {
            billed.add(kind);
        }
    };
    member.vpcs.iter().for_each(|vpc| add(ResourceKind::Vpc, &vpc.vpc.tags));
    let alive = |state| matches!(state, NatGatewayState::Pending | NatGatewayState::Available);
    for nat in member.nat_gateways.iter().filter(|nat| alive(nat.state)) {
        add(ResourceKind::NatGateway, &nat.tags);
    }
    member.elastic_ips.iter().for_each(|address| add(ResourceKind::ElasticIp, &address.tags));
    member.flow_logs.iter().for_each(|log| add(ResourceKind::FlowLog, &log.tags));
    for gateway in member.vpn_gateways.iter().filter(|gateway| !gateway.deleted) {
        add(ResourceKind::VpnGateway, &gateway.tags);
    }
    // Groups are found by a name that only this zone gives, with or without tags.
    for group in &member.log_groups {
        let days = group.group.retention_days.unwrap_or(LONGEST_RETENTION_DAYS);
        billed.add(ResourceKind::LogGroup);
        billed.set_log_days(billed.log_days().unwrap_or_default() + days);
    }
}
