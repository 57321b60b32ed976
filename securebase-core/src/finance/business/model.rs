//! The business model: a zone's tenants under a set of assumptions.

mod growth;
mod lever;
pub(in crate::finance) mod rows;
mod scaled;
pub(in crate::finance) mod until;
pub(in crate::finance) mod varied;

use std::collections::BTreeSet;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::curve::Curve;
use crate::finance::cost::demand::Age;
use crate::finance::cost::footprint::{BilledTenant, Counts, Footprint};
use crate::finance::cost::{CostReport, cost_of_footprint};
use crate::finance::error::Error;
use crate::finance::inputs::assumptions::{Assumptions, Infrastructure};
use crate::finance::inputs::line::{Category, CostDriver};
use crate::model::{
    Currency, LandingZone, Money, MoneyError, NetworkFeatures, Problem, Region, ResourceKind, Tier, TierName,
};

/// What a landing zone earns and costs under a set of assumptions.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(in crate::finance) tiers: Vec<Tier>,
    /// The served tenants, which pay.
    pub(in crate::finance) tenants: Arc<Vec<ModelTenant>>,
    /// The departed tenants: they pay nothing, and their stored logs are still billed.
    pub(in crate::finance) departed: Arc<Vec<ModelTenant>>,
    footprint: Footprint,
    network: Option<NetworkFeatures>,
    /// What one more tenant would have.
    counts: Counts,
    settings: Arc<serde_json::Value>,
    currency: Currency,
    pub(in crate::finance) assumptions: Assumptions,
}

/// A tenant as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::finance) struct ModelTenant {
    pub(in crate::finance) key: Arc<str>,
    /// The place of its tier among the model's tiers.
    pub(in crate::finance) tier: usize,
    pub(in crate::finance) price: Money,
}

/// How many of what a zone has, as far as effort and quotas care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Structure {
    /// Tenants.
    pub tenants: u32,
    /// Tiers that have tenants.
    pub tiers: u32,
    /// Accounts, one a tenant; core accounts not counted.
    pub accounts: u32,
    /// Organizational units, one a tier with tenants.
    pub organizational_units: u32,
    /// Guardrail policies, one attached to each of these units.
    pub guardrails: u32,
    /// VPCs.
    pub networks: u32,
    /// NAT gateways.
    pub nat_gateways: u32,
    /// Flow logs.
    pub flow_logs: u32,
}

/// The most tenants of one model. More are almost certainly a mistake, and would fill the memory.
pub(in crate::finance) const TENANTS_MAX: u32 = 100_000;

/// Fails for more tenants than a model can hold.
pub(in crate::finance) fn check_tenants(tenants: u64) -> Result<(), Error> {
    if tenants <= u64::from(TENANTS_MAX) {
        return Ok(());
    }
    Err(Error::range("number of tenants", &tenants, "use at most 100,000 tenants a model"))
}

impl Model {
    /// The tenants of a zone, at the prices they pay.
    ///
    /// # Errors
    /// [`Error::Money`] where prices are in more than one currency.
    pub fn new(zone: &LandingZone, assumptions: Assumptions) -> Result<Self, Error> {
        let (mut tenants, mut departed) = (Vec::new(), Vec::new());
        for tenant in &zone.tenants {
            let tier = zone.tiers.iter().position(|tier| tier.name == tenant.tier);
            let tier = tier.ok_or_else(|| unknown_tier(tenant.tier.as_str(), &zone.tiers))?;
            let (list, price) = match tenant.offboard {
                None => (&mut tenants, tenant.monthly_price),
                Some(_) => (&mut departed, Money::zero(tenant.monthly_price.currency)),
            };
            list.push(ModelTenant { key: tenant.key.as_str().into(), tier, price });
        }
        let footprint = Footprint::of_zone(zone);
        // Tenants to come are priced in the zone's own region; those there are, each in its own.
        let assumptions = assumptions.in_region(&zone.region);
        let model = Self::of(zone.tiers.clone(), tenants, footprint, zone.network, assumptions)?;
        Ok(Self { departed: Arc::new(departed), ..model }.with_settings(zone))
    }

    /// The same for a zone of which everything but tenants, tiers and network is as in another.
    #[must_use]
    pub fn with_settings(mut self, zone: &LandingZone) -> Self {
        let written = zone.document.as_object().into_iter().flatten();
        let kept = written.filter(|(name, _)| !matches!(name.as_str(), "clients" | "links"));
        let kept = kept.map(|(name, value)| (name.clone(), value.clone()));
        self.settings = Arc::new(serde_json::Value::Object(kept.collect()));
        self
    }

