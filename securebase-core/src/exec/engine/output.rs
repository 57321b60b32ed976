//! What the machine wants done.

use crate::cloud::{Call, Ticket};
use crate::exec::CallReport;
use crate::exec::Event;
use crate::model::Address;
use crate::state::{Entry, RunStatus};
use crate::time::Time;

/// A call to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispatch {
    /// Its name, for the reply.
    pub ticket: Ticket,
    /// The step it serves, `None` for the shared looks at account requests.
    pub address: Option<Address>,
    /// The call.
    pub call: Call,
}

/// What the machine wants done.
#[derive(Debug, Default)]
#[must_use]
pub struct Output {
    /// To be made durable before anything else.
    pub entries: Vec<Entry>,
    /// To be sent after that.
    pub calls: Vec<Dispatch>,
    /// To be told to whoever watches.
    pub events: Vec<Event>,
    /// The calls whose replies were taken up.
    pub reports: Vec<CallReport>,
    /// When to poll again at the latest, `None` to wait for replies only.
    pub wake: Option<Time>,
    /// Whether the run has ended, and how.
    pub ended: Option<RunStatus>,
    /// Whether the run has stopped because it was asked to, with work left.
    pub stopped: bool,
}
