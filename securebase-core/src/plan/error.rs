//! Why there is no plan.

use crate::finance;
use crate::model::{Address, Diagnosis, Problems, Quoted, diagnostic};

/// Why there is no plan, or why a saved one cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The zone and what was observed do not go together.
    #[error("the zone cannot be planned:\n{0}")]
    Problems(Problems),
    /// What the zone would cost cannot be worked out, or leaves less than the margin that was asked for.
    #[error(transparent)]
    Cost(#[from] finance::Error),
    /// Resources wait for each other in a circle.
    #[error("resources wait for each other: {}", path.iter().map(Address::as_str).collect::<Vec<_>>().join(" → "))]
    Cycle {
        /// The circle; the first is repeated at the end.
        path: Vec<Address>,
    },
    /// A resource names another that does not exist.
    #[error("`{from}` names `{to}`, which is not part of the zone")]
    Dangling {
        /// The resource.
        from: Address,
        /// What it names.
        to: Address,
    },
    /// Two resources have one address.
    #[error("two resources have the address `{0}`")]
    DuplicateAddress(Address),
    /// A part of the plan was asked for that it does not have.
    #[error(
        "the plan has nothing at {}: name an address of the plan, for example `tenant/<key>` or `organization`",
        listed(.0)
    )]
    UnknownTargets(Vec<Address>),
    /// A saved plan cannot be read.
    #[error("the saved plan cannot be read: {0}")]
    Malformed(String),
    /// A saved plan was changed after it was made.
    #[error("the saved plan was changed after it was made: its fingerprint is `{found}`, not `{stated}`")]
    Fingerprint {
        /// The fingerprint in the file.
        stated: String,
        /// The fingerprint of what the file holds.
        found: String,
    },
    /// A saved plan is of a format this version does not know.
    #[error("the saved plan has format version `{0}`, this library reads up to `{max}`", max = super::FORMAT_VERSION)]
    Version(u32),
}

impl Error {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        const SAVED: &str = "plan again and save the new plan";
        match self {
            Self::Problems(problems) => Diagnosis::new("plan-refused").found(problems.0.as_slice()),
            Self::Cost(error) => error.diagnosis(),
            Self::Cycle { .. } => Diagnosis::new("plan-cycle"),
            Self::Dangling { .. } => Diagnosis::new("plan-dangling"),
            Self::DuplicateAddress(_) => Diagnosis::new("plan-duplicate-address"),
            Self::UnknownTargets(_) => Diagnosis::new("plan-unknown-targets"),
            Self::Malformed(_) => Diagnosis::new("plan-malformed").help(SAVED),
            Self::Fingerprint { .. } => Diagnosis::new("plan-fingerprint").help(SAVED),
            Self::Version(_) => Diagnosis::new("plan-version").help(SAVED),
        }
    }
}

diagnostic!(Error);

/// How many addresses a message names.
const NAMED_MAX: usize = 20;

fn listed(addresses: &[Address]) -> String {
    let named = addresses.iter().take(NAMED_MAX).map(|address| format!("`{}`", Quoted(address.as_str())));
    let named = named.collect::<Vec<_>>().join(", ");
    match addresses.len().checked_sub(NAMED_MAX) {
        None | Some(0) => named,
        Some(more) => format!("{named} and {more} more"),
    }
}
