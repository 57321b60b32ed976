//! Priced quantities, and why they are on the bill.

use rust_decimal::Decimal;

use crate::finance::pricing::prices::{Price, PriceId};
use crate::model::ResourceKind;

/// When in a tenant's life a month lies: stored logs grow until their retention ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Age {
    /// After the longest retention: nothing grows any more.
    #[default]
    Steady,
    /// The given month of the tenant's life, from 1.
    Month(u32),
    /// The number of months after the one in which the tenant left: no logs are added, and the stored logs expire.
    Left(u32),
}

impl Age {
    /// Whether a free trial covers a price at this age.
    pub(in crate::finance) fn is_free(self, price: &Price) -> bool {
        self == Self::Month(1) && price.is_free_in_first_month()
    }

    /// How many months of something kept for `retention` months are held.
    pub(super) fn held(self, retention: Decimal) -> Decimal {
        match self {
            Self::Steady => retention,
            Self::Month(month) => retention.min(Decimal::from(month)),
            Self::Left(months) => (retention - Decimal::from(months)).max(Decimal::ZERO),
        }
    }
}

/// Why a line is on the bill. Every line has exactly one basis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CostBasis {
    /// A resource of the plan causes it and determines the quantity.
    Planned,
    /// A resource of the plan causes it; the usage profile sets the quantity.
    Assumed,
    /// A tier includes it or the core accounts use it, and no resource of a plan causes it.
    Promised,
}

impl CostBasis {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Planned, Self::Assumed, Self::Promised];

    /// The stable name: `planned`, `assumed`, `promised`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Assumed => "assumed",
            Self::Promised => "promised",
        }
    }
}

/// So much of a price, for one tenant or one core account, because of resources of a kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::finance) struct Demand {
    pub(in crate::finance) id: PriceId,
    pub(in crate::finance) kind: ResourceKind,
    pub(in crate::finance) basis: CostBasis,
    pub(in crate::finance) quantity: Decimal,
}

#[derive(Default)]
pub(super) struct Demands(pub(super) Vec<Demand>);

impl Demands {
    pub(super) fn push(&mut self, kind: ResourceKind, basis: CostBasis, id: PriceId, quantity: Decimal) {
        if quantity.is_zero() {
            return;
        }
        let same = |demand: &&mut Demand| (demand.id, demand.kind, demand.basis) == (id, kind, basis);
        match self.0.iter_mut().find(same) {
            Some(demand) => demand.quantity += quantity,
            None => self.0.push(Demand { id, kind, basis, quantity }),
        }
    }

    /// All of them.
    pub(super) fn into_inner(self) -> Vec<Demand> {
        self.0
    }
}
