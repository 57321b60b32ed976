//! The organization, its units, and the guardrails on them.

mod organization;
mod organization_root;
mod organizational_unit;
mod policy_attachment;
mod service_control_policy;

use crate::cloud::{Operation, organizations};
use crate::kinds::step::Context;
use crate::model::ResourceId;

pub use organization::OrganizationSpec;
pub use organization_root::OrganizationRootSpec;
pub use organizational_unit::OrganizationalUnitSpec;
pub use policy_attachment::PolicyAttachmentSpec;
pub(crate) use policy_attachment::attachment_id;
pub use service_control_policy::ServiceControlPolicySpec;

/// The calls that bring the tags of a unit, a policy or an account up to date.
pub(super) fn retag(cx: &Context<'_>, id: &ResourceId) -> Vec<Operation> {
    cx.tagging(
        |keys| organizations::Operation::UntagResource { resource: id.clone(), keys }.into(),
        |tags| organizations::Operation::TagResource { resource: id.clone(), tags }.into(),
    )
}
