//! The cost of a list of resources: price book × resources × usage.
//!
//! Invariants: every line is whole cents, rounded once, half to even; every total is the exact sum of its lines;
//! usage priced over the whole organization is shared out so that its parts add up to its price.
//! Not here: people, sales, revenue (`model`), how a report is printed (`report`).

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::demand::{Age, Demand, of_core_account, of_organization, of_tenant};
use super::footprint::{Counts, Footprint};
use super::prices::{Pool, Price, PriceBook, PriceId};
use super::usage::Usage;
use super::{Error, cents};
use crate::model::{Currency, Money, MoneyError, ResourceKind, Rounding, Tier};

/// How a cost that nobody alone causes is shared among tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allocation {
    /// The same for each.
    #[default]
    Equal,
    /// In proportion to what each pays.
    Revenue,
    /// In proportion to what each costs directly.
    Usage,
    /// The same for each tier, and within a tier the same for each tenant.
    Tier,
}

/// What a rule of sharing looks at in a tenant.
pub(super) struct Bearer<'a> {
    pub(super) tier: Option<&'a str>,
    pub(super) revenue: Decimal,
    pub(super) direct: Decimal,
}

/// Shares an amount among tenants by a rule; equally where the rule finds nothing to weigh by. Adds up exactly.
pub(super) fn share(
    amount: Money,
    rule: Allocation,
    bearers: &[Bearer<'_>],
) -> Result<Vec<Money>, MoneyError> {
    let by = |weight: fn(&Bearer<'_>) -> Decimal| {
        let weights: Vec<Decimal> = bearers.iter().map(weight).collect();
        if weights.iter().all(Decimal::is_zero) {
            amount.split(bearers.len())
        } else {
            amount.allocate(&weights)
        }
    };
    match rule {
        Allocation::Equal => amount.split(bearers.len()),
        Allocation::Revenue => by(|bearer| bearer.revenue),
        Allocation::Usage => by(|bearer| bearer.direct),
        Allocation::Tier => {
            let mut tiers: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
            for (index, bearer) in bearers.iter().enumerate() {
                match tiers.iter_mut().find(|(tier, _)| *tier == bearer.tier) {
                    Some((_, members)) => members.push(index),
                    None => tiers.push((bearer.tier, vec![index])),
                }
            }
            let mut shares = vec![Money::zero(amount.currency); bearers.len()];
            for (part, (_, members)) in amount.split(tiers.len())?.into_iter().zip(tiers) {
                for (share, index) in part.split(members.len())?.into_iter().zip(members) {
                    shares[index] = share;
                }
            }
            Ok(shares)
        }
    }
}

/// One line of the cost: a price times a quantity.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CostLine<'a> {
    /// The tenant that causes it, `None` for the organization's own.
    pub tenant: Option<&'a str>,
    /// The tenant's tier.
    pub tier: Option<&'a str>,
    /// The kind of resource it is billed for.
    pub kind: ResourceKind,
    /// Which price.
    pub id: PriceId,
    /// What it is, for a person.
    pub item: &'a str,
    /// How many units a month.
    pub quantity: Decimal,
    /// What a unit is.
    pub unit: &'a str,
    /// The price of a unit: the list price, or the average where steps or free allowances make it cheaper.
    pub unit_price: Decimal,
    /// Quantity times price, whole cents.
    pub amount: Money,
    /// Where the price comes from.
    pub source: &'a str,
}

/// A line of each tenant of a group: `each` cents more for the first `coins` tenants.
#[derive(Debug, Clone, PartialEq)]
struct GroupLine {
    demand: Demand,
    unit_price: Decimal,
    each: Decimal,
    coins: usize,
}

/// Tenants of one tier with the same resources: their costs differ by a cent at most.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) tier: Option<Arc<str>>,
    pub(super) price: Money,
    shield: bool,
    counts: Counts,
    pub(super) tenants: Vec<Arc<str>>,
    lines: Vec<GroupLine>,
}

impl Group {
    /// What its `index`-th tenant causes by itself.
    pub(super) fn direct(&self, index: usize) -> Decimal {
        self.lines.iter().map(|line| line.amount(index)).sum()
    }
}

