//! What a call is about, in words that stay the same when other tenants come and go.

use std::fmt::{self, Write as _};

use super::services;
use crate::cloud::{Call, Target};
use crate::model::Tags;

/// The key under which a call draws its numbers: operation, target and natural key.
pub(super) fn of(call: &Call) -> String {
    let mut key = String::with_capacity(96);
    key.push_str(call.operation.action());
    if let Target::Member { account, region, .. } = &call.target {
        key.push('|');
        key.push_str(&account.to_string());
        key.push('|');
        key.push_str(region.as_str());
    }
    key.push('|');
    services::name(&call.operation, &mut Subject(&mut key));
    key
}

/// The natural key of a resource that has no name: the tag that holds its address, or else all its tags.
pub(super) fn of_tags(tags: &Tags) -> String {
    match tags.iter().find(|(key, _)| key.ends_with(":address")) {
        Some((_, address)) => address.clone(),
        None => tags.iter().map(|(key, value)| format!("{key}={value};")).collect(),
    }
}

/// The natural key of a call, to which its service adds part by part.
pub(super) struct Subject<'a>(&'a mut String);

impl Subject<'_> {
    pub(super) fn add(&mut self, part: &(impl Part + ?Sized)) {
        part.write(self.0);
        self.0.push('/');
    }
}

/// Part of a natural key: a text, or tags.
pub(super) trait Part {
    fn write(&self, key: &mut String);
}

impl<T: fmt::Display + ?Sized> Part for T {
    fn write(&self, key: &mut String) {
        let written = write!(key, "{self}");
        debug_assert!(written.is_ok(), "a string takes every text");
    }
}

impl Part for Tags {
    fn write(&self, key: &mut String) {
        key.push_str(&of_tags(self));
    }
}
