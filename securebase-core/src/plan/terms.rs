//! The terms on which tenants were served when a zone was last applied, which a survey cannot show.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::Tier;

use super::step::{Plan, PlannedTenant};

/// Tiers and tenants of a plan: the tier that each tenant bought, its terms and its price.
///
/// A survey shows which unit an account is in and what exists in it. The terms of that unit's tier and the price of a tenant are
/// in the file only, and the file may have changed since. The state records the terms of the last run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Terms {
    /// The tiers.
    pub tiers: Vec<Tier>,
    /// The tenants, by key: those of the plan, then those that have left and that its file no longer names.
    pub tenants: Vec<PlannedTenant>,
    /// The unit of departed tenants.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suspended_ou: String,
}

impl Plan {
    /// The terms of this plan, for plans made after it was applied: see `Planner::served`.
    ///
    /// A tenant that has left remains in them, with the tier it had, when its entry is removed from the file: its logs are still
    /// stored, and no other record has their terms.
    pub fn terms(&self) -> Terms {
        let (mut tiers, mut tenants) = (self.tiers.clone(), self.tenants.clone());
        if let Some(served) = &self.served {
            let named: BTreeSet<&str> = self.tenants.iter().map(|tenant| tenant.key.as_str()).collect();
            let gone = served.tenants.iter().filter(|tenant| tenant.offboard.is_some());
            tenants.extend(gone.filter(|tenant| !named.contains(tenant.key.as_str())).cloned());
            for tier in &served.tiers {
                let is_known = tiers.iter().any(|known| known.name == tier.name);
                if !is_known && tenants.iter().any(|tenant| tenant.tier == tier.name) {
                    tiers.push(tier.clone());
                }
            }
        }
        Terms { tiers, tenants, suspended_ou: self.scope.suspended_ou.clone() }
    }
}
