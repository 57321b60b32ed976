//! Whether a plan and a state are of one organization, and what a plan says of a state that is not there.

use std::collections::BTreeMap;

use crate::model::{Address, Problem, ResourceId};
use crate::observe::Observed;
use crate::plan::step::Plan;

/// The id that stands for an organization nothing is known of.
pub(in crate::plan) const PLACEHOLDER: &str = "o-empty";

/// Whether that stands for an organization nothing is known of: the plan was made without a cloud.
pub(crate) fn is_placeholder(id: &ResourceId) -> bool {
    id.as_str() == PLACEHOLDER
}

/// Where the state is that a planner plans with.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) enum StatePlace {
    /// The caller names none.
    #[default]
    Unnamed,
    /// In that place.
    There(String),
    /// In that place there is none.
    Missing(String),
}

impl StatePlace {
    /// What there is to say where the state knows another organization than the cloud at hand.
    pub(in crate::plan) fn another_organization(
        &self,
        remembered: &BTreeMap<Address, ResourceId>,
        observed: &Observed,
    ) -> Option<Problem> {
        let known = remembered.get(&Address::organization()).filter(|id| !is_placeholder(id))?;
        let found = observed.organization.as_ref().map(|found| &found.organization.id);
        if found.is_some_and(|found| found == known || is_placeholder(found)) {
            return None;
        }
        let state = match self {
            Self::There(place) => format!("the state in `{place}`"),
            Self::Unnamed | Self::Missing(_) => "the state".to_owned(),
        };
        let found = found.map_or_else(
            || "this account belongs to no organization".to_owned(),
            |found| format!("this cloud is organization `{found}`"),
        );
        let message = format!("{state} is of organization `{known}`, but {found}");
        let hint = "use the credentials of that organization, or a state of its own for this one";
        Some(Problem::error("state-of-another-organization", "", message, hint))
    }

    /// What a plan says that was to be made with a state where there is none.
    pub(in crate::plan) fn missing(&self) -> Option<Problem> {
        let Self::Missing(place) = self else { return None };
        let message = format!("there is no state in `{place}`: planned as without one; applying makes it");
        Some(Problem::warning("state-not-found", "", message, ""))
    }
}

impl Plan {
    /// The organization the plan was made against; `None` where it makes one, or was made without a cloud.
    pub fn organization(&self) -> Option<&ResourceId> {
        let found = self.observed.organization.as_ref().map(|found| &found.organization.id);
        found.or_else(|| self.known.get(&Address::organization())).filter(|id| !is_placeholder(id))
    }
}
