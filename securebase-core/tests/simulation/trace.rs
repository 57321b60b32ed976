//! What happened, as a number: the same seed gives the same one.

use securebase_core::sim::{Sent, Submission};

use crate::desk::is_verbose;

#[derive(Debug, Default)]
pub(crate) struct Trace {
    number: u64,
    lines: Vec<String>,
}

/// The 64-bit FNV-1a hash: small, and the same on every machine.
fn fold(mut number: u64, bytes: &[u8]) -> u64 {
    for byte in bytes {
        number = (number ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    number
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self { number: 0xcbf2_9ce4_8422_2325, lines: Vec::new() }
    }

    pub(crate) fn note(&mut self, line: &str) {
        self.number = fold(self.number, line.as_bytes());
        if is_verbose() {
            self.lines.push(line.to_owned());
        }
    }

    pub(crate) fn note_bytes(&mut self, key: &str, bytes: &[u8]) {
        self.number = fold(fold(self.number, key.as_bytes()), bytes);
        if is_verbose() {
            self.lines.push(format!("{key} + {}", String::from_utf8_lossy(bytes).trim_end()));
        }
    }

    pub(crate) fn note_call(&mut self, sent: &Sent<'_>, submission: &Submission) {
        let outcome = match &submission.result {
            Ok(reply) => reply.shape(),
            Err(error) => error.code.as_str(),
        };
        self.number = fold(self.number, &sent.ordinal.to_le_bytes());
        self.number = fold(self.number, &sent.at.as_micros().to_le_bytes());
        self.number = fold(self.number, sent.call.operation.name().as_bytes());
        self.number = fold(self.number, &submission.at.as_micros().to_le_bytes());
        self.number = fold(self.number, outcome.as_bytes());
        if is_verbose() {
            let line = format!("{} {} {:?}: {outcome}", sent.at, sent.ordinal, sent.call.operation);
            self.lines.push(line);
        }
    }

    pub(crate) fn take(&mut self) -> (u64, Vec<String>) {
        (self.number, std::mem::take(&mut self.lines))
    }
}
