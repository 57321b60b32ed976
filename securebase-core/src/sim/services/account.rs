//! AWS Account Management: names and root addresses of accounts. What it changes stands in the organization.

use super::Manners;
use super::context::{Context, Outcome};
use super::organizations::{no_organization, of_management};
use crate::cloud::account::Operation;
use crate::model::Latency;
use crate::sim::holdings::{Holdings, Site};
use crate::sim::key::Subject;

pub(super) const MANNERS: Manners = Manners {
    throttled: "TooManyRequestsException",
    contended: |_| Some("ConflictException"),
    failed: "InternalServerException",
    expired: "ExpiredToken",
    denied: "AccessDenied",
    off: None,
    answers_early: false,
    write: Latency::OrganizationsWrite,
};

pub(super) fn name(operation: &Operation, subject: &mut Subject<'_>) {
    match operation {
        Operation::PutAccountName { account, .. }
        | Operation::StartPrimaryEmailUpdate { account, .. }
        | Operation::AcceptPrimaryEmailUpdate { account, .. } => subject.add(account),
    }
}

pub(super) fn serve(
    holdings: &mut Holdings,
    site: &Site,
    context: &mut Context<'_>,
    operation: &Operation,
) -> Outcome {
    let org = of_management(holdings, site)?.as_mut().ok_or_else(no_organization)?;
    match operation {
        Operation::PutAccountName { account, name } => org.name_account(context, *account, name),
        Operation::StartPrimaryEmailUpdate { account, email } => org.ask_for_email(context, *account, email),
        Operation::AcceptPrimaryEmailUpdate { account, email, code } => {
            org.change_email(context, *account, email, code)
        }
    }
}
