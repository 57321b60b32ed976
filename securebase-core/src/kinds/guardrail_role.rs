//! The role of a resource in the guardrails that apply to accounts.

use crate::model::Address;
use crate::policy::PolicyText;

/// The role of a resource in the guardrails that apply to accounts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum GuardrailRole<'a> {
    /// A unit, in which accounts are placed and to which policies are attached.
    Unit,
    /// A policy.
    Policy { name: &'a str, document: &'a PolicyText },
    /// The attachment of a policy to the root or a unit.
    Attachment { policy: &'a Address, target: &'a Address },
    /// The unit that an account is in.
    Placement { unit: &'a Address },
}
