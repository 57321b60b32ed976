//! What a run knows: its plan, and the ids it has learned on the way.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::lane::StepIndex;
use crate::cloud::Target;
use crate::kinds::step::Context;
use crate::model::{AccountId, Address, Latencies, Region, ResourceId, UsableZones};
use crate::plan::{Plan, Site, Step};
use crate::state::Home;

pub(in crate::exec) struct Known<'a> {
    pub(in crate::exec) plan: &'a Plan,
    /// Ids that the plan did not know, or knew otherwise.
    pub(in crate::exec) ids: IndexMap<Address, ResourceId>,
    /// The zones that each account can use in each region it was asked about.
    pub(in crate::exec) zones: BTreeMap<(AccountId, Region), UsableZones>,
    pub(in crate::exec) latencies: Latencies,
    pub(in crate::exec) token_salt: String,
}

impl<'a> Known<'a> {
    pub(in crate::exec) fn step(&self, step: StepIndex) -> &'a Step {
        self.plan.steps_by_index(step)
    }

    /// Lets a procedure look around.
    pub(super) fn with_context<R>(&self, step: StepIndex, act: impl FnOnce(&Context<'_>) -> R) -> R {
        let resolve = |address: &Address| self.id(address).cloned();
        let zones = || self.place(step).ok().and_then(|place| self.zones.get(&place));
        let Step { address, action, changes, spec, id, site, .. } = self.step(step);
        let (account, region) = match site {
            Site::Management => (None, None),
            Site::Member { account, region } => (self.account_at(account), Some(region)),
        };
        act(&Context {
            address,
            action: *action,
            changes,
            tags: spec.tags(),
            id: id.as_ref(),
            account,
            region,
            zone: &self.plan.scope.zone,
            access_role: &self.plan.scope.access_role,
            zones: &zones,
            token_salt: &self.token_salt,
            resolve: &resolve,
        })
    }

    fn id(&self, address: &Address) -> Option<&ResourceId> {
        self.ids.get(address).or_else(|| self.plan.known.get(address))
    }

    /// The organization, where it exists.
    pub(in crate::exec) fn home(&self) -> Option<Home> {
        let id = self.ids.get(&Address::organization())?.clone();
        Some(Home { id, root: self.ids.get(&Address::root())?.clone() })
    }

    /// From now on that is the id at an address.
    pub(super) fn learn(&mut self, address: Address, id: ResourceId) {
        self.ids.insert(address, id);
    }

    fn account_at(&self, address: &Address) -> Option<AccountId> {
        self.id(address)?.as_str().parse().ok()
    }

    /// Where the calls of a step go.
    ///
    /// # Errors
    /// The account whose id is not known.
    pub(in crate::exec) fn target(&self, step: StepIndex) -> Result<Target, String> {
        match &self.step(step).site {
            Site::Management => Ok(Target::Management),
            Site::Member { .. } => {
                let (account, region) = self.place(step)?;
                Ok(Target::Member { account, region, role: self.plan.scope.access_role.clone() })
            }
        }
    }

    /// The account and region that a step works in.
    ///
    /// # Errors
    /// The account whose id is not known, or that the step works in the management account.
    pub(in crate::exec) fn place(&self, step: StepIndex) -> Result<(AccountId, Region), String> {
        let Step { address, site, .. } = self.step(step);
        match site {
            Site::Management => Err(format!("`{address}` is in no member account")),
            Site::Member { account, region } => match self.account_at(account) {
                Some(id) => Ok((id, region.clone())),
                None => Err(format!("the id of `{account}` is not known")),
            },
        }
    }
}