    /// A model with a number of tenants of each tier, all with a network of these features or none, at their tiers' prices.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a tier that is not among `tiers`, [`Error::Range`] beyond 100,000 tenants, [`Error::Money`] where
    /// currencies mix.
    pub fn of_mix(
        tiers: &[Tier],
        mix: &[(&str, u32)],
        network: Option<NetworkFeatures>,
        assumptions: Assumptions,
    ) -> Result<Self, Error> {
        check_tenants(mix.iter().map(|(_, number)| u64::from(*number)).sum())?;
        let counts = Counts::of_tenant(network);
        let (mut tenants, mut names) = (Vec::new(), Vec::new());
        for (name, number) in mix {
            let place = tiers.iter().position(|tier| tier.name.as_str() == *name);
            let tier = place.ok_or_else(|| unknown_tier(name, tiers))?;
            names.push((&tiers[tier].name, *number));
            tenants.extend((1..=*number).map(|index| ModelTenant {
                key: format!("{name}-{index}").into(),
                tier,
                price: tiers[tier].monthly_price,
            }));
        }
        let footprint = Footprint::of_mix(names, counts);
        Self::of(tiers.to_vec(), tenants, footprint, network, assumptions)
    }

    /// Numbers of tenants in the order of the tiers, from numbers by the names of tiers. Tiers that are not named have none.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a tier that the model does not have.
    pub fn counts_by_name<'a>(
        &self,
        named: impl IntoIterator<Item = (&'a str, u32)>,
    ) -> Result<Vec<u32>, Error> {
        let mut counts = vec![0; self.tiers.len()];
        for (name, count) in named {
            let place = self.tiers.iter().position(|tier| tier.name.as_str() == name);
            counts[place.ok_or_else(|| unknown_tier(name, &self.tiers))?] = count;
        }
        Ok(counts)
    }

    /// The same assumptions and kind of tenants, with other numbers of tenants, in the order of the tiers.
    ///
    /// # Errors
    /// As [`Self::of_mix`].
    pub fn with_counts(&self, counts: &[u32]) -> Result<Self, Error> {
        check_tenants(counts.iter().map(|count| u64::from(*count)).sum())?;
        let names: Vec<(&TierName, u32)> =
            self.tiers.iter().map(|tier| &tier.name).zip(counts.iter().copied()).collect();
        let mut model = Self {
            tenants: Arc::new(Vec::new()),
            departed: Arc::default(),
            footprint: Footprint::of_mix(names.iter().copied(), self.counts),
            ..self.clone()
        };
        let tenants = names.iter().enumerate().flat_map(|(tier, (name, number))| {
            (1..=*number).map(move |index| ModelTenant {
                key: format!("{name}-{index}").into(),
                tier,
                price: self.tiers[tier].monthly_price,
            })
        });
        model.tenants = Arc::new(tenants.collect());
        Ok(model)
    }

    pub(in crate::finance) fn of(
        tiers: Vec<Tier>,
        tenants: Vec<ModelTenant>,
        footprint: Footprint,
        network: Option<NetworkFeatures>,
        assumptions: Assumptions,
    ) -> Result<Self, Error> {
        let currency = assumptions.prices().map_or_else(
            || tenants.first().map_or(Currency::Usd, |tenant| tenant.price.currency),
            crate::finance::pricing::prices::PriceBook::currency,
        );
        if let Some(other) = tenants.iter().find(|tenant| tenant.price.currency != currency) {
            let right = other.price.currency;
            return Err(MoneyError::Currencies { left: currency, right }.into());
        }
        if let Some(usage) = assumptions.usage() {
            usage.check_tiers(&tiers)?;
        }
        let counts = Counts::of_tenant(network);
        let settings = Arc::new(serde_json::Value::Null);
        let (tenants, departed) = (Arc::new(tenants), Arc::default());
        Ok(Self { tiers, tenants, departed, footprint, network, counts, settings, currency, assumptions })
    }

    /// What a tenant's network has, `None` where tenants have none.
    pub fn network(&self) -> Option<NetworkFeatures> {
        self.network
    }

    /// What was written of the zone beside its tenants and links (pool, granted quotas, templates …), as a plain document;
    /// `null` where it was made without a zone.
    pub fn settings(&self) -> &serde_json::Value {
        &self.settings
    }

    /// The assumptions it was made with.
    pub fn assumptions(&self) -> &Assumptions {
        &self.assumptions
    }

    /// One warning for each region whose prices are borrowed from another one, wholly or in part.
    pub fn warnings(&self) -> Vec<Problem> {
        let Some(prices) = self.assumptions.prices() else { return Vec::new() };
        let regions: BTreeSet<&Region> =
            self.footprint.tenants.values().filter_map(BilledTenant::region).collect();
        let elsewhere = regions.into_iter().filter(|region| region.as_str() != prices.region());
        let elsewhere = elsewhere.filter_map(|region| prices.in_region(region).warning());
        prices.warning().into_iter().chain(elsewhere).collect()
    }

    /// The tiers, in the order of the zone.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// The currency of every amount.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// How many tenants each tier has, in the order of the tiers.
    pub fn tenants_by_tier(&self) -> Vec<u32> {
        let mut counts = vec![0; self.tiers.len()];
        for tenant in self.tenants.iter() {
            counts[tenant.tier] += 1;
        }
        counts
    }

