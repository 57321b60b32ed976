//! The journal as it becomes durable: legal at every prefix, and never behind the calls.

use std::collections::BTreeMap;

use securebase_core::state::{Entry, Fact, Replay};
use serde_json::Value;

/// What has become durable of the journals of a state.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    run: String,
    segment: String,
    /// The beginning of a line that is not durable to its end yet.
    torn: Vec<u8>,
    pub(crate) replay: Replay,
    /// Calls that were announced and have not left yet, by `service:Operation`.
    announced: BTreeMap<String, usize>,
}

impl Journal {
    /// More bytes of a blob are durable. Answers what is wrong with them.
    pub(crate) fn written(&mut self, key: &str, bytes: &[u8]) -> Vec<String> {
        let Some((run, _)) = key.split_once("/journal-") else { return Vec::new() };
        // A run that was sealed before it had a plan never was one.
        if run != self.run && !bytes.windows(5).any(|text| text == b"\"seq\"") {
            return Vec::new();
        }
        if run != self.run {
            *self = Self { run: run.to_owned(), ..Self::default() };
        }
        if key != self.segment {
            key.clone_into(&mut self.segment);
            self.torn.clear();
        }
        self.torn.extend_from_slice(bytes);
        let Some(end) = self.torn.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
        let lines: Vec<u8> = self.torn.drain(..=end).collect();
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.filter_map(|line| self.line(line).err()).collect()
    }

    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        let shown = || String::from_utf8_lossy(line).into_owned();
        let Some(start) = line.iter().position(|byte| *byte == b'{') else { return Ok(()) };
        let mut value: Value =
            serde_json::from_slice(&line[start..]).map_err(|error| format!("{error} in {}", shown()))?;
        // The first and the last line of a segment say nothing of the run.
        let inner = value.get_mut("entry").map(Value::take);
        let Some(entry) = inner.or_else(|| value.get("seq").is_some().then_some(value)) else {
            return Ok(());
        };
        let entry: Entry =
            serde_json::from_value(entry).map_err(|error| format!("{error} in {}", shown()))?;
        if entry.seq != self.replay.last_seq + 1 {
            return Err(format!("entry {} follows entry {}", entry.seq, self.replay.last_seq));
        }
        if self.replay.ended.is_some() {
            return Err(format!("entry {} stands behind the end of the run", entry.seq));
        }
        if let Fact::Intent { call, .. } = &entry.fact {
            *self.announced.entry(call.clone()).or_default() += 1;
        }
        self.replay.apply(&entry).map_err(|error| error.to_string())
    }

    /// A segment was sealed: whatever else it holds was never written.
    pub(crate) fn sealed(&mut self) {
        self.torn.clear();
    }

    /// A changing call leaves. Answers whether it was announced.
    pub(crate) fn leaves(&mut self, call: &str) -> bool {
        match self.announced.get_mut(call) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// The process is gone, and with it whatever it had announced and not sent.
    pub(crate) fn process_ended(&mut self) {
        self.announced.clear();
    }
}
