//! How long steps usually take, for deciding which is the most urgent.

use std::time::Duration;

use crate::model::{Latencies, ResourceKind};
use crate::plan::Action;

/// How long a step usually takes: what makes one way through the plan longer than another.
pub(super) fn estimate(kind: ResourceKind, action: Action, latencies: &Latencies) -> Duration {
    let name = match (kind, action) {
        (ResourceKind::Account, Action::Create) => "account_creation",
        (ResourceKind::AccountReadiness, _) => "account_readiness",
        (ResourceKind::NatGateway, Action::Delete) => "nat_gateway_deleted",
        (ResourceKind::NatGateway, _) => "nat_gateway_available",
        (ResourceKind::FlowLogRole | ResourceKind::LogGroup, _) => "iam_write",
        (
            ResourceKind::Organization
            | ResourceKind::OrganizationRoot
            | ResourceKind::OrganizationalUnit
            | ResourceKind::ServiceControlPolicy
            | ResourceKind::PolicyAttachment
            | ResourceKind::Account
            | ResourceKind::AccountPlacement,
            _,
        ) => "organizations_write",
        _ => "ec2_write",
    };
    latencies.typical(name)
}
