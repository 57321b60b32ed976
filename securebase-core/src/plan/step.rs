//! Steps and the plan they make up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::desired::graph::Dependency;
use super::diff::drift::Drifted;
use super::diff::incremental::Basis;
use super::terms::Terms;
use crate::kinds::step::{Action, Change, Pending};
use crate::kinds::{ResourceSpec, facts};
use crate::model::{
    Address, Cidr, Money, Offboarding, Problem, Region, ResourceId, ResourceKind, TenantKey, Tier, TierName,
};
use crate::observe::{Observed, Scope};

/// Where the calls of a step go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Site {
    /// The management account.
    Management,
    /// The account of a tenant; its id may be learned on the way.
    Member {
        /// The address of the account.
        account: Address,
        /// The region.
        region: Region,
    },
}

/// One step: one resource, one action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Step {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: ResourceKind,
    /// What is done to it.
    pub action: Action,
    /// The tenant it belongs to, `None` for the organization's own.
    pub tenant: Option<TenantKey>,
    /// Where its calls go.
    pub site: Site,
    /// How the resource shall look; for a deletion, how it looks.
    pub spec: ResourceSpec,
    /// The id of the resource, where it exists already.
    pub id: Option<ResourceId>,
    /// What differs, for an update.
    pub changes: Vec<Change>,
    /// Whether the account could not be looked into when the plan was made: what is there is then found out step by step.
    pub look_first: bool,
    /// The steps it waits for, and why, in address order.
    pub depends_on: Vec<Dependency>,
}

impl Step {
    /// Whether data, an address others rely on, or a whole network goes with it: such a step is carried out only when named.
    pub fn is_destructive(&self) -> bool {
        self.action == Action::Delete && facts(self.kind).holds_data
    }
}

/// What a plan keeps of a tenant, for its text and its cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTenant {
    /// Its key.
    pub key: TenantKey,
    /// Its tier.
    pub tier: TierName,
    /// The name of its tier that a person reads.
    pub tier_title: String,
    /// What it pays a month.
    pub monthly_price: Money,
    /// Its region.
    pub region: Region,
    /// The block of its VPC, if it has one.
    pub vpc_cidr: Option<Cidr>,
    /// How it leaves, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offboard: Option<Offboarding>,
}

/// A plan: every step, what each waits for, and what was known when it was made.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// What of the cloud it concerns.
    pub scope: Scope,
    /// The fingerprint of what was observed: the plan applies to nothing else.
    pub observed_fingerprint: String,
    /// What was observed.
    pub observed: Arc<Observed>,
    /// The quotas and rates that differ from AWS's defaults.
    pub limit_overrides: BTreeMap<String, f64>,
    /// The tiers its tenants buy.
    pub tiers: Vec<Tier>,
    /// Its tenants, by key.
    pub tenants: Vec<PlannedTenant>,
    /// The steps, each after all it waits for.
    pub(super) steps: IndexMap<Address, Step>,
    /// The ids of what exists already and is named by a step or stays as it is.
    pub known: BTreeMap<Address, ResourceId>,
    /// Everything the zone wants to exist, by address.
    pub inventory: BTreeMap<Address, ResourceKind>,
    /// What changed in the cloud since it was last applied, in address order; `None` where nobody knows what was applied.
    pub drift: Option<Vec<Drifted>>,
    /// The terms on which tenants were served before, if the state has them.
    pub served: Option<Terms>,
    /// What an operator should know before applying.
    pub warnings: Vec<Problem>,
    /// The warnings that the file acknowledges.
    pub acknowledged: Vec<Problem>,
    /// The steps that wait for time or for a person, and those that wait for such a step: none of them is among the steps.
    pub pending: Vec<Pending>,
    /// What it was made from, for a plan that comes after it.
    pub(super) basis: Basis,
}

impl Plan {
    /// The steps, each after all it waits for.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.steps.values()
    }

    /// The step at an address.
    pub fn step(&self, address: &Address) -> Option<&Step> {
        self.steps.get(address)
    }

    /// The step at a place in the order of [`Plan::steps`].
    pub(crate) fn steps_by_index(&self, index: usize) -> &Step {
        &self.steps[index]
    }

    /// Whether there is nothing to do now. What still waits for time or for a person is in [`Plan::pending`].
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many steps there are of each action and kind. `Create`, `Update` and `Delete` are always there, perhaps empty.
    pub fn counts(&self) -> BTreeMap<Action, BTreeMap<ResourceKind, usize>> {
        let mut counts: BTreeMap<Action, BTreeMap<ResourceKind, usize>> =
            [Action::Create, Action::Update, Action::Delete].map(|action| (action, BTreeMap::new())).into();
        for step in self.steps.values() {
            *counts.entry(step.action).or_default().entry(step.kind).or_default() += 1;
        }
        counts
    }

    /// How many resources stay as they are.
    pub fn unchanged_count(&self) -> usize {
        self.inventory.keys().filter(|address| !self.steps.contains_key(*address)).count()
    }

    /// The addresses of the destructive steps: applying demands that each is named.
    pub fn destructive(&self) -> BTreeSet<&Address> {
        self.steps.values().filter(|step| step.is_destructive()).map(|step| &step.address).collect()
    }
}
