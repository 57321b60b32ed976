//! The cost of a list of resources: price book × resources × usage.
//!
//! Invariants: every line is whole cents, rounded once, half to even; every total is the exact sum of its lines;
//! usage priced over the whole organization is shared out so that its parts add up to its price.
//! Not here: people, sales, revenue (`model`), how a report is printed (`report`).

mod allocation;
pub(super) mod demand;
pub(super) mod footprint;
pub(super) mod lines;
mod margin;
mod pricing;
pub(super) mod promised;
pub(super) mod report;
pub(super) mod tail;
mod tenants;
pub(super) mod usage;

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use rust_decimal::Decimal;

use super::Error;
use super::pricing::prices::{Grade, PriceBook, PriceId};
use crate::model::{Currency, Money, Problem, Region, ResourceKind, Tier, TierName};
use demand::{Age, CostBasis, Demand, of_logs_elsewhere, of_tenant};
use footprint::{BilledTenant, CostOwner, Footprint, Standing};
use promised::{of_core_account, of_organization};
use usage::Usage;

pub use allocation::Allocation;
pub(super) use allocation::{Bearer, share};
pub use margin::Margin;
pub(super) use pricing::is_pooled;
pub use tenants::TenantCost;

/// One line of the cost: a price times a quantity.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CostLine<'a> {
    /// The tenant that causes it, `None` for the organization's own.
    pub tenant: Option<&'a str>,
    /// The tenant's tier.
    pub tier: Option<&'a TierName>,
    /// The kind of resource it is billed for.
    pub kind: ResourceKind,
    /// Why the line is on the bill: planned, assumed or promised.
    pub basis: CostBasis,
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
    /// How far the price can be trusted.
    pub grade: Grade,
    /// The region of the price, or `global`; not the resource's own region where the price is borrowed.
    pub price_region: &'a str,
}

/// A line of each tenant of a group: `each` cents more for the first `coins` tenants.
#[derive(Debug, Clone, PartialEq)]
struct GroupLine {
    demand: Demand,
    /// The prices of the region in which it is billed.
    prices: Arc<PriceBook>,
    unit_price: Decimal,
    each: Decimal,
    coins: usize,
}

/// Tenants on the same terms with the same resources: their costs differ by a cent at most.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) tier: Option<TierName>,
    /// What each of them pays.
    pub(super) price: Money,
    pub(super) standing: Standing,
    shield: bool,
    /// The prices of its region.
    prices: Arc<PriceBook>,
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

/// The cost a month of resources, each given as its owner and its kind. See [`cost_of_footprint`].
///
/// # Errors
/// [`Error::Unknown`] for a tier that is not among `tiers`, [`Error::Money`] where currencies mix.
pub fn cost_of<'a>(
    resources: impl IntoIterator<Item = (CostOwner<'a>, ResourceKind)>,
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
    let mut books = Books { given: prices, regions: BTreeMap::new() };
    let mut report = CostReport {
        prices: books.of(footprint.home()),
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
    let mut places: IndexMap<&BilledTenant, usize> = IndexMap::new();
    for (key, tenant) in &footprint.tenants {
        let place = match places.get(tenant) {
            Some(place) => *place,
            None => {
                let tier = find_tier(tenant.tier(), tiers)?;
                let served = tenant.standing() == Standing::Served;
                let price = tenant.price().or_else(|| tier.map(|tier| tier.monthly_price));
                let price = price.filter(|_| served).unwrap_or_else(|| Money::zero(report.currency));
                // Fails early where the tenant's price and the price book are in two currencies.
                price.checked_add(Money::zero(report.currency))?;
                let profile = usage.profile(tier);
                let days = tier.map_or(RETENTION_DAYS, |tier| tier.log_retention_days);
                let book = books.of(tenant.region());
                let own = of_tenant(tenant, profile, days, book.hours_per_month(), age);
                let mut priced: Vec<_> = own.into_iter().map(|demand| (Arc::clone(&book), demand)).collect();
                let elsewhere = of_logs_elsewhere(tenant, profile, age);
                priced.extend(elsewhere.map(|(region, demand)| (books.of(Some(region)), demand)));
                demands.push(priced);
                report.groups.push(Group {
                    tier: tenant.tier().cloned(),
                    price,
                    standing: tenant.standing(),
                    shield: served && profile.shield_advanced && tenant.count(ResourceKind::Account) > 0,
                    prices: book,
                    tenants: Vec::new(),
                    lines: Vec::new(),
                });
                places.insert(tenant, report.groups.len() - 1);
                report.groups.len() - 1
            }
        };
        report.order.push((key.clone(), place, report.groups[place].tenants.len()));
        report.groups[place].tenants.push(key.clone());
    }
    let shared = shared_demands(&report.groups, usage);
    report.price_all(&demands, &shared, age)?;
    Ok(report)
}

/// The price book of each region, from the one that was given.
struct Books<'a> {
    given: &'a PriceBook,
    regions: BTreeMap<Option<Region>, Arc<PriceBook>>,
}

impl Books<'_> {
    fn of(&mut self, region: Option<&Region>) -> Arc<PriceBook> {
        let book = self.regions.entry(region.cloned()).or_insert_with(|| {
            Arc::new(region.map_or_else(|| self.given.clone(), |region| self.given.in_region(region)))
        });
        Arc::clone(book)
    }
}

/// The log retention of a tenant without a tier: that of every shipped tier.
const RETENTION_DAYS: u32 = 90;

fn find_tier<'a>(name: Option<&TierName>, tiers: &'a [Tier]) -> Result<Option<&'a Tier>, Error> {
    let Some(name) = name else { return Ok(None) };
    let known = || tiers.iter().map(|tier| tier.name.as_str());
    let found = tiers.iter().find(|tier| tier.name == *name);
    found.map(Some).ok_or_else(|| Error::unknown("tier", name.as_str(), known()))
}

