//! How to ask a cloud: no faster than it answers, again while a failure passes, page by page.
//!
//! Purpose: the survey and the executor ask in different ways (one question at a time, or thousands in lanes) and share the
//! rules: token buckets, what to wait after which failure and when to give up, tokens of pages that repeat.
//! Invariant: nothing here sends a changing call; [`Patience`] repeats one only where its caller knows that twice is once.

mod limiter;
mod pages;
mod patience;
mod retry;

pub(crate) use limiter::Pacer;
pub(crate) use pages::Pages;
pub(crate) use patience::Patience;
pub(crate) use retry::{Contact, Failing, LONG, is_too_many_accounts, of_new_organization};
