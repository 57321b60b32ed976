//! Plans as JSON: saved, fingerprinted, loaded.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufWriter;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::diff::drift::Drifted;
use super::diff::incremental::Basis;
use super::step::{Plan, PlannedTenant, Step};
use super::terms::Terms;
use super::{Error, Pending};
use crate::cloud::organizations::{Account, AccountState};
use crate::model::{AccountId, Address, Problem, ResourceId, ResourceKind, Tier};
use crate::observe::{Observed, ObservedMember, Scope};

/// The version of the format that this library writes.
pub const FORMAT_VERSION: u32 = 1;

/// A plan as it stands in a file. The fingerprint covers everything else.
#[derive(Serialize, Deserialize)]
struct Saved<'a> {
    format_version: u32,
    fingerprint: String,
    plan: Body<'a>,
}

/// Borrowed to be written, owned when read: a large plan is never copied.
#[derive(Serialize, Deserialize)]
struct Body<'a> {
    scope: Cow<'a, Scope>,
    observed_fingerprint: Cow<'a, str>,
    observed: Cow<'a, Arc<Observed>>,
    limit_overrides: Cow<'a, BTreeMap<String, f64>>,
    tiers: Cow<'a, [Tier]>,
    tenants: Cow<'a, [PlannedTenant]>,
    #[serde(with = "listed")]
    steps: Cow<'a, IndexMap<Address, Step>>,
    known: Cow<'a, BTreeMap<Address, ResourceId>>,
    inventory: Cow<'a, BTreeMap<Address, ResourceKind>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drift: Option<Cow<'a, [Drifted]>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    served: Option<Cow<'a, Terms>>,
    warnings: Cow<'a, [Problem]>,
    #[serde(default, skip_serializing_if = "is_empty")]
    acknowledged: Cow<'a, [Problem]>,
    #[serde(default, skip_serializing_if = "is_empty")]
    pending: Cow<'a, [Pending]>,
}

fn is_empty<T>(list: &[T]) -> bool {
    list.is_empty()
}

/// Steps as a list: each says its own address.
mod listed {
    use serde::{Deserializer, Serializer};

    use super::{Address, Cow, Deserialize, IndexMap, Step};

    pub(super) fn serialize<S: Serializer>(
        steps: &IndexMap<Address, Step>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(steps.values())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Cow<'static, IndexMap<Address, Step>>, D::Error> {
        let steps = Vec::<Step>::deserialize(deserializer)?;
        Ok(Cow::Owned(steps.into_iter().map(|step| (step.address.clone(), step)).collect()))
    }
}

impl<'a> From<&'a Plan> for Body<'a> {
    fn from(plan: &'a Plan) -> Self {
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
            served,
            warnings,
            acknowledged,
            pending,
            basis: _,
        } = plan;
        Self {
            scope: Cow::Borrowed(scope),
            observed_fingerprint: Cow::Borrowed(observed_fingerprint),
            observed: Cow::Borrowed(observed),
            limit_overrides: Cow::Borrowed(limit_overrides),
            tiers: Cow::Borrowed(tiers),
            tenants: Cow::Borrowed(tenants),
            steps: Cow::Borrowed(steps),
            known: Cow::Borrowed(known),
            inventory: Cow::Borrowed(inventory),
            drift: drift.as_deref().map(Cow::Borrowed),
            served: served.as_ref().map(Cow::Borrowed),
            warnings: Cow::Borrowed(warnings),
            acknowledged: Cow::Borrowed(acknowledged),
            pending: Cow::Borrowed(pending),
        }
    }
}

/// How much is digested at a time: serde hands over a few bytes after the other.
const DIGEST_BUFFER: usize = 64 * 1024;

/// The digest of a value as JSON, which is at no time in memory as a whole.
fn digest(value: &impl Serialize) -> String {
    let mut out = BufWriter::with_capacity(DIGEST_BUFFER, Sha256::new());
    #[expect(
        clippy::expect_used,
        reason = "plans and observations are strings, numbers and maps with string keys"
    )]
    serde_json::to_writer(&mut out, value).expect("it is JSON");
    #[expect(clippy::expect_used, reason = "a digest takes whatever comes")]
    let digest = out.into_inner().expect("a digest takes all");
    hex::encode(digest.finalize())
}

