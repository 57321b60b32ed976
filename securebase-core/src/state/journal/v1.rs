//! The first format, read and never written: entries and facts side by side in one JSON object, `resources.json` without
//! a checksum.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::entry::{CallOutcome, RunStatus};
use crate::model::{Address, ResourceId};
use crate::state::resources::StoredResource;

#[derive(Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub(in crate::state) enum Fact {
    Begun { format_version: u32, who: String, plan: String },
    Resumed { who: String },
    Intent { address: Address, call: String },
    Outcome { address: Address, outcome: CallOutcome, request: Option<ResourceId> },
    Done { address: Address, id: ResourceId },
    Failed { address: Address, error: String },
    Ended { status: RunStatus },
}

impl From<Fact> for crate::state::Fact {
    fn from(fact: Fact) -> Self {
        match fact {
            Fact::Begun { format_version, who, plan } => {
                Self::Begun { format_version, who, plan, organization: None }
            }
            Fact::Resumed { who } => Self::Resumed { who },
            Fact::Intent { address, call } => Self::Intent { address, call },
            Fact::Outcome { address, outcome, request } => Self::Outcome { address, outcome, request },
            Fact::Done { address, id } => Self::Done { address, id },
            Fact::Failed { address, error } => Self::Failed { address, error },
            Fact::Ended { status } => Self::Ended { status },
        }
    }
}

#[derive(Deserialize)]
pub(in crate::state) struct Resources {
    pub(in crate::state) serial: u64,
    pub(in crate::state) resources: BTreeMap<Address, StoredResource>,
}
