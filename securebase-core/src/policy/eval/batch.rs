//! Many requests against many paths.
//!
//! Purpose: the whole of an organization at once: every request is decided against every path, on all cores, and paths
//! that say the same are decided once. Invariants: the outcome does not depend on the number of threads.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::evaluate::PolicyPath;
use super::request::Request;
use super::verdict::Decision;

impl Decision {
    /// One byte: 0 allowed, 1 exempt, 2 explicit deny, 3 implicit deny, 4 undecided.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::Exempt(_) => 1,
            Self::ExplicitDeny => 2,
            Self::ImplicitDeny => 3,
            Self::Undecided => 4,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Exempt(_) => "exempt",
            Self::ExplicitDeny => "explicit-deny",
            Self::ImplicitDeny => "implicit-deny",
            Self::Undecided => "undecided",
        }
    }
}

/// Decides every request against every path: one row of bytes ([`Decision::to_byte`]) a path, in the order of both.
#[must_use]
pub fn decide_all(paths: &[&PolicyPath], requests: &[Request]) -> Vec<Vec<u8>> {
    let mut rows: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for path in paths {
        rows.entry(path.digest()).or_insert_with(|| {
            requests.par_iter().with_min_len(1024).map(|request| path.decide(request).to_byte()).collect()
        });
    }
    paths.iter().map(|path| rows.get(path.digest()).cloned().unwrap_or_default()).collect()
}
