//! How long steps usually take: for the text of a plan, and for deciding which step is the most urgent.

use std::time::Duration;

use crate::model::Latencies;
use crate::plan::step::Step;

impl Step {
    /// How long the step usually takes by itself, once nothing keeps it waiting.
    pub fn typical_duration(&self, latencies: &Latencies) -> Duration {
        latencies.typical(self.spec.as_kind().typical(self.action))
    }
}
