//! Guardrails from outside the crate: nothing here sees more than a user does.

mod executor;
mod in_plan;
mod literal;
mod packing;