/// A demand of the organization: the number of copies, and whether only some tenants bear it.
struct Shared {
    demand: Demand,
    copies: u32,
    shield: bool,
}

fn shared_demands(groups: &[Group], usage: &Usage) -> Vec<Shared> {
    let served = groups.iter().filter(|group| group.standing == Standing::Served);
    let mut tiers: Vec<_> = served.filter_map(|group| group.tier.as_ref()).collect();
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
            basis: CostBasis::Promised,
            quantity: Decimal::ONE,
        };
        shared.push(Shared { demand, copies: 1, shield: true });
    }
    shared
}

impl CostReport {
    /// The currency of every amount.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The prices of the organization's own region.
    pub fn prices(&self) -> &PriceBook {
        &self.prices
    }

    /// A warning for each region whose bill uses prices of another region, in the order of the regions' names.
    pub fn warnings(&self) -> Vec<Problem> {
        let of_lines = self.groups.iter().flat_map(|group| &group.lines).map(|line| &line.prices);
        let books = self.groups.iter().map(|group| &group.prices).chain(of_lines).chain([&self.prices]);
        let by_region: BTreeMap<&str, &Arc<PriceBook>> = books.map(|book| (book.region(), book)).collect();
        by_region.into_values().filter_map(|book| book.warning()).collect()
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

    /// The organization's own costs: core accounts, dashboards, Shield Advanced.
    pub fn shared_total(&self) -> Money {
        self.money(self.shared.iter().map(|line| line.amount).sum())
    }

    /// The part of the total on a basis. The three parts add up to the total.
    pub fn part(&self, basis: CostBasis) -> Money {
        let of_tenants = self.groups.iter().flat_map(|group| {
            let tenants = Decimal::from(group.tenants.len());
            let lines = group.lines.iter().filter(move |line| line.demand.basis == basis);
            lines.map(move |line| line.each * tenants + CENT * Decimal::from(line.coins))
        });
        let shared = self.shared.iter().filter(|line| line.demand.basis == basis).map(|line| line.amount);
        self.money(of_tenants.chain(shared).sum())
    }

    /// The part that the plan's resources cause and whose quantities they determine.
    pub fn planned(&self) -> Money {
        self.part(CostBasis::Planned)
    }

    /// The part that the plan's resources cause in quantities of the usage profile.
    pub fn assumed(&self) -> Money {
        self.part(CostBasis::Assumed)
    }

    /// The part that tiers and core accounts cause and no resource of the zone does.
    pub fn promised(&self) -> Money {
        self.part(CostBasis::Promised)
    }

    /// The revenue from the tenants; those that have left pay nothing.
    pub fn revenue(&self) -> Money {
        self.money(
            self.groups.iter().map(|group| group.price.amount * Decimal::from(group.tenants.len())).sum(),
        )
    }

    /// The tiers whose tenants need Shield Advanced, in the order in which they come.
    pub fn shield_tiers(&self) -> Vec<&TierName> {
        let mut tiers: Vec<&TierName> = Vec::new();
        for tier in self.groups.iter().filter(|group| group.shield).filter_map(|group| group.tier.as_ref()) {
            if !tiers.contains(&tier) {
                tiers.push(tier);
            }
        }
        tiers
    }

    /// How many tenants are served.
    pub fn tenant_count(&self) -> usize {
        let served = self.groups.iter().filter(|group| group.standing == Standing::Served);
        served.map(|group| group.tenants.len()).sum()
    }

    /// Revenue against this cost: the margin on infrastructure alone.
    pub fn margin(&self) -> Margin {
        Margin { revenue: self.revenue(), infrastructure: self.total() }
    }

    /// Every line: the tenants' in their order, then the organization's.
    pub fn lines(&self) -> impl Iterator<Item = CostLine<'_>> {
        self.priced_lines().map(|(_, line)| line)
    }

    /// Every line with the price book it was priced by.
    pub(super) fn priced_lines(&self) -> impl Iterator<Item = (&PriceBook, CostLine<'_>)> {
        let tenants = self.order.iter().flat_map(move |(tenant, place, index)| {
            let group = &self.groups[*place];
            group.lines.iter().map(move |line| {
                let owner = CostOwner::Tenant { key: tenant, tier: group.tier.as_ref() };
                let amount = line.amount(*index);
                let prices = line.prices.as_ref();
                (prices, self.line(owner, prices, &line.demand, Decimal::ONE, line.unit_price, amount))
            })
        });
        let shared = self.shared.iter().map(move |line| {
            let copies = Decimal::from(line.copies);
            let prices = self.prices.as_ref();
            (
                prices,
                self.line(
                    CostOwner::Organization,
                    prices,
                    &line.demand,
                    copies,
                    line.unit_price,
                    line.amount,
                ),
            )
        });
        tenants.chain(shared)
    }

    fn line<'a>(
        &'a self,
        owner: CostOwner<'a>,
        prices: &'a PriceBook,
        demand: &Demand,
        copies: Decimal,
        unit_price: Decimal,
        amount: Decimal,
    ) -> CostLine<'a> {
        let price = prices.price(demand.id);
        let (tenant, tier) = match owner {
            CostOwner::Organization => (None, None),
            CostOwner::Tenant { key, tier } => (Some(key), tier),
        };
        CostLine {
            tenant,
            tier,
            kind: demand.kind,
            basis: demand.basis,
            id: demand.id,
            item: &price.name,
            quantity: (demand.quantity * copies).normalize(),
            unit: &price.unit,
            unit_price,
            amount: self.money(amount),
            source: &price.source,
            grade: price.grade,
            price_region: prices.price_region(demand.id),
        }
    }
}
