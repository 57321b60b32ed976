//! The terms on which tenants were served when a zone was last applied: what an observation cannot show.

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
    /// The tenants, by key.
    pub tenants: Vec<PlannedTenant>,
}

impl Plan {
    /// The terms of this plan, for a plan that comes after it was applied: see `Planner::served`.
    pub fn terms(&self) -> Terms {
        Terms { tiers: self.tiers.clone(), tenants: self.tenants.clone() }
    }
}
