//! AWS Security Token Service.

use super::Manners;
use super::context::{Context, Outcome};
use crate::cloud::Reply;
use crate::cloud::sts::{self, Operation};
use crate::model::Latency;
use crate::sim::holdings::{Holdings, Site};
use crate::sim::key::Subject;

pub(super) const MANNERS: Manners = Manners {
    throttled: "Throttling",
    contended: |_| None,
    failed: "ServiceFailure",
    expired: "ExpiredToken",
    denied: "AccessDenied",
    off: Some("InvalidClientTokenId"),
    answers_early: true,
    write: Latency::Read,
};

pub(super) fn name(operation: &Operation, _: &mut Subject<'_>) {
    match operation {
        Operation::GetCallerIdentity => {}
    }
}

pub(super) fn serve(_: &mut Holdings, site: &Site, _: &mut Context<'_>, operation: &Operation) -> Outcome {
    match operation {
        Operation::GetCallerIdentity => Ok(Reply::Sts(sts::Reply::CallerIdentity(site.account))),
    }
}
