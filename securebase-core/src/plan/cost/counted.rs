//! The resources of an account that a price depends on: what a survey counts, and what a step changes.

use crate::finance::BilledTenant;
use crate::kinds::billing::OnBill;
use crate::kinds::step::Action;
use crate::kinds::{self, LONGEST_RETENTION_DAYS};
use crate::model::{Region, ResourceKind};
use crate::observe::{Names, ObservedMember};
use crate::plan::step::Step;

/// Applies a step that creates a log group or changes its retention.
pub(super) fn keep_logs(billed: &mut BilledTenant, region: &Region, action: Action, step: &Step) {
    let Some(retention_days) = step.spec.as_kind().retention_days() else { return };
    if action == Action::Create {
        return billed.add_log_group(region.clone(), retention_days);
    }
    if let Some(change) = step.changes.iter().find(|change| change.field == "retention_days") {
        let from = change.from.as_ref().and_then(|days| days.parse().ok()).unwrap_or(LONGEST_RETENTION_DAYS);
        billed.change_retention(region, from, retention_days);
    }
}

/// Whether a bill counts the resources of a kind.
pub(super) fn is_counted(kind: ResourceKind) -> bool {
    matches!(kinds::facts(kind).on_bill, OnBill::Counted(_))
}

/// Counts the zone's resources in an account, in one region.
pub(super) fn count(billed: &mut BilledTenant, region: &Region, member: &ObservedMember, names: &Names<'_>) {
    kinds::tagged(member, &mut |kind, _, tags| {
        if is_counted(kind) && names.ours(tags) {
            billed.add(kind);
        }
    });
    // Groups are found by a name that only this zone gives, with or without tags.
    for group in &member.log_groups {
        let days = group.group.retention_days.unwrap_or(LONGEST_RETENTION_DAYS);
        billed.add_log_group(region.clone(), days);
    }
}
