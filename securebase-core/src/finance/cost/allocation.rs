//! Allocation of shared costs by a named rule, to the cent.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::finance::error::Error;
use crate::model::{Money, MoneyError, TierName};

/// How a shared cost is allocated among tenants.
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

impl Allocation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Equal, Self::Revenue, Self::Usage, Self::Tier];

    /// Its name: `equal`, `revenue`, `usage` or `tier`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Revenue => "revenue",
            Self::Usage => "usage",
            Self::Tier => "tier",
        }
    }
}

impl FromStr for Allocation {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || Error::unknown("way of sharing shared costs", text, Self::ALL.map(Self::name));
        Self::ALL.into_iter().find(|rule| rule.name() == text).ok_or_else(unknown)
    }
}

/// What a rule of sharing looks at in a tenant.
pub(in crate::finance) struct Bearer<'a> {
    pub(in crate::finance) tier: Option<&'a TierName>,
    pub(in crate::finance) revenue: Decimal,
    pub(in crate::finance) direct: Decimal,
}

/// Shares an amount among tenants by a rule; equally where the rule finds nothing to weigh by. Adds up exactly.
pub(in crate::finance) fn share(
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
            let mut tiers: Vec<(Option<&TierName>, Vec<usize>)> = Vec::new();
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
