//! A plan as a person reads it: text, table, drawing, effects of its guardrails.

mod draw;
pub(super) mod effect;
pub(super) mod effective;
mod table;
mod text;