impl GroupLine {
    fn amount(&self, index: usize) -> Decimal {
        if index < self.coins { self.each + CENT } else { self.each }
    }
}

/// A line of the organization. `shield` marks the one that only tenants who need it bear.
#[derive(Debug, Clone, PartialEq)]
struct SharedLine {
    demand: Demand,
    unit_price: Decimal,
    amount: Decimal,
    copies: u32,
    shield: bool,
}

const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// What resources cost a month.
#[derive(Debug, Clone, PartialEq)]
pub struct CostReport {
    prices: Arc<PriceBook>,
    currency: Currency,
    pub(super) groups: Vec<Group>,
    /// Group and place in it of each tenant, in the order of the footprint.
    pub(super) order: Vec<(Arc<str>, usize, usize)>,
    shared: Vec<SharedLine>,
    first_month: Decimal,
}

/// The cost a month of resources, each given as the tenant it belongs to and that tenant's tier (neither for the
/// organization's own) and its kind. See [`cost_of_footprint`].
///
/// # Errors
/// [`Error::Unknown`] for a tier that is not among `tiers`, [`Error::Money`] where currencies mix.
pub fn cost_of<'a>(
    resources: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>, ResourceKind)>,
    tiers: &[Tier],
    prices: &PriceBook,
    usage: &Usage,
) -> Result<CostReport, Error> {
    cost_of_footprint(&resources.into_iter().collect(), tiers, prices, usage, Age::Steady)
}

/// The cost a month of counted resources, in a month of the given age for all tenants.
///
/// # Errors
/// [`Error::Unknown`] for a tier that is not among `tiers`, [`Error::Money`] where currencies mix.
pub fn cost_of_footprint(
    footprint: &Footprint,
    tiers: &[Tier],
    prices: &PriceBook,
    usage: &Usage,
    age: Age,
) -> Result<CostReport, Error> {
    let mut report = at_age(footprint, tiers, prices, usage, age)?;
    report.first_month = match age {
        Age::Month(1) => report.total().amount,
        _ => at_age(footprint, tiers, prices, usage, Age::Month(1))?.total().amount,
    };
    Ok(report)
}

fn at_age(
    footprint: &Footprint,
    tiers: &[Tier],
    prices: &PriceBook,
    usage: &Usage,
    age: Age,
) -> Result<CostReport, Error> {
    let mut report = CostReport {
        prices: Arc::new(prices.clone()),
        currency: prices.currency(),
        groups: Vec::new(),
        order: Vec::with_capacity(footprint.tenants.len()),
        shared: Vec::new(),
        first_month: Decimal::ZERO,
    };
    if footprint.is_empty() {
        return Ok(report);
    }
    let mut demands = Vec::new();
    for (key, tenant) in &footprint.tenants {
        let known =
            report.groups.iter().position(|group| group.counts == tenant.counts && group.tier == tenant.tier);
        let place = match known {
            Some(place) => place,
            None => {
                let tier = find_tier(tenant.tier.as_deref(), tiers)?;
                let price = tier.map_or(Money::zero(report.currency), |tier| tier.monthly_price);
                // Fails early where the tier's price and the price book are in two currencies.
                price.checked_add(Money::zero(report.currency))?;
                let profile = usage.profile(tier);
                let days = tier.map_or(90, |tier| tier.log_retention_days);
                demands.push(of_tenant(&tenant.counts, profile, days, prices.hours_per_month(), age));
                report.groups.push(Group {
                    tier: tenant.tier.clone(),
                    price,
                    shield: profile.shield_advanced && tenant.counts.of(ResourceKind::Account) > 0,
                    counts: tenant.counts,
                    tenants: Vec::new(),
                    lines: Vec::new(),
                });
                report.groups.len() - 1
            }
        };
        report.order.push((key.clone(), place, report.groups[place].tenants.len()));
        report.groups[place].tenants.push(key.clone());
    }
    let shared = shared_demands(&report.groups, usage);
    report.price_all(prices, &demands, &shared)?;
    Ok(report)
}

