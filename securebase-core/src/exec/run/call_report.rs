//! What is told of a call, and what calls add up to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Address};

/// One call, once its reply is there or is lost. It holds no parameter of the call and nothing of the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallReport {
    /// `service:Operation`.
    pub call: &'static str,
    /// The step it served, `None` for the shared look at account requests.
    pub address: Option<Address>,
    /// The member account it went to, `None` for the management account.
    pub account: Option<AccountId>,
    /// AWS's error code, `None` where it succeeded.
    pub code: Option<String>,
    /// From when it was sent until its reply was taken up, by the clock of the run.
    pub took: Duration,
}

/// What the calls of one operation add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallStats {
    /// How many were sent.
    pub count: u64,
    /// How many of them failed, by AWS's error code.
    pub failed: BTreeMap<String, u64>,
    /// How long they took together.
    pub took: Duration,
    /// How long the longest took.
    pub longest: Duration,
}

impl CallStats {
    pub(in crate::exec) fn add(&mut self, report: &CallReport) {
        self.count += 1;
        self.took += report.took;
        self.longest = self.longest.max(report.took);
        if let Some(code) = &report.code {
            *self.failed.entry(code.clone()).or_default() += 1;
        }
    }
}
