//! Warnings for the operator before applying.

use indexmap::IndexMap;

use crate::cloud::AccountState;
use crate::finance::PriceBook;
use crate::kinds;
use crate::kinds::step::Action;
use crate::model::{Address, LandingZone, Limit, Problem, Quota, ResourceKind};
use crate::observe::Observed;
use crate::plan::scope::Scope;
use crate::plan::step::Step;

/// What was noticed when the file was read and is not acknowledged in it.
pub(in crate::plan) fn of_file(zone: &LandingZone) -> Vec<Problem> {
    without_places(&zone.warnings)
}

/// What was noticed when the file was read and is acknowledged in it.
pub(in crate::plan) fn acknowledged(zone: &LandingZone) -> Vec<Problem> {
    without_places(&zone.acknowledged)
}

/// Warnings in whatever order the file was written: a plan outlives the lines of a file.
fn without_places(warnings: &[Problem]) -> Vec<Problem> {
    let mut warnings: Vec<Problem> = warnings.iter().map(|warning| warning.clone().at(None)).collect();
    warnings.sort_by(|a, b| (&a.path, &a.code, &a.message).cmp(&(&b.path, &b.code, &b.message)));
    warnings
}

/// What the plan needs beyond what AWS grants unasked: one warning a quota, with the request to make.
pub(in crate::plan) fn quotas(
    zone: &LandingZone,
    observed: &Observed,
    steps: &IndexMap<Address, Step>,
) -> Vec<Problem> {
    let creates = |kind: ResourceKind| {
        steps.values().filter(|step| step.kind == kind && step.action == Action::Create).count() as u64
    };
    let organization = observed.organization.as_ref();
    kinds::organization_quotas()
        .into_iter()
        .map(|(kind, quota)| (quota.quota, (quota.found)(organization) as u64 + creates(kind)))
        .filter_map(|(quota, needed)| {
            let limit = zone.limits.limit(quota);
            let granted = zone.limits.quota(quota);
            (needed > granted).then(|| {
                let message =
                    format!("the plan needs {needed} {}, the quota `{quota}` is {granted}", limit.unit);
                Problem::warning(
                    "quota-request",
                    format!("limits.{quota}"),
                    message,
                    request(limit, quota, needed),
                )
            })
        })
        .collect()
}

/// The request to make for more of a quota.
pub(super) fn request(limit: &Limit, quota: Quota, needed: u64) -> String {
    limit.request.as_deref().map_or_else(
        || "AWS does not raise this quota: use a second organization".to_owned(),
        |request| {
            format!(
                "ask for at least {needed} in Service Quotas: {request}; once granted, write `limits.{quota} = {needed}`"
            )
        },
    )
}

/// Renaming accounts changes a setting of the whole organization where it has not been changed before.
pub(in crate::plan) fn renames(steps: &IndexMap<Address, Step>) -> Option<Problem> {
    let renamed = |step: &&Step| {
        step.kind == ResourceKind::Account && step.changes.iter().any(|change| change.field == "name")
    };
    let count = steps.values().filter(renamed).count();
    let first = steps.values().find(renamed)?;
    Some(Problem::warning(
        "account-rename-access",
        first.address.as_str(),
        format!(
            "{count} account(s) are renamed; AWS lets the management account do that only where Account Management is trusted"
        ),
        "trusted access for `account.amazonaws.com` is enabled in the organization if it is not; nothing else changes by that",
    ))
}

/// The most accounts that AWS lets be closed within thirty days, whatever the size of the organization.
const CLOSURES_MAX: u64 = 1_000;

/// More accounts are closed than AWS lets be closed in a month: the rest fails, and is closed by a later plan.
pub(in crate::plan) fn closures(
    zone: &LandingZone,
    observed: &Observed,
    steps: &IndexMap<Address, Step>,
) -> Option<Problem> {
    let closes = |step: &&Step| step.kind == ResourceKind::Account && step.action == Action::Delete;
    let planned = steps.values().filter(closes).count() as u64;
    let first = steps.values().find(closes)?;
    let accounts = || observed.organization.iter().flat_map(|organization| &organization.accounts);
    // Closed accounts list for ninety days and say not since when: some of them may no longer count.
    let gone = |state: AccountState| {
        matches!(state, AccountState::PendingClosure | AccountState::Suspended | AccountState::Closed)
    };
    let recent = accounts().filter(|found| gone(found.account.state)).count() as u64;
    let other = observed.organization.as_ref().map_or(0, |organization| organization.other_account_count);
    let members = (accounts().count() + other).saturating_sub(1) as u64;
    let granted = zone.limits.quota(Quota::AccountClosures).max((members / 5).min(CLOSURES_MAX));
    (planned + recent > granted).then(|| {
        Problem::warning(
            "closure-quota",
            first.address.as_str(),
            format!(
                "the plan closes {planned} accounts and {recent} are closed already; AWS lets {granted} be closed within \
                 30 days"
            ),
            "suspend some of them now (`offboard = \"suspend\"`) and close those next month",
        )
    })
}

/// One warning for each region of the zone whose bill uses prices of another region.
pub(in crate::plan) fn prices(scope: &Scope) -> impl Iterator<Item = Problem> {
    scope.regions.iter().filter_map(|region| PriceBook::for_region(region).warning())
}
