//! The door to the cloud: one port, and the clouds behind it.
//!
//! Purpose: everything this crate asks of AWS is one [`Call`] and one [`Reply`] in plain data, so that the executor, the
//! survey and every test speak to AWS and to the simulated cloud in the same words.
//! Invariants: no SDK type leaves `cloud::aws`; every failure says what kind it is and whether it may have had an effect.
//! Not here: which call follows which (`exec`).

#[cfg(feature = "aws")]
pub mod aws;
mod call;
mod error;
mod operation;
mod port;
mod reply;
pub mod simulated;

pub use call::{Call, OneTimeCode, PageToken, Service, Target, VpcAttribute};
pub(crate) use error::CLOSURES_IN_PROGRESS;
pub use error::{CloudError, Delivery, ErrorKind};
pub use operation::Operation;
pub use port::{Cloud, ReplyFuture};
pub use reply::{
    Account, AccountRequest, AccountRequestState, AccountState, AvailabilityZone, ElasticIp, FlowLog,
    InternetGateway, Joined, JoinedHow, LogGroup, NatGateway, NatGatewayState, Organization,
    OrganizationalUnit, Page, Policy, PolicyTarget, Reply, Role, Root, Route, RouteTable,
    RouteTableAssociation, Subnet, Vpc, VpnGateway, ZoneKind,
};
pub use simulated::{Faults, SimulatedCloud};
