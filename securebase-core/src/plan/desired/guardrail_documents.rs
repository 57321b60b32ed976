//! The guardrail documents of a tier, named for the zone.

use std::collections::BTreeSet;

use crate::model::{LandingZone, Problem, Tier};
use crate::observe::flow_log_group_prefix;
use crate::policy::{
    self, Parameters, PolicyDocument, PolicyLimits, PolicyText, SetName, tier_documents_with,
};

/// A guardrail document as the plan carries it.
pub(super) struct Document {
    /// Its name, unique in the organization; it begins with the zone's, by which the zone knows its own.
    pub(in crate::plan) name: String,
    /// What it is for.
    pub(in crate::plan) description: String,
    /// Its canonical text.
    pub(in crate::plan) text: PolicyText,
}

/// The documents to attach to a tier's unit, where `taken` policies of others are attached.
pub(in crate::plan) fn documents(
    zone: &LandingZone,
    tier: &Tier,
    taken: usize,
) -> Result<Vec<Document>, Problem> {
    let regions: BTreeSet<String> = zone
        .tenants
        .iter()
        .filter(|tenant| tenant.tier == tier.name)
        .map(|tenant| tenant.region.to_string())
        .collect();
    let unfit = |error: &policy::Error, more: &str| {
        Problem::error(
            "guardrails-do-not-fit",
            format!("tiers.\"{}\"", tier.name),
            format!("its guardrails cannot be attached: {error}{more}"),
            "raise the quota they exceed, detach policies of others from the unit, or choose a framework with a smaller set",
        )
    };
    let invalid = |error: policy::Error| unfit(&error, "");
    let parameters = Parameters {
        executor_role: zone.access_role.to_string(),
        regions: regions.into_iter().collect(),
        platform: zone.name.to_string(),
        log_groups: vec![format!("{}*", flow_log_group_prefix(&zone.name))],
        ..Parameters::default()
    };
    let parameters = parameters.with(&tier.guarding.parameters).map_err(invalid)?;
    let own = tier.guarding.policies.iter().map(|text| PolicyDocument::parse(text));
    let own = own.collect::<Result<Vec<_>, _>>().map_err(invalid)?;
    let limits = PolicyLimits::from_limits(&zone.limits);
    let places = limits.max_documents;
    let limits = PolicyLimits { max_documents: places.saturating_sub(taken), ..limits };
    if limits.max_documents == 0 {
        return Err(no_place(format!("tiers.\"{}\"", tier.name), &tier.ou_name, places, taken));
    }
    let documents =
        tier_documents_with(SetName::of(&tier.framework), &parameters, &own, limits).map_err(|error| {
            let places = format!(
                "; policies of others take {taken} of the {places} places on organizational unit `{}`, `FullAWSAccess` among them",
                tier.ou_name
            );
            unfit(&error, &places)
        })?;
    let count = documents.len();
    let named = documents.into_iter().enumerate().map(|(index, document)| {
        let part = if count == 1 { String::new() } else { format!("-{}", index + 1) };
        Document {
            name: format!("{}-{}{part}", zone.name, tier.name),
            description: document.description,
            text: PolicyText::canonical(&document.document),
        }
    });
    Ok(named.collect())
}

/// Others have taken every place on a unit.
fn no_place(path: String, unit: &str, places: usize, taken: usize) -> Problem {
    Problem::error(
        "guardrails-do-not-fit",
        path,
        format!(
            "its guardrails cannot be attached: other policies take {taken} of the {places} places on organizational unit \
             `{unit}`, `FullAWSAccess` among them"
        ),
        "raise the quota `policies_per_target`, or detach policies of others from the unit",
    )
}

/// The document on the unit of those who left: nothing is allowed to anybody but the executor, who must be able to look, and
/// to take the tenant back.
pub(in crate::plan) fn suspended(zone: &LandingZone, taken: usize) -> Result<Document, Problem> {
    let places = PolicyLimits::from_limits(&zone.limits).max_documents;
    if taken >= places {
        return Err(no_place("suspended_ou".to_owned(), &zone.suspended_ou, places, taken));
    }
    let text = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "Suspended",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "ArnNotLike": { "aws:PrincipalArn": format!("arn:*:iam::*:role/{}", zone.access_role) }
            }
        }]
    });
    let document = PolicyDocument::parse(&text.to_string()).map_err(|error| {
        Problem::error(
            "guardrails-do-not-fit",
            "access_role",
            format!("the access role cannot be named in a policy: {error}"),
            "choose another name for it",
        )
    })?;
    Ok(Document {
        name: format!("{}-suspended-accounts", zone.name),
        description: "Denies everything to everybody but the landing zone itself".to_owned(),
        text: PolicyText::canonical(&document),
    })
}
