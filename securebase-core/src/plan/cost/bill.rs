//! The bills before and after a plan: each tenant's resources and terms, from the survey and the steps.

use std::collections::{BTreeMap, BTreeSet};

use super::counted::{count, is_counted, keep_logs};
use crate::finance::{BilledTenant, CostOwner, Footprint, Standing};
use crate::kinds::billing::OnBill;
use crate::kinds::facts;
use crate::kinds::guardrail_role::GuardrailRole;
use crate::kinds::step::Action;
use crate::model::{AccountId, Address, Money, Region, ResourceKind, TenantKey, Tier, TierName};
use crate::observe::{Names, ObservedAccount, ObservedMember, ObservedOrganization, unit_paths};
use crate::plan::diff::account_id;
use crate::plan::step::{Plan, PlannedTenant, Step};
use crate::plan::terms::AccountTerms;

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

/// An account on the bill after a plan.
pub(in crate::plan) struct BilledAccount {
    pub(in crate::plan) id: AccountId,
    /// Whether a tenant of the file is served in it.
    pub(in crate::plan) is_served: bool,
    /// Its terms on that bill.
    pub(in crate::plan) terms: AccountTerms,
    /// The regions other than that of its terms in which it has log groups.
    pub(in crate::plan) logs_elsewhere: BTreeSet<Region>,
}

/// The accounts on the bill after a plan, as far as they exist already.
pub(in crate::plan) fn accounts_after(plan: &Plan) -> Vec<BilledAccount> {
    let source = Source::new(plan);
    let bill = source.after(&source.before());
    let accounts = plan.observed.organization.iter().flat_map(|organization| &organization.accounts);
    let on_bill = accounts.filter_map(|found| {
        let id = found.account.id;
        let tenant = source.claimed.get(&id);
        let billed = match tenant {
            Some(tenant) => bill.tenant(tenant.key.as_str()),
            None => bill.tenant(&id.to_string()),
        }?;
        let terms = AccountTerms {
            tier: billed.tier().and_then(|name| source.tier_named(name)).map(|tier| tier.name.clone()),
            region: billed.region().cloned(),
            archived: billed.is_archived(),
            departed: billed.standing() == Standing::Departed,
        };
        let elsewhere = billed.log_regions().filter(|region| billed.region() != Some(region));
        let logs_elsewhere = elsewhere.cloned().collect();
        Some(BilledAccount { id, is_served: tenant.is_some() && !terms.departed, terms, logs_elsewhere })
    });
    on_bill.collect()
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
    tenants: BTreeMap<TenantKey, &'a PlannedTenant>,
    /// The tenant of each known account.
    claimed: BTreeMap<AccountId, &'a PlannedTenant>,
    /// The kinds of resource in a network that the plan adopts, by tenant.
    adopting: BTreeMap<TenantKey, Vec<ResourceKind>>,
    /// The tenants on the terms of the last apply, by their current key.
    served: BTreeMap<TenantKey, &'a PlannedTenant>,
    /// The tenants whose account the plan creates or adopts: until then the account is not on this bill.
    begun: BTreeSet<TenantKey>,
}

impl<'a> Source<'a> {
    fn new(plan: &'a Plan) -> Self {
        let account =
            |tenant: &PlannedTenant| account_id(&plan.known, &Address::tenant(&tenant.key, "account"));
        let begins = |step: &&Step| is_account(step) && begins(step.action);
        Self {
            plan,
            names: Names::of(&plan.scope),
            tenants: plan.tenants.iter().map(|tenant| (tenant.key.clone(), tenant)).collect(),
            claimed: plan.tenants.iter().filter_map(|tenant| Some((account(tenant)?, tenant))).collect(),
            adopting: adopting(plan),
            served: served(plan),
            begun: plan.steps().filter(begins).filter_map(|step| step.tenant.clone()).collect(),
        }
    }