    /// The cost report behind the infrastructure, `None` where a report's lines are taken as they are.
    ///
    /// # Errors
    /// As [`cost_of_footprint`].
    pub fn cost(&self, age: Age) -> Result<Option<CostReport>, Error> {
        match &self.assumptions.infrastructure {
            Infrastructure::Lines => Ok(None),
            Infrastructure::Catalogue { prices, usage } => {
                cost_of_footprint(&self.footprint, &self.tiers, prices, usage, age).map(Some)
            }
        }
    }

    /// How many tenants there are, and how many of them have a VPC.
    pub(super) fn sizes(&self) -> (u32, u32) {
        (whole(self.tenants.len()), whole(self.footprint.tenants_with(ResourceKind::Vpc)))
    }

    /// How many of what the zone has.
    pub fn structure(&self) -> Structure {
        let of = |kind: ResourceKind| self.footprint.tenants.values().map(|tenant| tenant.count(kind)).sum();
        let tiers = whole(self.tenants_by_tier().iter().filter(|tenants| **tenants > 0).count());
        Structure {
            tenants: whole(self.tenants.len()),
            tiers,
            accounts: of(ResourceKind::Account),
            organizational_units: tiers,
            guardrails: tiers,
            networks: of(ResourceKind::Vpc),
            nat_gateways: of(ResourceKind::NatGateway),
            flow_logs: of(ResourceKind::FlowLog),
        }
    }

    pub(super) fn is_networked(&self, tenant: &str) -> bool {
        self.footprint.tenant(tenant).is_some_and(|tenant| tenant.count(ResourceKind::Vpc) > 0)
    }

    /// Infrastructure and the assumed lines as functions of how many tenants of each tier there are.
    pub(in crate::finance) fn curve(&self, age: Age) -> Result<Option<Curve>, Error> {
        match &self.assumptions.infrastructure {
            Infrastructure::Lines => Ok(None),
            Infrastructure::Catalogue { prices, usage } => {
                Curve::new(&self.tiers, &self.counts, prices, usage, age).map(Some)
            }
        }
    }

    /// The cost of a category of the assumed lines with a number of tenants.
    pub(in crate::finance) fn assumed(&self, category: Category, tenants: u32) -> Decimal {
        let networks = if self.has_networks() { tenants } else { 0 };
        let lines = self.assumptions.lines.iter().filter(|line| line.category == category);
        lines.map(|line| line.priced(tenants, networks).2).sum()
    }

    /// What every tenant of a tier pays, those there are and those to come.
    pub(in crate::finance) fn set_price(&mut self, tier: usize, price: Decimal) {
        let price = Money::new(price, self.currency);
        self.tiers[tier].monthly_price = price;
        let tenants = self.tenants.iter().cloned();
        let priced =
            tenants.map(|tenant| if tenant.tier == tier { ModelTenant { price, ..tenant } } else { tenant });
        self.tenants = Arc::new(priced.collect());
        for tenant in self.tenants.iter().filter(|tenant| tenant.tier == tier) {
            if let Some(billed) = self.footprint.tenant_mut(&tenant.key) {
                billed.set_price(price);
            }
        }
    }

    /// Whether one more tenant would have a VPC.
    pub(in crate::finance) fn has_networks(&self) -> bool {
        self.counts.of(ResourceKind::Vpc) > 0
    }

    /// What a category of the assumed lines costs for each tenant.
    pub(in crate::finance) fn assumed_per_tenant(&self, category: Category) -> Decimal {
        let networked = self.has_networks();
        let lines = self.assumptions.lines.iter().filter(|line| line.category == category);
        lines
            .filter(|line| match line.driver {
                CostDriver::Tenant => true,
                CostDriver::Network => networked,
                CostDriver::Organization | CostDriver::Points(_) | CostDriver::People(_) => false,
            })
            .map(|line| line.quantity * line.price)
            .sum()
    }

    /// What a tenant of a tier pays on average; the tier's price where it has none.
    pub(in crate::finance) fn average_price(&self, tier: usize) -> Decimal {
        let prices: Vec<Decimal> = self
            .tenants
            .iter()
            .filter(|tenant| tenant.tier == tier)
            .map(|tenant| tenant.price.amount)
            .collect();
        // A sum that cannot be computed is refused where the price is used.
        let sum = prices.iter().try_fold(Decimal::ZERO, |sum, price| sum.checked_add(*price));
        let sum = sum.unwrap_or(Decimal::MAX);
        sum.checked_div(Decimal::from(prices.len())).unwrap_or(self.tiers[tier].monthly_price.amount)
    }
}

fn whole(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(in crate::finance) fn unknown_tier(name: &str, tiers: &[Tier]) -> Error {
    Error::unknown("tier", name, tiers.iter().map(|tier| tier.name.as_str()))
}
