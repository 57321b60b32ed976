//! Who is writing.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::{Clock, SystemClock, Time};

/// The longest text of another holder that a message or the history repeats, in characters.
const LONGEST: usize = 200;

/// A text as it may stand in a message, a lease or a journal.
pub(in crate::state) fn printable(text: &str) -> String {
    crate::model::printable(text, LONGEST)
}

/// Who is writing, for the eyes of whoever is kept waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user, or whatever the caller calls itself.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// Since when.
    pub since: Time,
}

impl Holder {
    /// This process, on behalf of somebody; of the user who runs it where `who` is empty.
    pub fn this_process(who: &str) -> Self {
        let who = match who {
            "" => variable(&["USER", "LOGNAME", "USERNAME"]).unwrap_or_else(|| "unknown".to_owned()),
            who => who.to_owned(),
        };
        // It comes to stand in the lease, in journals, and in messages on other machines.
        let who = printable(&who);
        Self { who, host: Self::this_host(), pid: std::process::id(), since: SystemClock.now() }
    }

    /// What this machine calls itself.
    pub(in crate::state) fn this_host() -> String {
        std::fs::read_to_string("/proc/sys/kernel/hostname")
            .ok()
            .map(|name| name.trim().to_owned())
            .or_else(|| variable(&["HOSTNAME", "COMPUTERNAME"]))
            .unwrap_or_else(|| "unknown host".to_owned())
    }
}

fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok())
}

/// A moment of a real clock as people write it; of another clock as seconds.
pub(in crate::state) fn moment(time: Time) -> String {
    i64::try_from(time.as_micros())
        .ok()
        .and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok())
        .map_or_else(|| time.to_string(), |moment| format!("{moment:.0}"))
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, host, pid, since } = self;
        let (who, host) = (printable(who), printable(host));
        write!(f, "{who} on {host} (process {pid}) since {}", moment(*since))
    }
}

/// The lease that somebody has on a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeaseInfo {
    /// Who has it.
    pub holder: Holder,
    /// The fencing token: one more with every holder.
    pub token: u64,
    /// When somebody else may take it, unless it is renewed before.
    pub expires: Time,
    /// How far the clock that wrote it was ahead of the one at hand, where that is more than clocks differ by.
    #[serde(default)]
    pub ahead: Option<Duration>,
    /// The file or object that holds it.
    #[serde(default)]
    pub file: String,
}

impl fmt::Display for LeaseInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { holder, token: _, expires, ahead, file } = self;
        write!(f, "{holder}, until {} unless renewed", moment(*expires))?;
        let Some(ahead) = ahead else { return Ok(()) };
        let minutes = ahead.as_secs() / 60;
        write!(
            f,
            "; its clock is {minutes} minutes ahead of this one, so the lease may outlast its holder: set the clocks \
             right, make sure that the process has ended, then remove `{}`",
            printable(file)
        )
    }
}