    /// The resources that exist, as observed.
    fn before(&self) -> Footprint {
        let mut bill = Footprint::default();
        if let Some(home) = self.plan.scope.regions.first() {
            bill.set_home(home.clone());
        }
        let Some(organization) = &self.plan.observed.organization else { return bill };
        bill.add(CostOwner::Organization, ResourceKind::Organization);
        let paths = unit_paths(organization);
        for found in &organization.accounts {
            let path = paths.get(&found.parent).map(String::as_str);
            let billed = match self.claimed.get(&found.account.id) {
                Some(tenant) if self.begun.contains(&tenant.key) => {
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
        let left = self.terms_of_departed(found, path);
        let tier = self.tier_before(tenant, left, path);
        let mut billed = BilledTenant::new(Some(tier.name.clone()));
        billed.set_price(self.price_before(tenant, tier));
        billed.set_region(self.region_before(tenant, found).clone());
        self.settle(&mut billed, found, path);
        billed
    }

    /// An account that a plan adopts: AWS already bills its resources, and its tier promises nothing yet.
    fn adopted(&self, tenant: &PlannedTenant, found: &ObservedAccount) -> BilledTenant {
        let mut billed = BilledTenant::new(Some(tenant.tier.clone()));
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
        let recorded = self.recorded(found.account.id);
        let served = self.names.tenant(&found.tags).and_then(|key| self.served.get(key)).copied();
        let leaving = served.filter(|served| served.offboard.is_some());
        if found.is_closed() && recorded.is_none() && leaving.is_none() {
            return None;
        }
        let of_unit = self.tier_of_unit(path).map(|tier| &tier.name);
        let of_record = recorded.and_then(|terms| terms.tier.as_ref());
        let tier = if self.has_left(found, Some(path)) {
            of_record.or(leaving.map(|tenant| &tenant.tier)).or(of_unit)
        } else {
            of_unit.or(of_record).or(served.map(|tenant| &tenant.tier))
        };
        let mut billed = BilledTenant::new(tier.cloned());
        billed.set_price(Money::zero(self.currency()));
        // A network says where the account works; of an account without one, the state does. A log group may be left over
        // from another region.
        let region = self.region_with(found, |member| !member.vpcs.is_empty());
        let region = region.or_else(|| recorded.and_then(|terms| terms.region.as_ref()));
        let region = region.or(served.map(|tenant| &tenant.region));
        let region = region.or_else(|| self.region_with(found, |member| !member.log_groups.is_empty()));
        if let Some(region) = region.or(self.plan.scope.regions.first()) {
            billed.set_region(region.clone());
        }
        self.settle(&mut billed, found, Some(path));
        // Another tenant of the file may now have the key, so the account's id is used.
        Some((found.account.id.to_string(), billed))
    }

    /// The first region in which an account holds such resources of this zone.
    fn region_with(
        &self,
        found: &ObservedAccount,
        holds: impl Fn(&ObservedMember) -> bool,
    ) -> Option<&Region> {
        let mut regions = self.plan.observed.known_regions(found.account.id);
        regions.find(|(_, member)| holds(member)).map(|(region, _)| region)
    }

    /// The region of a tenant until the plan is applied: the one that the state has for the account, else for the tenant; without
    /// a state, that of the file. A network is never in another region than the file names.
    fn region_before<'t>(&'t self, tenant: &'t PlannedTenant, found: &ObservedAccount) -> &'t Region {
        let of_account = self.recorded(found.account.id).and_then(|terms| terms.region.as_ref());
        let served = || self.served.get(&tenant.key).map(|served| &served.region);
        of_account.or_else(served).unwrap_or(&tenant.region)
    }

    /// Standing and resources of an account, as observed.
    fn settle(&self, billed: &mut BilledTenant, found: &ObservedAccount, path: Option<&str>) {
        let left = self.terms_of_departed(found, path);
        if found.is_closed() {
            // A closed account cannot be surveyed. Where no state has what it held, the zone's settings stand for it.
            return close(billed, left.map_or(self.plan.scope.flow_logs, |left| left.archived));
        }
        billed.add(ResourceKind::Account);
        if self.has_left(found, path) {
            billed.set_standing(Standing::Departed);
            billed.set_archived(left.is_some_and(|left| left.archived));
        }
        let key = self.claimed.get(&found.account.id).map_or("", |tenant| tenant.key.as_str());
        self.count(billed, found.account.id, key);
    }

    /// The zone's resources in an account, and those that the plan adopts, which are already running.
    fn count(&self, billed: &mut BilledTenant, account: AccountId, key: &str) {
        for (region, member) in self.plan.observed.known_regions(account) {
            count(billed, region, member, &self.names);
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

    /// Whether the tenant of an account has left: the account is closed, or in the unit of departed tenants. A unit that had
    /// this role before still holds the accounts that no plan has moved.
    fn has_left(&self, found: &ObservedAccount, path: Option<&str>) -> bool {
        let was_gone = || self.recorded(found.account.id).is_some_and(|terms| terms.departed);
        let is_suspended = |path: &str| {
            self.is_suspended(path) || (!path.is_empty() && self.tier_of_unit(path).is_none() && was_gone())
        };
        found.is_closed() || path.is_some_and(is_suspended)
    }

    /// The terms that the state has for an account.
    fn recorded(&self, account: AccountId) -> Option<&'a AccountTerms> {
        self.plan.served.as_ref()?.accounts.get(&account)
    }

    /// The terms on which a departed tenant left, which no file changes any more.
    fn terms_of_departed(&self, found: &ObservedAccount, path: Option<&str>) -> Option<&'a AccountTerms> {
        self.recorded(found.account.id).filter(|_| self.has_left(found, path))
    }

    /// Whether the archive holds the logs of a tenant whose account the plan closes.
    ///
    /// The state will have the answer. Without a state, the plan after this one knows no more than the zone's settings, and
    /// neither does this one; they also stand for an account that could not be surveyed.
    fn keeps_archive(&self, billed: &BilledTenant, account: &Address) -> bool {
        let account = account_id(&self.plan.known, account);
        let was_read = account.is_some_and(|id| self.plan.observed.known_regions(id).next().is_some());
        let settings = self.plan.scope.flow_logs;
        if self.plan.served.is_none() { settings } else { billed.is_archived() || (!was_read && settings) }
    }

    /// The tier whose terms apply to a tenant until its account moves: of a departed tenant, the one with which it left, if a
    /// state has it; that of its unit; if the unit belongs to no tier, the tenant's tier in the last apply; otherwise the tier
    /// in the file.
    fn tier_before(
        &self,
        tenant: &PlannedTenant,
        left: Option<&AccountTerms>,
        path: Option<&str>,
    ) -> &'a Tier {
        let of_departed = left.and_then(|left| self.tier_named(left.tier.as_ref()?));
        let of_unit = || path.and_then(|path| self.tier_of_unit(path));
        let served = || self.tier_named(&self.served.get(&tenant.key)?.tier);
        of_departed.or_else(of_unit).or_else(served).unwrap_or_else(|| self.tier_wanted(tenant))
    }

    /// The tier of that name, in the last apply or in the file.
    fn tier_named(&self, name: &TierName) -> Option<&'a Tier> {
        let former = self.plan.served.iter().flat_map(|terms| &terms.tiers);
        former.chain(&self.plan.tiers).find(|tier| tier.name == *name)
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
        let served = self.served.get(&tenant.key);
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
        // A new price or region needs no step; a tenant that changes tier keeps its terms until its account moves.
        for tenant in &self.plan.tenants {
            let Some(billed) = bill.tenant_mut(tenant.key.as_str()) else { continue };
            if billed.tier() == Some(&tenant.tier) {
                billed.set_price(tenant.monthly_price);
            }
            // What a tenant that leaves has stored stays where it is.
            if billed.standing() == Standing::Served && tenant.offboard.is_none() {
                billed.set_region(tenant.region.clone());
            }
        }
        let organization = Address::organization();
        for step in self.plan.steps() {
            match step.tenant.as_ref().and_then(|key| self.tenants.get(key)) {
                Some(tenant) => self.done(&mut bill, tenant, step),
                None if step.address == organization => {
                    bill.add(CostOwner::Organization, ResourceKind::Organization);
                }
                None => {}
            }
        }
        bill
    }

    /// The effect of one step on the bill of its tenant.
    fn done(&self, bill: &mut Footprint, tenant: &PlannedTenant, step: &Step) {
        let key = tenant.key.as_str();
        if is_account(step) && begins(step.action) {
            let mut billed = BilledTenant::new(Some(tenant.tier.clone()));
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
        match (&facts(step.kind).on_bill, step.action) {
            (OnBill::Account(_), Action::Delete) => {
                let archived = self.keeps_archive(billed, &step.address);
                close(billed, archived);
            }
            (OnBill::Terms, Action::Move) => {
                let suspended = Address::organizational_unit(&self.plan.scope.suspended_ou);
                let role = step.spec.as_kind().guardrail_role();
                let leaves = matches!(role, Some(GuardrailRole::Placement { unit }) if *unit == suspended);
                moved(billed, tenant, leaves);
            }
            (OnBill::Stored(_), action) => keep_logs(billed, &tenant.region, action, step),
            (OnBill::Counted(_), Action::Create) => billed.add(step.kind),
            (OnBill::Counted(_), Action::Delete) => billed.remove(step.kind),
            (OnBill::Nothing | OnBill::Account(_) | OnBill::Terms | OnBill::Counted(_), _) => {}
        }
    }
}

/// The effect of moving an account: to the unit of departed tenants, or to that of a tier.
fn moved(billed: &mut BilledTenant, tenant: &PlannedTenant, leaves: bool) {
    // A tenant that left before keeps the terms on which it left, whatever the file says now.
    if leaves && billed.standing() == Standing::Departed {
        return;
    }
    billed.set_tier(tenant.tier.clone());
    billed.set_price(tenant.monthly_price);
    if leaves {
        return billed.set_standing(Standing::Departed);
    }
    billed.set_standing(Standing::Served);
    billed.set_region(tenant.region.clone());
    billed.set_archived(false);
}

/// A closed account has no resources; the archive keeps its logs, if it had any.
fn close(billed: &mut BilledTenant, archived: bool) {
    billed.clear();
    billed.set_standing(Standing::Departed);
    billed.set_archived(archived);
}

fn adopting(plan: &Plan) -> BTreeMap<TenantKey, Vec<ResourceKind>> {
    let mut kinds: BTreeMap<TenantKey, Vec<ResourceKind>> = BTreeMap::new();
    let adopts = |step: &&Step| step.action == Action::Adopt && is_counted(step.kind);
    for step in plan.steps().filter(adopts) {
        if let Some(key) = &step.tenant {
            kinds.entry(key.clone()).or_default().push(step.kind);
        }
    }
    kinds
}

/// The tenants of the terms in the state, renamed ones by their new key.
fn served(plan: &Plan) -> BTreeMap<TenantKey, &PlannedTenant> {
    let Some(terms) = &plan.served else { return BTreeMap::new() };
    let mut served: BTreeMap<TenantKey, &PlannedTenant> =
        terms.tenants.iter().map(|tenant| (tenant.key.clone(), tenant)).collect();
    for tenant in &plan.scope.tenants {
        let former = tenant.former_key.as_ref().and_then(|former| served.get(former).copied());
        if let Some(former) = former {
            served.entry(tenant.key.clone()).or_insert(former);
        }
    }
    served
}

/// Whether the bill of a tenant begins and ends with the resource of a step.
fn is_account(step: &Step) -> bool {
    matches!(facts(step.kind).on_bill, OnBill::Account(_))
}

/// Whether a resource becomes this zone's with the step.
pub(super) fn begins(action: Action) -> bool {
    matches!(action, Action::Create | Action::Adopt)
}
