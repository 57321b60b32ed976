//! What a cost report holds, and its totals.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::demand::{CostBasis, Demand};
use super::footprint::{CostOwner, Standing};
use super::margin::Margin;
use crate::finance::pricing::prices::{Confidence, PriceBook, PriceId};
use crate::model::{Currency, Money, Problem, ResourceKind, TierName};

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
    pub confidence: Confidence,
    /// The region of the price, or `global`; not the resource's own region where the price is borrowed.
    pub price_region: &'a str,
}

/// A line of each tenant of a group: `each` cents more for the first `remainder_cents` tenants.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GroupLine {
    pub(super) demand: Demand,
    /// The prices of the region in which it is billed.
    pub(super) prices: Arc<PriceBook>,
    pub(super) unit_price: Decimal,
    pub(super) each: Decimal,
    pub(super) remainder_cents: usize,
}

/// Tenants on the same terms with the same resources: their costs differ by a cent at most.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) tier: Option<TierName>,
    /// What each of them pays.
    pub(super) price: Money,
    pub(super) standing: Standing,
    pub(super) shield: bool,
    /// The prices of its region.
    pub(super) prices: Arc<PriceBook>,
    pub(super) tenants: Vec<Arc<str>>,
    pub(super) lines: Vec<GroupLine>,
}

impl Group {
    /// What its `index`-th tenant causes by itself.
    pub(super) fn direct(&self, index: usize) -> Decimal {
        self.lines.iter().map(|line| line.amount(index)).sum()
    }
}

impl GroupLine {
    fn amount(&self, index: usize) -> Decimal {
        if index < self.remainder_cents { self.each + CENT } else { self.each }
    }
}

/// A line of the organization. `shield` marks the one that only tenants who need it bear.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SharedLine {
    pub(super) demand: Demand,
    pub(super) unit_price: Decimal,
    pub(super) amount: Decimal,
    pub(super) copies: u32,
    pub(super) shield: bool,
}

pub(super) const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// What resources cost a month.
#[derive(Debug, Clone, PartialEq)]
pub struct CostReport {
    pub(super) prices: Arc<PriceBook>,
    pub(super) currency: Currency,
    pub(super) groups: Vec<Group>,
    /// Group and place in it of each tenant, in the order of the footprint.
    pub(super) order: Vec<(Arc<str>, usize, usize)>,
    pub(super) shared: Vec<SharedLine>,
    pub(super) first_month: Decimal,
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

    pub(super) fn money(&self, amount: Decimal) -> Money {
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
            .map(|(line, tenants)| {
                line.each * Decimal::from(tenants) + CENT * Decimal::from(line.remainder_cents)
            })
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
            lines.map(move |line| line.each * tenants + CENT * Decimal::from(line.remainder_cents))
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
            let owner = CostOwner::Organization;
            (prices, self.line(owner, prices, &line.demand, copies, line.unit_price, line.amount))
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
            confidence: price.confidence,
            price_region: prices.price_region(demand.id),
        }
    }
}
