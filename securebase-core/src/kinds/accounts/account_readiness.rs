//! The proof that an account can be worked in: access role assumable, EC2 answering.

use serde::{Deserialize, Serialize};

use crate::cloud::{Operation, Reply, ec2, sts};
use crate::kinds::Kind;
use crate::kinds::info::{Facts, KindInfo, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Acted, Action, Context, Procedure, Progress, StepError};
use crate::model::{Address, Latency, Problem, ResourceId, Tags};

/// Which account must prove that its access role can be assumed and that EC2 answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountReadinessSpec {
    /// The account.
    pub account: Address,
}

impl Kind for AccountReadinessSpec {
    fn references(&self) -> Vec<&Address> {
        vec![&self.account]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        // Anything of the zone in the account proves that it could be worked in once, and it stays so.
        let account = seen.account_at(&self.account).filter(|_| seen.was_worked_in());
        Ok(account.map(|id| Standing::new(id.into(), [])))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::AccountReadiness
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for AccountReadinessSpec {
    const FACTS: Facts = Facts {
        when_absent: Action::Verify,
        ..Facts::member(
            Phase::Readiness,
            MemberCalls {
                create: &["sts:GetCallerIdentity", "ec2:DescribeVpcs"],
                update: &[],
                delete: &[],
                look_up: &[],
            },
        )
    };
}

impl Procedure for &AccountReadinessSpec {
    fn create(&self, _: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        Ok(match index {
            // Twice, because a role that has just become assumable may for a moment not be everywhere.
            0 | 2 => Some(sts::Operation::GetCallerIdentity.into()),
            1 | 3 => Some(ec2::Operation::DescribeVpcs { tags: Tags::new(), page: None }.into()),
            _ => None,
        })
    }

    fn update(&self, _: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        Ok(Vec::new())
    }

    fn delete(&self, _: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(Vec::new())
    }

    fn read_act(&mut self, cx: &Context<'_>, _: usize, reply: &Reply) -> Result<Acted, StepError> {
        match reply {
            // The account that answers must be the tenant's.
            Reply::Sts(sts::Reply::CallerIdentity(found)) if cx.account != Some(*found) => {
                Err(StepError::WrongAccount { found: *found })
            }
            _ => Ok(Acted::Next),
        }
    }

    fn known_id(&self, cx: &Context<'_>) -> Result<ResourceId, StepError> {
        cx.id_at(&self.account)
    }
}
