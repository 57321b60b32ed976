//! The port to the cloud: calls, replies, errors.
//!
//! Purpose: everything this crate asks of AWS is one [`Call`] and one [`Reply`] in plain data, so that the executor, the
//! survey and every test speak to AWS and to the simulated cloud in the same words.
//! Invariants: no SDK type leaves `aws`; every failure says what kind it is and whether it may have had an effect.
//! Not here: which call follows which (`exec`), the clouds behind the port (`aws`, `sim`).

mod call;
mod error;
mod operation;
mod port;
mod reply;
mod services;

pub use call::{Call, PageToken, Target, Ticket};
pub(crate) use error::CLOSURES_IN_PROGRESS;
pub use error::{CloudError, Delivery, ErrorKind};
pub use port::{Arrival, Cloud, InFlight, ReplyFuture};
pub use reply::Page;
pub use services::{Operation, Reply, Service, account, ec2, iam, kms, logs, organizations, sts};