fn find_tier<'a>(name: Option<&str>, tiers: &'a [Tier]) -> Result<Option<&'a Tier>, Error> {
    let Some(name) = name else { return Ok(None) };
    tiers
        .iter()
        .find(|tier| tier.name.as_str() == name)
        .map(Some)
        .ok_or_else(|| Error::unknown("tier", name, tiers.iter().map(|tier| tier.name.as_str())))
}

/// A demand of the organization: so many copies of it, and whether only some tenants bear it.
struct Shared {
    demand: Demand,
    copies: u32,
    shield: bool,
}

fn shared_demands(groups: &[Group], usage: &Usage) -> Vec<Shared> {
    let mut tiers: Vec<_> = groups.iter().filter_map(|group| group.tier.as_deref()).collect();
    tiers.sort_unstable();
    tiers.dedup();
    let core = of_core_account(usage).into_iter().map(|demand| Shared {
        demand,
        copies: usage.core_accounts,
        shield: false,
    });
    let once = of_organization(usage, tiers.len()).into_iter().map(|demand| Shared {
        demand,
        copies: 1,
        shield: false,
    });
    let mut shared: Vec<Shared> = core.filter(|line| line.copies > 0).chain(once).collect();
    if groups.iter().any(|group| group.shield) {
        let demand = Demand {
            id: PriceId::ShieldAdvancedMonth,
            kind: ResourceKind::Organization,
            quantity: Decimal::ONE,
        };
        shared.push(Shared { demand, copies: 1, shield: true });
    }
    shared
}

/// Who takes part in a pooled price: the lines of a group, or one of the organization's.
#[derive(Clone, Copy)]
enum Part {
    Group(usize, Demand),
    Shared(usize),
}

impl CostReport {
    fn price_all(
        &mut self,
        prices: &PriceBook,
        demands: &[Vec<Demand>],
        shared: &[Shared],
    ) -> Result<(), Error> {
        let mut pooled: BTreeMap<PriceId, Vec<(Part, Decimal)>> = BTreeMap::new();
        for (place, demands) in demands.iter().enumerate() {
            let tenants = Decimal::from(self.groups[place].tenants.len());
            for demand in demands {
                let price = prices.price(demand.id);
                if is_pooled(price) {
                    let part = (Part::Group(place, *demand), demand.quantity * tenants);
                    pooled.entry(demand.id).or_default().push(part);
                    continue;
                }
                let amount = price.amount(demand.quantity)?;
                let (each, unit_price) = (cents(amount), unit_price(price, amount, demand.quantity));
                self.groups[place].lines.push(GroupLine { demand: *demand, unit_price, each, coins: 0 });
            }
        }
        for (index, &Shared { demand, copies, shield }) in shared.iter().enumerate() {
            let price = prices.price(demand.id);
            let whole = demand.quantity * Decimal::from(copies);
            let mut amount = Decimal::ZERO;
            let mut each = Decimal::ZERO;
            if is_pooled(price) {
                pooled.entry(demand.id).or_default().push((Part::Shared(index), whole));
            } else {
                each = price.amount(demand.quantity)?;
                amount = cents(each) * Decimal::from(copies);
            }
            let unit_price = unit_price(price, each, demand.quantity);
            self.shared.push(SharedLine { demand, unit_price, amount, copies, shield });
        }
        for (id, parts) in pooled {
            self.share_out(prices.price(id), &parts)?;
        }
        for group in &mut self.groups {
            group.lines.sort_by_key(|line| (line.demand.id, line.demand.kind));
        }
        Ok(())
    }

    /// Prices the usage of all parts together and shares the price out by usage, cent by cent.
    fn share_out(&mut self, price: &Price, parts: &[(Part, Decimal)]) -> Result<(), Error> {
        let quantities: Vec<Decimal> = parts.iter().map(|(_, quantity)| *quantity).collect();
        let whole: Decimal = quantities.iter().sum();
        let amount = price.amount(whole)?;
        let unit_price = unit_price(price, amount, whole);
        let total = Money::new(cents(amount), self.currency);
        let shares = total.allocate(&quantities)?;
        for ((part, _), share) in parts.iter().zip(shares) {
            match *part {
                Part::Shared(index) => {
                    self.shared[index].amount = share.amount;
                    self.shared[index].unit_price = unit_price;
                }
                Part::Group(place, demand) => {
                    let group = &mut self.groups[place];
                    let tenants = Decimal::from(group.tenants.len());
                    let each = Rounding::Down.apply(share.amount / tenants, 2);
                    let left = (share.amount - each * tenants) / CENT;
                    let coins =
                        usize::try_from(left.mantissa() / 10_i128.pow(left.scale())).unwrap_or_default();
                    group.lines.push(GroupLine { demand, unit_price, each, coins });
                }
            }
        }
        Ok(())
    }

