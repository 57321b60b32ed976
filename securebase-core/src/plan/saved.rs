//! Plans as JSON: saved, fingerprinted, loaded.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Address, Problem, ResourceId, ResourceKind, Tier};
use crate::observe::{Observed, ObservedMember};

use super::Error;
use super::drift::Drifted;
use super::scope::Scope;
use super::since::Basis;
use super::step::{Plan, PlannedTenant, Step};

/// The version of the format that this library writes.
pub const FORMAT_VERSION: u32 = 1;

/// A plan as it stands in a file. The fingerprint covers everything else.
#[derive(Serialize, Deserialize)]
struct Saved {
    format_version: u32,
    fingerprint: String,
    plan: Body,
}

#[derive(Serialize, Deserialize)]
struct Body {
    scope: Scope,
    observed_fingerprint: String,
    observed: Arc<Observed>,
    limit_overrides: BTreeMap<String, f64>,
    tiers: Vec<Tier>,
    tenants: Vec<PlannedTenant>,
    steps: Vec<Step>,
    known: BTreeMap<Address, ResourceId>,
    inventory: BTreeMap<Address, ResourceKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drift: Option<Vec<Drifted>>,
    warnings: Vec<Problem>,
}

impl From<&Plan> for Body {
    fn from(plan: &Plan) -> Self {
        let Plan {
            scope,
            observed_fingerprint,
            observed,
            limit_overrides,
            tiers,
            tenants,
            steps,
            known,
            inventory,
            drift,
            warnings,
            basis: _,
        } = plan;
        Self {
            scope: scope.clone(),
            observed_fingerprint: observed_fingerprint.clone(),
            observed: Arc::clone(observed),
            limit_overrides: limit_overrides.clone(),
            tiers: tiers.clone(),
            tenants: tenants.clone(),
            steps: steps.values().cloned().collect(),
            known: known.clone(),
            inventory: inventory.clone(),
            drift: drift.clone(),
            warnings: warnings.clone(),
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Plan {
    /// The fingerprint of the plan: two plans with one fingerprint do the same.
    pub fn fingerprint(&self) -> String {
        #[expect(clippy::expect_used, reason = "a plan is strings, numbers and maps with string keys")]
        let body = serde_json::to_vec(&Body::from(self)).expect("a plan is JSON");
        digest(&body)
    }

    /// The plan as JSON, the same bytes for the same plan.
    pub fn to_json(&self) -> String {
        let body = Body::from(self);
        #[expect(clippy::expect_used, reason = "a plan is strings, numbers and maps with string keys")]
        let fingerprint = digest(&serde_json::to_vec(&body).expect("a plan is JSON"));
        let saved = Saved { format_version: FORMAT_VERSION, fingerprint, plan: body };
        #[expect(clippy::expect_used, reason = "a plan is strings, numbers and maps with string keys")]
        serde_json::to_string_pretty(&saved).expect("a plan is JSON")
    }

    /// A plan from the JSON of [`Plan::to_json`].
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Version`] for a newer format, [`Error::Fingerprint`] where the text was changed.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Header {
            format_version: u32,
        }
        let malformed = |error: serde_json::Error| Error::Malformed(error.to_string());
        let Header { format_version } = serde_json::from_str(text).map_err(malformed)?;
        if format_version > FORMAT_VERSION {
            return Err(Error::Version(format_version));
        }
        let saved: Saved = serde_json::from_str(text).map_err(malformed)?;
        let Body {
            scope,
            observed_fingerprint,
            observed,
            limit_overrides,
            tiers,
            tenants,
            steps,
            known,
            inventory,
            drift,
            warnings,
        } = saved.plan;
        let steps: IndexMap<Address, Step> =
            steps.into_iter().map(|step| (step.address.clone(), step)).collect();
        let plan = Self {
            scope,
            observed_fingerprint,
            observed,
            limit_overrides,
            tiers,
            tenants,
            steps,
            known,
            inventory,
            drift,
            warnings,
            basis: Basis::default(),
        };
        let found = plan.fingerprint();
        if found == saved.fingerprint {
            Ok(plan)
        } else {
            Err(Error::Fingerprint { stated: saved.fingerprint, found })
        }
    }
}

/// The fingerprint of what matters of an observation to a zone.
///
/// Ids of the organization and its root are left out, so that a plan against an empty organization applies to any empty
/// one; so is everything of the organization that is none of the zone's business.
pub(crate) fn fingerprint(observed: &Observed, scope: &Scope) -> String {
    #[derive(Serialize)]
    struct Relevant<'a> {
        organization: bool,
        policies_enabled: bool,
        units: Vec<(String, &'a str, &'a crate::model::Tags)>,
        accounts: Vec<(&'a crate::cloud::Account, String, &'a crate::model::Tags)>,
        policies: Vec<(&'a crate::cloud::Policy, Vec<String>, &'a crate::model::Tags)>,
        members: BTreeMap<String, &'a ObservedMember>,
    }
    let organization = observed.organization.as_ref();
    let paths = organization.map(super::scope::unit_paths).unwrap_or_default();
    let place = |id: &ResourceId| paths.get(id).cloned().unwrap_or_else(|| "elsewhere".to_owned());
    let mut units: Vec<_> = organization
        .iter()
        .flat_map(|organization| &organization.units)
        .filter(|unit| paths.get(&unit.id).is_some_and(|path| scope.unit_paths.contains(path)))
        .map(|unit| (place(&unit.id), unit.id.as_str(), &unit.tags))
        .collect();
    units.sort();
    let concerned = scope.concern();
    let mut accounts: Vec<_> = organization
        .iter()
        .flat_map(|organization| &organization.accounts)
        .filter(|account| concerned(&account.account))
        .map(|account| (&account.account, place(&account.parent), &account.tags))
        .collect();
    accounts.sort_by_key(|(account, ..)| account.id);
    let mut policies: Vec<_> = organization
        .iter()
        .flat_map(|organization| &organization.policies)
        .filter(|policy| scope.owns_policy(&policy.policy.name))
        .map(|policy| {
            let mut targets: Vec<String> = policy.targets.iter().map(place).collect();
            targets.sort();
            (&policy.policy, targets, &policy.tags)
        })
        .collect();
    policies.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    let relevant = Relevant {
        organization: organization.is_some(),
        policies_enabled: organization.is_some_and(|organization| organization.root.service_control_policies),
        units,
        accounts,
        policies,
        members: observed
            .members
            .iter()
            .flat_map(|(account, regions)| {
                regions.iter().map(move |(region, member)| (format!("{account}/{region}"), member))
            })
            .collect(),
    };
    #[expect(clippy::expect_used, reason = "an observation is strings, numbers and maps with string keys")]
    digest(&serde_json::to_vec(&relevant).expect("an observation is JSON"))
}
