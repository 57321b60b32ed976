//! The policy language: documents, statements, conditions, patterns, names, and how their text is read.

pub mod actions;
pub(super) mod arn;
pub(super) mod condition;
pub mod document;
pub(super) mod operator;
mod parse;
pub(super) mod pattern;
pub(super) mod source;
pub(super) mod variable;