    /// The currency of every amount.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The prices it was made with.
    pub fn prices(&self) -> &PriceBook {
        &self.prices
    }

    fn money(&self, amount: Decimal) -> Money {
        Money::new(amount, self.currency)
    }

    /// What everything costs a month.
    pub fn total(&self) -> Money {
        self.money(self.direct() + self.shared.iter().map(|line| line.amount).sum::<Decimal>())
    }

    fn direct(&self) -> Decimal {
        self.groups
            .iter()
            .flat_map(|group| group.lines.iter().map(|line| (line, group.tenants.len())))
            .map(|(line, tenants)| line.each * Decimal::from(tenants) + CENT * Decimal::from(line.coins))
            .sum()
    }

    /// What the first month costs, before stored logs have grown to their retention.
    pub fn first_month(&self) -> Money {
        self.money(self.first_month)
    }

    /// What the organization costs whoever causes it: core accounts, dashboards, Shield Advanced.
    pub fn shared_total(&self) -> Money {
        self.money(self.shared.iter().map(|line| line.amount).sum())
    }

    /// What the tenants pay, by the prices of their tiers.
    pub fn revenue(&self) -> Money {
        self.money(
            self.groups.iter().map(|group| group.price.amount * Decimal::from(group.tenants.len())).sum(),
        )
    }

    /// How many tenants there are.
    pub fn tenant_count(&self) -> usize {
        self.order.len()
    }

    /// Revenue against this cost: the margin on infrastructure alone.
    pub fn margin(&self) -> Margin {
        Margin { revenue: self.revenue(), infrastructure: self.total() }
    }

