//! The place of an account: its organizational unit.

use serde::{Deserialize, Serialize};

use crate::cloud::{CloudError, ErrorKind, Operation, PageToken, Reply, organizations};
use crate::kinds::Kind;
use crate::kinds::billing::OnBill;
use crate::kinds::guardrail_role::GuardrailRole;
use crate::kinds::info::{Facts, KindInfo, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Change, Context, Found, Procedure, Progress, Reaction, StepError};
use crate::model::{Address, Latency, Problem, ResourceId};

/// Which organizational unit an account must sit in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountPlacementSpec {
    /// The account.
    pub account: Address,
    /// The organizational unit it must sit in.
    pub parent: Address,
}

impl Kind for AccountPlacementSpec {
    fn references(&self) -> Vec<&Address> {
        vec![&self.account, &self.parent]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(found) = seen.account_at(&self.account).and_then(|id| seen.account(id)) else {
            return Ok(None);
        };
        // A closed account stays where it is until AWS deletes it.
        let moved = seen.id_at(&self.parent) != Some(&found.parent) && !found.is_closed();
        let (from, to) = (seen.unit_name(&found.parent), self.parent.local().to_owned());
        let changes = moved.then(|| vec![Change::new("parent", Some(from), Some(to))]);
        Ok(Some(Standing::new(found.account.id.into(), changes)))
    }

    fn guardrail_role(&self) -> Option<GuardrailRole<'_>> {
        Some(GuardrailRole::Placement { unit: &self.parent })
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::OrganizationsWrite
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(Placement { spec: self, parent: None })
    }
}

impl KindInfo for AccountPlacementSpec {
    const FACTS: Facts = Facts {
        when_absent: Action::Move,
        when_different: Action::Move,
        on_bill: OnBill::Terms,
        ..Facts::management(Phase::Account)
    };
}

/// A placement under way.
#[derive(Debug)]
struct Placement<'a> {
    spec: &'a AccountPlacementSpec,
    /// Where the account was last seen.
    parent: Option<ResourceId>,
}

impl Procedure for Placement<'_> {
    /// An account made in this run sits in the root; any other must be asked for its place.
    fn looks_first(&self, cx: &Context<'_>) -> bool {
        cx.id.is_some()
    }

    fn look_up(&self, cx: &Context<'_>, _: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(organizations::Operation::ListParents { child: cx.id_at(&self.spec.account)? }.into()))
    }

    fn read_look_up(&mut self, cx: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Organizations(organizations::Reply::Parent(found)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        if *found == cx.id_at(&self.spec.parent)? {
            return Ok(Found::Present { id: cx.id_at(&self.spec.account)?, acts_done: 1 });
        }
        self.parent = Some(found.clone());
        Ok(Found::Ready)
    }

    fn create(&self, cx: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        let from = self.parent.clone().map_or_else(|| cx.id_at(&Address::root()), Ok)?;
        let (account, to) = (cx.account_at(&self.spec.account)?, cx.id_at(&self.spec.parent)?);
        Ok(Some(organizations::Operation::MoveAccount { account, from, to }.into()))
    }

    fn update(&self, _: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        Ok(Vec::new())
    }

    fn delete(&self, _: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(Vec::new())
    }

    fn refused(&mut self, _: &Context<'_>, error: &CloudError) -> Reaction {
        match error.kind {
            // The account is not where it was thought to be: ask.
            ErrorKind::NotFound if error.code == "SourceParentNotFoundException" => Reaction::LookUp,
            ErrorKind::AlreadyExists => Reaction::Done,
            _ => Reaction::Unhandled,
        }
    }

    fn known_id(&self, cx: &Context<'_>) -> Result<ResourceId, StepError> {
        cx.id_at(&self.spec.account)
    }
}
