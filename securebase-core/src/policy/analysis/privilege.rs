//! The permissions that the executor itself needs.
//!
//! Purpose: identity policies for the two principals it works as (one in the management account, one role in every
//! member account), generated from the calls it can make and from nothing else. Data: `data/guardrails/permissions.toml`.
//! Invariants: a call without a row there is an error, never granted by guess.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use super::lockout::PlannedCall;
use crate::policy::catalog::Filler;
use crate::policy::catalog::parameters::Parameters;
use crate::policy::error::Error;
use crate::policy::eval::request::Request;
use crate::policy::pack::simplify::simplify;
use crate::policy::syntax::document::{Condition, Effect, PolicyDocument, Selection, Statement};
use crate::policy::syntax::operator::Operator;

/// Which of the executor's principals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The principal in the management account, which also takes the roles in member accounts.
    Management,
    /// The role in a member account.
    Member,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    call: Vec<CallRow>,
    scope: Vec<ScopeRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallRow {
    operation: String,
    side: Side,
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    on: Vec<String>,
    #[serde(default)]
    with: IndexMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeRow {
    actions: Vec<String>,
    resources: Vec<String>,
    #[serde(default)]
    when: IndexMap<String, IndexMap<String, Vec<String>>>,
}

static TABLE: LazyLock<Result<File, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../data/guardrails/permissions.toml"))
        .map_err(|error| error.to_string())
});

/// As whom the executor works in a member account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutorIdentity<'a> {
    /// The account.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// Name of the role, with its path if it has one.
    pub role: &'a str,
}

/// What one call of the executor asks of the policies in a member account: every action it needs, on every kind of
/// resource it touches. Calls of the management account ask nothing: no control policy binds it.
///
/// `context` holds further keys that are known, such as `aws:RequestTag/Project`.
///
/// # Errors
/// [`Error::UnknownCall`].
pub fn executor_calls(
    step: &str,
    service: &str,
    operation: &str,
    by: ExecutorIdentity<'_>,
    context: &[(&str, &str)],
) -> Result<Vec<PlannedCall>, Error> {
    let ExecutorIdentity { account, region, role } = by;
    let row = row(&format!("{service}:{operation}"))?;
    if row.side == Side::Management {
        return Ok(Vec::new());
    }
    let named = std::slice::from_ref(&row.operation);
    let actions = if row.actions.is_empty() { named } else { &row.actions };
    let mut calls = Vec::new();
    for action in actions.iter().chain(&row.also) {
        let anywhere = ["*".to_owned()];
        let role_somewhere = [format!("arn:aws:iam::{account}:role/*")];
        let own = action.starts_with(&format!("{service}:"));
        let resources: &[String] = match action.as_str() {
            _ if own && !row.on.is_empty() => &row.on,
            action if action.starts_with("iam:") => &role_somewhere,
            _ => &anywhere,
        };
        for resource in resources {
            let resource = resource.replace("{region}", region).replace("{account}", account);
            let principal = format!("arn:aws:iam::{account}:role/{role}");
            // Services without a region of their own are asked in the one that serves them.
            let asked_in =
                if matches!(action.split(':').next(), Some("iam" | "sts")) { "us-east-1" } else { region };
            let mut request = Request::new(action, resource, &principal, account)
                .with("aws:RequestedRegion", asked_in)
                .with("aws:SecureTransport", "true")
                .with("aws:ViaAWSService", "false")
                .with("aws:PrincipalIsAWSService", "false");
            // A role taken from outside carries neither an instance's nor the root user's marks.
            for absent in ["ec2:RoleDelivery", "ec2:SourceInstanceArn", "aws:AssumedRoot", "aws:CalledVia"] {
                request.set(absent, Vec::new());
            }
            for (key, value) in &row.with {
                request.set(key, vec![value.clone()]);
            }
            for (key, value) in context {
                request.set(key, vec![(*value).to_owned()]);
            }
            calls.push(PlannedCall { step: step.to_owned(), request: request.partial() });
        }
    }
    Ok(calls)
}

fn row(name: &str) -> Result<&'static CallRow, Error> {
    let table = table()?;
    table.call.iter().find(|row| row.operation == name).ok_or_else(|| Error::UnknownCall(name.to_owned()))
}

fn table() -> Result<&'static File, Error> {
    TABLE.as_ref().map_err(|error| Error::Catalogue(format!("permissions.toml: {error}")))
}

/// The identity policy for one side, given the calls (`service`, `Operation`) that may be made.
///
/// # Errors
/// [`Error::UnknownCall`] names a call without a row; [`Error::BadParameter`].
pub fn least_privilege<'a>(
    calls: impl IntoIterator<Item = (&'a str, &'a str)>,
    side: Side,
    parameters: &Parameters,
) -> Result<PolicyDocument, Error> {
    let table = table()?;
    let filler = Filler::new("least privilege", parameters)?;
    let mut actions: Vec<String> = Vec::new();
    for (service, operation) in calls {
        let name = format!("{service}:{operation}");
        let row = table
            .call
            .iter()
            .find(|row| row.operation == name)
            .ok_or_else(|| Error::UnknownCall(name.clone()))?;
        if row.side != side {
            continue;
        }
        match row.actions.as_slice() {
            [] => actions.push(name),
            others => actions.extend_from_slice(others),
        }
        actions.extend_from_slice(&row.also);
    }
    if side == Side::Management {
        actions.push("sts:AssumeRole".to_owned());
    }
    let mut statements = Vec::with_capacity(actions.len());
    for action in actions {
        let mut statement = Statement::new(Effect::Allow, Selection::of([action.clone()]));
        if let Some(scope) = table.scope.iter().find(|scope| scope.actions.contains(&action)) {
            statement.resources = Selection::of(filler.list(&scope.resources)?);
            for (operator, keys) in &scope.when {
                let damaged = || Error::Catalogue(format!("permissions.toml: `{operator}` is no operator"));
                let operator = Operator::parse(operator).ok_or_else(damaged)?;
                for (key, values) in keys {
                    statement.conditions.push(Condition::new(operator, key, filler.list(values)?));
                }
            }
        }
        statements.push(statement);
    }
    Ok(PolicyDocument::new(simplify(statements)))
}

/// Every call (`service:Operation`) that permissions are known for.
///
/// # Errors
/// [`Error::Catalogue`], which the crate's tests exclude.
pub fn known_calls() -> Result<impl Iterator<Item = &'static str>, Error> {
    Ok(table()?.call.iter().map(|row| row.operation.as_str()))
}
