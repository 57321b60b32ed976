//! Findings about all policies of one target, and about guardrails before what they protect exists.

use std::collections::BTreeSet;

use super::LintOptions;
use crate::model::Problem;
use crate::policy::catalog::Guardrail;
use crate::policy::eval::index::ActionMatcher;
use crate::policy::eval::verdict::Policy;
use crate::policy::syntax::document::{Effect, PolicyDocument, Statement};
use crate::policy::syntax::pattern::glob;

/// Findings about what is attached to one target: each document's own, their number, and how they play together.
#[must_use]
pub fn lint_target(policies: &[Policy], options: &LintOptions) -> Vec<Problem> {
    let mut found = Vec::new();
    for policy in policies {
        for mut problem in policy.document.lint_with(options) {
            problem.path = match problem.path.as_str() {
                "" => policy.name.clone(),
                path => format!("{}.{path}", policy.name),
            };
            found.push(problem);
        }
    }
    let most = options.limits.max_documents;
    if policies.len() > most {
        let message = format!("{} policies are attached, {most} allowed", policies.len());
        found.push(Problem::error("policy.too-many", "", message, "pack them into fewer documents"));
    }
    if policies.is_empty() {
        let message = "nothing is attached, so everything is denied".to_owned();
        found.push(Problem::error("policy.none-attached", "", message, "attach FullAWSAccess"));
    }
    let everything = |statement: &Statement| {
        statement.effect == Effect::Allow
            && statement.conditions.is_empty()
            && !statement.actions.negated
            && statement.actions.patterns.iter().any(|pattern| pattern == "*")
            && !statement.resources.negated
            && statement.resources.patterns.iter().any(|pattern| pattern == "*")
    };
    let statements =
        || policies.iter().flat_map(|policy| policy.document.statements.iter().map(move |it| (policy, it)));
    if statements().any(|(_, statement)| everything(statement)) {
        for policy in policies {
            let narrow = |document: &PolicyDocument| {
                let mut allows =
                    document.statements.iter().filter(|it| it.effect == Effect::Allow).peekable();
                allows.peek().is_some() && !allows.any(everything)
            };
            if narrow(&policy.document) {
                let message =
                    "another policy here allows everything, so this list of what is allowed does nothing"
                        .to_owned();
                let hint = "detach the other one (FullAWSAccess), at this and every lower level";
                found.push(Problem::warning("policy.allow-list-undone", policy.name.clone(), message, hint));
            }
        }
    }
    found.extend(unprotected_exemptions(
        &statements().map(|(_, statement)| statement).collect::<Vec<_>>(),
        policies,
    ));
    found
}

/// A role that is exempt by name belongs to whoever can make a role of that name.
fn unprotected_exemptions(statements: &[&Statement], policies: &[Policy]) -> Vec<Problem> {
    let mut exempt: BTreeSet<&str> = BTreeSet::new();
    for statement in statements.iter().filter(|statement| statement.effect == Effect::Deny) {
        for condition in &statement.conditions {
            if condition.operator.negated && condition.key.eq_ignore_ascii_case("aws:PrincipalArn") {
                exempt.extend(
                    condition.values.iter().map(String::as_str).filter(|value| value.contains(":role/")),
                );
            }
        }
    }
    let protected = |role: &str, action: &str| {
        statements.iter().any(|statement| {
            statement.effect == Effect::Deny
                && !statement.resources.negated
                && ActionMatcher::new(&statement.actions).matches(action)
                && statement.resources.patterns.iter().any(|pattern| pattern == "*" || glob(pattern, role))
        })
    };
    exempt
        .into_iter()
        .filter(|role| {
            !["iam:createrole", "iam:updateassumerolepolicy"].iter().all(|action| protected(role, action))
        })
        .map(|role| {
            let message =
                format!("`{role}` is exempt, and anyone who may make or change such a role can use that");
            let hint = "deny iam:CreateRole and iam:UpdateAssumeRolePolicy on it (guardrail G40)";
            let path = policies.first().map(|policy| policy.name.clone()).unwrap_or_default();
            Problem::warning("policy.exempt-role-unprotected", path, message, hint)
        })
        .collect()
}

/// Guardrails that protect something which does not exist yet: attach them once it does.
#[must_use]
pub fn unmet_needs(guardrails: &[&Guardrail], existing: &BTreeSet<String>) -> Vec<Problem> {
    let mut found = Vec::new();
    for guardrail in guardrails {
        for need in guardrail.needs.iter().filter(|need| !existing.contains(*need)) {
            let message =
                format!("{} protects a {}, and there is none", guardrail.id, need.replace('_', " "));
            let hint = "create it first, check it, then attach the guardrail";
            found.push(Problem::warning("policy.protects-nothing", guardrail.id.clone(), message, hint));
        }
    }
    found
}
