//! Which operations a step may call in a member account: what guardrails must let pass.

use crate::kinds::facts;
use crate::kinds::info::{Home, MemberCalls};
use crate::kinds::step::{Action, Change};
use crate::model::ResourceKind;
use crate::plan::step::Step;

/// The operations (`service:Name`) that a step of this kind and action may call in the tenant's account.
///
/// The look-ups after a lost reply are among them. Kinds that live in the management account answer nothing: no policy binds
/// the executor there. `tests/it/apply.rs` holds the executor to this table.
pub fn member_operations(kind: ResourceKind, action: Action) -> Vec<&'static str> {
    let Home::Member(MemberCalls { create, update, delete, look_up }) = facts(kind).home else {
        return Vec::new();
    };
    let mut operations = Vec::new();
    match action {
        Action::Create | Action::Verify | Action::Move => operations.extend_from_slice(create),
        // An update may have to do what a creation does after its first call: attach, set attributes.
        Action::Update | Action::Adopt => {
            operations.extend_from_slice(update);
            operations.extend_from_slice(create.get(1..).unwrap_or_default());
        }
        Action::Delete => operations.extend_from_slice(delete),
        Action::NoOp => return operations,
    }
    operations.extend_from_slice(look_up);
    operations
}

/// The calls that take tags off.
const UNTAGGING: [&str; 4] = ["iam:UntagRole", "logs:UntagResource", "ec2:DeleteTags", "kms:UntagResource"];

/// Those that this step may make: tags are taken off only where the step says so.
pub(super) fn step_operations(step: &Step) -> impl Iterator<Item = &'static str> {
    let takes_off = step.changes.iter().any(Change::takes_tag_off);
    let operations = member_operations(step.kind, step.action).into_iter();
    operations.filter(move |operation| takes_off || !UNTAGGING.contains(operation))
}
