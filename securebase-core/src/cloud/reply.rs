//! What every service answers in the same form, and how a service declares the rest.

use serde::{Deserialize, Serialize};

use super::PageToken;

/// One page of a list. A page may be empty and still have a next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// What the page holds.
    pub items: Vec<T>,
    /// The token of the next page, `None` on the last.
    pub next: Option<PageToken>,
}

impl<T> Page<T> {
    /// The only page of a list.
    pub fn only(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// Declares the replies of a service, each with a word for messages about a reply that does not fit its call.
macro_rules! replies {
    ($service:ident; $($(#[$doc:meta])* $name:ident($ty:ty) $word:literal,)*) => {
        /// What the service answers. Which variant belongs to which operation follows from the names.
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Reply {
            $($(#[$doc])* $name($ty),)*
        }

        impl Reply {
            /// A word for the shape.
            pub(in crate::cloud) fn shape(&self) -> &'static str {
                match self { $(Self::$name(_) => $word,)* }
            }
        }

        impl From<Reply> for $crate::cloud::Reply {
            fn from(reply: Reply) -> Self {
                Self::$service(reply)
            }
        }
    };
}

pub(super) use replies;