    /// Every line: the tenants' in their order, then the organization's.
    pub fn lines(&self) -> impl Iterator<Item = CostLine<'_>> {
        let tenants = self.order.iter().flat_map(move |(tenant, place, index)| {
            let group = &self.groups[*place];
            group.lines.iter().map(move |line| {
                let owner = Some((tenant.as_ref(), group.tier.as_deref()));
                self.line(owner, &line.demand, Decimal::ONE, line.unit_price, line.amount(*index))
            })
        });
        let shared = self.shared.iter().map(move |line| {
            self.line(None, &line.demand, Decimal::from(line.copies), line.unit_price, line.amount)
        });
        tenants.chain(shared)
    }

    fn line<'a>(
        &'a self,
        owner: Option<(&'a str, Option<&'a str>)>,
        demand: &Demand,
        copies: Decimal,
        unit_price: Decimal,
        amount: Decimal,
    ) -> CostLine<'a> {
        let price = self.prices.price(demand.id);
        CostLine {
            tenant: owner.map(|(tenant, _)| tenant),
            tier: owner.and_then(|(_, tier)| tier),
            kind: demand.kind,
            id: demand.id,
            item: &price.name,
            quantity: (demand.quantity * copies).normalize(),
            unit: &price.unit,
            unit_price,
            amount: self.money(amount),
            source: &price.source,
        }
    }

    /// What the resources of one kind of a tenant (or, without one, of the organization) cost a month, one amount per
    /// resource, adding up exactly; empty where there are none or they cost nothing by themselves.
    pub fn resource_costs(&self, tenant: Option<&str>, kind: ResourceKind) -> Vec<Money> {
        let (amount, count) = match tenant {
            None => {
                let lines = self.shared.iter().filter(|line| line.demand.kind == kind);
                (lines.map(|line| line.amount).sum::<Decimal>(), 1)
            }
            Some(tenant) => {
                let Some((_, place, index)) = self.order.iter().find(|(key, ..)| key.as_ref() == tenant)
                else {
                    return Vec::new();
                };
                let group = &self.groups[*place];
                let lines = group.lines.iter().filter(|line| line.demand.kind == kind);
                (lines.map(|line| line.amount(*index)).sum(), group.counts.of(kind))
            }
        };
        if amount.is_zero() {
            return Vec::new();
        }
        self.money(amount).split(usize::try_from(count).unwrap_or(usize::MAX)).unwrap_or_default()
    }

    /// What each tenant costs a month: directly, and its share of what nobody alone causes. Shield Advanced is borne by
    /// the tenants whose tier needs it. The shares add up exactly to [`Self::shared_total`].
    ///
    /// # Errors
    /// [`Error::Money`] where the amounts have too many digits.
    pub fn per_tenant(&self, rule: Allocation) -> Result<Vec<TenantCost>, Error> {
        let mut costs: Vec<TenantCost> = self
            .order
            .iter()
            .map(|(tenant, place, index)| {
                let group = &self.groups[*place];
                TenantCost {
                    tenant: tenant.clone(),
                    tier: group.tier.clone(),
                    revenue: group.price,
                    direct: self.money(group.direct(*index)),
                    shared: self.money(Decimal::ZERO),
                }
            })
            .collect();
        for shield in [false, true] {
            let lines = self.shared.iter().filter(|line| line.shield == shield);
            let amount = self.money(lines.map(|line| line.amount).sum());
            let bearers: Vec<usize> = (0..costs.len())
                .filter(|tenant| !shield || self.groups[self.order[*tenant].1].shield)
                .collect();
            if amount.is_zero() || bearers.is_empty() {
                continue;
            }
            let weighed: Vec<Bearer<'_>> = bearers.iter().map(|tenant| costs[*tenant].bearer()).collect();
            let shares = share(amount, rule, &weighed)?;
            for (tenant, share) in bearers.into_iter().zip(shares) {
                costs[tenant].shared = costs[tenant].shared.checked_add(share)?;
            }
        }
        Ok(costs)
    }
}

pub(super) fn is_pooled(price: &Price) -> bool {
    price.is_graduated() && price.pool == Pool::Payer
}

fn unit_price(price: &Price, amount: Decimal, quantity: Decimal) -> Decimal {
    if !price.is_graduated() {
        return price.list_price();
    }
    amount.checked_div(quantity).unwrap_or_default().round_dp(10).normalize()
}

/// What one tenant costs a month.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TenantCost {
    /// Its key.
    pub tenant: Arc<str>,
    /// Its tier.
    pub tier: Option<Arc<str>>,
    /// What it pays.
    pub revenue: Money,
    /// What it causes by itself.
    pub direct: Money,
    /// Its share of what nobody alone causes.
    pub shared: Money,
}

impl TenantCost {
    fn bearer(&self) -> Bearer<'_> {
        Bearer { tier: self.tier.as_deref(), revenue: self.revenue.amount, direct: self.direct.amount }
    }

    /// Direct cost and share together.
    pub fn total(&self) -> Money {
        Money { amount: self.direct.amount + self.shared.amount, ..self.direct }
    }
}

/// Revenue against infrastructure: the margin before any people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margin {
    /// What tenants pay a month.
    pub revenue: Money,
    /// What AWS is paid a month.
    pub infrastructure: Money,
}

impl Margin {
    /// (revenue - infrastructure) / revenue, unrounded; `None` without revenue.
    pub fn fraction(&self) -> Option<Decimal> {
        let left = self.revenue.checked_sub(self.infrastructure).ok()?;
        left.ratio_of(self.revenue).ok()?
    }

    /// Refuses a margin below `floor` (a fraction such as 0.95), or one that does not exist.
    ///
    /// # Errors
    /// [`Error::BelowFloor`] with the numbers and what would mend them.
    pub fn ensure_at_least(&self, floor: Decimal) -> Result<(), Error> {
        match self.fraction() {
            Some(margin) if margin >= floor => Ok(()),
            margin => Err(Error::BelowFloor {
                margin,
                floor,
                revenue: self.revenue,
                infrastructure: self.infrastructure,
            }),
        }
    }
}
