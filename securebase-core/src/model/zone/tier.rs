//! Tiers: what a tenant buys.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::model::{Framework, Guarding, Money, TierName};

/// A tier: a price, a framework, and the organizational unit its tenants' accounts live in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tier {
    /// The name tenants refer to it by.
    pub name: TierName,
    /// The name a person reads.
    pub title: String,
    /// The name of its organizational unit, directly under the root.
    pub ou_name: String,
    /// The framework it promises.
    pub framework: Framework,
    /// What a tenant pays a month.
    pub monthly_price: Money,
    /// How long CloudWatch keeps a tenant's flow logs, in days.
    pub log_retention_days: u32,
    /// What its guardrails are besides those of the framework: the zone's wishes and its own.
    #[serde(default, skip_serializing_if = "Guarding::is_empty")]
    pub guarding: Guarding,
}

#[derive(Deserialize)]
struct File {
    tier: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: TierName,
    title: String,
    ou_name: String,
    framework: Framework,
    monthly_price: rust_decimal::Decimal,
    log_retention_days: u32,
}

#[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
static SHIPPED: LazyLock<Vec<Tier>> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("../../../data/tiers.toml")).expect("data/tiers.toml is valid");
    file.tier
        .into_iter()
        .map(|Row { name, title, ou_name, framework, monthly_price, log_retention_days }| Tier {
            name,
            title,
            ou_name,
            framework,
            monthly_price: Money::usd(monthly_price),
            log_retention_days,
            guarding: Guarding::default(),
        })
        .collect()
});

/// The retentions CloudWatch Logs accepts, in days.
pub const LOG_RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

impl Tier {
    /// The shipped tiers, in the order of `data/tiers.toml`.
    pub fn shipped() -> &'static [Tier] {
        &SHIPPED
    }

    /// A tier of the user's own.
    pub fn new(
        name: TierName,
        title: String,
        ou_name: String,
        framework: Framework,
        monthly_price: Money,
        log_retention_days: u32,
    ) -> Self {
        let guarding = Guarding::default();
        Self { name, title, ou_name, framework, monthly_price, log_retention_days, guarding }
    }

    /// The same with parameters for its guardrails and documents of its own.
    #[must_use]
    pub fn with_guarding(self, guarding: Guarding) -> Self {
        Self { guarding, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_tiers_ship() {
        let names: Vec<_> =
            Tier::shipped().iter().map(|tier| (tier.name.as_str(), tier.ou_name.as_str())).collect();
        assert_eq!(
            names,
            [
                ("fintech", "Customers-Fintech"),
                ("healthcare", "Customers-Healthcare"),
                ("gov-federal", "Customers-Government-Federal"),
                ("standard", "Customers-Standard"),
            ]
        );
        assert!(Tier::shipped().iter().all(|tier| LOG_RETENTION_DAYS.contains(&tier.log_retention_days)));
    }
}
