//! What the services of AWS do in a simulated cloud, and what they keep.
//!
//! Each service has a file or folder here with `MANNERS` (how it refuses), `name` (what a call is about) and `serve` (what a
//! call does). `services!` below is the register. What a service keeps is a field of [`Holdings`].

use context::{Context, Outcome};

use super::holdings::{Holdings, Site};
use super::key::Subject;
use crate::cloud::{CloudError, Operation, Service};
use crate::model::Latency;

pub(super) mod account;
pub(super) mod context;
pub(super) mod ec2;
pub(super) mod iam;
pub(super) mod kms;
pub(super) mod logs;
pub(super) mod organizations;
pub(super) mod page;
pub(super) mod sts;

/// How a service refuses and fails, whatever the operation.
pub(super) struct Manners {
    /// The code for too many calls.
    pub(super) throttled: &'static str,
    /// The code for a write that meets another one; `None` where the service asks to slow down instead.
    pub(super) contended: fn(&Operation) -> Option<&'static str>,
    /// The code for a failure of the service itself.
    pub(super) failed: &'static str,
    /// The code for a session that has expired.
    pub(super) expired: &'static str,
    /// The code for what a service control policy denies.
    pub(super) denied: &'static str,
    /// The code for a region that is off in the account; `None` where the service is global.
    pub(super) off: Option<&'static str>,
    /// Whether it answers in an account that is not ready yet.
    pub(super) answers_early: bool,
    /// How long a write takes.
    pub(super) write: Latency,
}

macro_rules! services {
    ($($service:ident => $module:ident;)*) => {
        /// The manners of a service.
        pub(super) fn manners(service: Service) -> &'static Manners {
            match service { $(Service::$service => &$module::MANNERS,)* }
        }

        /// Adds what a call is about to its natural key.
        pub(super) fn name(operation: &Operation, subject: &mut Subject<'_>) {
            match operation { $(Operation::$service(operation) => $module::name(operation, subject),)* }
        }

        /// What the service does.
        pub(super) fn serve(
            holdings: &mut Holdings,
            site: &Site,
            context: &mut Context<'_>,
            operation: &Operation,
        ) -> Outcome {
            match operation {
                $(Operation::$service(operation) => $module::serve(holdings, site, context, operation),)*
            }
        }
    };
}

services! {
    Organizations => organizations;
    Account => account;
    Sts => sts;
    Ec2 => ec2;
    Iam => iam;
    Logs => logs;
    Kms => kms;
}

/// What a call is refused with that comes too soon after others.
pub(super) fn throttled(service: Service) -> CloudError {
    CloudError::rejected(manners(service).throttled, "too many calls")
}
