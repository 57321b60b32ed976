//! Warnings for the operator before applying.

use indexmap::IndexMap;

use crate::finance::PriceBook;
use crate::kinds;
use crate::kinds::info::{Planned, PlannedStep};
use crate::kinds::step::Action;
use crate::model::{Address, LandingZone, Limit, Problem, Quota, ResourceKind};
use crate::observe::{Observed, Scope};
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

/// What the kinds of resource say about the steps on their resources.
pub(in crate::plan) fn cautions(
    zone: &LandingZone,
    observed: &Observed,
    steps: &IndexMap<Address, Step>,
) -> Vec<Problem> {
    let of_kind = |kind: &ResourceKind| {
        let steps = steps.values().filter(move |step| step.kind == *kind).map(|step| PlannedStep {
            address: &step.address,
            action: step.action,
            changes: &step.changes,
        });
        let organization = observed.organization.as_ref();
        kinds::cautions(*kind, Planned { steps: Box::new(steps), organization, limits: &zone.limits })
    };
    ResourceKind::ALL.iter().flat_map(of_kind).collect()
}

/// One warning for each region of the zone whose bill uses prices of another region.
pub(in crate::plan) fn prices(scope: &Scope) -> impl Iterator<Item = Problem> {
    scope.regions.iter().filter_map(|region| PriceBook::for_region(region).warning())
}
