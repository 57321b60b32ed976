//! What an operation has at hand while it runs.

use crate::cloud::{CloudError, Reply};
use crate::model::{Latencies, Latency, Limits, Quota, Tags};
use crate::sim::schedule::agenda::Agenda;
use crate::sim::schedule::chance::{Chance, Draws};
use crate::sim::schedule::faults::Faults;
use crate::time::Time;

/// What an operation answers.
pub(in crate::sim) type Outcome = Result<Reply, CloudError>;

/// The moment, the draws of the call, and the world's settings.
pub(in crate::sim) struct Context<'a> {
    pub(in crate::sim) now: Time,
    pub(in crate::sim) draws: Draws,
    pub(in crate::sim) limits: &'a Limits,
    pub(in crate::sim) latencies: &'a Latencies,
    pub(in crate::sim) faults: &'a Faults,
    pub(in crate::sim) chance: &'a mut Chance,
    pub(in crate::sim) agenda: &'a mut Agenda,
}

impl Context<'_> {
    /// The moment at which something that takes as long as `latency` says is over.
    pub(in crate::sim) fn after(&self, latency: Latency, draw: f64) -> Time {
        self.now + self.latencies.at(latency, draw)
    }

    /// From when on what this call creates is seen by all.
    pub(in crate::sim) fn visible_from(&self) -> Time {
        if self.draws.not_yet_visible < self.faults.not_yet_visible {
            self.after(Latency::Visibility, self.draws.visibility)
        } else {
            self.now
        }
    }

    /// From when on other services accept a role that this call creates: at once, or with the lag of its own.
    pub(in crate::sim) fn accepted_from(&self) -> Time {
        if self.draws.not_yet_visible < self.faults.not_yet_visible {
            self.after(Latency::IamPropagation, self.draws.visibility)
        } else {
            self.now
        }
    }

    /// Whether what goes on after the reply is going to fail.
    pub(in crate::sim) fn fails_later(&self) -> bool {
        self.draws.async_failure < self.faults.async_failure
    }

    /// Refuses tags that AWS refuses: bad lengths, the reserved prefix, or more than fit on top of `present`.
    pub(in crate::sim) fn check_tags(&self, present: &Tags, added: &Tags) -> Result<(), TagFault> {
        for (key, value) in added {
            if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
                return Err(TagFault::Length(key.clone()));
            }
            if !Tags::takes(key) || !Tags::takes(value) {
                return Err(TagFault::Characters(key.clone()));
            }
            if key.to_ascii_lowercase().starts_with("aws:") {
                return Err(TagFault::Reserved(key.clone()));
            }
        }
        let fresh = added.keys().filter(|key| !present.contains_key(*key)).count();
        let limit = self.limits.quota(Quota::TagsPerResource);
        if u64::try_from(present.len() + fresh).unwrap_or(u64::MAX) > limit {
            return Err(TagFault::TooMany(limit));
        }
        Ok(())
    }
}

/// What is wrong with a set of tags; every service has its own code for it.
#[derive(Debug)]
pub(in crate::sim) enum TagFault {
    /// A key outside 1 to 128 characters, or a value over 256.
    Length(String),
    /// A key or value with a character that no service but EC2 takes.
    Characters(String),
    /// A key that begins with `aws:`.
    Reserved(String),
    /// More than the quota.
    TooMany(u64),
}

impl TagFault {
    /// What is wrong, in words.
    pub(in crate::sim) fn message(&self) -> String {
        match self {
            Self::Length(key) => {
                format!("tag `{key}`: a key has 1 to 128 characters and a value at most 256")
            }
            Self::Characters(key) => {
                format!("tag `{key}`: only letters, digits, spaces and `_.:/=+-@` are taken")
            }
            Self::Reserved(key) => format!("tag `{key}`: keys that begin with `aws:` are reserved"),
            Self::TooMany(limit) => format!("a resource carries at most {limit} tags"),
        }
    }
}
