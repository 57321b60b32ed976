//! What the resources of a kind are on the bill of their tenant.

use crate::model::ResourceKind;
use crate::model::billing::{PriceId, Quantity};

/// What the resources of a kind are on the bill of their tenant.
///
/// Promises of a tier are not among them: no resource causes those, so that `finance` knows them.
#[derive(Debug)]
pub(crate) enum OnBill {
    /// Free, and without influence on what else is billed.
    Nothing,
    /// The tenant's account, with which its bill begins and ends, at these rates while the tenant is served.
    Account(&'static [Rate]),
    /// The place of the account, which decides on the terms of the bill: those of the tier whose unit it is.
    Terms,
    /// Resources in the account, each at these rates.
    Counted(&'static [Rate]),
    /// Storage, which outlives the resources that fill it.
    Stored(Storage),
}

/// What AWS charges a month for one resource.
#[derive(Debug)]
pub(crate) struct Rate {
    pub(crate) price: PriceId,
    pub(crate) quantity: Charged,
    /// The kind that bears the charge where the tenant has a resource of it.
    pub(crate) through: Option<ResourceKind>,
}

impl Rate {
    /// Each hour at a price.
    pub(super) const fn hourly(price: PriceId) -> Self {
        Self { price, quantity: Charged::Hours, through: None }
    }

    /// Each month at a price.
    pub(super) const fn flat(price: PriceId) -> Self {
        Self { price, quantity: Charged::Once, through: None }
    }

    /// A quantity of the tenant's usage profile at a price.
    pub(super) const fn used(price: PriceId, quantity: Quantity) -> Self {
        Self { price, quantity: Charged::Usage(quantity), through: None }
    }
}

/// How much of a price one resource is charged.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Charged {
    /// One a month.
    Once,
    /// The hours of the month.
    Hours,
    /// A quantity of the usage profile.
    Usage(Quantity),
}

/// What AWS charges for what is kept: as much as has arrived within the retention.
#[derive(Debug)]
pub(crate) struct Storage {
    pub(crate) price: PriceId,
    /// What arrives in a month.
    pub(crate) arriving: Quantity,
    /// How many times smaller it is stored.
    pub(crate) compression: Quantity,
}
