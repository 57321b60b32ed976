//! The terms on which tenants were served when a zone was last applied: what an observation cannot show.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::Tier;

use super::step::{Plan, PlannedTenant};

/// Tiers and tenants of a plan: what each tenant bought, and what that was.
///
/// The cloud shows which unit an account is in and what exists in it. What the tier of that unit was sold with, and what a
/// tenant paid, stands in the file only, and the file has changed since. A state knows the terms of the last run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Terms {
    /// The tiers.
    pub tiers: Vec<Tier>,
    /// The tenants, by key: those of the plan, then those that have left and that its file no longer names.
    pub tenants: Vec<PlannedTenant>,
    /// The unit of those who left.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suspended_ou: String,
}

impl Plan {
    /// The terms of this plan, for a plan that comes after it was applied: see `Planner::served`.
    ///
    /// A tenant that has left stays among them when its entry is taken out of the file, with the tier it had: its logs are
    /// kept, and nothing else says on which terms.
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
