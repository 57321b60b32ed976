//! An operator with credentials and a console.

use securebase_core::cloud::{Call, Operation, Reply, Target};
use securebase_core::model::{AccountId, ResourceId};
use securebase_core::sim::SimulatedCloud;
use securebase_core::time::Time;

/// Calls whatever it takes by hand, in virtual time, waiting out every «not yet».
pub(super) struct Hand<'a> {
    pub(super) cloud: &'a SimulatedCloud,
    pub(super) target: Target,
}

impl Hand<'_> {
    pub(super) fn call(&self, operation: &Operation) -> Reply {
        for _ in 0..2_000 {
            let call = Call { target: self.target.clone(), operation: operation.clone() };
            let submission = self.cloud.submit(self.cloud.now(), &call);
            self.cloud.advance_to(submission.at);
            match submission.result {
                Ok(reply) => return reply,
                Err(_) => self.cloud.advance_to(Time::from_micros(self.cloud.now().as_micros() + 1_000_000)),
            }
        }
        panic!("{operation:?} is never answered")
    }

    pub(super) fn created(&self, operation: &Operation) -> ResourceId {
        match self.call(operation) {
            Reply::Created(id) => id,
            other => panic!("{other:?}"),
        }
    }
}

/// The hand in a member account.
pub(super) fn member(cloud: &SimulatedCloud, account: AccountId) -> Hand<'_> {
    let role = "OrganizationAccountAccessRole".parse().unwrap();
    let region = "us-east-1".parse().unwrap();
    Hand { cloud, target: Target::Member { account, region, role } }
}
