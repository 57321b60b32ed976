//! What a zone or a tier adds to its guardrails.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Parameters of guardrails, and policy documents of the user's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Guarding {
    /// Values by the name of the parameter, checked when they were read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Vec<String>>,
    /// Canonical texts of policy documents, which stand beside the guardrails of the framework.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
}

impl Guarding {
    /// Whether nothing is added.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.policies.is_empty()
    }

    /// The zone's with a tier's over it: a parameter that the tier names is the tier's, documents are those of both.
    #[must_use]
    pub fn over(self, zone: &Self) -> Self {
        let mut parameters = zone.parameters.clone();
        parameters.extend(self.parameters);
        let mut policies = zone.policies.clone();
        policies.extend(self.policies.into_iter().filter(|policy| !zone.policies.contains(policy)));
        Self { parameters, policies }
    }
}
