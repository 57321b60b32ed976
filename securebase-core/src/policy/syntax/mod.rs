//! The policy language: documents, statements, conditions, patterns, names, and how their text is read.

pub(super) mod actions;
pub(super) mod arn;
pub(super) mod condition;
pub(super) mod document;
pub(super) mod operator;
mod parse;
pub(super) mod pattern;
pub(super) mod source;
pub(super) mod text;
pub(super) mod variable;
