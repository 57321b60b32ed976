//! How long steps usually take: for the text of a plan, and for deciding which step is the most urgent.

use std::time::Duration;

use crate::model::{Latencies, ResourceKind};

use crate::plan::step::{Action, Step};

impl Step {
    /// How long the step usually takes by itself, once nothing keeps it waiting.
    pub fn typical_duration(&self, latencies: &Latencies) -> Duration {
        let name = match (self.kind, self.action) {
            (ResourceKind::Account, Action::Create) => "account_creation",
            (ResourceKind::AccountReadiness, _) => "account_readiness",
            (ResourceKind::NatGateway, Action::Delete) => "nat_gateway_deleted",
            (ResourceKind::NatGateway, Action::Create) => "nat_gateway_available",
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
}
