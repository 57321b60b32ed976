//! Assumed lines of cost: what they are multiplied by, and which zones they apply to.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::staffing::Staffing;
use crate::finance::error::Error;
use crate::finance::rounding::cents;

/// The kinds of cost, which the three margins tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// What AWS is paid.
    Infrastructure,
    /// The people who keep tenants running.
    Support,
    /// Winning tenants.
    Sales,
    /// Everything else.
    Other,
}

impl Category {
    /// All of them, in the order of a profit and loss account.
    pub const ALL: [Self; 4] = [Self::Infrastructure, Self::Support, Self::Sales, Self::Other];

    /// The stable name, in snake_case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Infrastructure => "infrastructure",
            Self::Support => "support",
            Self::Sales => "sales",
            Self::Other => "other",
        }
    }
}

impl FromStr for Category {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|category| category.name() == text)
            .ok_or_else(|| Error::unknown("category of cost", text, Self::ALL.map(Self::name)))
    }
}

/// What a line of cost is multiplied by.
#[derive(Debug, Clone, PartialEq)]
pub enum CostDriver {
    /// Once.
    Organization,
    /// For each tenant.
    Tenant,
    /// For each tenant's VPC.
    Network,
    /// A total by number of tenants: the first point not below the number holds; beyond the last, in proportion.
    Points(Vec<(u32, Decimal)>),
    /// For each of the people that the tenants require, hired one at a time.
    People(Staffing),
}

/// Which zones a line of cost applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppliesTo {
    /// All.
    #[default]
    Always,
    /// Those whose tenants have a VPC.
    WithNetwork,
    /// Those whose tenants have none.
    WithoutNetwork,
}

/// One assumed line of cost.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AssumedLine {
    /// The kind of cost.
    pub category: Category,
    /// What it is.
    pub item: String,
    /// What it is multiplied by.
    pub driver: CostDriver,
    /// Units for each of what it is multiplied by.
    pub quantity: Decimal,
    /// What a unit is.
    pub unit: String,
    /// The price of a unit.
    pub price: Decimal,
    /// Which zones it applies to.
    pub applies_to: AppliesTo,
    /// Whether every month brings it; a contingency is not.
    pub recurring: bool,
    /// Where it comes from.
    pub source: String,
}

impl AssumedLine {
    /// A line of a fixed amount a month.
    pub fn fixed(category: Category, item: &str, amount: Decimal, source: &str) -> Self {
        Self {
            category,
            item: item.to_owned(),
            driver: CostDriver::Organization,
            quantity: Decimal::ONE,
            unit: "month".to_owned(),
            price: amount,
            applies_to: AppliesTo::Always,
            recurring: true,
            source: source.to_owned(),
        }
    }

    /// A line of an amount for each tenant a month.
    pub fn per_tenant(category: Category, item: &str, amount: Decimal, source: &str) -> Self {
        Self {
            driver: CostDriver::Tenant,
            unit: "tenant-month".to_owned(),
            ..Self::fixed(category, item, amount, source)
        }
    }

    /// Quantity, unit price and amount for a number of tenants, with or without a network each.
    pub(in crate::finance) fn priced(&self, tenants: u32, networks: u32) -> (Decimal, Decimal, Decimal) {
        let applies = match self.applies_to {
            AppliesTo::Always => true,
            AppliesTo::WithNetwork => networks > 0,
            AppliesTo::WithoutNetwork => networks == 0,
        };
        let times = match &self.driver {
            _ if !applies => 0,
            CostDriver::Organization => 1,
            CostDriver::Tenant => tenants,
            CostDriver::Network => networks,
            CostDriver::Points(points) => {
                let total = at_points(points, tenants);
                return (Decimal::ONE, total, total);
            }
            CostDriver::People(staffing) => {
                let people = self.quantity * staffing.people(tenants);
                return (people, self.price, cents((people * self.price).normalize()));
            }
        };
        let quantity = self.quantity * Decimal::from(times);
        (quantity, self.price, cents(quantity * self.price))
    }
}

/// The amount that the points give for a number of tenants; zero for none.
fn at_points(points: &[(u32, Decimal)], tenants: u32) -> Decimal {
    if tenants == 0 {
        return Decimal::ZERO;
    }
    if let Some((_, amount)) = points.iter().find(|(bound, _)| *bound >= tenants) {
        return *amount;
    }
    points.last().map_or(Decimal::ZERO, |(bound, amount)| {
        cents(*amount * Decimal::from(tenants) / Decimal::from((*bound).max(1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_hired_in_steps() {
        let points = [(5, Decimal::from(3_000)), (10, Decimal::from(11_000))];
        let at = |tenants| at_points(&points, tenants);
        assert_eq!(at(0), Decimal::ZERO);
        assert_eq!(at(1), Decimal::from(3_000));
        assert_eq!(at(6), Decimal::from(11_000));
        assert_eq!(at(10), Decimal::from(11_000));
        assert_eq!(at(20), Decimal::from(22_000), "in proportion beyond the last point");
    }
}
