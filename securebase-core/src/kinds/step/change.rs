//! What a step does, and what differs before it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a step does. Its symbol is what the text of a plan shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Makes a resource.
    Create,
    /// Changes a resource in place.
    Update,
    /// Moves an account to another organizational unit.
    Move,
    /// Takes over an account that exists.
    Adopt,
    /// Proves that an account can be worked in, changing nothing.
    Verify,
    /// Deletes a resource.
    Delete,
    /// Leaves a resource as it is. Never among a plan's steps; counted only.
    NoOp,
}

impl Action {
    /// The name: `create`, `update`, `move`, `adopt`, `verify`, `delete`, `no-op`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Move => "move",
            Self::Adopt => "adopt",
            Self::Verify => "verify",
            Self::Delete => "delete",
            Self::NoOp => "no-op",
        }
    }

    /// The sign before a step in the text of a plan.
    pub fn symbol(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update => '~',
            Self::Move => '>',
            Self::Adopt => '=',
            Self::Verify => '?',
            Self::Delete => '-',
            Self::NoOp => ' ',
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One difference between a resource as it is and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change {
    /// What differs, for example `tags.Customer` or `dns_hostnames`.
    pub field: String,
    /// As it is; `None` where it is absent.
    pub from: Option<String>,
    /// As it is to be; `None` where it shall be absent.
    pub to: Option<String>,
}

impl Change {
    /// A difference.
    pub fn new(field: impl Into<String>, from: Option<String>, to: Option<String>) -> Self {
        Self { field: field.into(), from, to }
    }

    /// The key of the tag that differs, if one does.
    pub fn tag_key(&self) -> Option<&str> {
        self.field.strip_prefix("tags.")
    }

    /// Whether a tag is taken off.
    pub fn takes_tag_off(&self) -> bool {
        self.tag_key().is_some() && self.to.is_none()
    }
}