/// A plan as a state keeps it.
pub(crate) struct Written {
    pub(crate) fingerprint: String,
    pub(crate) json: Vec<u8>,
}

impl Plan {
    /// The fingerprint of the plan: two plans with one fingerprint do the same.
    pub fn fingerprint(&self) -> String {
        digest(&Body::from(self))
    }

    /// The plan as JSON, the same bytes for the same plan.
    pub fn to_json(&self) -> String {
        #[expect(clippy::expect_used, reason = "a plan is strings, numbers and maps with string keys")]
        serde_json::to_string_pretty(&self.saved()).expect("a plan is JSON")
    }

    /// The plan as JSON without white space, and its fingerprint.
    pub(crate) fn written(&self) -> Written {
        let saved = self.saved();
        #[expect(clippy::expect_used, reason = "a plan is strings, numbers and maps with string keys")]
        let json = serde_json::to_vec(&saved).expect("a plan is JSON");
        Written { fingerprint: saved.fingerprint, json }
    }

    fn saved(&self) -> Saved<'_> {
        Saved { format_version: FORMAT_VERSION, fingerprint: self.fingerprint(), plan: Body::from(self) }
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
            served,
            warnings,
            acknowledged,
            pending,
        } = saved.plan;
        let plan = Self {
            scope: scope.into_owned(),
            observed_fingerprint: observed_fingerprint.into_owned(),
            observed: observed.into_owned(),
            limit_overrides: limit_overrides.into_owned(),
            tiers: tiers.into_owned(),
            tenants: tenants.into_owned(),
            steps: steps.into_owned(),
            known: known.into_owned(),
            inventory: inventory.into_owned(),
            drift: drift.map(Cow::into_owned),
            served: served.map(Cow::into_owned),
            warnings: warnings.into_owned(),
            acknowledged: acknowledged.into_owned(),
            pending: pending.into_owned(),
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
    /// An account, without when it joined: that never changes.
    #[derive(Serialize)]
    struct Known<'a> {
        id: AccountId,
        name: &'a str,
        email: &'a str,
        state: AccountState,
    }
    #[derive(Serialize)]
    struct Relevant<'a> {
        organization: bool,
        policies_enabled: bool,
        units: Vec<(String, &'a str, &'a crate::model::Tags)>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        foreign_policies: BTreeMap<String, usize>,
        accounts: Vec<(Known<'a>, String, &'a crate::model::Tags)>,
        policies: Vec<(&'a crate::cloud::organizations::ControlPolicy, Vec<String>, &'a crate::model::Tags)>,
        members: BTreeMap<String, &'a ObservedMember>,
    }
    let organization = observed.organization.as_ref();
    let paths = organization.map(crate::observe::unit_paths).unwrap_or_default();
    let place = |id: &ResourceId| paths.get(id).cloned().unwrap_or_else(|| "elsewhere".to_owned());
    let mut units: Vec<_> = organization
        .iter()
        .flat_map(|organization| &organization.units)
        .filter(|unit| paths.get(&unit.id).is_some_and(|path| scope.unit_paths.contains(path)))
        .map(|unit| (place(&unit.id), unit.id.as_str(), &unit.tags))
        .collect();
    units.sort();
    // `FullAWSAccess` alone is what every unit has: it goes without saying.
    let foreign_policies = organization.iter().flat_map(|organization| &organization.units);
    let foreign_policies = foreign_policies
        .filter_map(|unit| Some((place(&unit.id), unit.foreign_policies.filter(|count| *count != 1)?)))
        .collect();
    let concerned = scope.concern();
    let mut accounts: Vec<_> = organization
        .iter()
        .flat_map(|organization| &organization.accounts)
        .filter(|account| concerned(&account.account))
        .map(|found| {
            let Account { id, name, email, state, joined: _ } = &found.account;
            (Known { id: *id, name, email, state: *state }, place(&found.parent), &found.tags)
        })
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
        foreign_policies,
        accounts,
        policies,
        // What is empty counts as much as what was not read: a plan looks there before it makes anything, or has found nothing.
        members: observed
            .known_members()
            .filter(|(_, _, member)| !member.is_empty())
            .map(|(account, region, member)| (format!("{account}/{region}"), member))
            .collect(),
    };
    digest(&relevant)
}
